// tinybird.pipe_stats_rt: what became of every request to an endpoint and to /v0/sql. Kept in memory, and forgotten at the end.
import type { Workspace } from './workspace.ts';

/** ClickHouse types of its columns, in their order. */
export const PIPE_STATS_COLUMNS = {
  start_datetime: 'DateTime',
  pipe_id: 'String',
  pipe_name: 'String',
  duration: 'Float32',
  read_bytes: 'UInt64',
  read_rows: 'UInt64',
  result_rows: 'UInt64',
  url: 'String',
  error: 'UInt8',
  request_id: 'String',
  token: 'String',
  token_name: 'String',
  status_code: 'Int32',
  method: 'String',
  parameters: 'Map(String, String)',
  release: 'String',
  user_agent: 'Nullable(String)',
  resource_tags: 'Array(String)',
  cpu_time: 'Float32',
} as const;

export interface PipeStat {
  /** Seconds since 1970. */
  readonly start_datetime: number;
  /** `query_api` for /v0/sql; empty for a pipe that is not there. */
  readonly pipe_id: string;
  readonly pipe_name: string;
  /** Seconds. */
  readonly duration: number;
  readonly read_bytes: number;
  readonly read_rows: number;
  readonly result_rows: number;
  readonly url: string;
  readonly error: 0 | 1;
  readonly request_id: string;
  /** Id of the token; empty for a JWT. */
  readonly token: string;
  readonly token_name: string;
  readonly status_code: number;
  readonly method: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly user_agent: string | null;
}

const MAX_ROWS = 100_000;
const MAX_AGE_SECONDS = 7 * 24 * 3600;

export class PipeStats {
  readonly #now: () => number;
  readonly #rows = new WeakMap<Workspace, PipeStat[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Beyond 100,000 rows of one workspace the oldest go. */
  add(workspace: Workspace, stat: PipeStat): void {
    const rows = this.#rows.get(workspace) ?? [];
    this.#rows.set(workspace, rows);
    rows.push(stat);
    // In bulk: to move all of them up for each new one would cost more than the request.
    if (rows.length >= MAX_ROWS * 1.1) rows.splice(0, rows.length - MAX_ROWS);
  }

  /** Those of the last seven days, in the order in which they were answered. */
  of(workspace: Workspace): readonly PipeStat[] {
    const since = Math.floor(this.#now() / 1000) - MAX_AGE_SECONDS;
    const rows = this.#rows.get(workspace) ?? [];
    return rows.slice(-MAX_ROWS).filter(({ start_datetime }) => start_datetime >= since);
  }
}
