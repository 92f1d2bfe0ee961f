// A small HTTP client for the tests of the sandbox: deploys a project given as { file name: text } and follows it.
import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

export type Body = NonNullable<RequestInit['body']>;
export type Files = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** Whatever the server sent; the tests say what it should be. */
  readonly json: ReturnType<typeof JSON.parse>;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Client {
  call(route: string, options?: CallOptions): Promise<Answer>;
  /** POST /v1/deploy with these files and query. */
  deploy(files: Files, query?: string): Promise<Answer>;
  /** Until the deployment has one of these statuses. */
  follow(id: string, ...statuses: readonly string[]): Promise<Answer>;
  /** deploy → ready → live → the previous one gone. Gives the id. */
  release(files: Files, query?: string): Promise<string>;
  tokenValue(name: string): Promise<string>;
  /** Rows of a SELECT. */
  rows(sql: string, token?: string): Promise<readonly Record<string, unknown>[]>;
  send(datasource: string, rows: readonly Record<string, unknown>[], token?: string): Promise<Answer>;
}

export function connect({ url, adminToken }: Pick<Sandbox, 'url' | 'adminToken'>): Client {
  const call: Client['call'] = async (route, { token = adminToken, body, headers } = {}) => {
    const [method = 'GET', path = ''] = route.split(' ');
    const response = await fetch(url + path, {
      method,
      headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('application/json') ?? false;
    return {
      status: response.status,
      text,
      headers: response.headers,
      json: isJson ? JSON.parse(text) : null,
    };
  };
  const client: Client = {
    call,
    deploy: (files, query = '') => call(`POST /v1/deploy${query}`, { body: formOf(files) }),
    follow: async (id, ...statuses) => {
      for (;;) {
        const answer = await call(`GET /v1/deployments/${id}`);
        if (statuses.includes(answer.json.deployment.status)) return answer;
        await delay(5);
      }
    },
    release: async (files, query) => {
      const live = await liveId(call);
      const answer = await client.deploy(files, query);
      if (answer.json.result !== 'success') throw new Error(answer.text);
      const { id } = answer.json.deployment;
      const done = await client.follow(id, 'data_ready', 'deleted');
      if (done.json.deployment.status === 'deleted') throw new Error(done.text);
      await call(`POST /v1/deployments/${id}/set-live`);
      await call(`DELETE /v1/deployments/${live}`);
      await client.follow(live, 'deleted');
      return id;
    },
    tokenValue: async (name) => (await call(`GET /v0/tokens/${encodeURIComponent(name)}`)).json.token,
    rows: async (sql, token) => {
      const q = encodeURIComponent(`${sql} FORMAT JSON`);
      const answer = await call(`GET /v0/sql?q=${q}`, token === undefined ? {} : { token });
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.json.data;
    },
    send: (datasource, rows, token) =>
      call(`POST /v0/events?name=${datasource}&wait=true`, {
        body: rows.map((row) => JSON.stringify(row)).join('\n'),
        ...(token === undefined ? {} : { token }),
      }),
  };
  return client;
}

async function liveId(call: Client['call']): Promise<string> {
  const { json } = await call('GET /v1/deployments');
  return json.deployments.find(({ live }: { live: boolean }) => live).id;
}

export function formOf(files: Files): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(files)) {
    form.append('data_project://', new Blob([text], { type: 'text/plain' }), name);
  }
  return form;
}
