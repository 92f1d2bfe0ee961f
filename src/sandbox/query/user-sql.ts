// SQL that a caller wrote: judged, its names held against the token, and only then expanded.
import { type GuardedSelect, guardSelect } from '../engine/guard.ts';
import { SandboxError } from '../state.ts';
import { renderSql } from '../templating/render.ts';
import { templateParameters } from '../templating/reserved.ts';
import {
  aliasTable,
  expandBody,
  expandNode,
  outputNode,
  quarantined,
  quarantineTable,
  type Resolve,
} from './expand.ts';
import { notFound, refusalError } from './failure.ts';
import { datasourceGrant, filteredDatasources, pipeGrant } from './permissions.ts';
import { referencesIn } from './references.ts';
import type { Caller, QueryOptions } from './request.ts';
import { joinConditions } from './run.ts';
import type { ServiceTables } from './services.ts';

export interface UserSelect {
  readonly sql: string;
  /** Of its FORMAT clause. */
  readonly format: string | null;
}

export interface UserText {
  readonly sql: string;
  /** The pipe that `_` stands for. */
  readonly underscore?: string | undefined;
  /** Service data sources, where they can be read. */
  readonly services?: ServiceTables;
}

/** Throws SandboxError. */
export async function expandUserSql(caller: Caller & QueryOptions, what: UserText): Promise<UserSelect> {
  const guarded = await judge(caller, what);
  const sql = await expandBody(guarded.canonical, resolveFor(caller, what));
  return { sql, format: guarded.format };
}

/** Names that stand for tables, readable or not. */
function isResource({ catalog }: Caller, name: string): boolean {
  const source = quarantined(name);
  return (
    name === '_' ||
    catalog.datasources.has(name) ||
    catalog.pipes.has(name) ||
    (source !== null && catalog.datasources.has(source))
  );
}

async function judge(caller: Caller, { sql, services }: UserText): Promise<GuardedSelect> {
  const isTable = (name: string): boolean => isResource(caller, name) || services?.has(name) === true;
  const guarded = await guardSelect(caller.engine, sql, isTable);
  if (!guarded.ok) {
    if (guarded.refusal.code !== 'not-select') throw refusalError(guarded.refusal);
    const [verb = ''] = /[a-z]+/i.exec(sql) ?? [];
    const query = `${verb.slice(0, 1).toUpperCase()}${verb.slice(1).toLowerCase()}Query`;
    throw new SandboxError(
      400,
      `DB::Exception: Only SELECT or DESCRIBE queries are supported. Got: ${query}`,
    );
  }
  // The engine's parser and ours must have seen the same names: one that only the engine saw would not be held against the token.
  const seen = new Set(referencesIn(guarded.value.canonical).map(({ name }) => name));
  const unseen = guarded.value.tables.find((name) => isTable(name) && !seen.has(name));
  if (unseen !== undefined) throw new SandboxError(400, `'${unseen}' cannot be read in this place`);
  return guarded.value;
}

/** What a name gives to this token; a resource that is not open to it is the same error as one that does not exist. */
function resolveFor(caller: Caller & QueryOptions, { underscore, services }: UserText): Resolve {
  const { catalog, access } = caller;
  return async (name) => {
    if (name === '_' && underscore !== undefined) return `(${await pipeSql(caller, underscore)})`;
    if (services?.has(name)) {
      const table = await services.tableOf(name);
      if (table === null) throw notFound(name);
      return table;
    }
    if (!isResource(caller, name)) return null;
    if (catalog.datasources.has(name)) {
      if (datasourceGrant(access, catalog, name) === null) throw notFound(name);
      return aliasTable(catalog, name);
    }
    if (catalog.pipes.has(name)) return `(${await pipeSql(caller, name)})`;
    // Rejected rows are kept as they came: a condition on proper rows says nothing about whose they are.
    const grant = datasourceGrant(access, catalog, quarantined(name) ?? '');
    const table = quarantineTable(catalog, name);
    if (grant === null || grant.filters.length > 0 || table === null) throw notFound(name);
    return table;
  };
}

/** A SELECT of the pipe's rows for this token: with the scope's fixed parameters and filter. */
export async function pipeSql(caller: Caller & QueryOptions, name: string): Promise<string> {
  const { engine, catalog, access, secrets, filtersReachPipes } = caller;
  const pipe = catalog.pipes.get(name);
  const node = pipe === undefined ? undefined : outputNode(pipe);
  const grant = pipeGrant(access, catalog, name);
  if (pipe === undefined || node === undefined || grant === null) throw notFound(name);
  const params = new Map([...templateParameters(caller.params), ...grant.fixedParams]);
  const render = (text: string): string => renderSql(text, params, { secrets }).sql;
  const filtered = new Set(
    filtersReachPipes ? filteredDatasources(access, catalog).map(([filteredName]) => filteredName) : [],
  );
  const sql = await expandNode({ engine, catalog, render, filtered }, { pipe, node });
  if (grant.filters.length === 0) return sql;
  return `SELECT * FROM (${sql}) WHERE ${await joinConditions(engine, grant.filters, 'AND')}`;
}
