// Starts and stops an embedded Tinybird-compatible server over ClickHouse.

import { mkdir } from 'node:fs/promises';
import { type ServerType, serve } from '@hono/node-server';
import type { Generation } from '../model.ts';
import { openEngine } from './engine/engine.ts';
import { withoutMerges } from './engine/merges.ts';
import { type Fault, Faults } from './faults.ts';
import { stopJobs } from './jobs.ts';
import { loadState, Saver } from './save.ts';
import { buildServer, type RecordedRequest } from './server.ts';
import { adminToken, liveOf, type Workspace } from './workspace.ts';
import { addWorkspace } from './workspaces.ts';
import { newWorld, type World } from './world.ts';

export type { Fault } from './faults.ts';
export type { RecordedRequest } from './server.ts';

export interface SandboxOptions {
  /** 0, or nothing: any free one. */
  readonly port?: number;
  /** Kept over restarts; without it everything is gone at the end. One directory a process at a time. */
  readonly dataDir?: string;
  /** Of the first workspace when it is made; `forward` when absent. */
  readonly generation?: Generation;
  /** On Classic at most 25 data sources are created in a minute. Off by default. */
  readonly limits?: boolean;
  /** Milliseconds since 1970, for times, expiry and rate limits. */
  readonly now?: () => number;
}

export interface SandboxWorkspace {
  readonly id: string;
  readonly name: string;
  readonly adminToken: string;
}

export interface Sandbox extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  /** The `workspace admin token` of the first workspace. */
  readonly adminToken: string;
  readonly userToken: string;
  readonly workspace: { readonly id: string; readonly name: string };
  /** Every request since the start or the last `reset`, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** `route` as in `POST /v1/deploy`; `*` stands for any part of a path. */
  fail(route: string, fault: Fault): void;
  /** Forgets planted faults and recorded requests. */
  reset(): void;
  /** First value of a trusted query on the live data sources: an independent count. */
  count(sql: string): Promise<number>;
  createWorkspace(name: string, generation?: Generation): Promise<SandboxWorkspace>;
  /** While `work` runs, rows of the tables that there are at its start do not expire, and none replaces another. */
  unmerged<T>(work: () => Promise<T>): Promise<T>;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, dataDir, generation, limits = false, now = Date.now } = options;
  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
  const engine = await openEngine(dataDir === undefined ? {} : { dataDir });
  try {
    const world =
      (dataDir === undefined ? null : await loadState({ engine, dataDir, now })) ?? newWorld(engine, now);
    world.limits = limits;
    const saver = new Saver(world, dataDir ?? null);
    if (world.workspaces.size === 0) await addWorkspace(world, 'sandbox', generation);
    const faults = new Faults();
    const requests: RecordedRequest[] = [];
    const app = buildServer({ world, faults, requests });
    const server = await listen(app.fetch, port);
    world.url = urlOf(server);
    const close = async (): Promise<void> => {
      await closeServer(server);
      for (const workspace of world.workspaces.values()) {
        stopJobs(workspace);
        await workspace.background;
      }
      await saver.finish();
      await engine.close();
    };
    return sandboxOf({ world, faults, requests, close });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

interface Running {
  readonly world: World;
  readonly faults: Faults;
  readonly requests: RecordedRequest[];
  readonly close: () => Promise<void>;
}

function sandboxOf({ world, faults, requests, close }: Running): Sandbox {
  const [first] = world.workspaces.values();
  if (first === undefined) throw new Error('a sandbox without workspace');
  return {
    url: world.url,
    adminToken: adminToken(first).value,
    userToken: world.user.token,
    workspace: { id: first.id, name: first.name },
    requests,
    fail: (route, fault) => faults.plant(route, fault),
    reset: () => {
      faults.clear();
      requests.length = 0;
    },
    count: (sql) => countOn(world, first, sql),
    createWorkspace: async (name, generation) => {
      const workspace = await addWorkspace(world, name, generation);
      return { id: workspace.id, name, adminToken: adminToken(workspace).value };
    },
    unmerged: (work) => withoutMerges(world.engine, work),
    [Symbol.asyncDispose]: close,
  };
}

async function countOn(world: World, workspace: Workspace, sql: string): Promise<number> {
  const { database } = liveOf(workspace).catalog;
  const text = await world.engine.session(async (connection) => {
    await connection.run(`USE ${database}`);
    try {
      return Buffer.from(await connection.run(sql, 'TabSeparatedRaw')).toString();
    } finally {
      await connection.run('USE data');
    }
  });
  return Number(text.split(/\s/)[0]);
}

function listen(fetch: Parameters<typeof serve>[0]['fetch'], port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1' }, () => resolve(server));
    server.once('error', reject);
    keepIdle(server);
  });
}

/** Clients end idle connections; a server that does it first can meet a request that is on its way. */
function keepIdle(server: ServerType): void {
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 0;
}

function urlOf(server: ServerType): string {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the sandbox does not listen on a port');
  return `http://127.0.0.1:${address.port}`;
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    // Clients keep connections open; nobody is waiting for an answer on the idle ones.
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });
}
