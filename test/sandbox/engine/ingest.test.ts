// Lines of every kind of badness: good rows in the table, the rest in quarantine with the right column named.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../../src/sandbox/engine/engine.ts';
import { ingestCsv, ingestNdjson } from '../../../src/sandbox/engine/ingest.ts';
import { createTable } from '../../../src/sandbox/engine/tables.ts';
import { datasource, ndjson } from './fixtures.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const wide = datasource([
  { name: 'id', type: 'Int32' },
  { name: 'name', type: 'LowCardinality(String)' },
  { name: 'ratio', type: 'Nullable(Float64)' },
  { name: 'deep', type: 'Int32', path: '$.a.b' },
  { name: 'values', type: 'Array(Int32)', path: '$.items[:].v' },
  { name: 'tags', type: 'Array(Nullable(String))', path: '$.tags[:]' },
  { name: 'line', type: 'String', path: '$' },
  { name: 'kind', type: "Enum8('x' = 1, 'y' = 2)" },
  { name: 'day', type: 'Date' },
  { name: 'ts', type: 'DateTime64(3)', fallback: "toDateTime64('2020-01-01 00:00:00', 3)" },
  { name: 'ts_day', type: '', fallback: 'toDate(ts)' },
  { name: 'auto', type: 'String', path: null, fallback: "'set'" },
  { name: 'map', type: 'Map(String, Int32)' },
  { name: 'grid', type: 'Array(Array(Int8))' },
  { name: 'object', type: 'String', path: '$.a' },
  { name: 'json', type: 'JSON' },
  { name: 'pair', type: 'Tuple(p Int32, q String)' },
  { name: 'uuid', type: 'Nullable(UUID)' },
  { name: 'price', type: 'Nullable(Decimal(10, 2))' },
  { name: 'flag', type: 'UInt8', fallback: '0' },
]);
const good = {
  id: 1,
  name: "it's",
  ratio: 1.5,
  a: { b: 2 },
  items: [{ v: 1 }, { v: 2 }],
  tags: ['a', null],
  kind: 'x',
  day: '2026-01-02',
  ts: '2026-01-02T03:04:05.678Z',
  map: { a: 1 },
  grid: [[1], [2, 3]],
  json: { z: 1 },
  pair: { p: 1, q: 'w' },
  uuid: null,
  price: 1.25,
  flag: 1,
};

describe('a good line', () => {
  // What is changed in the line, and what is then in the table.
  const GOOD: readonly (readonly [change: object, expected: object])[] = [
    [
      {},
      {
        ratio: 1.5,
        deep: 2,
        values: [1, 2],
        tags: ['a', null],
        kind: 'x',
        day: '2026-01-02',
        ts: '2026-01-02 03:04:05.678',
        ts_day: '2026-01-02',
        auto: 'set',
        map: { a: 1 },
        grid: [[1], [2, 3]],
        object: '{"b":2}',
        json: { z: 1 },
        pair: { p: 1, q: 'w' },
        uuid: null,
        price: 1.25,
        flag: 1,
      },
    ],
    [{ name: "it's" }, { name: "it's" }],
    [{ ts: undefined }, { ts: '2020-01-01 00:00:00.000', ts_day: '2020-01-01' }],
    [{ flag: null }, { flag: 0 }],
    [{ ratio: undefined }, { ratio: null }],
    [
      { tags: undefined, items: null },
      { tags: [], values: [] },
    ],
    [{ name: 7 }, { name: '7' }],
    [{ ratio: '7' }, { ratio: 7 }],
    [{ flag: true }, { flag: 1 }],
    [{ ts: 1767323045 }, { ts: '2026-01-02 03:04:05.000' }],
    [{ ts: 1767323045678 }, { ts: '2026-01-02 03:04:05.678' }],
    [{ more: 1 }, { auto: 'set' }],
  ];

  it('arrives with every value in its column', async () => {
    await createTable(engine, { table: 'data.wide', datasource: wide });
    const lines = GOOD.map(([change], id) => ({ ...good, id, ...change }));
    const done = await ingestNdjson(engine, { datasource: wide, table: 'data.wide', body: ndjson(lines) });
    expect(done).toMatchObject({ successful: GOOD.length, quarantined: 0 });
    const rows = await engine.rows('SELECT * FROM data.wide ORDER BY id');
    expect(rows).toMatchObject(
      GOOD.map(([, expected], id) => ({ ...expected, id, line: JSON.stringify(lines[id]) })),
    );
  });
});

