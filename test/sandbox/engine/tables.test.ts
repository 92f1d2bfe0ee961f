// Schemas as tables: what ClickHouse makes of them, what ALTER can change with the rows kept, and rows deleted by condition.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Datasource } from '../../../src/datafile/types.ts';
import { alterPlan, alterTable } from '../../../src/sandbox/engine/alter.ts';
import { type Engine, openEngine } from '../../../src/sandbox/engine/engine.ts';
import { withoutMerges } from '../../../src/sandbox/engine/merges.ts';
import { copyRows, deleteRows, rowCounts, truncate } from '../../../src/sandbox/engine/rows.ts';
import { createTable, describeTable, dropTable } from '../../../src/sandbox/engine/tables.ts';
import { datasource, ndjson } from './fixtures.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const rich = datasource(
  [
    { name: 'ts', type: 'DateTime64(3)' },
    { name: 'k', type: 'LowCardinality(String)' },
    { name: 'n', type: 'Nullable(Int32)' },
    { name: 'day', type: '', fallback: 'toDate(ts)' },
    { name: 'z', type: 'String', fallback: "'a'", codec: 'ZSTD(1)' },
  ],
  {
    engine: [
      'SharedReplacingMergeTree',
      {
        PARTITION_KEY: 'toYYYYMM(ts)',
        SORTING_KEY: 'k, n',
        VER: 'ts',
        TTL: 'toDateTime(ts) + toIntervalDay(365000)',
        SETTINGS: 'index_granularity=1024',
      },
    ],
    indexes: [{ name: 'i', expression: 'z', type: 'bloom_filter(0.01)', granularity: 4 }],
  },
);

