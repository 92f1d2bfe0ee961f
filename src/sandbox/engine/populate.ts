// Runs a view's SELECT once more over everything that its sources hold at one instant, into its target.
import { randomUUID } from 'node:crypto';
import type { Engine } from './engine.ts';
import { literal, quoteTable } from './quoting.ts';
import { truncate } from './rows.ts';
import type { Source } from './substitute.ts';
import { killUntil } from './tenant-query.ts';
import { backfillText, cloneHistory, dropAll, type View } from './views.ts';

export interface Population {
  /** Attached: what its source gets from that instant on, it brings in itself. */
  readonly view: View;
  /** Name of the attached view. */
  readonly attached: string;
  /** On the rows that trigger the view; from guardCondition. Null for all. */
  readonly condition: string | null;
  /** Empty the target at that instant. */
  readonly truncate: boolean;
  /** Rejects with the signal's reason; rows that are in the target by then stay there. */
  readonly signal: AbortSignal;
}

/** Rows that come meanwhile go through the view alone, so with `truncate` each row of the source is in the target exactly once. */
export async function populate(engine: Engine, population: Population): Promise<void> {
  const { view, signal } = population;
  const clones = new Map<string, string>();
  try {
    await engine.inserts.exclusive(async () => {
      signal.throwIfAborted();
      await cloneHistory(engine, [view], clones);
      if (population.truncate) await truncate(engine, view.target);
    });
    await insert(engine, population, clones);
  } finally {
    await dropAll(engine, clones);
  }
}

async function insert(
  engine: Engine,
  { view, attached, condition, signal }: Population,
  clones: ReadonlyMap<string, string>,
): Promise<void> {
  const trigger = condition === null ? null : await triggerOf(engine, attached);
  const cloneOf = (table: string): string | Source | null => {
    const from = clones.get(table) ?? table;
    return table === trigger ? { sql: `SELECT * FROM ${quoteTable(from)} WHERE ${condition}` } : from;
  };
  const comment = literal(randomUUID());
  const text = await backfillText(engine, view, cloneOf, `SETTINGS log_comment = ${comment}`);
  let settled = false;
  const kill = (): Promise<unknown> => engine.admin(`KILL QUERY WHERE Settings['log_comment'] = ${comment}`);
  const stop = (): void => {
    void killUntil(
      () => settled,
      async () => void (await kill()),
    );
  };
  signal.throwIfAborted();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await engine.inserts.shared(() => engine.session((connection) => connection.run(text)));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    settled = true;
    signal.removeEventListener('abort', stop);
  }
}

/** The table whose inserts run the view, as ClickHouse has it. */
async function triggerOf(engine: Engine, attached: string): Promise<string | null> {
  const [database = '', name = ''] = attached.split('.');
  const [row] = await engine.rows(
    `SELECT concat(database, '.', name) AS name FROM system.tables
     WHERE has(arrayZip(dependencies_database, dependencies_table), (${literal(database)}, ${literal(name)}))`,
  );
  return row === undefined ? null : String(row.name);
}
