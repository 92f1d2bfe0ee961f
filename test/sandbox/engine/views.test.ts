// Materialized views: every row exactly once while others write, chains and nodes, what does not fit, and the way back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { misfits } from '../../../src/sandbox/engine/column-types.ts';
import { type Engine, openEngine } from '../../../src/sandbox/engine/engine.ts';
import { guardSelect } from '../../../src/sandbox/engine/guard.ts';
import { type Source, substitute } from '../../../src/sandbox/engine/substitute.ts';
import { attachViews, detachViews, type View } from '../../../src/sandbox/engine/views.ts';
import { ndjson } from './fixtures.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
  await engine.admin('CREATE TABLE data.src (id Int32, k String) ENGINE = MergeTree ORDER BY id');
  for (const name of ['plain', 'node', 'cte', 'chain'])
    await engine.admin(`CREATE TABLE data.${name} (k String, id Int32) ENGINE = MergeTree ORDER BY id`);
  await engine.admin(
    'CREATE TABLE data.sums (k String, n AggregateFunction(count)) ENGINE = AggregatingMergeTree ORDER BY k',
  );
});
afterAll(() => engine.close());

async function canonical(sql: string): Promise<string> {
  const guarded = await guardSelect(engine, sql, () => false);
  if (!guarded.ok) throw new Error(guarded.refusal.message);
  return guarded.value.canonical;
}

async function sources(): Promise<ReadonlyMap<string, Source>> {
  return new Map<string, Source>([
    ['src', { table: 'data.src' }],
    ['plain', { table: 'data.plain' }],
    ['first', { sql: await canonical('SELECT * FROM src WHERE id >= 0') }],
    ['second', { sql: await canonical('SELECT * FROM first') }],
  ]);
}

async function view(target: string, sql: string): Promise<View> {
  return {
    name: `data.view_${target}`,
    sql: await canonical(sql),
    sources: await sources(),
    target: `data.${target}`,
    backfill: true,
  };
}

describe('attached views', () => {
  it('get every row exactly once while rows arrive', async () => {
    await engine.admin("INSERT INTO data.src SELECT number, 'old' FROM numbers(1000)");
    let sent = 0;
    let stop = false;
    const write = async (): Promise<void> => {
      while (!stop) {
        const rows = Array.from({ length: 50 }, () => ({ id: 1000 + sent++, k: 'new' }));
        await engine.insert({ table: 'data.src', ndjson: ndjson(rows) });
      }
    };
    const writers = [write(), write(), write()];
    while (sent < 500) await new Promise(setImmediate);
    const views = [
      await view('plain', 'SELECT id, k FROM src'),
      await view('sums', 'SELECT k, countState() AS n FROM src GROUP BY k'),
      await view('node', 'SELECT second.k, id FROM second'),
      await view('cte', 'WITH q AS (SELECT k, id FROM src) SELECT * FROM q'),
      await view('chain', 'SELECT k, id FROM plain'),
    ];
    await attachViews(engine, views);
    const during = sent;
    while (sent < during + 500) await new Promise(setImmediate);
    stop = true;
    await Promise.all(writers);
    const counts = ['src', 'plain', 'node', 'cte', 'chain'].map(
      (name) => `(SELECT (count(), uniqExact(id)) FROM data.${name}) AS ${name}`,
    );
    const [row] = await engine.rows(
      `SELECT ${counts.join(', ')}, (SELECT countMerge(n) FROM data.sums) AS sums`,
    );
    const all = Object.values({ tupleElement1: 1000 + sent, tupleElement2: 1000 + sent });
    expect(
      Object.entries(row ?? {}).map(([name, value]) => [
        name,
        typeof value === 'number' ? value : Object.values(value as object),
      ]),
    ).toEqual([
      ...['src', 'plain', 'node', 'cte', 'chain'].map((name) => [name, all]),
      ['sums', 1000 + sent],
    ]);
    await detachViews(
      engine,
      views.map(({ name }) => name),
    );
    await engine.insert({ table: 'data.src', ndjson: ndjson([{ id: -1, k: 'late' }]) });
    expect(await engine.rows('SELECT count() AS n FROM data.cte')).toEqual([{ n: 1000 + sent }]);
    expect(
      await engine.rows("SELECT name FROM system.tables WHERE database = 'data' AND name LIKE 'clone%'"),
    ).toEqual([]);
  });

  it('leave nothing behind when one of them is refused', async () => {
    const views = [
      await view('node', 'SELECT k, id FROM src'),
      await view('cte', 'SELECT k, nosuch AS id FROM src'),
    ];
    await expect(attachViews(engine, views)).rejects.toMatchObject({ code: 47 });
    expect(await engine.rows("SELECT name FROM system.tables WHERE engine = 'MaterializedView'")).toEqual([]);
  });

  it('do not take away one that has the name already', async () => {
    const one = { ...(await view('node', 'SELECT k, id FROM src')), backfill: false };
    await attachViews(engine, [one]);
    await expect(attachViews(engine, [one])).rejects.toMatchObject({ code: 57 });
    expect(await engine.rows("SELECT name FROM system.tables WHERE engine = 'MaterializedView'")).toEqual([
      { name: 'view_node' },
    ]);
    await detachViews(engine, [one.name]);
  });

  it('start empty without backfill', async () => {
    await engine.admin('TRUNCATE TABLE data.node');
    const one = { ...(await view('node', 'SELECT k, id FROM src')), backfill: false };
    await attachViews(engine, [one]);
    await engine.insert({ table: 'data.src', ndjson: ndjson([{ id: -2, k: 'x' }]) });
    expect(await engine.rows('SELECT count() AS n FROM data.node')).toEqual([{ n: 1 }]);
    await detachViews(engine, [one.name]);
  });
});

