// Carries a plan out, as often as the workspace moves under it, until every planned change has its one outcome.

import type { Clock } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { Prover } from '../live-proof/prover.ts';
import type { Change, Outcome, Plan } from '../model.ts';
import { plural } from '../numbers.ts';
import { guard, type Policy } from '../plan/guard.ts';
import { isRenewal } from '../plan/steps.ts';
import { because } from '../report/report.ts';
import { type Asked, lookAt, type Situation } from '../situation.ts';
import { applyClassic } from './classic.ts';
import { type Applied, applyForward } from './forward.ts';
import { provenApplied } from './promotion.ts';
import { liveTexts, uncarried } from './upload.ts';

export interface ApplyOptions {
  readonly policy: Policy;
  /** Why a plan that was made anew, before anything was carried out, may not be: it is not the reviewed one. */
  readonly objection: (plan: Plan) => Stop | null;
  readonly clock: Clock;
  /** How long to wait for deployments, milliseconds. */
  readonly timeout: number;
  /** Null when isolation is not to be proven. */
  readonly prover: Prover | null;
  readonly say: (line: string) => void;
}

export interface Carried {
  readonly plan: Plan;
  /** Of everything but JWTs, which are minted when values are handed out. */
  readonly outcomes: readonly Outcome[];
  readonly deploymentId: string | null;
  /** The last one that was read: after the apply when the workspace moved meanwhile. */
  readonly situation: Situation;
  readonly stop: Stop | null;
  /** For the reader: what was left as it is. */
  readonly notes: readonly string[];
}

// Each round begins with a workspace that somebody else changed. Ten runs at once take twenty of them; a clock that
// stands still must not make it go on for ever.
const ROUNDS = 200;

export async function carryOut(asked: Asked, first: Situation, options: ApplyOptions): Promise<Carried> {
  const deadline = options.clock.now() + options.timeout;
  const outcomes: Outcome[] = [];
  const notes = new Set<string>();
  let situation = first;
  let plan = first.plan;
  let deploymentId: string | null = null;
  const carried = (stop: Stop | null): Carried => {
    return {
      plan,
      outcomes: complete({ plan, last: situation.plan, outcomes, stop }),
      deploymentId,
      situation,
      stop,
      notes: [...notes],
    };
  };
  try {
    for (let round = 0; round === 0 || (round < ROUNDS && options.clock.now() < deadline); round += 1) {
      const applied = await applyOnce(asked, situation, { ...options, deadline });
      for (const outcome of applied.outcomes) outcomes.push(outcome);
      for (const note of applied.notes) notes.add(note);
      deploymentId = applied.deploymentId ?? deploymentId;
      if (!applied.again) return carried(applied.stop);
      situation = await lookAt(asked);
      // Nothing of the first plan has been carried out: what stands now is the plan.
      if (outcomes.length === 0 && deploymentId === null) plan = situation.plan;
      // Once a part is carried out, the rest has a checksum of its own: it must be a part of what was planned.
      const begun = plan !== situation.plan;
      const policy = begun ? { ...options.policy, planChecksum: null } : options.policy;
      const refusal =
        (asked.tokensOnly ? null : refusalOf(asked, situation, policy)) ??
        (begun ? more(plan, situation.plan) : options.objection(situation.plan));
      if (refusal !== null) return carried(refusal);
    }
    return carried(
      new Stop(
        'failed',
        'Other deployments went live again and again while this run was applying, until `deploy-timeout` was over. What was done stays done: run again, and serialise the runs with a concurrency group or raise `deploy-timeout`.',
      ),
    );
  } catch (error) {
    if (error instanceof Stop) return carried(error);
    throw error;
  }
}

async function applyOnce(
  { connection, sources, only }: Asked,
  situation: Situation,
  { clock, timeout, deadline, prover, say }: ApplyOptions & { readonly deadline: number },
): Promise<Applied> {
  const { reader, writer, settle, concurrency } = connection;
  switch (writer.generation) {
    case 'forward': {
      const texts = liveTexts(reader, sources.project);
      return applyForward(situation, { reader, writer, clock, deadline, prover, say }, texts);
    }
    case 'classic': {
      const driver = { reader, writer, clock, timeout, settle, concurrency, say };
      const applied = await applyClassic(situation, { ...driver, fleet: sources.fleet, only });
      return prover === null ? applied : provenApplied(prover, situation.plan, applied);
    }
  }
}

