// A workspace of the sandbox: its deployments, tokens, variables and jobs.
import { randomUUID } from 'node:crypto';
import type { Generation } from '../model.ts';
import type { Changes, DataMovement, Feedback } from './changes.ts';
import { createLock, type Lock } from './engine/lock.ts';
import type { Project } from './project.ts';
import type { AccessScope, Catalog } from './state.ts';
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

/** A static token. One that TOKEN lines define has neither operations nor scopes of its own. */
export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly value: string;
  /** Scopes without a resource, e.g. `ADMIN`. */
  readonly operations: readonly string[];
  /** Classic alone lets them be set through the API. */
  readonly scopes: readonly StoredScope[];
  readonly origin: TokenOrigin;
}

export interface StoredScope {
  readonly type: AccessScope['type'];
  /** `t_…`: a scope follows its resource to another name, and opens nothing once it is deleted. */
  readonly id: string;
  /** The resource's name when the scope was set. */
  readonly name: string;
  readonly filter?: string;
}

/** `C`: by a person or a program; `P` and `DS`: by the push of a pipe or data source; `TS`: of old. */
export interface TokenOrigin {
  readonly type: 'C' | 'P' | 'DS' | 'TS';
  /** Empty for `C`. */
  readonly resource: string;
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
  status: 'waiting' | 'working' | 'done' | 'error' | 'cancelling' | 'cancelled';
  readonly createdAt: string;
  updatedAt: string;
  details: Readonly<Record<string, unknown>>;
  /** Stops it; null when that is not possible (any more). */
  cancel: AbortController | null;
}

export interface Workspace {
  readonly id: string;
  readonly name: string;
  /** Classic: one deployment, live for ever, whose catalog the v0 calls change in place. */
  readonly generation: Generation;
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
  /** One /v1/deploy is calculated at a time; on Classic, one change is made at a time. */
  readonly deploys: Lock;
  /** Classic fills one table from history at a time. */
  readonly populations: Lock;
  /** Work in the background of the newest deployment; awaited when the sandbox closes. */
  background: Promise<void>;
}

const ADMIN_TOKEN = 'workspace admin token';

export interface NewWorkspace {
  readonly name: string;
  readonly generation: Generation;
  readonly prefix: string;
  readonly key: string;
  readonly now: string;
}

/** A workspace with its default tokens, still without the seed deployment. */
export function newWorkspace({ name, generation, prefix, key, now }: NewWorkspace): Workspace {
  const id = randomUUID();
  const token = (tokenName: string): [string, StoredToken] => [
    tokenName,
    newToken({ name: tokenName, operations: ['ADMIN'] }, { workspace: id, key }),
  ];
  return {
    id,
    name,
    generation,
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
    populations: createLock(),
    background: Promise.resolve(),
  };
}

export interface TokenOwner {
  /** Id of the workspace. */
  readonly workspace: string;
  /** Of the signature in the value. */
  readonly key: string;
}

export function newToken(
  token: Pick<StoredToken, 'name'> & Partial<Omit<StoredToken, 'id' | 'value'>>,
  owner: TokenOwner,
): StoredToken {
  const id = randomUUID();
  const value = freshValue(id, owner);
  const origin: TokenOrigin = { type: 'C', resource: '' };
  return { description: '', operations: [], scopes: [], origin, ...token, id, value };
}

/** A fresh value for the token with this id. */
export const freshValue = (id: string, { workspace, key }: TokenOwner): string =>
  mintValue({ u: workspace, id }, key);

/** Whether TOKEN lines say what it opens. */
export const isOfFiles = ({ operations, scopes }: StoredToken): boolean =>
  operations.length === 0 && scopes.length === 0;

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
export const secretsOf = (workspace: Pick<Workspace, 'variables'>): ReadonlyMap<string, string> =>
  new Map(workspace.variables.values().map(({ name, value }) => [name, value]));

export function adminToken(workspace: Workspace): StoredToken {
  const token = workspace.apiTokens.get(ADMIN_TOKEN);
  if (token === undefined) throw new Error(`workspace ${workspace.name} has no ${ADMIN_TOKEN}`);
  return token;
}
