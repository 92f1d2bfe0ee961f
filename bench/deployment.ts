// A deployment of many datafiles that makes no table, sent to the sandbox without the action between: how long the server needs.
import { setTimeout as delay } from 'node:timers/promises';
import { multipart } from '../src/tinybird/multipart.ts';
import type { UploadFile } from '../src/tinybird/ports.ts';
import { datafiles } from './rendered.ts';
import type { World } from './world.ts';

/** Milliseconds. */
export interface Taken {
  readonly files: number;
  readonly checkMs: number;
  /** Until the answer of POST /v1/deploy. */
  readonly acceptMs: number;
  /** From there until `data_ready`. */
  readonly readyMs: number;
  readonly setLiveMs: number;
  /** From the upload until it is live; the check is not in it. */
  readonly totalMs: number;
}

/** The landing table goes first, so that what is measured makes none. */
export async function deployAll(world: World, workspace: string, checkout: string): Promise<Taken> {
  const server = new Server(world, workspace);
  const files = await datafiles(checkout);
  await server.deploy(files.filter(({ name }) => name.endsWith('.datasource')));
  const { ms: checkMs } = await server.upload(files, true);
  return { files: files.length, checkMs, ...(await server.deploy(files)) };
}

interface Sent {
  readonly contentType: string;
  readonly body: Buffer<ArrayBuffer>;
}

interface Answered {
  readonly id: string;
  readonly status: string;
  readonly ms: number;
}

export class Server {
  readonly #url: string;
  readonly #authorization: string;

  constructor({ url, tokens }: World, workspace: string) {
    this.#url = url;
    this.#authorization = `Bearer ${tokens[workspace] ?? ''}`;
  }

  upload(files: readonly UploadFile[], check: boolean): Promise<Answered> {
    const { contentType, text } = multipart(files);
    return this.#ask('POST', `/v1/deploy?check=${check}`, { contentType, body: Buffer.from(text) });
  }

  async deploy(files: readonly UploadFile[]): Promise<Omit<Taken, 'files' | 'checkMs'>> {
    const started = performance.now();
    const accepted = await this.upload(files, false);
    const acceptedAt = performance.now();
    for (let { status } = accepted; status !== 'data_ready'; ) {
      await delay(20);
      ({ status } = await this.#ask('GET', `/v1/deployments/${accepted.id}`));
      if (status === 'failed') throw new Error('the deployment failed');
    }
    const readyMs = performance.now() - acceptedAt;
    const setLive = await this.#ask('POST', `/v1/deployments/${accepted.id}/set-live`);
    const totalMs = performance.now() - started;
    await this.#ask('DELETE', `/v1/deployments/${Number(accepted.id) - 1}`);
    return { acceptMs: acceptedAt - started, readyMs, setLiveMs: setLive.ms, totalMs };
  }

  /** Milliseconds until the rows are in. */
  async insert(rows: readonly object[]): Promise<number> {
    const body = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const started = performance.now();
    const response = await this.#send('POST', '/v0/events?name=events&wait=true', {
      contentType: 'application/x-ndjson',
      body,
    });
    const text = await response.text();
    const taken = performance.now() - started;
    if (!response.ok || JSON.parse(text).quarantined_rows !== 0)
      throw new Error(`an insert: ${text.slice(0, 500)}`);
    return taken;
  }

  #send(method: string, path: string, sent?: Sent): Promise<Response> {
    return fetch(this.#url + path, {
      method,
      body: sent?.body ?? null,
      headers: {
        authorization: this.#authorization,
        ...(sent === undefined ? {} : { 'content-type': sent.contentType }),
      },
    });
  }

  async #ask(method: string, path: string, sent?: Sent): Promise<Answered> {
    const started = performance.now();
    const response = await this.#send(method, path, sent);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    const { deployment }: { deployment: { id: string; status: string } } = JSON.parse(text);
    return { id: deployment.id, status: deployment.status, ms: performance.now() - started };
  }
}
