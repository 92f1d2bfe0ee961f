// What a deployment is told about its pipes, by the template language and by ClickHouse.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPipe } from '../../../src/sandbox/query/check.ts';
import { fits } from '../../../src/sandbox/query/types-fit.ts';
import type { StoredPipe } from '../../../src/sandbox/state.ts';
import { openWorkspace, pipe, type Workspace } from './workspace.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace('ws_check');
});
afterAll(() => workspace.engine.close());

async function problems(stored: StoredPipe): Promise<readonly string[]> {
  const { engine, catalog } = workspace;
  const pipes = new Map([...catalog.pipes, [stored.file.name, stored]]);
  const found = await checkPipe({ engine, catalog: { ...catalog, pipes }, pipe: stored.file.name });
  return found.map(({ file, node, message }) => `${file} ${node}: ${message}`);
}

const right: readonly StoredPipe[] = [
  pipe('p', { out: 'SELECT n FROM events' }),
  pipe('p', {
    mine: '%\nSELECT n FROM events WHERE tenant = {{String(t)}} AND n > {{Int32(n)}}',
    out: 'SELECT sum(n) AS n FROM mine',
  }),
  pipe('p', { out: "%\nSELECT 1 {% if not defined(t) %}{{error('t is needed')}}{% end %}" }),
  pipe('p', { out: 'SELECT n FROM usage' }),
  pipe('p', { out: '%\nSELECT {{column(c)}} FROM events' }),
  pipe('p', { out: '%\nSELECT 1 FROM {{table(t)}}' }),
  pipe('p', { out: 'SELECT tenant, n + 1 AS n FROM events' }, { type: 'materialized', target: 'invoices' }),
  pipe(
    'p',
    { out: 'SELECT toLowCardinality(tenant) AS tenant, toInt32(n) AS n FROM events' },
    { type: 'materialized', target: 'invoices' },
  ),
  pipe('p', { out: '%\nSELECT n FROM events LIMIT {{Int32(limit, 10)}} {{max_threads(1)}}' }),
];

test.each(right.map((stored) => [stored.file.nodes.at(-1)?.sql, stored] as const))(
  'nothing is wrong with %j',
  async (_sql, stored) => {
    expect(await problems(stored)).toEqual([]);
  },
);

const wrong: readonly (readonly [stored: StoredPipe, ...problems: string[]])[] = [
  [
    pipe('p', { out: 'SELECT nothing FROM events' }),
    "p.pipe out: [Error] Missing columns: 'nothing' (UNKNOWN_IDENTIFIER)",
  ],
  [pipe('p', { out: 'SELECT 1 FROM nowhere' }), "p.pipe out: Resource 'nowhere' not found"],
  [
    pipe('p', { out: 'SELECT foobar(1)' }),
    'p.pipe out: Unknown function foobar. Contact support@tinybird.co if you require it.',
  ],
  [
    pipe('p', { out: '%\nSELECT {{String(a' }),
    'p.pipe out: Template Syntax Error: line 2: Missing end }} of {{',
  ],
  [
    pipe('p', { out: '%\nSELECT {{String(token)}}' }),
    "p.pipe out: Template Syntax Error: The parameter name 'token' is reserved. Please use another name.",
  ],
  [
    pipe('p', { first: 'SELECT nothing FROM events', out: 'SELECT * FROM first' }),
    "p.pipe first: [Error] Missing columns: 'nothing' (UNKNOWN_IDENTIFIER)",
    "p.pipe out: [Error] Missing columns: 'nothing' (UNKNOWN_IDENTIFIER)",
  ],
  [
    pipe(
      'p',
      { out: 'SELECT tenant, n, 1 AS extra FROM events' },
      { type: 'materialized', target: 'invoices' },
    ),
    "p.pipe out: Column 'extra' is not in the target Data Source 'invoices'",
  ],
  [
    pipe(
      'p',
      { out: 'SELECT toInt64(1) AS tenant, toString(n) AS n FROM events' },
      { type: 'materialized', target: 'invoices' },
    ),
    "p.pipe out: Column 'tenant' is Int64, but the target Data Source 'invoices' has String",
    "p.pipe out: Column 'n' is String, but the target Data Source 'invoices' has Int64",
  ],
  [
    pipe('p', { out: 'SELECT 1 AS n' }, { type: 'materialized', target: 'nowhere' }),
    "p.pipe out: Resource 'nowhere' not found",
  ],
  [pipe('p', { out: 'SELECT 1 AS n' }, { type: 'materialized' }), "p.pipe out: Resource '' not found"],
  [
    pipe('p', { a: 'SELECT * FROM a' }),
    "p.pipe a: The nodes of pipe 'p' read each other in a circle: a -> a",
  ],
  [
    pipe('p', { out: 'SELECT * FROM events_quarantine WHERE k' }),
    "p.pipe out: [Error] Missing columns: 'k' (UNKNOWN_IDENTIFIER)",
  ],
  [pipe('p', { out: 'DROP TABLE events' }), 'p.pipe out: DB::Exception: Only SELECT queries are supported'],
];

test.each(wrong.map(([stored, ...expected]) => [stored.file.nodes.at(-1)?.sql, stored, expected] as const))(
  'what is wrong with %j',
  async (_sql, stored, expected) => {
    expect(await problems(stored)).toEqual(expected);
  },
);

test.each([
  ['Int64', 'Int64', true],
  ['UInt8', 'UInt64', true],
  ['UInt8', 'Int16', true],
  ['Int64', 'Int32', false],
  ['Int8', 'UInt64', false],
  ['UInt64', 'Int64', false],
  ['String', 'LowCardinality(Nullable(String))', true],
  ['Nullable(String)', 'String', false],
  ['Nullable(Int8)', 'Nullable(Int64)', true],
  ['UInt64', 'SimpleAggregateFunction(sum, UInt64)', true],
  ['AggregateFunction(count)', 'AggregateFunction(count)', true],
  ['UInt64', 'AggregateFunction(count)', false],
  ["DateTime('UTC')", 'DateTime', true],
  ["DateTime64(3, 'UTC')", 'DateTime64(3)', true],
  ['DateTime64(3)', 'DateTime64(6)', false],
  ['Float32', 'Float64', true],
  ['Int64', 'String', false],
])('%s into %s: %s', (from, to, expected) => {
  expect(fits(from, to)).toBe(expected);
});
