// Rows in: NDJSON and CSV are split into good rows and quarantine by one pass through ClickHouse.
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Datasource } from '../../datafile/types.ts';
import type { Connection } from './connection.ts';
import { csvLines } from './csv.ts';
import type { Engine } from './engine.ts';
import { createRecipe, type Recipe, STAGE } from './recipe.ts';
import { describeTable } from './tables.ts';

export interface Ingested {
  readonly successful: number;
  readonly quarantined: number;
  /** Lines of a CSV with a wrong number of cells; they are kept nowhere. */
  readonly invalid: number;
  /** `c__import_id` of the quarantined rows. */
  readonly importId: string;
}

export interface Batch {
  readonly datasource: Datasource;
  /** Physical table. */
  readonly table: string;
  readonly body: Uint8Array;
}

/** Folder in the data directory; what a killed process has left there is of no use. */
export const BATCHES = 'batches';

/** EngineError when a view refuses the rows: they are then in the table, but not in all views. */
export async function ingestNdjson(engine: Engine, { datasource, table, body }: Batch): Promise<Ingested> {
  const importId = randomUUID();
  const recipe = createRecipe(await typed(engine, table, datasource), table);
  const folder = join(engine.dataDir, BATCHES);
  const file = join(folder, `${importId}.ndjson`);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(file, body);
    const counts = await engine.inserts.shared(() =>
      engine.session((connection) => follow(connection, recipe, { file, importId })),
    );
    return { ...counts, invalid: 0, importId };
  } finally {
    await rm(file, { force: true });
  }
}

/** A first line that names columns is a header; otherwise cells are in the order of the schema. */
export async function ingestCsv(
  engine: Engine,
  { delimiter = ',', ...batch }: Batch & { readonly delimiter?: string },
): Promise<Ingested> {
  const columns = batch.datasource.columns.map((column) => ({ ...column, jsonpath: `$.${column.name}` }));
  const { ndjson, invalid } = csvLines(batch.body, columns, delimiter);
  const datasource = { ...batch.datasource, columns };
  return { ...(await ingestNdjson(engine, { ...batch, datasource, body: ndjson })), invalid };
}

async function follow(
  connection: Connection,
  recipe: Recipe,
  { file, importId }: { readonly file: string; readonly importId: string },
): Promise<{ successful: number; quarantined: number }> {
  try {
    await connection.run(recipe.stage(file));
    const [successful = 0, quarantined = 0] = Buffer.from(await connection.run(recipe.counts))
      .toString()
      .trim()
      .split('\t')
      .map(Number);
    if (quarantined > 0) await connection.run(recipe.quarantine(importId));
    if (successful > 0) await connection.run(recipe.insert);
    return { successful, quarantined };
  } finally {
    await connection.run(`DROP TEMPORARY TABLE IF EXISTS ${STAGE}`);
  }
}

// A column may be typed by its DEFAULT alone; ClickHouse knows then.
async function typed(engine: Engine, table: string, datasource: Datasource): Promise<Datasource> {
  if (datasource.columns.every(({ type }) => type !== '')) return datasource;
  const types = new Map((await describeTable(engine, table)).map(({ name, type }) => [name, type]));
  const columns = datasource.columns.map((column) => ({
    ...column,
    type: types.get(column.name) ?? column.type,
  }));
  return { ...datasource, columns };
}