/** Why a plan may not be carried out; nothing has been sent. What no allowance helps with says so itself. */
export function refusalOf(asked: Asked, situation: Situation, policy: Policy): Stop | null {
  const stop = guard(situation, asked.sources.fleet, { ...policy, now: asked.now });
  return stop === null || stop.stop === 'loses-data' ? (unable(asked, situation) ?? stop) : stop;
}

/** What this generation cannot do without losing data, known before anything is sent. */
function unable({ connection }: Asked, situation: Situation): Stop | null {
  if (connection.workspace.generation === 'forward') return uncarried(situation);
  const { refusals, questions } = situation.builds;
  if (refusals.length > 0) {
    return new Stop(
      'loses-data',
      `On a Classic workspace this cannot be changed as it is:\n${some(refusals)}\nNothing was sent.`,
    );
  }
  if (questions.length === 0) return null;
  return new Stop(
    'backfill',
    `The history of new views cannot be filled in exactly while rows come in:\n${some(questions)}\nNothing was sent. Write \`backfill: approximate\` (rows of some seconds may be missing or double) or \`backfill: none\` (only new rows) in set.yaml, or add the column.`,
  );
}

/** What becomes of the history of views that the sets do not fill exactly. */
export function historyNotes({ builds }: Situation): string[] {
  const views = [...new Set(builds.byKey.values())];
  const count = (kind: string): number => views.filter(({ filling }) => filling.kind === kind).length;
  const told = (n: number, what: string): string[] => (n === 0 ? [] : [`${plural(n, 'new view')} ${what}`]);
  return [
    ...told(
      count('approximate'),
      'get their history approximately: rows of some seconds may be missing or double',
    ),
    ...told(count('none'), 'start without history: only what comes in from now on'),
  ];
}

const some = (lines: readonly string[]): string =>
  [...lines.slice(0, SHOWN), ...(lines.length > SHOWN ? [`  … and ${lines.length - SHOWN} more`] : [])].join(
    '\n',
  );

/** Changes that were not planned would be nobody's decision, and in no report. */
function more(planned: Plan, now: Plan): Stop | null {
  // What was to be updated may have to be made, if it is gone meanwhile; what was to stay may not be deleted.
  const sort = ({ action, key }: Change): string => `${action === 'delete' ? '-' : '+'}${key}`;
  const known = new Set(changesOf(planned).map(sort));
  // Time alone may have made a token due meanwhile.
  const extra = changesOf(now).filter((change) => !isRenewal(change) && !known.has(sort(change)));
  if (extra.length === 0) return null;
  const shown = extra.slice(0, SHOWN).map(({ action, key }) => `${action} ${key}`);
  return new Stop(
    'plan-changed',
    `The workspace changed while this run was applying, so that more would change now than was planned: ${shown.join(', ')}${extra.length > SHOWN ? ', …' : ''}. What was done stays done; run again for the rest.`,
  );
}
const SHOWN = 10;

/** One outcome per planned change, also for those that a killed run of ours had staged, or that were never reached. */
function complete(at: {
  plan: Plan;
  last: Plan;
  outcomes: readonly Outcome[];
  stop: Stop | null;
}): Outcome[] {
  const settled = new Map(at.outcomes.map((outcome) => [outcome.key, outcome]));
  const open = new Set(changesOf(at.last).map(({ key }) => key));
  return changesOf(at.plan).map(({ key, tenant, action }): Outcome => {
    const outcome = settled.get(key);
    if (outcome !== undefined) return outcome;
    if (!open.has(key)) return { key, tenant, action, result: 'applied' };
    const why = at.stop === null ? 'its tenant was refused before' : because(at.stop);
    return { key, tenant, action, result: 'skipped', because: why };
  });
}

const changesOf = (plan: Plan): Change[] =>
  plan.steps.flatMap(({ name, changes }) => (name === 'tokens' ? [] : changes));
