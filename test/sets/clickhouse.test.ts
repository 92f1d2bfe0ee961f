// The shipped sets against ClickHouse itself: every statement runs, every tenant sees its own rows and no others.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Datafile, Datasource, Pipe } from '../../src/datafile/types.ts';
import type { Rendered } from '../../src/model.ts';
import { sqlLiteral, sqlName } from '../../src/templates/places.ts';
import { HOSTILE } from '../templates/made.ts';
import { exampleProject, renderShipped, shippedSets, tenantOf } from './rendered.ts';

const dir = mkdtempSync(join(tmpdir(), 'sets-chdb-'));
const session = new Session(dir, { connectionArgs: ['--session_timezone=UTC', '--implicit_select=0'] });
const run = async (sql: string): Promise<unknown[][]> => {
  const text = Buffer.from((await session.queryAsync(sql, { format: 'JSONCompact' })).bytes()).toString();
  return text === '' ? [] : JSON.parse(text).data;
};

/** Two ordinary tenants, and one whose id is an attack. */
const TENANTS = [
  ['acme', 'acme'],
  ['globex', 'globex'],
  ["\\' OR 1=1 OR '' = '", 'hostile'],
] as const;
const TYPES = ['login', 'purchase', 'search'];

function createTable({ name, columns, engine }: Datasource): string {
  const option = (command: string): string =>
    engine?.options.find((found) => found.command === command)?.value ?? '';
  const definitions = columns.map(
    (column) =>
      `\`${column.name}\` ${column.type} ${column.default === null ? '' : `DEFAULT ${column.default}`}`,
  );
  const ttl = option('TTL') === '' ? '' : `TTL ${option('TTL')}`;
  return `CREATE TABLE ${name} (${definitions.join(', ')}) ENGINE = ${engine?.type ?? 'MergeTree'}
    PARTITION BY ${option('PARTITION_KEY')} ORDER BY (${option('SORTING_KEY')}) ${ttl}`;
}

/** Tinybird's part of the SQL, evaluated by hand: every condition holds, every parameter has a value. */
const evaluated = (sql: string, tenant = ''): string =>
  sql
    .replace(/^%\n/, '')
    .replace(/\{%.*?%\}/g, '')
    .replace(/\{\{String\(tenant.*?\)\}\}/g, () => sqlLiteral(tenant))
    .replace(/\{\{Date\(.*?\)\}\}/g, "'2000-01-01'");

const byName = (files: readonly Datafile[], name: string): Pipe => {
  const found = files.find((file) => file.name === name);
  if (found?.kind !== 'pipe') throw new Error(`no pipe ${name}`);
  return found;
};

async function materialize(pipe: Pipe): Promise<void> {
  for (const node of pipe.nodes) {
    if (node.type !== 'materialized') continue;
    const target = node.settings.find(({ command }) => command === 'DATASOURCE')?.value ?? '';
    // What is not checked when the view is made: that types are the same, and that no column is left to its default.
    const columns = (table: string) =>
      run(`DESCRIBE TABLE ${table}`).then((rows) => rows.map((row) => row.slice(0, 2)));
    expect(await columns(`(${node.sql})`)).toEqual(await columns(target));
    await run(`CREATE MATERIALIZED VIEW ${pipe.name} TO ${target} AS ${node.sql}`);
  }
}

let project: Datafile[];
const rendered = new Map<string, Rendered>();
const filesOf = (set: string, id: string) =>
  rendered.get(`${set} ${id}`)?.files.map(({ datafile }) => datafile) ?? [];

beforeAll(async () => {
  const sets = await shippedSets();
  project = await exampleProject();
  await run('CREATE DATABASE w');
  await run('USE w');
  for (const file of project) if (file.kind === 'datasource') await run(createTable(file));
  for (const [id, slug] of TENANTS) {
    for (const set of sets.keys()) rendered.set(`${set} ${id}`, renderShipped(sets, tenantOf(set, id, slug)));
    const own = filesOf('own-table', id);
    for (const file of own) if (file.kind === 'datasource') await run(createTable(file));
    for (const file of own) if (file.kind === 'pipe') await materialize(file);
  }
  // Tenant number i has i + 1 events of each type, half of them failed.
  const rows = TENANTS.flatMap(([id], index) =>
    TYPES.flatMap((type) =>
      Array.from(
        { length: index + 1 },
        (_, i) => `(${sqlLiteral(id)}, '${type}', ${i % 2 === 0 ? 200 : 500}, now64(3))`,
      ),
    ),
  );
  await run(`INSERT INTO events (tenant_id, event_type, response, timestamp) VALUES ${rows.join(', ')}`);
});
afterAll(() => {
  session.close();
  rmSync(dir, { recursive: true });
});

