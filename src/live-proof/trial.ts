// Tokens are tried on live data: nobody may add rows there to see whose they are, so answers are held against own rows alone.
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import type { Datasource, Pipe } from '../datafile/types.ts';
import { Unreadable } from '../lint/sql/brackets.ts';
import type { Scope, Tenant } from '../model.ts';
import type { Secret } from '../secret.ts';
import { type Ask, TOO_LARGE } from '../tinybird/asking.ts';
import { whole } from '../tinybird/whole.ts';
import { type Answer, contentOf, isAnswered, type Question } from '../verify/ask.ts';
import type { Evidence } from '../verify/columns.ts';
import type { Findings } from '../verify/findings.ts';
import type { Ground, Held } from '../verify/ground.ts';
import { isApart } from './apart.ts';
import { closedReads, type PipeRead, pipeRead, sqlQuestion, tableRead, type Where } from './reads.ts';
import { jsonOf, looseIn } from './same.ts';
import { answerNode, twinOf } from './twin.ts';

export interface Trial {
  readonly ask: Ask;
  readonly clock: Clock;
  readonly ground: Ground;
  readonly evidence: Evidence;
  /** By id and slug of every tenant of the list. */
  readonly names: ReadonlyMap<string, string>;
  readonly where: Where;
  readonly findings: Findings;
}

export interface Holder extends Held {
  readonly value: Secret;
  /** All that its token opens has to be there by now. */
  readonly isWhole: boolean;
}

/** Everything that its scopes open. */
export async function tryOwn(trial: Trial, holder: Holder): Promise<void> {
  const { ground, findings } = trial;
  for (const scope of holder.token.scopes) {
    const pipe = ground.pipes.get(scope.resource)?.datafile;
    const type = pipe === undefined ? undefined : answerNode(pipe)?.type;
    const table = ground.datasources.get(scope.resource)?.datafile;
    if (scope.type === 'DATASOURCES:APPEND')
      findings.notTried.add('appending: nothing is written to what is live');
    else if (type !== undefined && type !== 'endpoint' && type !== 'standard')
      findings.notTried.add(`${scope.resource}, which is no endpoint`);
    else if (scope.type === 'PIPES:READ' && pipe !== undefined) await tryPipe(trial, holder, { scope, pipe });
    else if (scope.type === 'DATASOURCES:READ' && table !== undefined) await tryTable(trial, holder, table);
    else findings.notTried.add(`${scope.resource}, which is not in the repository`);
  }
}

async function put(trial: Trial, holder: Holder, question: Question): Promise<Answer> {
  const answer = await trial.ask(question.path, holder.value);
  trial.findings.see({ held: holder, question, answer });
  return answer;
}

/** What was promoted a moment ago may not be known everywhere, and a server may stumble. */
const PAUSES_MS = [200, 1_000];

/** Of what is its own: asked again before it counts as refused. */
async function putOwn(trial: Trial, holder: Holder, read: Pick<PipeRead, 'question' | 'guessed'>) {
  const { question, guessed } = read;
  const { findings, clock } = trial;
  let answer = await put(trial, holder, question);
  for (const pause of PAUSES_MS) {
    if (isAnswered(answer) || answer.status === 400) break;
    await clock.sleep(pause);
    answer = await put(trial, holder, question);
  }
  if (!holder.isWhole && answer.status === 404)
    findings.notTried.add(`${question.resource}, which the workspace does not have yet`);
  else findings.own({ held: holder, question, answer }, guessed);
  return answer;
}

const asking = ({ ground, evidence, names, where }: Trial, { tenant }: Held) => ({
  ground,
  evidence,
  names,
  where,
  tenant,
});

async function tryPipe(
  trial: Trial,
  holder: Holder,
  { scope, pipe }: { readonly scope: Scope; readonly pipe: Pipe },
): Promise<void> {
  const read = pipeRead(pipe, scope, asking(trial, holder));
  const { question } = read;
  const answer = await putOwn(trial, holder, read);
  if (!isAnswered(answer)) return;
  if (answer.status === TOO_LARGE)
    return void trial.findings.notes.add(`${pipe.name} answered with more than is compared`);
  const of = othersNamed(trial, holder.tenant, answer);
  if (of.length > 0) {
    trial.findings.leak({ held: holder, question }, { kind: 'rows', of, why: 'the answer names them' });
  } else await compare(trial, holder, { pipe, read, answer });
}

