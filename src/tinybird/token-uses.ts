// Who uses which token: the workspace's own statistics of requests.
// https://www.tinybird.co/docs/forward/monitoring/service-datasources#tinybird-pipe-stats-rt
import * as z from 'zod';
import type { Client } from './http.ts';
import { whole } from './whole.ts';

/** What the workspace remembers of the requests with one token. */
export interface TokenUse {
  readonly name: string;
  readonly requests: number;
  /** Of the last one, Unix seconds. */
  readonly last: number;
  /** Some names of pipes; `query_api` for SQL. */
  readonly pipes: readonly string[];
  /** Some, as the clients call themselves. */
  readonly agents: readonly string[];
}

const UsesShape = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      requests: whole,
      last: whole,
      pipes: z.array(z.string()),
      agents: z.array(z.string()),
    }),
  ),
});

/** One GET, whatever the number of tokens. Throws ApiError: not every token may read the statistics. */
export async function readTokenUses(client: Client, since: number): Promise<TokenUse[]> {
  const q = `SELECT token_name AS name, count() AS requests, toUnixTimestamp(max(start_datetime)) AS last,
  groupUniqArray(3)(pipe_name) AS pipes, groupUniqArray(3)(ifNull(user_agent, '')) AS agents
FROM tinybird.pipe_stats_rt WHERE start_datetime >= toDateTime(${Math.floor(since)}, 'UTC') GROUP BY name FORMAT JSON`;
  const { data } = await client.json({ method: 'GET', path: '/v0/sql', query: { q } }, UsesShape);
  return data;
}
