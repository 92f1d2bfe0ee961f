// What a token opens and what it must not: the questions, with nothing asked yet.
import type { Datasource, Pipe } from '../datafile/types.ts';
import type { Scope, Tenant } from '../model.ts';
import { sqlName } from '../templates/places.ts';
import { pathOf, type Question } from '../verify/ask.ts';
import { attributeOf, type Evidence } from '../verify/columns.ts';
import { type Ground, type Held, sqlBehind } from '../verify/ground.ts';
import { guess } from '../verify/values.ts';
import { computes, type Params, parametersIn } from './template.ts';
import { answerNode, ownRows } from './twin.ts';

/** The staging deployment that is asked; null for what is live. */
export type Where = string | null;

export interface PipeRead {
  readonly question: Question;
  /** What the template gets: what is sent, and what the token fixes. */
  readonly params: Params;
  /** The template may not take what is sent, or asks for what is not seen in it. */
  readonly guessed: boolean;
}

interface Asking {
  readonly ground: Ground;
  readonly evidence: Evidence;
  readonly tenant: Tenant;
  readonly names: ReadonlyMap<string, string>;
  readonly where: Where;
}

/** As the tenant would ask it: with nothing that is fixed or may be left out, and its own name where it has to say who it is. */
export function pipeRead(pipe: Pipe, scope: Scope, { ground, evidence, tenant, where }: Asking): PipeRead {
  const fixed = new Map(
    Object.entries(scope.fixedParams ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const sent = new Map<string, string>();
  const reached = sqlBehind(ground, pipe);
  const parameters = reached.flatMap((sql) => parametersIn(sql, fixed));
  for (const { name, type, hasDefault } of parameters) {
    // What may be left out is left out: a filter that is gone with it is to be seen.
    if (fixed.has(name) || hasDefault) continue;
    const attribute = evidence.params.get(name);
    const own = attribute === undefined ? null : attributeOf(tenant, attribute);
    sent.set(name, own ?? guess(type));
  }
  const path = pathOf(`/v0/pipes/${encodeURIComponent(pipe.name)}.json`, [...sent, ...routeOf(where)]);
  const owner = ground.pipes.get(pipe.name)?.tenant?.id ?? null;
  return {
    question: { resource: pipe.name, owner, wants: 'own', method: 'GET', path },
    params: new Map([...sent, ...fixed]),
    guessed: sent.size > 0 || reached.some(computes),
  };
}

export const sqlQuestion = (
  sql: string,
  { resource, owner, wants, where }: Pick<Question, 'resource' | 'owner' | 'wants'> & { where: Where },
): Question => ({
  resource,
  owner,
  wants,
  method: 'GET',
  path: pathOf('/v0/sql', [['q', `${sql}\nFORMAT JSON`], ...routeOf(where)]),
});

const routeOf = (where: Where): [string, string][] => (where === null ? [] : [['__tb__deployment', where]]);

/** How many rows a token opens, and how many of them are its tenant's; null when no column says whose a row is. */
export function tableRead(table: Datasource, { ground, evidence, tenant, names, where }: Asking) {
  const condition = ownRows({ evidence, tenant, names }, table);
  const own = condition === null ? '' : `, countIf(${condition}) AS own`;
  const owner = ground.datasources.get(table.name)?.tenant?.id ?? null;
  const about = { resource: table.name, owner, wants: 'own' as const, where };
  return {
    question: sqlQuestion(`SELECT count() AS opened${own} FROM ${sqlName(table.name)}`, about),
    tells: condition !== null,
  };
}

/** Of one other tenant, of the project. */
const MOST_OF_ONE = 6;

/** What others have, and what all share, where no scope of the token opens it. */
export function closedReads(ground: Ground, { tenant, token }: Held, others: readonly Tenant[]): Question[] {
  const open = new Set(token.scopes.map(({ resource }) => resource));
  const foreign = others.filter((other) => other !== tenant).flatMap((other) => ofOwner(ground, other));
  const shared = [...ground.datasources.values()].filter((file) => file.tenant === null);
  const tables = shared.slice(0, MOST_OF_ONE).map(({ datafile }) => datafile.name);
  const named = tables.flatMap((name) => [name, `${name}_quarantine`]);
  const questions = [...foreign, ...named.map((name) => touch(name, null))];
  return questions.filter(({ resource }) => !open.has(resource));
}

function ofOwner({ pipes, datasources }: Ground, owner: Tenant): Question[] {
  const its = <F extends { tenant: Tenant | null }>(files: Iterable<F>): F[] =>
    [...files].filter(({ tenant }) => tenant === owner);
  const endpoints = its(pipes.values()).filter(({ datafile }) => answerNode(datafile)?.type === 'endpoint');
  return [
    ...endpoints.map(
      ({ datafile: { name } }): Question => ({
        resource: name,
        owner: owner.id,
        wants: 'rows',
        method: 'GET',
        path: pathOf(`/v0/pipes/${encodeURIComponent(name)}.json`),
      }),
    ),
    ...its(datasources.values()).map(({ datafile }) => touch(datafile.name, owner.id)),
  ].slice(0, MOST_OF_ONE);
}

const touch = (resource: string, owner: string | null): Question =>
  sqlQuestion(`SELECT 1 FROM ${sqlName(resource)} LIMIT 1`, { resource, owner, wants: 'rows', where: null });
