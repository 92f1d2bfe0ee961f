// A workspace of the sandbox: its deployments, tokens, variables and jobs.
import { randomUUID } from 'node:crypto';
import type { Changes, DataMovement, Feedback } from './changes.ts';
import { createLock, type Lock } from './engine/lock.ts';
import type { Project } from './project.ts';
import type { Catalog } from './state.ts';
import { mintValue } from './token-values.ts';
import { createWriteGate, type WriteGate } from './write-gate.ts';

export type Status =
  | 'calculating'
  | 'creating_schema'
  | 'schema_ready'
  | 'data_ready'
  | 'failed'
  | 'deleting'
  | 'deleted';

export interface Deployment {
  readonly id: string;
  status: Status;
  readonly createdAt: string;
  updatedAt: string;
  feedback: readonly Feedback[];
  readonly changes: Changes;
  readonly movements: readonly DataMovement[];
  project: Project;
  catalog: Catalog;
  /** Materialized pipe to its view, `data.…`; deployments share the views that did not change. */
  views: ReadonlyMap<string, string>;
  /** Whether direct writes reach its tables: from the instant of its snapshots on. */
  receiving: boolean;
}

export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly value: string;
  /** Scope strings of a token made through the API, e.g. `ADMIN`; empty for one that TOKEN lines define. */
  readonly scopes: readonly string[];
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Job {
  readonly id: string;
  readonly kind: string;
  status: 'waiting' | 'working' | 'done' | 'error';
  readonly createdAt: string;
  updatedAt: string;
  details: Readonly<Record<string, unknown>>;
}

export interface Workspace {
  readonly id: string;
  readonly name: string;
  /** Prefix of its database and table names, e.g. `w1`. */
  readonly prefix: string;
  readonly createdAt: string;
  /** In ascending order of id; the retired ones stay as history without files. */
  deployments: Deployment[];
  liveId: string;
  /** Numbers the scratch databases of checks. */
  serial: number;
  /** Shapes of tables and pipes that ClickHouse has taken. */
  readonly passed: Set<string>;
  readonly apiTokens: Map<string, StoredToken>;
  /** Tokens of TOKEN lines, by name; kept while any deployment still names them. */
  readonly fileTokens: Map<string, StoredToken>;
  readonly variables: Map<string, Variable>;
  readonly jobs: Map<string, Job>;
  readonly writes: WriteGate;
  /** One /v1/deploy is calculated at a time. */
  readonly deploys: Lock;
  /** Work in the background of the newest deployment; awaited when the sandbox closes. */
  background: Promise<void>;
}

const ADMIN_TOKEN = 'workspace admin token';

export interface NewWorkspace {
  readonly name: string;
  readonly prefix: string;
  readonly key: string;
  readonly now: string;
}

/** A workspace with its default tokens, still without the seed deployment. */
export function newWorkspace({ name, prefix, key, now }: NewWorkspace): Workspace {
  const id = randomUUID();
  const token = (tokenName: string): [string, StoredToken] => [
    tokenName,
    newToken({ name: tokenName, scopes: ['ADMIN'] }, { workspace: id, key }),
  ];
  return {
    id,
    name,
    prefix,
    createdAt: now,
    deployments: [],
    liveId: '0',
    serial: 0,
    passed: new Set(),
    apiTokens: new Map([token(ADMIN_TOKEN), token('admin local_testing@tinybird.co')]),
    fileTokens: new Map(),
    variables: new Map(),
    jobs: new Map(),
    writes: createWriteGate(),
    deploys: createLock(),
    background: Promise.resolve(),
  };
}

export function newToken(
  token: { name: string; description?: string; scopes: readonly string[] },
  owner: { workspace: string; key: string },
): StoredToken {
  const id = randomUUID();
  const value = mintValue({ u: owner.workspace, id }, owner.key);
  return { id, value, name: token.name, description: token.description ?? '', scopes: token.scopes };
}

const gone = (deployment: Deployment): boolean =>
  deployment.status === 'deleted' || deployment.status === 'deleting' || deployment.status === 'failed';

export function liveOf(workspace: Workspace): Deployment {
  const live = workspace.deployments.find(({ id }) => id === workspace.liveId);
  if (live === undefined) throw new Error(`workspace ${workspace.name} has no live deployment`);
  return live;
}

/** The one that is neither live nor gone: being prepared, waiting for promotion, or the previous live one. */
export const otherOf = (workspace: Workspace): Deployment | undefined =>
  workspace.deployments.find((deployment) => deployment.id !== workspace.liveId && !gone(deployment));

/** What `tb_secret` reads. */
export const secretsOf = (workspace: Workspace): ReadonlyMap<string, string> =>
  new Map(workspace.variables.values().map(({ name, value }) => [name, value]));

export function adminToken(workspace: Workspace): StoredToken {
  const token = workspace.apiTokens.get(ADMIN_TOKEN);
  if (token === undefined) throw new Error(`workspace ${workspace.name} has no ${ADMIN_TOKEN}`);
  return token;
}
