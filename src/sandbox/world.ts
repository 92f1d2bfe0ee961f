// Everything one sandbox holds: the workspaces of one user, and what they share.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Engine } from './engine/engine.ts';
import { PipeStats } from './pipe-stats.ts';
import { RateLimit } from './rate-limit.ts';
import { mintValue } from './token-values.ts';
import type { Workspace } from './workspace.ts';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

export interface World {
  readonly engine: Engine;
  /** Key of the signatures in static token values. */
  readonly key: string;
  readonly user: User;
  readonly organizationId: string;
  /** By id. */
  readonly workspaces: Map<string, Workspace>;
  readonly now: () => number;
  readonly rates: RateLimit;
  readonly pipeStats: PipeStats;
  /** Whether Classic workspaces have the limits of the real API. */
  limits: boolean;
  /** Where it listens, e.g. `http://127.0.0.1:7181`. */
  url: string;
  /** Called after every change that a restart must not forget. */
  save: () => void;
  /** What was saved so far is on disk. */
  saved: () => Promise<void>;
}

export function newWorld(engine: Engine, now: () => number): World {
  const key = randomBytes(32).toString('base64url');
  const id = randomUUID();
  const token = mintValue({ u: id, id: randomUUID() }, key);
  return {
    engine,
    key,
    user: { id, email: 'local_testing@tinybird.co', token },
    organizationId: randomUUID(),
    workspaces: new Map(),
    now,
    rates: new RateLimit(now),
    pipeStats: new PipeStats(now),
    limits: false,
    url: '',
    save: () => undefined,
    saved: async () => undefined,
  };
}

/** `2026-01-02 03:04:05.678000`, as Tinybird prints times. */
export const stamp = (world: World): string =>
  `${new Date(world.now()).toISOString().replace('T', ' ').slice(0, -1)}000`;