const Rows = z.object({ data: z.array(z.record(z.string(), z.unknown())) });

/** Ids of others that stand in columns which say whose a row is. */
function othersNamed({ evidence, ground, names }: Trial, tenant: Tenant, { text }: Answer): string[] {
  const found = new Set<string>();
  const parsed = Rows.safeParse(jsonOf(text));
  for (const row of parsed.success ? parsed.data.data : []) {
    for (const [column, value] of Object.entries(row)) {
      if (!evidence.columns.has(column) || (typeof value !== 'string' && typeof value !== 'number')) continue;
      const owner = names.get(String(value));
      if (owner !== undefined && owner !== tenant.id && !ground.owns(tenant, value)) found.add(owner);
    }
  }
  return [...found].sort();
}

interface Compared {
  readonly pipe: Pipe;
  readonly read: PipeRead;
  readonly answer: Answer;
}

/** Rows keep coming in while both are asked. */
const TRIES = 5;
/** A row may be at one of the servers a moment before it is at the other. */
const STILL = 2;
const PAUSE_MS = 400;

async function compare(trial: Trial, holder: Holder, { pipe, read, answer }: Compared): Promise<void> {
  const { findings } = trial;
  const unknown = (why: string) =>
    findings.notes.add(`what ${pipe.name} counts was not held against own rows alone: ${why}`);
  const twin = twinFor(trial, holder, { pipe, read, answer });
  if (twin instanceof Unreadable) return void unknown(twin.message);
  const about = { resource: pipe.name, owner: null, wants: 'own' as const, where: trial.where };
  const { path } = sqlQuestion(twin, about);
  const alone = async (): Promise<Answer> => trial.ask(path, null);
  const loose = looseIn(twin);
  let [before, still, apart] = [contentOf(answer), 0, 0];
  for (let tries = 0; tries < TRIES && still < STILL; tries += 1) {
    if (tries > 0) await trial.clock.sleep(PAUSE_MS);
    const own = await alone();
    if (!isAnswered(own)) return void unknown(`the workspace answered ${own.status} to that`);
    const now = await put(trial, holder, read.question);
    const after = contentOf(now);
    if (contentOf(own) === before || contentOf(own) === after) return;
    if (loose !== null) return void unknown(`it has ${loose}, so that two answers may differ`);
    const again = await alone();
    if (before === after && contentOf(again) === contentOf(own)) still += 1;
    if (isApart(now, [own, again])) apart += 1;
    before = after;
  }
  if (still < STILL && apart < TRIES) return void unknown('it changes too fast');
  const why = 'the answer is not what its own rows alone would give';
  findings.leak({ held: holder, question: read.question }, { kind: 'counts', of: [], why });
}

function twinFor(
  { ground, evidence, names }: Trial,
  { tenant }: Holder,
  { pipe, read }: Compared,
): string | Unreadable {
  try {
    return twinOf({ ground, evidence, names, tenant, params: read.params }, pipe);
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
}

const Opened = z.object({ data: z.tuple([z.object({ opened: whole, own: whole.optional() })]) });

async function tryTable(trial: Trial, holder: Holder, table: Datasource): Promise<void> {
  const { question, tells } = tableRead(table, asking(trial, holder));
  const answer = await putOwn(trial, holder, { question, guessed: false });
  const parsed = Opened.safeParse(jsonOf(answer.text));
  if (!isAnswered(answer) || !parsed.success) return;
  if (!tells) return void trial.findings.notes.add(`no column of ${table.name} says whose a row is`);
  const { opened, own = 0 } = parsed.data.data[0];
  if (opened === own) return;
  const why = `of ${opened} rows that it opens, ${own} are its own`;
  trial.findings.leak({ held: holder, question }, { kind: 'rows', of: [], why });
}

/** What must be refused. */
export async function tryOthers(trial: Trial, holder: Holder, others: readonly Tenant[]): Promise<void> {
  for (const question of closedReads(trial.ground, holder, others)) {
    const answer = await put(trial, holder, question);
    if (!isAnswered(answer) || question.owner !== null) continue;
    const why = 'no scope of the token opens it, and it answered';
    trial.findings.leak({ held: holder, question }, { kind: 'resource', of: [], why });
  }
}