describe('a bad line', () => {
  const BAD: readonly (readonly [line: unknown, columns: readonly string[]])[] = [
    [{ ...good, id: 'x' }, ['id']],
    [{ ...good, id: null }, ['id']],
    [{ ...good, id: undefined }, ['id']],
    [{ ...good, id: 5_000_000_000 }, ['id']],
    [{ ...good, id: 1.5 }, ['id']],
    [{ ...good, id: {} }, ['id']],
    [{ ...good, name: null }, ['name']],
    [{ ...good, ratio: 'x' }, ['ratio']],
    [{ ...good, a: { b: 'x' } }, ['deep']],
    [{ ...good, a: 5 }, ['deep']],
    [{ ...good, items: [{ v: 1 }, { v: 'q' }] }, ['values']],
    [{ ...good, items: [{}] }, ['values']],
    [{ ...good, items: 5 }, ['values']],
    [{ ...good, tags: 'a' }, ['tags']],
    [{ ...good, kind: 'z' }, ['kind']],
    [{ ...good, day: '2026-13-01' }, ['day']],
    [{ ...good, ts: 'yesterday' }, ['ts']],
    [{ ...good, map: { a: 'x' } }, ['map']],
    [{ ...good, grid: [[300]] }, ['grid']],
    [{ ...good, uuid: 'x' }, ['uuid']],
    [{ ...good, price: 'x' }, ['price']],
    [{ ...good, id: 'x', ts: 'x', uuid: 'x' }, ['id', 'ts', 'uuid']],
    ['{"id": 1', []],
    ['[1, 2]', []],
    ['"text"', []],
    ['nonsense', []],
    [JSON.stringify(good).replace('"id":1', '"id":99999999999999999999'), []],
  ];

  it('goes to quarantine, with its columns and its values', async () => {
    await createTable(engine, { table: 'data.bad', datasource: wide });
    const lines = BAD.map(([line]) => line);
    const body = ndjson([good, ...lines, '', good]);
    const done = await ingestNdjson(engine, { datasource: wide, table: 'data.bad', body });
    expect(done).toMatchObject({ successful: 2, quarantined: BAD.length, invalid: 0 });
    const rows = await engine.rows(
      'SELECT c__error_column, c__error, c__import_id, id, deep FROM data.bad_quarantine',
    );
    expect(rows.map((row) => row.c__error_column)).toEqual(BAD.map(([, columns]) => columns));
    expect(rows[0]).toMatchObject({
      c__error: ["value 'x' on column 'id' is not Int32"],
      c__import_id: done.importId,
      id: 'x',
      deep: '2',
    });
    expect(rows[1]).toMatchObject({ c__error: ["value null on column 'id' is not Int32"], id: null });
    expect(rows[22]).toMatchObject({ c__error: ['invalid JSON: {"id": 1'] });
  });
});

it('takes 50,000 rows at once', async () => {
  const events = datasource([
    { name: 'event_type', type: 'LowCardinality(String)' },
    { name: 'tenant_id', type: 'String' },
    { name: 'timestamp', type: 'DateTime64(3)' },
  ]);
  await createTable(engine, { table: 'data.many', datasource: events });
  const rows = Array.from({ length: 50_000 }, (_, i) => ({
    event_type: 'login',
    tenant_id: `t${i % 50}`,
    timestamp: '2026-01-01T00:00:00Z',
  }));
  const done = await ingestNdjson(engine, { datasource: events, table: 'data.many', body: ndjson(rows) });
  expect(done).toMatchObject({ successful: 50_000, quarantined: 0 });
  expect(
    await engine.rows('SELECT tenant_id, count() AS n FROM data.many GROUP BY 1 HAVING n != 1000'),
  ).toEqual([]);
});

describe('CSV', () => {
  const table = datasource([
    { name: 'name', type: 'String' },
    { name: 'count', type: 'Int16' },
    { name: 'list', type: 'Array(Int32)' },
    { name: 'at', type: 'Nullable(DateTime)' },
  ]);
  it.each([
    ['data.csv_header', 'count,name,list,at\n1,"a, b",[1],2026-01-01\nx,c,[],\n1,2\n', ','],
    ['data.csv_plain', 'a, b;1;[1];2026-01-01\nc;x;[];\n1;2\n', ';'],
  ])('%s arrives', async (name, text, delimiter) => {
    await createTable(engine, { table: name, datasource: table });
    const done = await ingestCsv(engine, {
      datasource: table,
      table: name,
      body: Buffer.from(text),
      delimiter,
    });
    expect(done).toMatchObject({ successful: 1, quarantined: 1, invalid: 1 });
    expect(await engine.rows(`SELECT * FROM ${name}`)).toEqual([
      { name: 'a, b', count: 1, list: [1], at: '2026-01-01 00:00:00' },
    ]);
    expect(await engine.rows(`SELECT c__error_column, name FROM ${name}_quarantine`)).toEqual([
      { c__error_column: ['count'], name: 'c' },
    ]);
  });
});

it('says which JSON path it cannot read', async () => {
  const odd = datasource([{ name: 'a', type: 'String', path: '$.a[0]' }]);
  await expect(
    ingestNdjson(engine, { datasource: odd, table: 'data.none', body: ndjson([]) }),
  ).rejects.toThrow('$.a[0]');
});
