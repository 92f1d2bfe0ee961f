// Materialized views on physical tables: attaching with an exact backfill while rows arrive, and detaching.
import { randomUUID } from 'node:crypto';
import type { Engine } from './engine.ts';
import { isName, quote, quoteTable } from './quoting.ts';
import { type Source, substitute } from './substitute.ts';
import { describeTable } from './tables.ts';

export interface View {
  /** `data.<name>`. */
  readonly name: string;
  /** Guarded SELECT over the names in `sources`. */
  readonly sql: string;
  /** What each name stands for: a physical table, or the guarded SELECT of a node. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Physical table that receives the rows. */
  readonly target: string;
  /** Whether rows that are there already are brought in too. */
  readonly backfill: boolean;
}

/**
 * Attaches all at one instant, then backfills: each row before it and each row after it arrives exactly once, also along a chain of
 * views. Only `engine.insert` and the ingest functions know of that instant. On an error none of them stays attached.
 * The views named in `instead` are detached at the same instant.
 */
export async function attachViews(
  engine: Engine,
  views: readonly View[],
  instead: readonly string[] = [],
): Promise<void> {
  const clones = new Map<string, string>();
  const attached: string[] = [];
  try {
    // One lock for all tables: a row on its way through one view is in the next one's source a moment later.
    await engine.inserts.exclusive(async () => {
      const history = views.filter((view) => view.backfill);
      await cloneHistory(engine, history, clones);
      for (const view of views) {
        await engine.admin(createText(view));
        attached.push(view.name);
      }
      for (const name of instead) await engine.admin(`DROP VIEW IF EXISTS ${quoteTable(name)}`);
    });
    for (const view of views) {
      if (view.backfill) await backfill(engine, view, clones);
    }
  } catch (error) {
    await detachViews(engine, attached);
    throw error;
  } finally {
    await dropAll(engine, clones);
  }
}

/** Detach before dropping aliases and tables: a view whose target is gone would refuse every insert. */
export async function detachViews(engine: Engine, names: readonly string[]): Promise<void> {
  await engine.inserts.exclusive(async () => {
    for (const name of names) await engine.admin(`DROP VIEW IF EXISTS ${quoteTable(name)}`);
  });
}

const createText = (view: View): string =>
  `CREATE MATERIALIZED VIEW ${quoteTable(view.name)} TO ${quoteTable(view.target)} AS ${selectOf(view)}`;

const selectOf = (view: View): string => substitute(view.sql, view.sources);

// `sources` may name more than the view reads.
function tablesOf(view: View): readonly string[] {
  const select = selectOf(view);
  return [...view.sources.values()].flatMap((source) =>
    'table' in source && select.includes(quoteTable(source.table)) ? [source.table] : [],
  );
}

// Null keeps no rows, and Memory cannot be cloned by its parts.
async function historyTables(engine: Engine, views: readonly View[]): Promise<readonly string[]> {
  const tables = new Set(views.flatMap(tablesOf));
  const kept: string[] = [];
  for (const table of tables) {
    const [database = '', name = ''] = table.split('.');
    const [row] = await engine.rows(
      `SELECT engine FROM system.tables WHERE database = '${plainName(database)}' AND name = '${plainName(name)}'`,
    );
    if (String(row?.engine).endsWith('MergeTree')) kept.push(table);
  }
  return kept;
}

function plainName(name: string): string {
  if (!isName(name)) throw new Error(`not a table name: ${JSON.stringify(name)}`);
  return name;
}

// Hard links to the parts of this instant: milliseconds, whatever the size.
async function cloneTable(engine: Engine, table: string): Promise<string> {
  const clone = `data.clone_${randomUUID().replaceAll('-', '')}`;
  await engine.admin(`CREATE TABLE ${quoteTable(clone)} CLONE AS ${quoteTable(table)}`);
  return clone;
}

/** Fills `clones`, table to clone; hold `engine.inserts` alone. What is in it at the end is for `dropAll`, also after an error. */
export async function cloneHistory(
  engine: Engine,
  views: readonly View[],
  clones: Map<string, string>,
): Promise<void> {
  for (const table of await historyTables(engine, views)) clones.set(table, await cloneTable(engine, table));
}

export async function dropAll(engine: Engine, clones: ReadonlyMap<string, string>): Promise<void> {
  for (const clone of clones.values()) await engine.admin(`DROP TABLE IF EXISTS ${quoteTable(clone)}`);
}

/** Clones and tables of service data sources that a killed process has left. */
export async function dropLeftovers(engine: Engine): Promise<void> {
  const tables = await engine.rows(
    "SELECT name FROM system.tables WHERE database = 'data' AND match(name, '^(clone|service)_[0-9a-f]{32}$')",
  );
  for (const { name } of tables) await engine.admin(`DROP TABLE ${quoteTable(`data.${String(name)}`)}`);
}

async function backfill(engine: Engine, view: View, clones: ReadonlyMap<string, string>): Promise<void> {
  const text = await backfillText(engine, view, (table) => clones.get(table) ?? null);
  await engine.inserts.shared(() => engine.session((connection) => connection.run(text)));
}

/** `cloneOf`: the table that stands for a source. `settings` of the statement, e.g. `log_comment = 'x'`. */
export async function backfillText(
  engine: Engine,
  view: View,
  cloneOf: (table: string) => string | Source | null,
  settings = '',
): Promise<string> {
  const sources = new Map(
    [...view.sources].map(([name, source]): [string, Source] => {
      const clone = 'table' in source ? cloneOf(source.table) : null;
      return [name, clone === null ? source : typeof clone === 'string' ? { table: clone } : clone];
    }),
  );
  const select = substitute(view.sql, sources);
  // By name, as the view does it; INSERT alone would go by position.
  const given = (await engine.rows(`DESCRIBE (${select})`)).map(({ name }) => String(name));
  const wanted = new Set((await describeTable(engine, view.target)).map(({ name }) => name));
  // A `SELECT *` may have got columns since that the view leaves out.
  const columns = given.filter((name) => wanted.has(name)).map(quote);
  const rows = columns.length === given.length ? select : `SELECT ${columns.join(', ')} FROM (${select})`;
  return `INSERT INTO ${quoteTable(view.target)} (${columns.join(', ')}) ${settings} ${rows}`;
}
