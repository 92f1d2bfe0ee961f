// Rounds: rows come for some tenants, and what the others read must stay as it was, whatever their answers are made of.
import type { Clock } from '../clock.ts';
import type { Tenant } from '../model.ts';
import { plural } from '../numbers.ts';
import type { Secret } from '../secret.ts';
import { ask, contentOf, each, type Question } from './ask.ts';
import type { Evidence } from './columns.ts';
import { type Filler, fillRound } from './fill.ts';
import type { Findings } from './findings.ts';
import type { Ground, Held } from './ground.ts';
import type { Round, Sample } from './sample.ts';

export interface Trial {
  readonly url: string;
  readonly clock: Clock;
  readonly ground: Ground;
  readonly evidence: Evidence;
  readonly sample: Sample;
  readonly filler: Filler;
  readonly findings: Findings;
  /** Every token with its value. */
  readonly holders: readonly Holder[];
  readonly say: (line: string) => void;
  /** Ids: only these are tried, each until it leaks. Null: everybody, to the end. */
  readonly suspects: ReadonlySet<string> | null;
}

/** Those whose tokens are still to be tried. */
export const holdersLeft = (trial: Trial): readonly Holder[] =>
  trial.suspects === null ? trial.holders : trial.holders.filter((holder) => isLeft(trial, holder));

export const isLeft = ({ suspects, findings }: Trial, { tenant: { id } }: Holder): boolean =>
  suspects === null || (suspects.has(id) && !findings.hasLeaked(id));

export interface Holder extends Held {
  readonly value: Secret;
}

/** An answer that only rows of its own tenant may change. */
export interface Watched {
  readonly holder: Holder;
  readonly question: Question;
  content: string;
  /** Places of others of whom it may show something. */
  readonly hints: ReadonlySet<number>;
  /** Its own tenant has got rows since. */
  stale: boolean;
  /** Whether it changed with rows of its own tenant; null when nobody looked. */
  followsOwn: boolean | null;
}

export async function playRounds(trial: Trial, watched: readonly Watched[]): Promise<void> {
  const { rounds } = trial.sample;
  for (const [index, round] of rounds.entries()) {
    const holders = new Set(holdersLeft(trial));
    if (holders.size === 0) return;
    const [some, others] = [round.rows, round.watched].map(({ size }) => plural(size, 'tenant'));
    trial.say(`round ${index + 1} of ${rounds.length}: rows for ${some}, what ${others} read stays the same`);
    const looked = watched.filter(({ holder }) => holders.has(holder));
    await playRound(trial, looked, { ...round, number: index + 1 });
  }
}

interface Playing extends Round {
  readonly number: number;
}

async function playRound(trial: Trial, watched: readonly Watched[], round: Playing): Promise<void> {
  const { rows, number } = round;
  const looked = watched.filter(({ holder }) => round.watched.has(holder.tenant));
  // Own rows have come since they were asked.
  await each(
    looked.filter(({ stale }) => stale),
    async (one) => {
      one.followsOwn = (await refresh(trial, one)) || one.followsOwn === true;
      one.stale = false;
    },
  );
  await fillRound(trial.filler, { tenants: rows, strangers: true, number });
  for (const one of watched) one.stale ||= rows.has(one.holder.tenant);
  const changed: Watched[] = [];
  await each(looked, async (one) => {
    if (await refresh(trial, one)) changed.push(one);
  });
  for (const one of changed) await blame(trial, one, rows);
}

/** Whether the answer is another one now. */
async function refresh(trial: Trial, one: Watched): Promise<boolean> {
  const before = one.content;
  one.content = await again(trial, one);
  return one.content !== before;
}

async function again({ findings, ...trial }: Trial, { holder, question }: Watched): Promise<string> {
  findings.tried += 1;
  return contentOf(await ask(trial, holder.value, question));
}

