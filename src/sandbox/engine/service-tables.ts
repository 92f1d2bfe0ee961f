// Tables in memory for the length of one query: what service data sources show.
import { randomUUID } from 'node:crypto';
import type { Engine } from './engine.ts';
import { quote, quoteTable } from './quoting.ts';

export interface ServiceRows {
  /** Name to ClickHouse type. */
  readonly columns: Readonly<Record<string, string>>;
  /** As they are when a query asks. */
  readonly rows: () => readonly object[];
}

/** A fresh name; the table that a killed process leaves goes at the next start. */
export const newServiceTable = (): string => `data.service_${randomUUID().replaceAll('-', '')}`;

export async function createServiceTable(
  engine: Engine,
  table: string,
  { columns, rows }: ServiceRows,
): Promise<void> {
  const definitions = Object.entries(columns).map(([name, type]) => `${quote(name)} ${type}`);
  const lines = rows().map((row) => JSON.stringify(row));
  // Not by `engine.insert`, which waits while views are attached: nothing but the query reads this table.
  await engine.session(async (connection) => {
    await connection.run(`CREATE TABLE ${quoteTable(table)} (${definitions.join(', ')}) ENGINE = Memory`);
    if (lines.length > 0) await connection.insert(table, Buffer.from(lines.join('\n')));
  });
}

export async function dropServiceTable(engine: Engine, table: string): Promise<void> {
  await engine.session((connection) => connection.run(`DROP TABLE IF EXISTS ${quoteTable(table)}`));
}
