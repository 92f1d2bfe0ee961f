// Merges held back: what ClickHouse does in the background, at a time of its own, changes what a query finds.
import type { Engine } from './engine.ts';
import { quoteTable } from './quoting.ts';

// Merges of plain tables without what has expired show in no answer, and without them queries would slow down.
const REPLACING = `SELECT concat(database, '.', name) AS table FROM system.tables
  WHERE endsWith(engine, 'MergeTree') AND engine != 'MergeTree'`;

/** While `work` runs, rows of the tables that there are at its start do not expire, and none replaces another. */
export async function withoutMerges<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  const tables = (await engine.rows(REPLACING)).map(({ table }) => quoteTable(String(table)));
  await engine.admin('SYSTEM STOP TTL MERGES');
  for (const table of tables) await engine.admin(`SYSTEM STOP MERGES ${table}`);
  try {
    return await work();
  } finally {
    await engine.admin('SYSTEM START TTL MERGES');
    // Whoever it was may have dropped some.
    for (const table of tables) await engine.admin(`SYSTEM START MERGES ${table}`).catch(() => undefined);
  }
}
