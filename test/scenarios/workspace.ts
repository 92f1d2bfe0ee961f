// The workspace seen and used by everybody but the action. These requests are told apart from the action's by a mark in their query.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { poll, systemClock } from '../../src/clock.ts';
import type { Generation } from '../../src/model.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

const MARK = 'of=others';
export const isOfOthers = ({ path }: { readonly path: string }): boolean => path.includes(MARK);

const Names = z.array(z.string());
const Deployment = z.looseObject({
  id: z.string(),
  status: z.string(),
  live: z.boolean(),
  new_datasource_names: Names.default([]),
  changed_datasource_names: Names.default([]),
  deleted_datasource_names: Names.default([]),
  new_pipe_names: Names.default([]),
  changed_pipe_names: Names.default([]),
  deleted_pipe_names: Names.default([]),
  token_changes: z.array(z.object({ token_name: z.string(), change_type: z.string() })).default([]),
});
export type Deployment = z.output<typeof Deployment>;
const Scope = z.object({ type: z.string(), resource: z.string().optional(), filter: z.string().optional() });
const Token = z.object({
  id: z.string(),
  name: z.string(),
  token: z.string(),
  description: z.string(),
  scopes: z.array(Scope),
});
export type Token = z.output<typeof Token>;

type Access = Pick<Sandbox, 'url' | 'adminToken'>;

export class Workspace {
  readonly #access: Access;
  readonly #generation: Generation;

  constructor(access: Access, generation: Generation) {
    this.#access = access;
    this.#generation = generation;
  }

