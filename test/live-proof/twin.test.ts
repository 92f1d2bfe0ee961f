// The SQL over own rows alone, what keeps it from being written, and what is chosen and counted beside it.
import { describe, expect, test } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import type { Datasource, Pipe } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import { Unreadable } from '../../src/lint/sql/brackets.ts';
import { chosenFrom } from '../../src/live-proof/chosen.ts';
import { looseIn } from '../../src/live-proof/same.ts';
import { unsteady } from '../../src/live-proof/steady.ts';
import { parametersIn } from '../../src/live-proof/template.ts';
import { twinOf } from '../../src/live-proof/twin.ts';
import type { Tenant } from '../../src/model.ts';
import { ownership } from '../../src/privilege/owners.ts';
import { contentOf } from '../../src/verify/ask.ts';
import { evidenceIn } from '../../src/verify/columns.ts';
import type { Ground } from '../../src/verify/ground.ts';

const tenantOf = (id: string, set = 'one', state: Tenant['state'] = 'active'): Tenant => ({
  id,
  slug: id.replace(/\W/g, '_'),
  set,
  vars: {},
  state,
  at: { file: 'tenants.yaml', line: 1, column: 1 },
});
const acme = tenantOf("ac'me");
const globex = tenantOf('globex');

const table = (name: string, columns: string, key = 'tenant_id'): Datasource =>
  unwrap(
    parseDatafile(
      `${name}.datasource`,
      `SCHEMA >\n    ${columns}\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "${key}"\n`,
    ),
  ) as Datasource;
const pipe = (name: string, ...nodes: readonly string[]): Pipe =>
  unwrap(
    parseDatafile(
      `${name}.pipe`,
      nodes
        .map(
          (sql, nth) =>
            `NODE ${name}_${nth}\nSQL >\n    ${sql}\n${nth === nodes.length - 1 ? '\nTYPE endpoint\n' : ''}`,
        )
        .join('\n'),
    ),
  ) as Pipe;

const DATASOURCES = [
  table('events', '`tenant_id` String, `n` Int32'),
  table('countries', '`code` String', 'code'),
];
const FILTER = pipe('known', "SELECT n FROM events WHERE tenant_id = 'ac\\'me'");

function twin(asked: Pipe, params: Record<string, string> = {}): string {
  const pipes = [FILTER, asked, pipe('base', 'SELECT tenant_id, n FROM events')];
  const ground: Ground = {
    generation: 'forward',
    tenants: [acme, globex],
    datasources: new Map(DATASOURCES.map((datafile) => [datafile.name, { datafile, tenant: null }])),
    pipes: new Map(pipes.map((datafile) => [datafile.name, { datafile, tenant: null }])),
    tokens: [],
    owns: ownership([acme, globex]),
  };
  const scene = {
    ground,
    evidence: evidenceIn(ground),
    tenant: acme,
    names: new Map([acme, globex].map(({ id }) => [id, id])),
    params: new Map(Object.entries(params)),
  };
  try {
    return twinOf(scene, asked).replace(/\s+/g, ' ');
  } catch (error) {
    if (error instanceof Unreadable) return `not written: ${error.message}`;
    throw error;
  }
}

const OWN = "(SELECT * FROM `events` WHERE `tenant_id` IN ('ac\\'me'))";

describe('over own rows alone', () => {
  test.each<[sql: string, twin: string, params?: Record<string, string>]>([
    ['SELECT count() AS events FROM events', `SELECT count() AS events FROM ${OWN} AS \`events\``],
    ['SELECT n FROM events AS e JOIN countries ON 1 = 1', `SELECT n FROM ${OWN} AS e JOIN (SELECT`],
    [
      'WITH events2 AS (SELECT * FROM events) SELECT n FROM events2',
      `WITH events2 AS (SELECT * FROM ${OWN} AS \`events\`) SELECT n FROM events2`,
    ],
    ['SELECT n FROM base', `SELECT n FROM (SELECT tenant_id, n FROM ${OWN} AS \`events\`) AS \`base\``],
    ['SELECT (SELECT max(n) FROM events) AS m', `SELECT (SELECT max(n) FROM ${OWN} AS \`events\`) AS m`],
    ['SELECT n FROM events UNION ALL SELECT 1', `SELECT n FROM ${OWN} AS \`events\` UNION ALL SELECT 1`],
    ['%SELECT n FROM events WHERE n > {{Int32(least, 3)}}', `SELECT n FROM ${OWN} AS \`events\` WHERE n > 3`],
    [
      '%SELECT n FROM events WHERE tenant_id = {{String(tenant)}}',
      `SELECT n FROM ${OWN} AS \`events\` WHERE tenant_id = 'x\\'y'`,
      { tenant: "x'y" },
    ],
    [
      '%SELECT n FROM events {% if defined(least) %}WHERE n > {{Int32(least)}}{% end %}',
      `SELECT n FROM ${OWN} AS \`events\``,
    ],
    [
      '%SELECT n FROM events {% if defined(least) %}WHERE n > {{Int32(least)}}{% end %}',
      `SELECT n FROM ${OWN} AS \`events\` WHERE n > 7`,
      { least: '7' },
    ],
  ])('%s', (sql, expected, params) => {
    const written = twin(pipe('asked', sql), params);
    expect(
      expected.endsWith('(SELECT') ? written.startsWith(expected.slice(0, -8)) : written === expected,
      written,
    ).toBe(true);
  });

  test('a table that nothing says to be of several tenants stays as it is, and alone it tells nothing', () => {
    const joined = 'SELECT n FROM events JOIN countries ON 1 = 1';
    expect(twin(pipe('asked', joined))).toContain('JOIN countries ON');
    const alone = 'not written: no column of what it reads says whose a row is';
    expect(twin(pipe('asked', 'SELECT code FROM countries'))).toBe(alone);
  });

  test('what the team’s own SQL gives to everybody is nobody’s', () => {
    expect(twin(pipe('asked', "SELECT n FROM events WHERE tenant_id IN ('all', 'globex')"))).toContain(
      "IN ('ac\\'me', 'all')) AS",
    );
  });

  test('nodes stand where they are read', () => {
    const asked = pipe('asked', 'SELECT n FROM events', 'SELECT sum(n) AS s FROM asked_0');
    expect(twin(asked)).toBe(`SELECT sum(n) AS s FROM (SELECT n FROM ${OWN} AS \`events\`) AS \`asked_0\``);
  });
});