/** An answer that changes by itself says nothing; every other one changed because of the rows that came. */
async function blame(trial: Trial, one: Watched, tenants: ReadonlySet<Tenant>): Promise<void> {
  const { clock, findings } = trial;
  if (isRestless(trial, one)) {
    const before = await again(trial, one);
    await clock.sleep(1_001 - (clock.now() % 1_000));
    if ((await again(trial, one)) !== before) {
      findings.notes.add(
        `${one.question.resource} changes by itself, so its answers were searched for values only`,
      );
      return;
    }
  }
  const of = await culprits(trial, one, tenants);
  const why = 'the answer changed with rows of others, without any of its own tenant';
  findings.leak({ held: one.holder, question: one.question }, { kind: 'counts', of, why });
}

const MOST_NAMED = 8;
const MOST_PROBED = 10;

/** Ids of those whose rows change the answer: some get rows once more, one after the other. */
async function culprits(trial: Trial, one: Watched, tenants: ReadonlySet<Tenant>): Promise<string[]> {
  const { filler, findings, suspects: asked } = trial;
  const places = new Set([...tenants].map(({ id }) => findings.placeOf(id)));
  const hinted = new Set([...one.hints].filter((place) => places.has(place)));
  const suspects = [...tenants].slice(0, MOST_NAMED);
  if (hinted.size > 0) return findings.idsOf(hinted);
  if (asked !== null || findings.leaks.size > MOST_PROBED) return suspects.map(({ id }) => id);
  const of: string[] = [];
  const probes = [...suspects.map((tenant) => new Set([tenant])), new Set<Tenant>()];
  for (const probe of probes) {
    await fillRound(filler, { tenants: probe, strangers: probe.size === 0, number: 1_000 + findings.tried });
    if (!(await refresh(trial, one))) continue;
    for (const { id } of probe) of.push(id);
    if (probe.size === 0) of.push('?');
  }
  return of.length > 0 ? of : suspects.map(({ id }) => id);
}

const CLOCKS = /\b(?:now|now64|today|yesterday|rand\w*|generateUUID\w*|UTCTimestamp|timestamp)\s*\(|random/i;

/** Whether something that it may read looks at a clock or throws dice. */
const isRestless = ({ ground }: Trial, { question: { resource } }: Watched): boolean => {
  const texts = ground.pipes.get(resource)?.datafile.nodes.map(({ sql }) => sql) ?? [];
  return texts.some((text) => CLOCKS.test(text));
};

/** What the rounds cannot tell apart in a large fleet, the marks can: then that tenant alone gets rows. */
export async function confirmHints(trial: Trial, watched: readonly Watched[]): Promise<void> {
  const { findings, ground, sample } = trial;
  if (sample.panel.size === ground.tenants.length) return;
  const suspects = watched.filter(({ hints }) => hints.size > 0).slice(0, MOST_SUSPECTS);
  for (const [index, one] of suspects.entries()) {
    const [place = -1] = one.hints;
    const tenant = ground.tenants[place];
    if (tenant === undefined) continue;
    await refresh(trial, one);
    const number = sample.rounds.length + 1 + index;
    await fillRound(trial.filler, { tenants: new Set([tenant]), strangers: false, number });
    if (await refresh(trial, one)) await blame(trial, one, new Set([tenant]));
  }
  if (watched.filter(({ hints }) => hints.size > 0).length > MOST_SUSPECTS)
    findings.notes.add(
      `only ${MOST_SUSPECTS} answers with numbers or days like those of others were looked into`,
    );
}

const MOST_SUSPECTS = 20;

/** An own answer that never follows own rows shows nothing of anybody. */
export function noteBlind(findings: Findings, watched: readonly Watched[]): void {
  const blind = watched.filter(
    ({ question, followsOwn }) => question.wants === 'own' && followsOwn === false,
  );
  const names = [...new Set(blind.map(({ question }) => question.resource))];
  if (names.length === 0) return;
  const shown = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
  findings.notes.add(
    `${names.length} of the own reads answered, but rows of their own tenant did not change the answer: nothing is shown about what they count (${shown})`,
  );
}