describe('a name in a SELECT', () => {
  it.each([
    ['SELECT src.id FROM src', 'SELECT src.id FROM `data`.`src` AS src'],
    ['SELECT 1 FROM src AS s FINAL', 'SELECT 1 FROM `data`.`src` AS s FINAL'],
    ['SELECT 1 FROM a, src', 'SELECT 1 FROM a, `data`.`src` AS src'],
    [
      'SELECT 1 FROM a INNER JOIN src USING (id, src)',
      'SELECT 1 FROM a INNER JOIN `data`.`src` AS src USING (id, src)',
    ],
    ['SELECT 1 FROM a ARRAY JOIN src, src', 'SELECT 1 FROM a ARRAY JOIN src, src'],
    ['SELECT src, src FROM a WHERE src = src', 'SELECT src, src FROM a WHERE src = src'],
    ['SELECT 1 FROM a WHERE id IN (src)', 'SELECT 1 FROM a WHERE id IN (`data`.`src`)'],
    [
      'SELECT 1 FROM a WHERE id IN (first)',
      'SELECT 1 FROM a WHERE id IN (SELECT * FROM (SELECT * FROM `data`.`src` AS src WHERE id >= 0))',
    ],
    [
      "SELECT 'FROM src' FROM a ORDER BY id ASC WITH FILL FROM src TO 9",
      "SELECT 'FROM src' FROM a ORDER BY id ASC WITH FILL FROM src TO 9",
    ],
    [
      'SELECT 1 FROM numbers(3), src GROUP BY 1, src',
      'SELECT 1 FROM numbers(3), `data`.`src` AS src GROUP BY 1, src',
    ],
    [
      'SELECT 1 FROM second',
      'SELECT 1 FROM (SELECT * FROM (SELECT * FROM `data`.`src` AS src WHERE id >= 0) AS first) AS second',
    ],
  ])('%s is put right', async (sql, expected) => {
    const text = await canonical(sql);
    expect(substitute(text, await sources())).toBe(expected);
  });

  it('may not stand for itself', () => {
    const circle = new Map<string, Source>([
      ['a', { sql: 'SELECT * FROM b' }],
      ['b', { sql: 'SELECT * FROM a' }],
    ]);
    expect(() => substitute('SELECT * FROM a', circle)).toThrow('a reads b reads a: a circle');
  });
});

describe('a column of a view', () => {
  it.each([
    ['Int32', 'Int32', true],
    ['Int16', 'Int64', true],
    ['Int64', 'Int32', false],
    ['UInt32', 'Int64', true],
    ['UInt64', 'Int64', false],
    ['Int8', 'UInt64', false],
    ['Int64', 'Float64', true],
    ['Float64', 'Float32', false],
    ['String', 'Int32', false],
    ['Int32', 'String', false],
    ['String', 'LowCardinality(String)', true],
    ['LowCardinality(Nullable(String))', 'String', false],
    ['LowCardinality(Nullable(String))', 'Nullable(String)', true],
    ['String', 'Nullable(String)', true],
    ['Nullable(Nothing)', 'Nullable(Int8)', true],
    ['Date', 'DateTime64(3)', true],
    ['DateTime64(6)', 'DateTime64(3)', false],
    ["DateTime('UTC')", 'DateTime', true],
    ['UInt64', 'SimpleAggregateFunction(sum, UInt64)', true],
    ['AggregateFunction(sum, UInt64)', 'AggregateFunction(sum,UInt64)', true],
    ['AggregateFunction(sum, UInt64)', 'AggregateFunction(max, UInt64)', false],
    ['Array(Int16)', 'Array(Int32)', true],
    ['Array(Nothing)', 'Array(String)', true],
    ['Decimal(10, 2)', 'Decimal(12, 2)', true],
    ['Decimal(12, 4)', 'Decimal(12, 2)', false],
    ["Enum8('a' = 1)", 'String', true],
    ['Bool', 'UInt8', true],
  ])('%s into %s: %s', (from, into, fits) => {
    const found = misfits([{ name: 'a', type: from }], [{ name: 'a', type: into, hasDefault: false }]);
    expect(found).toEqual(fits ? [] : [`the column a is ${from}, but ${into} in the target data source`]);
  });

  it('must be there on both sides', () => {
    const target = [
      { name: 'a', type: 'Int8', hasDefault: false },
      { name: 'b', type: 'Int8', hasDefault: true },
      { name: 'c', type: 'LowCardinality(Nullable(String))', hasDefault: false },
    ];
    expect(misfits([{ name: 'z', type: 'Int8' }], target)).toEqual([
      'the column z is not in the target data source',
      'the column a of the target data source is not selected and has no default',
    ]);
  });
});
