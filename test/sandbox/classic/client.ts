// Calls of the Classic API as the tests make them: forms, JSON pipes, and jobs followed to their end.
import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { type Answer, type Client, connect } from '../client.ts';

export interface NodeJson {
  readonly name: string;
  readonly sql: string;
  readonly type?: string;
  readonly datasource?: string;
}

export interface ClassicClient extends Client {
  /** With a form as body. */
  form(route: string, params: Readonly<Record<string, string>>): Promise<Answer>;
  /** POST /v0/pipes with this JSON. */
  pipe(name: string, nodes: readonly NodeJson[], query?: string): Promise<Answer>;
  /** `events` with its schema. */
  datasource(name: string, schema?: string): Promise<Answer>;
  /** Until the job has ended. */
  job(id: string): Promise<Answer>;
  count(sql: string): Promise<number>;
}

export const EVENTS =
  '`tenant_id` String `json:$.tenant_id`, `n` Int32 `json:$.n` DEFAULT 1, `inserted_at` DateTime64(3) `json:$.inserted_at` DEFAULT now64(3)';
export const COPY = '`tenant_id` String, `n` Int32';

/** After a table in FROM: each of its rows a million million times. The right sides are small, as they are kept in memory. */
export const ENDLESS = ['a', 'b', 'c']
  .map((name) => `CROSS JOIN (SELECT number AS ${name} FROM numbers(10000)) AS many_${name}`)
  .join(' ');

export function connectClassic(sandbox: Sandbox): ClassicClient {
  const client = connect(sandbox);
  const call: Client['call'] = (route, options) => client.call(route, options);
  const form: ClassicClient['form'] = (route, params) => call(route, { body: new URLSearchParams(params) });
  return {
    ...client,
    form,
    pipe: (name, nodes, query = '') =>
      call(`POST /v0/pipes${query}`, {
        body: JSON.stringify({ name, description: `about ${name}`, nodes }),
        headers: { 'content-type': 'application/json' },
      }),
    datasource: (name, schema = COPY) =>
      form('POST /v0/datasources', { name, schema, engine: 'MergeTree', engine_sorting_key: 'tenant_id' }),
    job: async (id) => {
      for (;;) {
        const answer = await call(`GET /v0/jobs/${id}`);
        if (!['waiting', 'working', 'cancelling'].includes(answer.json.status)) return answer;
        await delay(5);
      }
    },
    count: (sql) => sandbox.count(sql),
  };
}