  async #ask(method: string, path: string, body?: FormData | URLSearchParams | string): Promise<string> {
    const { url, adminToken } = this.#access;
    const answer = await fetch(`${url}${path}${path.includes('?') ? '&' : '?'}${MARK}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}` },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text;
  }

  async #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(JSON.parse(await this.#ask('GET', path)));
  }

  async tokens(): Promise<Token[]> {
    return (await this.#get('/v0/tokens', z.object({ tokens: z.array(Token) }))).tokens;
  }

  /** What an endpoint answers to whoever holds that value; null when it refuses. */
  async read(endpoint: string, value: string): Promise<unknown> {
    const [pipe = '', query = ''] = endpoint.split('?');
    const address = `${this.#access.url}/v0/pipes/${pipe}.json?${query}&token=${value}&${MARK}`;
    const answer = await fetch(address);
    return answer.ok ? z.object({ data: z.unknown() }).parse(await answer.json()).data : null;
  }

  /** The whole new list. */
  async changeToken(name: string, scopes: readonly string[]): Promise<void> {
    const form = new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]));
    await this.#ask('PUT', `/v0/tokens/${name}`, form);
  }

  async refreshToken(name: string): Promise<void> {
    await this.#ask('POST', `/v0/tokens/${name}/refresh`);
  }

  /** Throws when it is refused. */
  async useToken(name: string): Promise<void> {
    const token = (await this.tokens()).find((one) => one.name === name);
    const endpoint = token?.scopes[0]?.resource ?? '';
    const answer = await fetch(`${this.#access.url}/v0/pipes/${endpoint}.json?token=${token?.token ?? ''}`);
    if (!answer.ok) throw new Error(`${endpoint} refuses ${name}: ${await answer.text()}`);
    await answer.body?.cancel();
  }

  /** All that ever were, oldest first, with what they changed; a Classic workspace has none. */
  async deployments(): Promise<Deployment[]> {
    if (this.#generation === 'classic') return [];
    const list = z.object({ deployments: z.array(z.object({ id: z.string() })) });
    const { deployments } = await this.#get('/v1/deployments?include_deleted=true', list);
    const one = z.object({ deployment: Deployment });
    return Promise.all(
      deployments.map(async ({ id }) => (await this.#get(`/v1/deployments/${id}`, one)).deployment),
    );
  }

  /** Every datafile by its file name, as the workspace writes it. */
  async datafiles(): Promise<Map<string, string>> {
    const named = z.array(z.object({ name: z.string() }));
    const { datasources } = await this.#get('/v0/datasources', z.object({ datasources: named }));
    const { pipes } = await this.#get('/v0/pipes', z.object({ pipes: named }));
    const files = [
      ...datasources.map(({ name }) => [`${name}.datasource`, `/v0/datasources/${name}.datasource`]),
      ...pipes.map(({ name }) => [`${name}.pipe`, `/v1/pipes/${name}.pipe`]),
    ];
    const texts = files.map(async ([file = '', path = '']) => [file, await this.#ask('GET', path)] as const);
    return new Map(await Promise.all(texts));
  }

  /** What a run must leave alone when it has nothing to do. */
  async state(): Promise<object> {
    const forward = this.#generation === 'forward';
    const deployments = forward ? await this.#ask('GET', '/v1/deployments') : null;
    return { deployments, tokens: await this.tokens(), files: [...(await this.datafiles())] };
  }

  async insert(events: Readonly<Record<string, number>>): Promise<void> {
    const rows = Object.entries(events).flatMap(([tenant, count]) =>
      Array.from({ length: count }, (_, nth) => ({
        tenant_id: tenant,
        event_type: 'login',
        response: 200,
        timestamp: `2026-01-01 00:00:${String(nth % 60).padStart(2, '0')}`,
      })),
    );
    await this.append('events', rows);
  }

  async append(datasource: string, rows: readonly object[]): Promise<void> {
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    await this.#ask('POST', `/v0/events?name=${datasource}&wait=true`, lines);
  }

  /** Deploys what is live, plus a folder's datafiles, less some. */
  async deploy(change: {
    folder: string | null;
    edit: Readonly<Record<string, readonly [string, string]>>;
    drop: readonly string[];
    promote: boolean;
  }): Promise<void> {
    const files = await this.datafiles();
    for (const name of change.drop) files.delete(name);
    for (const [name, [from, to]] of Object.entries(change.edit)) {
      const text = files.get(name) ?? '';
      if (!text.includes(from)) throw new Error(`${name} does not say ${from}`);
      files.set(name, text.replace(from, to));
    }
    if (change.folder !== null) {
      for (const name of await readdir(change.folder)) {
        files.set(name, await readFile(join(change.folder, name), 'utf8'));
      }
    }
    await this.upload(files, { destructive: true, promote: change.promote });
  }

  /** Deploys these files and nothing else, as `tb deploy` does. */
  async upload(
    files: ReadonlyMap<string, string>,
    { destructive, promote }: { destructive: boolean; promote: boolean },
  ): Promise<void> {
    const form = new FormData();
    for (const [name, text] of files) form.append('data_project://', new Blob([text]), name);
    const flag = destructive ? '?allow_destructive_operations=true' : '';
    const answer = await this.#ask('POST', `/v1/deploy${flag}`, form);
    if (answer.includes('"no_changes"')) return;
    const id = await this.#ready();
    if (!promote) return;
    const live = (await this.deployments()).find((one) => one.live);
    await this.#ask('POST', `/v1/deployments/${id}/set-live`);
    if (live !== undefined) await this.#remove(live.id);
  }

  /** How many rows a data source has, and a hash over all of them. */
  async rows(name: string): Promise<string> {
    return this.#ask('GET', `/v0/sql?q=SELECT count(), sum(cityHash64(*)) FROM ${name} FORMAT TSV`);
  }

  async discard(): Promise<void> {
    const staged = (await this.deployments()).find(({ live, status }) => !live && status === 'data_ready');
    if (staged === undefined) throw new Error('nothing is staged');
    await this.#remove(staged.id);
  }

  async #ready(): Promise<string> {
    const id = await poll(systemClock, Date.now() + 20_000, async () => {
      const newest = (await this.deployments()).at(-1);
      return newest?.status === 'data_ready' ? newest.id : undefined;
    });
    if (id === 'timeout') throw new Error('the deployment of others was not ready in time');
    return id;
  }

  async #remove(id: string): Promise<void> {
    await this.#ask('DELETE', `/v1/deployments/${id}`);
    const gone = await poll(systemClock, Date.now() + 20_000, async () => {
      const one = (await this.deployments()).find((deployment) => deployment.id === id);
      return one?.status === 'deleted' || undefined;
    });
    if (gone === 'timeout') throw new Error(`deployment ${id} was not deleted in time`);
  }
}
