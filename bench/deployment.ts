// A deployment of many datafiles that makes no table, sent to the sandbox without the action between: how long the server needs.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../scripts/bundle.ts';
import { printDatafile } from '../src/datafile/print.ts';
import { unwrap } from '../src/errors.ts';
import { readProject } from '../src/project.ts';
import { desiredOf } from '../src/sources.ts';
import { readSets } from '../src/templates/sets.ts';
import { readTenants } from '../src/tenants.ts';
import { multipart } from '../src/tinybird/multipart.ts';
import type { UploadFile } from '../src/tinybird/ports.ts';
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

async function datafiles(checkout: string): Promise<UploadFile[]> {
  const fleet = unwrap(await readTenants(join(checkout, 'tenants.yaml')));
  const sets = unwrap(await readSets(join(root, 'datafiles-templates')));
  const project = unwrap(await readProject(join(checkout, 'tinybird')));
  const { resources } = unwrap(desiredOf({ fleet, sets, project }, 'forward'));
  return resources.flatMap(({ resource }): UploadFile[] =>
    resource.kind === 'token'
      ? []
      : [{ name: `${resource.name}.${resource.kind}`, text: printDatafile(resource) }],
  );
}

interface Answered {
  readonly id: string;
  readonly status: string;
  readonly ms: number;
}

class Server {
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

  async #ask(method: string, path: string, sent?: { contentType: string; body: Buffer }): Promise<Answered> {
    const started = performance.now();
    const response = await fetch(this.#url + path, {
      method,
      body: sent?.body ?? null,
      headers: {
        authorization: this.#authorization,
        ...(sent === undefined ? {} : { 'content-type': sent.contentType }),
      },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    const { deployment }: { deployment: { id: string; status: string } } = JSON.parse(text);
    return { id: deployment.id, status: deployment.status, ms: performance.now() - started };
  }
}
