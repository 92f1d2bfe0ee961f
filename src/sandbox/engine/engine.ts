// ClickHouse in this process: who may run what on which connections, and one native engine for everyone who opens it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Connection, Pool } from './connection.ts';
import { type Catalog, loadCatalog } from './functions.ts';
import { BATCHES } from './ingest.ts';
import { createLock, type Lock } from './lock.ts';
import { loadNative, type Native } from './native.ts';
import { openPools } from './pools.ts';
import { literal } from './quoting.ts';
import { describeTenant, killUntil, runTenant, type TenantQuery } from './tenant-query.ts';
import { dropLeftovers } from './views.ts';

// libuv reads it when its first work is queued; four threads would make file reads wait behind queries.
process.env.UV_THREADPOOL_SIZE ??= '16';

export type Row = Readonly<Record<string, unknown>>;

export interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

/** What ClickHouse's parser says of a text, without running it. */
export interface Analysis {
  readonly statements: number;
  /** 0 reads, 1 changes a database, 2 changes the server, 3 controls the session or writes files, 4 unknown. */
  readonly kind: number;
}

export interface Engine {
  readonly dataDir: string;
  /** Held shared by inserts, alone by whoever attaches or detaches views. */
  readonly inserts: Lock;
  /** The functions of this ClickHouse, and which of them a query may call. */
  readonly functions: Catalog;
  /** One trusted statement at a time: DDL and metadata. The answer as text, TabSeparatedRaw unless `format` says otherwise. */
  admin(sql: string, format?: string): Promise<string>;
  /** Rows of a trusted SELECT. 64-bit integers are JavaScript numbers. */
  rows(sql: string): Promise<readonly Row[]>;
  /** One connection for several trusted statements, e.g. around a temporary table. */
  session<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Appends rows as they are, without quarantine. Gives their number. */
  insert(batch: { readonly table: string; readonly ndjson: Uint8Array }): Promise<number>;
  /** Runs guarded SQL as the tenant role. The answer in `format`; EngineError, or the signal's reason. */
  tenantQuery(query: TenantQuery): Promise<Uint8Array>;
  /** The columns that guarded SQL gives in a database. EngineError when it does not work there. */
  check(sql: string, database: string): Promise<{ readonly columns: readonly TypedColumn[] }>;
  analyze(sql: string): Promise<Analysis>;
  /** One statement as ClickHouse prints it on one line, without comments. Nothing is run. */
  format(sql: string): Promise<string>;
  /** EXPLAIN AST of one statement that `format` gave. Nothing is run. */
  explain(canonical: string): Promise<readonly string[]>;
  /** When the last one that opened it closes, the engine stops; a temporary data directory is removed. */
  close(): Promise<void>;
}

interface Open {
  readonly dataDir: string;
  readonly temporary: boolean;
  readonly engine: Engine;
  holders: number;
}

// chDB allows one data directory a process, so the process is the scope of this state.
let current: Open | null = null;
let turn: Promise<unknown> = Promise.resolve();

/**
 * The process's engine. The same `dataDir` (or again none) is shared; another one is an error until all have closed.
 * Names of databases and tables are shared too.
 */
export function openEngine(options: { readonly dataDir?: string } = {}): Promise<Engine> {
  return inTurn(async () => {
    const wanted = options.dataDir === undefined ? null : resolve(options.dataDir);
    current ??= await start(wanted);
    const open = current;
    if (wanted === null ? !open.temporary : wanted !== open.dataDir) {
      throw new Error(
        `ClickHouse already runs in this process on ${open.dataDir}; close it before opening ${wanted ?? 'a temporary one'}`,
      );
    }
    open.holders += 1;
    let closed = false;
    const close = async (): Promise<void> => {
      if (closed) return;
      closed = true;
      await inTurn(() => release(open));
    };
    return { ...open.engine, close };
  });
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = turn.then(work);
  turn = result.catch(() => undefined);
  return result;
}

async function start(wanted: string | null): Promise<Open> {
  const dataDir = wanted ?? (await mkdtemp(join(tmpdir(), 'tinybird-tenants-')));
  try {
    await rm(join(dataDir, BATCHES), { recursive: true, force: true });
    const engine = await assemble(dataDir, await loadNative(dataDir));
    await dropLeftovers(engine);
    return { dataDir, temporary: wanted === null, engine, holders: 0 };
  } catch (error) {
    if (wanted === null) await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}

async function release(open: Open): Promise<void> {
  open.holders -= 1;
  if (open.holders > 0) return;
  current = null;
  await open.engine.close();
  if (open.temporary) await rm(open.dataDir, { recursive: true, force: true });
}

async function assemble(dataDir: string, native: Native): Promise<Engine> {
  const pools = await openPools(native);
  const inserts = createLock();
  const text = async (pool: Pool, sql: string, format?: string): Promise<string> =>
    Buffer.from(await pool.use((connection) => connection.run(sql, format))).toString();
  const rows = async (sql: string): Promise<readonly Row[]> =>
    readRows(await text(pools.trusted, sql, 'JSONEachRow'));
  // Queries of tenants alone have a comment. Without SYNC, which can wait for ever.
  const kill = async (comment: string): Promise<void> => {
    await text(pools.control, `KILL QUERY WHERE Settings['log_comment'] ${comment}`);
  };
  return {
    dataDir,
    inserts,
    functions: await loadCatalog(rows),
    admin: (sql, format) => text(pools.admin, sql, format),
    rows,
    session: (work) => pools.trusted.use(work),
    insert: ({ table, ndjson }) =>
      inserts.shared(() => pools.trusted.use((connection) => connection.insert(table, ndjson))),
    tenantQuery: (query) => runTenant(pools.tenants, (id) => kill(`= ${literal(id)}`), query),
    check: async (sql, database) => ({ columns: await describeTenant(pools.guard, sql, database) }),
    analyze: async (sql) => {
      const analysis = await native.parser.analyze(sql, 'data');
      return { statements: analysis.statementCount, kind: analysis.queryClass };
    },
    format: async (sql) =>
      (await text(pools.guard, `SELECT formatQuerySingleLine(${literal(sql)})`, 'RawBLOB')).trim(),
    explain: async (canonical) =>
      readRows(await text(pools.guard, `EXPLAIN AST ${canonical}`, 'JSONEachRow')).map((row) =>
        String(row.explain),
      ),
    close: async () => {
      let idle = false;
      const tenants = pools.tenants.close().then(() => {
        idle = true;
      });
      await killUntil(
        () => idle,
        () => kill("!= ''"),
      );
      await tenants;
      for (const pool of [pools.guard, pools.admin, pools.trusted, pools.control]) await pool.close();
      await native.close();
    },
  };
}

function readRows(ndjson: string): readonly Row[] {
  return ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Row => JSON.parse(line));
}
