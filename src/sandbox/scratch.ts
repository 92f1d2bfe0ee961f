// A database for checks: aliases of live tables, and empty tables for what is new or changed, each made when something first needs it.
import type { Feedback } from './changes.ts';
import type { Engine } from './engine/engine.ts';
import { EngineError } from './engine/failure.ts';
import { createAlias, createDatabase, createTable, dropDatabase, dropTable } from './engine/tables.ts';
import { labelOf } from './project.ts';
import type { Catalog, StoredDatasource } from './state.ts';

export interface ScratchOf {
  readonly engine: Engine;
  /** Of the candidate. */
  readonly catalog: Catalog;
  readonly live: Catalog;
  /** Data sources that are new or changed. */
  readonly fresh: ReadonlySet<string>;
  /** Prefix of its names. */
  readonly prefix: string;
  /** What makes two data sources one to ClickHouse. */
  readonly shapeOf: (name: string) => string;
}

export class Scratch {
  /** Where pipes can be checked, once `hold` has made what they read. */
  readonly catalog: Catalog;
  readonly feedback: Feedback[] = [];
  /** Data sources that ClickHouse refused. */
  readonly broken = new Set<string>();
  readonly fresh: ReadonlySet<string>;
  readonly #of: ScratchOf;
  readonly #held = new Set<string>();
  readonly #tables: string[] = [];

  constructor(of: ScratchOf) {
    this.#of = of;
    this.fresh = of.fresh;
    const datasources = new Map<string, StoredDatasource>();
    for (const [name, stored] of of.catalog.datasources) {
      const table = `data.${of.prefix}_${datasources.size}`;
      // A table that only moves is still where it was.
      datasources.set(
        name,
        of.fresh.has(name) ? { ...stored, table } : (of.live.datasources.get(name) ?? stored),
      );
    }
    this.catalog = { ...of.catalog, database: `ws_${of.prefix}`, datasources };
  }

  /** Makes these data sources; false when one of them is broken. */
  async hold(names: readonly string[]): Promise<boolean> {
    for (const name of names) {
      const stored = this.catalog.datasources.get(name);
      if (stored === undefined || this.#held.has(name) || this.broken.has(name)) continue;
      if (this.#held.size === 0) await createDatabase(this.#of.engine, this.catalog.database);
      this.#held.add(name);
      try {
        await this.#make(name, stored);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        this.#refuse(name, error.message);
      }
    }
    return !names.some((name) => this.broken.has(name));
  }

  async #make(name: string, { table, file }: StoredDatasource): Promise<void> {
    const { engine, fresh } = this.#of;
    if (fresh.has(name)) {
      this.#tables.push(table);
      await createTable(engine, { table, datasource: file });
    }
    await createAlias(engine, { database: this.catalog.database, name, table });
  }

  /** All of its shape, so that every file at fault is named at once. */
  #refuse(name: string, message: string): void {
    const { fresh, shapeOf } = this.#of;
    for (const same of fresh) {
      if (shapeOf(same) !== shapeOf(name)) continue;
      this.broken.add(same);
      this.feedback.push({ resource: labelOf('datasource', same), level: 'ERROR', message });
    }
  }

  async close(): Promise<void> {
    const { engine } = this.#of;
    if (this.#held.size > 0) await dropDatabase(engine, this.catalog.database);
    for (const table of this.#tables) await dropTable(engine, table);
  }
}
