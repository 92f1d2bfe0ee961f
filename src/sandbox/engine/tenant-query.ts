// A query on behalf of a token: the tenant role, its database, row filters and limits as settings, and a real way to cancel.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, Pool } from './connection.ts';
import { isName, literal, quote } from './quoting.ts';

export interface TenantQuery {
  /** Holds the alias tables; its name starts with `ws_`. */
  readonly database: string;
  /** A guarded SELECT without FORMAT and SETTINGS. */
  readonly sql: string;
  /** ClickHouse format name. */
  readonly format: string;
  /** Alias table name to the SQL condition its rows must meet. */
  readonly filters: ReadonlyMap<string, string>;
  readonly limits: TenantLimits;
  /** `output_format_…` settings. */
  readonly output?: Readonly<Record<string, number | string>>;
  readonly signal?: AbortSignal;
}

export interface TenantLimits {
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly resultRows: number;
}

const KILL_EVERY_MS = 25;
const CHECK_LIMITS: TenantLimits = { seconds: 10, memoryBytes: 1e9, resultRows: 10_000 };

/** Rejects at once when the signal aborts; the connection is lent out until the engine has really stopped. */
export async function runTenant(
  pool: Pool,
  kill: (id: string) => Promise<void>,
  query: TenantQuery,
): Promise<Uint8Array> {
  const { signal } = query;
  signal?.throwIfAborted();
  const id = randomUUID();
  const text = tenantText(query, id);
  const run = pool.use(async (connection) => {
    signal?.throwIfAborted();
    await enter(connection, query.database);
    return connection.run(text, query.format);
  });
  if (signal === undefined) return run;
  let settled = false;
  const finished = run.finally(() => {
    settled = true;
  });
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    aborted.reject(signal.reason);
    void killUntil(
      () => settled,
      () => kill(id),
    );
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([finished, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    finished.catch(() => undefined);
  }
}

/** Kills again and again, because a query may not have begun yet. */
export async function killUntil(stopped: () => boolean, kill: () => Promise<void>): Promise<void> {
  while (!stopped()) {
    // A failed kill means that the engine closes or is out of memory: the query's own time limit ends it.
    await kill().catch(() => undefined);
    await delay(KILL_EVERY_MS);
  }
}

/** Names and types of what the SELECT gives. */
export async function describeTenant(
  pool: Pool,
  sql: string,
  database: string,
): Promise<readonly { readonly name: string; readonly type: string }[]> {
  const text = `DESCRIBE (\n${sql}\n) ${settingsText(limitSettings(CHECK_LIMITS))}`;
  const bytes = await pool.use(async (connection) => {
    await enter(connection, database);
    return connection.run(text, 'JSONCompact');
  });
  const answer: { readonly data: readonly (readonly [string, string])[] } = JSON.parse(
    Buffer.from(bytes).toString(),
  );
  return answer.data.map(([name, type]) => ({ name, type }));
}

async function enter(connection: Connection, database: string): Promise<void> {
  if (!/^ws_\w+$/.test(database)) throw new Error(`not a workspace database: ${JSON.stringify(database)}`);
  await connection.run(`USE ${quote(database)}`);
}

function tenantText(query: TenantQuery, id: string): string {
  if (!isName(query.format)) throw new Error(`not a format: ${JSON.stringify(query.format)}`);
  const filters = [...query.filters].map(([table, condition]) => {
    // ClickHouse ignores a key that it does not know, so a mistake here would open the table.
    if (!isName(table)) throw new Error(`not a table name: ${JSON.stringify(table)}`);
    return `${literal(`${query.database}.${table}`)}: ${literal(condition)}`;
  });
  const output = Object.entries(query.output ?? {}).map(([name, value]) => {
    if (!/^output_format_\w+$/.test(name)) throw new Error(`not an output setting: ${JSON.stringify(name)}`);
    return `${name} = ${typeof value === 'number' ? value : literal(value)}`;
  });
  const settings = [
    ...(filters.length > 0 ? [`additional_table_filters = {${filters.join(', ')}}`] : []),
    ...output,
    ...limitSettings(query.limits),
    `log_comment = ${literal(id)}`,
  ];
  return `${query.sql}\nFORMAT ${query.format} ${settingsText(settings)}`;
}

const limitSettings = (limits: TenantLimits): readonly string[] => [
  `max_execution_time = ${limits.seconds}`,
  `max_memory_usage = ${Math.floor(limits.memoryBytes)}`,
  `max_result_rows = ${Math.floor(limits.resultRows)}`,
];

const settingsText = (settings: readonly string[]): string => `SETTINGS ${settings.join(', ')}`;