describe('what keeps it from being written', () => {
  test.each([
    ['SELECT n FROM events WHERE n IN other', 'a table stands behind IN'],
    ["SELECT joinGet('events', 'n', 1) AS n", 'a table is named in a text'],
    ['SELECT number FROM numbers(3)', 'numbers is no table'],
    ['SELECT n FROM elsewhere', 'elsewhere is not in the project'],
    ["%SELECT n FROM events WHERE tenant_id = '{{String(tenant)}}'", 'a parameter stands in quotes'],
    ['%SELECT n FROM events WHERE n = {{Int32(n)}}', 'the parameter n has no value'],
    ["%SELECT {{columns('n,m')}} FROM events", 'its template computes something'],
    ["%SELECT n FROM events {% if x == 'y' %}LIMIT 1{% end %}", "its template asks x == 'y'"],
  ])('%s', (sql, why) => {
    expect(twin(pipe('asked', sql))).toBe(`not written: ${why}`);
  });

  test('a query that is too long', () => {
    const columns = Array.from({ length: 900 }, (_, nth) => `n AS n_${nth}`).join(', ');
    expect(twin(pipe('asked', `SELECT ${columns} FROM events`))).toContain('longer than a query may be');
  });
});

test('parameters with their types and whether they may be left out', () => {
  expect(parametersIn("%SELECT {{String(tenant)}}, {{Int32(days, 30)}}, {{columns('a')}}")).toEqual([
    { name: 'tenant', type: 'String', hasDefault: false },
    { name: 'days', type: 'Int32', hasDefault: true },
  ]);
});

test('fractions that were added in another order are the same; so are rows that came in another one', () => {
  const answer = (...data: unknown[]) =>
    contentOf({ status: 200, text: JSON.stringify({ data, rows: data.length }) });
  expect(answer({ s: 0.1 + 0.2 }, { s: 1 })).toBe(answer({ s: 1 }, { s: 0.3 }));
  expect(answer({ s: 1e15 + 1 })).not.toBe(answer({ s: 1e15 }));
  expect(looseIn('SELECT quantile(0.9)(n) FROM t')).toBe('quantile');
  expect(looseIn('SELECT n FROM t ORDER BY n LIMIT 3')).toBe('LIMIT');
  expect(looseIn('SELECT sum(anything) AS median FROM t WHERE t < now()')).toBe(null);
});

test('rows that fall or jump; a little of both is life', () => {
  const counts = (rows: Record<string, number>) => new Map(Object.entries(rows));
  const before = counts({
    a: 100_000,
    b: 100_000,
    c: 100_000,
    d: 10,
    d_quarantine: 5,
    e: 3,
    f_quarantine: 0,
  });
  const after = counts({ a: 98_800, b: 111_001, c: 110_900, d: 10, e: 3, f_quarantine: 1_001 });
  expect(unsteady(before, after)).toEqual([
    'a falls from 100,000 to 98,800 rows',
    'b jumps from 100,000 to 111,001 rows',
    'f_quarantine jumps from 0 to 1,001 rows',
  ]);
  expect(unsteady(counts({ gone: 3 }), counts({}))).toEqual(['gone has 3 rows and does not answer']);
  const rejected = counts({ g_quarantine: 5_000, h_quarantine: 5_000, i_quarantine: 5_000 });
  expect(unsteady(rejected, counts({ g_quarantine: 100, h_quarantine: 0 }))).toEqual([
    'g_quarantine falls from 5,000 to 100 rows',
  ]);
});

test('of few all are tried, of many some, of every set', () => {
  const tenants = Array.from({ length: 1_000 }, (_, nth) => tenantOf(`t${nth}`, `set${nth % 3}`));
  const all = { name: 'usage', workspace: null, tenants: [...tenants, tenantOf('gone', 'one', 'removed')] };
  const { tried, askers, others, sampled } = chosenFrom(all, { first: null, others: false });
  expect([tried.length, askers.size, others.length]).toEqual([100, 20, 5]);
  expect(new Set(others.map(({ set }) => set)).size).toBe(3);
  expect(sampled).toEqual([
    '100 of 1,000 tenants were tried on what is theirs',
    '20 of 100 tenants of these on what is not',
  ]);
  const few = chosenFrom(all, { first: new Set(['t7', 't8']), others: false });
  expect([few.tried.map(({ id }) => id), few.sampled]).toEqual([['t7', 't8'], []]);
  const more = chosenFrom(all, { first: new Set(['t7', 't8']), others: true });
  expect([more.tried.length, more.tried.slice(0, 3).map(({ id }) => id)]).toEqual([100, ['t7', 't8', 't0']]);
});
