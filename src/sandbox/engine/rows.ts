// Rows of physical tables: counting, deleting, truncating, copying.
import type { Engine } from './engine.ts';
import { literal, quote, quoteTable } from './quoting.ts';

/** Rows in each table; a table that does not exist is absent. */
export async function rowCounts(
  engine: Engine,
  tables: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (tables.length === 0) return new Map();
  const rows = await engine.rows(
    `SELECT concat(database, '.', name) AS table, total_rows AS count FROM system.tables
     WHERE (database, name) IN (${tables.map((table) => `(${table.split('.').map(literal).join(', ')})`).join(', ')})`,
  );
  return new Map(rows.map((row) => [String(row.table), Number(row.count ?? 0)]));
}

/** `condition` must come from guardCondition. Gives the number of rows deleted; with `dryRun`, that would be. */
export async function deleteRows(
  engine: Engine,
  what: { readonly table: string; readonly condition: string; readonly dryRun?: boolean },
): Promise<number> {
  const table = quoteTable(what.table);
  const count = async (): Promise<number> => {
    const [row] = await engine.rows(`SELECT count() AS count FROM ${table} WHERE ${what.condition}`);
    return Number(row?.count ?? 0);
  };
  if (what.dryRun === true) return count();
  // Alone, so that the number is that of the rows which went.
  return engine.inserts.exclusive(async () => {
    const deleted = await count();
    // A lightweight DELETE would leave the rows in the table's own count.
    if (deleted > 0) await engine.admin(`ALTER TABLE ${table} DELETE WHERE ${what.condition}`);
    return deleted;
  });
}

/** Views keep what they hold. */
export async function truncate(engine: Engine, table: string): Promise<void> {
  await engine.admin(`TRUNCATE TABLE IF EXISTS ${quoteTable(table)}`);
}

/**
 * Copies rows to a table of another schema. `select` gives an expression over the old columns for each column that is filled;
 * hold `engine.inserts` exclusively when rows may arrive. Views of the target fire.
 */
export async function copyRows(
  engine: Engine,
  {
    from,
    to,
    select,
  }: { readonly from: string; readonly to: string; readonly select: ReadonlyMap<string, string> },
): Promise<void> {
  const columns = [...select.keys()].map(quote).join(', ');
  const values = [...select.values()].join(', ');
  await engine.admin(`INSERT INTO ${quoteTable(to)} (${columns}) SELECT ${values} FROM ${quoteTable(from)}`);
}