describe('a table', () => {
  const created = async (table: string, what: Datasource): Promise<string> => {
    await createTable(engine, { table, datasource: what });
    return (await engine.admin(`SHOW CREATE TABLE ${table}`))
      .replace(/\s+/g, ' ')
      .replace(/^.*?\( /, '')
      .trim();
  };

  it.each([
    [
      'data.rich',
      rich,
      "`ts` DateTime64(3), `k` LowCardinality(String), `n` Nullable(Int32), `day` Date DEFAULT toDate(ts), `z` String DEFAULT 'a' CODEC(ZSTD(1)), INDEX i z TYPE bloom_filter(0.01) GRANULARITY 4 ) ENGINE = ReplacingMergeTree(ts) PARTITION BY (toYYYYMM(ts)) ORDER BY (k, n) TTL toDateTime(ts) + toIntervalDay(365000) SETTINGS index_granularity = 1024, allow_nullable_key = 1",
    ],
    [
      'data.plain',
      datasource([{ name: 'a', type: 'Int32' }]),
      '`a` Int32 ) ENGINE = MergeTree ORDER BY tuple() SETTINGS allow_nullable_key = 1, index_granularity = 8192',
    ],
    [
      'data.nothing',
      datasource([{ name: 'a', type: 'Int32' }], { engine: ['Null', {}] }),
      '`a` Int32 ) ENGINE = `Null`',
    ],
    [
      'data.sums',
      datasource(
        [
          { name: 'a', type: 'Int32' },
          { name: 'b', type: 'Int64' },
        ],
        { engine: ['SummingMergeTree', { SORTING_KEY: 'a', COLUMNS: 'b' }] },
      ),
      '`a` Int32, `b` Int64 ) ENGINE = SummingMergeTree((b)) ORDER BY (a) SETTINGS allow_nullable_key = 1, index_granularity = 8192',
    ],
  ])('%s is made of its data source', async (table, what, expected) => {
    expect(await created(table, what)).toBe(expected);
    const quarantine = (await describeTable(engine, `${table}_quarantine`)).map(({ name }) => name);
    expect(quarantine).toEqual([
      'c__error_column',
      'c__error',
      'c__import_id',
      'insertion_date',
      ...what.columns.map(({ name }) => name),
    ]);
    await dropTable(engine, table);
    expect(await rowCounts(engine, [table])).toEqual(new Map());
  });

  it.each([
    [
      'a function that reads files',
      [{ name: 'a', type: 'String', fallback: "file('x')" }],
      undefined,
      'not allowed',
    ],
    [
      'a second statement',
      [{ name: 'a', type: 'Int32) ENGINE = Memory; DROP DATABASE data; --' }],
      undefined,
      'Multi-statements',
    ],
    ['a query', [{ name: 'a', type: 'String', fallback: '(SELECT 1)' }], undefined, 'Syntax error'],
    ['an unknown type', [{ name: 'a', type: 'Foo' }], undefined, 'Foo'],
    ['an engine that reads files', [{ name: 'a', type: 'Int8' }], ['File', {}], 'engine File'],
    ['a disk', [{ name: 'a', type: 'Int8' }], ['MergeTree', { SETTINGS: "disk = 'x'" }], 'disk'],
    [
      'an unknown column in the key',
      [{ name: 'a', type: 'Int8' }],
      ['MergeTree', { SORTING_KEY: 'b' }],
      'Missing columns',
    ],
  ] as const)('with %s is refused', async (_what, columns, using, message) => {
    const what = datasource(columns, using === undefined ? {} : { engine: using });
    await expect(createTable(engine, { table: 'data.refused', datasource: what })).rejects.toThrow(message);
    expect(await rowCounts(engine, ['data.refused'])).toEqual(new Map());
  });
});

describe('a changed schema', () => {
  const without = (what: Datasource, name: string): Datasource => ({
    ...what,
    columns: what.columns.filter((column) => column.name !== name),
  });
  const changed = (): Datasource => {
    const fewer = without(rich, 'z');
    const options = rich.engine?.options.filter(({ command }) => command !== 'TTL') ?? [];
    return {
      ...fewer,
      columns: [
        ...fewer.columns.map((column) =>
          column.name === 'day' ? { ...column, default: 'toDate(ts) + 1' } : column,
        ),
        { name: 'fresh', type: 'String', jsonpath: '$.fresh', default: "'new'", codec: null },
      ],
      engine: { type: 'ReplacingMergeTree', options },
      indexes: [{ name: 'j', expression: 'k', type: 'set(100)', granularity: 1 }],
    };
  };

  it('keeps the rows where ALTER can do it, there and back', async () => {
    await createTable(engine, { table: 'data.alter', datasource: rich });
    await engine.insert({
      table: 'data.alter',
      ndjson: ndjson([{ ts: '2026-01-01 00:00:00', k: 'a', n: 1 }]),
    });
    const after = changed();
    for (const [from, into, expected] of [
      [rich, after, { k: 'a', n: 1, day: '2026-01-01', fresh: 'new' }],
      [after, rich, { k: 'a', n: 1, day: '2026-01-01', z: 'a' }],
    ] as const) {
      const plan = alterPlan(from, into);
      if (plan.kind !== 'alter') throw new Error(plan.kind);
      await alterTable(engine, 'data.alter', plan);
      expect(await engine.rows('SELECT * EXCEPT ts FROM data.alter')).toEqual([expected]);
      const shape = async (table: string): Promise<unknown> =>
        (await engine.admin(`SHOW CREATE TABLE ${table}`)).replaceAll(table, 'data.x');
      await createTable(engine, { table: 'data.direct', datasource: into });
      expect(await shape('data.alter')).toBe(await shape('data.direct'));
      expect(
        (await describeTable(engine, 'data.alter_quarantine')).map(({ name }) => name).toSorted(),
      ).toEqual((await describeTable(engine, 'data.direct_quarantine')).map(({ name }) => name).toSorted());
      await dropTable(engine, 'data.direct');
    }
  });

  it('is nothing when only spelling or metadata differ', () => {
    const same: Datasource = {
      ...rich,
      description: 'other',
      columns: rich.columns.map((column) => ({ ...column, jsonpath: null })),
      engine: {
        type: 'ReplacingMergeTree',
        options:
          rich.engine?.options.map((option) =>
            option.command === 'SORTING_KEY' ? { ...option, value: '(k,n)' } : option,
          ) ?? [],
      },
    };
    expect(alterPlan(rich, same)).toEqual({ kind: 'none' });
  });

  it.each([
    [
      'a type',
      {
        ...rich,
        columns: rich.columns.map((column) => (column.name === 'n' ? { ...column, type: 'Int64' } : column)),
      },
      'the column n changes from Nullable(Int32) to Int64',
    ],
    ['the engine', { ...rich, engine: null }, 'the engine changes from ReplacingMergeTree to MergeTree'],
    [
      'the key',
      { ...rich, engine: { type: 'ReplacingMergeTree', options: [] } },
      'ENGINE_PARTITION_KEY changes',
    ],
  ])('needs a new table for %s', (_what, after, why) => {
    expect(alterPlan(rich, after)).toEqual({ kind: 'rebuild', why });
  });
});

it('deletes by condition, empties and copies', async () => {
  const table = 'data.rows';
  await createTable(engine, { table, datasource: datasource([{ name: 'a', type: 'Int32' }]) });
  await createTable(engine, {
    table: 'data.wider',
    datasource: datasource([
      { name: 'a', type: 'Int64' },
      { name: 'b', type: 'String' },
    ]),
  });
  await engine.insert({ table, ndjson: ndjson([{ a: 1 }, { a: 2 }, { a: 3 }]) });
  expect(await deleteRows(engine, { table, condition: '(a > 1)', dryRun: true })).toBe(2);
  expect(await deleteRows(engine, { table, condition: '(a > 2)' })).toBe(1);
  await copyRows(engine, {
    from: table,
    to: 'data.wider',
    select: new Map([
      ['a', 'a'],
      ['b', 'toString(a)'],
    ]),
  });
  expect(await rowCounts(engine, [table, 'data.wider', 'data.nosuch'])).toEqual(
    new Map([
      [table, 2],
      ['data.wider', 2],
    ]),
  );
  await truncate(engine, table);
  expect(await rowCounts(engine, [table])).toEqual(new Map([[table, 0]]));
});

it('without merges no row expires and none replaces another; afterwards they do', async () => {
  const create = (name: string, engineAndKeys: string) =>
    engine.admin(`CREATE TABLE data.${name} (ts DateTime, n Int32) ENGINE = ${engineAndKeys}`);
  await create('expiring', 'MergeTree ORDER BY n TTL ts + toIntervalDay(1)');
  await create('replacing', 'ReplacingMergeTree ORDER BY n');
  const merged = async (table: string): Promise<string> => {
    await engine.admin(`OPTIMIZE TABLE data.${table} FINAL`).catch(() => undefined);
    return (await engine.admin(`SELECT count() FROM data.${table}`)).trim();
  };
  const counts = async () => [await merged('expiring'), await merged('replacing')];
  await withoutMerges(engine, async () => {
    for (const _ of [1, 2]) {
      for (const table of ['expiring', 'replacing'])
        await engine.admin(`INSERT INTO data.${table} VALUES ('1975-01-01 00:00:00', 1)`);
    }
    expect(await counts()).toEqual(['2', '2']);
  });
  expect(await counts()).toEqual(['0', '1']);
});