describe.each(
  TENANTS.map(([id, slug], index) => ({ id, slug, each: index + 1, failed: Math.floor((index + 1) / 2) })),
)('tenant $id', ({ id, slug, each, failed }) => {
  const days = async (sql: string) => (await run(sql)).map((row) => row.slice(1).map(String));
  const total = (types: number) => [[String(each * types), String(failed * types)]];
  const endpoint = (files: readonly Datafile[], name: string) =>
    evaluated(byName(files, name).nodes[0]?.sql ?? '', id);
  const month = async (sql: string) => (await run(sql)).map((row) => row.map(String));

  test('own-table holds its rows and no others, and answers with them', async () => {
    expect(await run(`SELECT DISTINCT tenant_id FROM ${slug}_usage_events`)).toEqual([[id]]);
    const files = filesOf('own-table', id);
    expect(await days(endpoint(files, `${slug}_usage_by_day`))).toEqual(
      TYPES.map((type) => [type, String(each), String(failed)]),
    );
    expect(await month(endpoint(files, `${slug}_usage_this_month`))).toEqual(total(3));
  });

  test('own-endpoints answers with its rows, of the types it may see', async () => {
    const files = filesOf('own-endpoints', id);
    expect(await days(endpoint(files, `${slug}_usage_by_day`))).toEqual(
      ['login', 'purchase'].map((type) => [type, String(each), String(failed)]),
    );
    expect(await month(endpoint(files, `${slug}_usage_this_month`))).toEqual(total(2));
  });

  test('own-token fixes the parameter of the shared endpoints, and filters the table on Classic', async () => {
    const token = rendered.get(`own-token ${id}`)?.tokens[0]?.token;
    expect(token?.scopes.map(({ resource, generation = 'both' }) => `${resource} ${generation}`)).toEqual([
      'usage_by_day both',
      'usage_this_month both',
      'events classic',
    ]);
    for (const { type, resource, fixedParams, filter = '' } of token?.scopes ?? []) {
      if (type === 'PIPES:READ') {
        expect(fixedParams).toEqual({ tenant: id });
        expect(byName(project, resource).nodes[0]?.sql).toContain(
          'tenant_id = {{String(tenant, required=True',
        );
      } else {
        expect(await run(`SELECT DISTINCT tenant_id FROM ${resource} WHERE ${filter}`)).toEqual([[id]]);
      }
    }
    expect(await days(endpoint(project, 'usage_by_day'))).toHaveLength(3);
    expect(await month(endpoint(project, 'usage_this_month'))).toEqual(total(3));
  });
});

test('the landing table is read by tenant: the sorting key starts with it', async () => {
  const rows = await run("EXPLAIN indexes = 1 SELECT count() FROM events WHERE tenant_id = 'acme'");
  expect(rows.flat().join('\n')).toMatch(/Keys:\s*\n?\s*tenant_id/);
});

test('ClickHouse reads a literal as the value it was made of', async () => {
  const fit = HOSTILE.filter((value) => {
    try {
      return sqlLiteral(value) !== '';
    } catch {
      return false;
    }
  });
  expect(fit.length).toBeGreaterThan(30);
  expect(await run(`SELECT ${fit.map(sqlLiteral).join(', ')}`)).toEqual([fit]);
  expect(
    await run(`SELECT arrayJoin([1, 2]) AS x WHERE x IN ${sqlLiteral([2])} OR x = -${sqlLiteral(-1)} - 1`),
  ).toEqual([[2]]);
  expect(
    await run(
      `SELECT 1 AS ${sqlName('select')}, ${sqlLiteral(1e21)}, ${sqlLiteral(true)}, -${sqlLiteral(-5)}`,
    ),
  ).toEqual([[1, 1e21, true, 5]]);
});
