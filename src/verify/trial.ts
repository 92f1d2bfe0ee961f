// The trial itself: every token asks everything, then rows are added for some and the others' answers must stay as they were.
import type { Tenant } from '../model.ts';
import { plural } from '../numbers.ts';
import { type Answer, ask, contentOf, each, isAnswered, pathOf, type Question } from './ask.ts';
import { lookInside } from './contents.ts';
import { type Asking, endpointOf, ownQuestions, twistedQuestions } from './endpoints.ts';
import type { Ground, Held } from './ground.ts';
import {
  confirmHints,
  type Holder,
  holdersLeft,
  isLeft,
  noteBlind,
  playRounds,
  type Trial,
  type Watched,
} from './rounds.ts';
import { changeQuestions, strangeQuestions } from './tables.ts';

export async function tryAll(trial: Trial): Promise<void> {
  const { say, findings, suspects } = trial;
  const watched = new Map<string, Watched>();
  const everybody = (work: (holder: Holder) => Promise<void>): Promise<void> =>
    each(holdersLeft(trial), work);
  await lookInside(trial.filler, trial.evidence, findings);
  say(`asking for what is theirs with ${plural(holdersLeft(trial).length, 'token')}`);
  await everybody((holder) => readOwn(trial, holder, watched));
  // Most leaks show in these few answers.
  if (suspects !== null) await playRounds(trial, [...watched.values()]);
  await everybody((holder) => twistOwn(trial, holder, watched));
  if (suspects !== null) await playRounds(trial, [...watched.values()]);
  say('asking for what is not');
  await everybody((holder) => lookAround(trial, holder, watched));
  await playRounds(trial, [...watched.values()]);
  if (suspects === null) await confirmHints(trial, [...watched.values()]);
  noteBlind(findings, [...watched.values()]);
  say('trying to change things');
  // Last, because what is accepted changes what the others would read.
  await everybody((holder) => changeThings(trial, holder));
}

async function lookAround(trial: Trial, holder: Holder, watched: Watching['watched']): Promise<void> {
  for (const question of strangeQuestions(looking(trial, holder))) {
    if (!isLeft(trial, holder)) return;
    await watch(trial, holder, { question, watched });
  }
}

async function changeThings(trial: Trial, holder: Holder): Promise<void> {
  for (const question of changeQuestions(looking(trial, holder))) {
    trial.findings.see({ held: holder, question, answer: await ask(trial, holder.value, question) });
  }
}

async function readOwn(trial: Trial, holder: Holder, watched: Watching['watched']): Promise<void> {
  const { ground, findings } = trial;
  for (const { type, resource } of uniqueScopes(holder)) {
    const endpoint = type === 'PIPES:READ' ? endpointOf(ground, resource) : null;
    const asked =
      endpoint === null ? selectAll(ground, resource, type) : ownQuestions(endpoint, askingOf(trial, holder));
    let refused: string | null = null;
    for (const [index, { question, guessed }] of asked.entries()) {
      const answer = await watch(trial, holder, { question, watched });
      // What is wrong with the parameters may be right the next time; what is wrong again was not about them.
      if (answer.status === 400 && index < asked.length - 1) refused = answer.text;
      else findings.own({ held: holder, question, answer }, guessed && answer.text !== refused);
      if (answer.status !== 400) break;
    }
  }
}

async function twistOwn(trial: Trial, holder: Holder, watched: Watching['watched']): Promise<void> {
  const asking = askingOf(trial, holder);
  for (const { type, resource } of uniqueScopes(holder)) {
    const endpoint = type === 'PIPES:READ' ? endpointOf(trial.ground, resource) : null;
    if (endpoint === null) continue;
    const asked = new Set(
      ownQuestions(endpoint, asking)
        .slice(0, 1)
        .map(({ question }) => keyOf(question)),
    );
    for (const question of twistedQuestions(endpoint, asking)) {
      if (asked.has(keyOf(question)) || !isLeft(trial, holder)) continue;
      asked.add(keyOf(question));
      await watch(trial, holder, { question, watched });
    }
  }
}

const askingOf = (trial: Trial, { tenant }: Holder): Asking => ({
  evidence: trial.evidence,
  tenant,
  others: othersOf(trial, tenant),
  full: trial.sample.panel.has(tenant),
});

const keyOf = ({ method, path, body }: Question): string => `${method} ${path} ${body?.text ?? ''}`;

const uniqueScopes = ({ token }: Held) => [
  ...new Map(token.scopes.map((scope) => [`${scope.type} ${scope.resource}`, scope])).values(),
];

function selectAll({ datasources }: Ground, name: string, type: string) {
  if (type !== 'DATASOURCES:READ') return [];
  const question: Question = {
    resource: name,
    owner: datasources.get(name)?.tenant?.id ?? null,
    wants: 'own',
    method: 'GET',
    path: pathOf('/v0/sql', [['q', `SELECT * FROM ${name} FORMAT JSON`]]),
  };
  return [{ question, guessed: false }];
}

/** Of a panel of any size, some of each set: the parameters of one more say no more. */
const VALUES_OF = 4;

function othersOf({ sample }: Trial, tenant: Tenant): Tenant[] {
  const others = [...sample.panel].filter((other) => other !== tenant);
  const sets = Map.groupBy(others, ({ set }) => set);
  const first = [...sets.values()].flatMap((members) => members.slice(0, 1));
  return [...new Set([...first, ...others])].slice(0, sample.panel.has(tenant) ? VALUES_OF : 1);
}

const looking = ({ ground, sample }: Trial, held: Holder) => ({
  ground,
  held,
  others: new Set([...sample.panel].map(({ id }) => id)),
  full: sample.panel.has(held.tenant),
});

interface Watching {
  readonly question: Question;
  /** Answers that say the same to the same token are asked for again once: by token, resource and content. */
  readonly watched: Map<string, Watched>;
}

async function watch(trial: Trial, holder: Holder, { question, watched }: Watching): Promise<Answer> {
  const answer = await ask(trial, holder.value, question);
  const hints = trial.findings.see({ held: holder, question, answer });
  if (isAnswered(answer) && (question.wants === 'own' || question.wants === 'rows')) {
    const content = contentOf(answer);
    const key = [holder.tenant.id, holder.role, question.resource, content].join('\n');
    if (!watched.has(key))
      watched.set(key, { holder, question, content, hints, stale: false, followsOwn: null });
  }
  return answer;
}
