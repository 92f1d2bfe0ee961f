// Connections to chDB and the pools that lend them: one statement at a time each, and nothing left behind by a failed one.
import type { Session } from 'chdb';
import { readFailure } from './failure.ts';

export interface Connection {
  /** Runs one statement. Errors are EngineErrors. */
  run(sql: string, format?: string): Promise<Uint8Array>;
  insert(table: string, ndjson: Uint8Array): Promise<number>;
  close(): void;
}

/** `prepare` are the statements every new session starts with. */
export async function openConnection(open: () => Session, prepare: readonly string[]): Promise<Connection> {
  let session = await prepared(open, prepare);

  // After a failed query chDB gives its partial rows to the next statement of the session and keeps its tables busy
  // until then: one discarded statement cures both. A session that cannot even do that is replaced.
  const recover = async (): Promise<void> => {
    try {
      await session.queryAsync('SELECT 1');
    } catch {
      session.close();
      session = await prepared(open, prepare);
    }
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      await recover();
      throw readFailure(cause);
    }
  };
  return {
    run: (sql, format = 'TabSeparatedRaw') =>
      guarded(async () => (await session.queryAsync(sql, { format })).bytes()),
    insert: (table, ndjson) =>
      guarded(async () => {
        const done = await session.insert({ table, values: ndjson, format: 'JSONEachRow' });
        return done.rowsSent ?? done.rowsWritten;
      }),
    close: () => session.close(),
  };
}

async function prepared(open: () => Session, prepare: readonly string[]): Promise<Session> {
  const session = open();
  for (const sql of prepare) await session.queryAsync(sql);
  return session;
}

export interface Pool {
  /** Lends a connection for the length of `work`; waits for a free one. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Waits for the ones lent out, then closes all. */
  close(): Promise<void>;
}

export function createPool(connections: readonly Connection[]): Pool {
  const free = [...connections];
  const waiting: ((connection: Connection) => void)[] = [];
  let closed = false;
  const take = (): Promise<Connection> => {
    const connection = free.pop();
    if (connection !== undefined) return Promise.resolve(connection);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const give = (connection: Connection): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(connection);
    else next(connection);
  };
  return {
    use: async (work) => {
      if (closed) throw new Error('the engine is closed');
      const connection = await take();
      try {
        return await work(connection);
      } finally {
        give(connection);
      }
    },
    close: async () => {
      closed = true;
      await Promise.all(connections.map(() => take()));
      for (const connection of connections) connection.close();
    },
  };
}
