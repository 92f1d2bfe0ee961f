// A workspace on real ClickHouse for the query tests: two tenants' events, a second data source, and pipes over them.
import type { Node, NodeType, Pipe } from '../../../src/datafile/types.ts';
import type { Scope } from '../../../src/model.ts';
import { type Engine, openEngine } from '../../../src/sandbox/engine/engine.ts';
import { createAlias, createDatabase, createTable } from '../../../src/sandbox/engine/tables.ts';
import type { Access, Catalog, StoredDatasource, StoredPipe } from '../../../src/sandbox/state.ts';
import { datasource, ndjson } from '../engine/fixtures.ts';

const at = '2026-01-01 00:00:00';

export interface Workspace {
  readonly engine: Engine;
  readonly catalog: Catalog;
}

/** Nodes as `name: sql`; the last one is the endpoint unless `last` says otherwise. */
export function pipe(
  name: string,
  nodes: Readonly<Record<string, string>>,
  last: { readonly type: NodeType; readonly target?: string } = { type: 'endpoint' },
): StoredPipe {
  const { type, target } = last;
  const names = Object.keys(nodes);
  const file: Pipe = {
    kind: 'pipe',
    name,
    description: '',
    grants: [],
    settings: [],
    nodes: names.map(
      (node, index): Node => ({
        name: node,
        description: '',
        sql: nodes[node] ?? '',
        type: index === names.length - 1 ? type : 'standard',
        settings: target === undefined ? [] : [{ command: 'DATASOURCE', value: target }],
      }),
    ),
  };
  return { id: `t_pipe_${name}`, file, nodeIds: {}, createdAt: at, updatedAt: at };
}

const PIPES = [
  pipe('usage', {
    mine: '%\nSELECT tenant, n FROM events WHERE tenant = {{String(tenant)}}',
    totals: 'SELECT tenant, sum(n) AS n FROM mine GROUP BY tenant',
  }),
  pipe('everything', { all: 'SELECT tenant, n FROM events ORDER BY n DESC' }),
  pipe('acme_usage', { out: "SELECT n FROM events WHERE tenant = 'acme'" }),
  pipe('nested', { mine: 'SELECT n * 100 AS n FROM usage', out: 'SELECT sum(n) AS n FROM mine' }),
  pipe('shadowed', { out: 'WITH events AS (SELECT n + 1 AS n FROM events) SELECT sum(n) AS n FROM events' }),
  pipe('by_list', {
    few: 'SELECT 1 AS n',
    out: 'SELECT sum(n) AS total FROM events WHERE n IN (few) OR n IN (SELECT n FROM few)',
  }),
  pipe('united', {
    a: 'SELECT 1 AS n',
    b: 'WITH x AS (SELECT n FROM a) SELECT n FROM x UNION ALL SELECT n + 1 FROM x',
  }),
  pipe('rejected', { out: 'SELECT count() AS n FROM events_quarantine' }),
  pipe('circle', { a: 'SELECT * FROM b', b: 'SELECT * FROM a' }),
  pipe('from_table', { out: '%\nSELECT count() AS n FROM {{table(t)}}' }),
  pipe('unpublished', { out: 'SELECT 1 AS n' }, { type: 'standard' }),
  pipe('guarded', {
    out: "%\nSELECT 1 AS n {% if not defined(tenant) %}{{custom_error({'reason': 'no tenant'}, 422)}}{% end %}",
  }),
  pipe('metric', { out: "SELECT 'requests' AS name, toFloat64(3) AS value" }),
];

/** `more` are further pipes of the catalog. */
export async function openWorkspace(database: string, more: readonly StoredPipe[] = []): Promise<Workspace> {
  const engine = await openEngine();
  const file = datasource(
    [
      { name: 'tenant', type: 'String' },
      { name: 'n', type: 'Int64' },
    ],
    { engine: ['ReplacingMergeTree', { SORTING_KEY: 'tenant, n' }] },
  );
  const datasources = new Map<string, StoredDatasource>();
  await createDatabase(engine, database);
  for (const name of ['events', 'invoices']) {
    const table = `data.${database}_${name}`;
    await createTable(engine, { table, datasource: { ...file, name } });
    await createAlias(engine, { database, name, table });
    datasources.set(name, {
      id: `t_ds_${name}`,
      file: { ...file, name },
      table,
      createdAt: at,
      updatedAt: at,
    });
  }
  await engine.insert({
    table: `data.${database}_events`,
    ndjson: ndjson(
      [1, 2].flatMap((n) => [
        { tenant: 'acme', n },
        { tenant: 'globex', n: n * 10 },
      ]),
    ),
  });
  await engine.insert({ table: `data.${database}_invoices`, ndjson: ndjson([{ tenant: 'acme', n: 1000 }]) });
  await engine.insert({
    table: `data.${database}_events_quarantine`,
    ndjson: ndjson([{ c__error: ['bad'], tenant: 'globex', n: 'x' }]),
  });
  const pipes = new Map([...PIPES, ...more].map((stored) => [stored.file.name, stored]));
  return { engine, catalog: { database, datasources, pipes } };
}

export const admin: Access = { kind: 'admin', name: 'admin' };

export const holder = (...scopes: readonly Scope[]): Access => ({
  kind: 'scoped',
  name: 'token',
  via: 'jwt',
  scopes,
  operations: [],
  rps: null,
});

/** `PIPES:READ usage` and so on, as one word each. */
export const reads = (...resources: readonly string[]): Access =>
  holder(
    ...resources.map(
      (resource): Scope => ({
        type: PIPES.some(({ file }) => file.name === resource) ? 'PIPES:READ' : 'DATASOURCES:READ',
        resource,
      }),
    ),
  );
