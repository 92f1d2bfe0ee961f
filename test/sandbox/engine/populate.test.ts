// A population and the rows that arrive in the middle of it, at exactly the places where one could be lost or counted twice.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../../src/sandbox/engine/engine.ts';
import { populate } from '../../../src/sandbox/engine/populate.ts';
import type { View } from '../../../src/sandbox/engine/views.ts';
import { attachViews } from '../../../src/sandbox/engine/views.ts';
import { ndjson } from './fixtures.ts';

let engine: Engine;
const view: View = {
  name: 'data.pop_view',
  sql: 'SELECT id FROM src',
  sources: new Map([['src', { table: 'data.pop_src' }]]),
  target: 'data.pop_target',
  backfill: false,
};

beforeAll(async () => {
  engine = await openEngine();
  for (const table of ['pop_src', 'pop_target'])
    await engine.admin(`CREATE TABLE data.${table} (id Int32) ENGINE = MergeTree ORDER BY id`);
  await engine.admin('INSERT INTO data.pop_src SELECT number FROM numbers(10)');
  await attachViews(engine, [view]);
});
afterAll(() => engine.close());

let inserted = 10;
const insert = (): Promise<number> => {
  inserted += 1;
  return engine.insert({ table: 'data.pop_src', ndjson: ndjson([{ id: inserted }]) });
};

/** The engine, with `before` run ahead of every statement. */
const interrupted = (before: (sql: string) => Promise<void>): Engine => ({
  ...engine,
  admin: async (sql, format) => {
    await before(sql);
    return engine.admin(sql, format);
  },
  rows: async (sql) => {
    await before(sql);
    return engine.rows(sql);
  },
});

const run = (on: Engine, truncate: boolean): Promise<void> => {
  const { signal } = new AbortController();
  return populate(on, { view, attached: view.name, condition: null, truncate, signal });
};

async function counts(): Promise<unknown> {
  const [row] = await engine.rows('SELECT count() AS rows, uniqExact(id) AS ids FROM data.pop_target');
  return row;
}

test('a row between the snapshot and the copy goes through the view alone', async () => {
  let between = 0;
  await run(
    interrupted(async (sql) => {
      if (!sql.startsWith('DESCRIBE (')) return;
      between += await insert();
    }),
    true,
  );
  expect(between).toBe(1);
  expect(await counts()).toEqual({ rows: inserted, ids: inserted });
});

test('no row comes between the snapshot and the emptying of the target', async () => {
  const waiting: Promise<number>[] = [];
  let early = 0;
  await run(
    interrupted(async (sql) => {
      if (!sql.startsWith('TRUNCATE')) return;
      waiting.push(insert().then((rows) => (early += rows)));
      // More than it takes when nothing holds it back.
      for (let i = 0; i < 50; i += 1) await engine.rows('SELECT 1');
      expect(early).toBe(0);
    }),
    true,
  );
  await Promise.all(waiting);
  expect(early).toBe(1);
  expect(await counts()).toEqual({ rows: inserted, ids: inserted });
});

test('without emptying it, everything comes once more', async () => {
  await run(engine, false);
  expect(await counts()).toEqual({ rows: 2 * inserted, ids: inserted });
  const clones = await engine.rows("SELECT name FROM system.tables WHERE name LIKE 'clone%'");
  expect(clones).toEqual([]);
});
