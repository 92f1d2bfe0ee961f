// The two ports to a workspace, reading and writing, and what passes through them. Planning gets no Writer.
import type { Datafile } from '../datafile/types.ts';
import type { Generation, Key, Scope } from '../model.ts';
import type { Secret } from '../secret.ts';
import type { ClassicWriter } from './classic-ports.ts';
import type { TokenUse } from './token-uses.ts';

export type { Alteration, ClassicWriter, StaticToken } from './classic-ports.ts';

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly generation: Generation;
}

/** A data source or pipe as the workspace's lists show it. */
export interface LiveResource {
  readonly key: Key;
  /** `t_` and 32 hex digits. */
  readonly id: string;
  readonly name: string;
  /** What the list's JSON says, description verbatim. Grants are not in it: they are known from the tokens. */
  readonly datafile: Datafile;
  /** Rows stored; null for a pipe and where the server does not say. */
  readonly rows: number | null;
  /** Why it cannot be read back and uploaded again without loss; null when it can. */
  readonly unfaithful: string | null;
  /** As the server writes it, UTC; empty when it does not say. */
  readonly updatedAt: string;
  /** Who wrote it last; absent when the server does not say. */
  readonly editedBy?: string;
}

/** Scope of a static token, operational ones (`ADMIN`, `TOKENS`, …) included: those have no resource. */
export interface LiveScope {
  readonly type: string;
  readonly resource: string | null;
  readonly filter: string | null;
}

export interface LiveToken {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Null when the caller's token may list tokens but not see their values. */
  readonly value: Secret | null;
  readonly scopes: readonly LiveScope[];
  /** `C`, `P`, `DS`, `TS`, …; null when the server does not say. */
  readonly origin: string | null;
}

/** Names, as the server lists them in a deployment. */
export interface DeploymentNames {
  readonly newDatasources: readonly string[];
  readonly changedDatasources: readonly string[];
  readonly deletedDatasources: readonly string[];
  readonly newPipes: readonly string[];
  readonly changedPipes: readonly string[];
  readonly deletedPipes: readonly string[];
  readonly newConnections: readonly string[];
  readonly changedConnections: readonly string[];
  readonly deletedConnections: readonly string[];
}

export interface Permission {
  readonly resource: string;
  /** `datasource`, `pipe`, …; empty when the server does not say. */
  readonly type: string;
  readonly permission: string;
}

export interface TokenChange {
  readonly name: string;
  /** As the server writes it, e.g. `new`; the set of values is not documented. */
  readonly change: string;
  readonly added: readonly Permission[];
  readonly removed: readonly Permission[];
}

/** Something the server says about one uploaded file, or about the deployment as a whole (`file: null`). */
export interface FileMessage {
  /** Base name, e.g. `events.datasource`. */
  readonly file: string | null;
  readonly message: string;
}

/** `working`: not ready yet, also for a status we do not know. `gone`: being deleted or deleted. */
export type Phase = 'working' | 'ready' | 'failed' | 'gone';

export interface Deployment {
  /** Digits. Newer is greater. */
  readonly id: string;
  /** As the server writes it, e.g. `data_ready`. */
  readonly status: string;
  readonly phase: Phase;
  readonly live: boolean;
  readonly createdAt: string | null;
  /** Null when the answer lists no names at all, which is not the same as listing none. */
  readonly names: DeploymentNames | null;
  readonly tokenChanges: readonly TokenChange[];
  readonly errors: readonly FileMessage[];
  readonly warnings: readonly FileMessage[];
}

export interface UploadFile {
  /** Bare, e.g. `acme_events.datasource`. */
  readonly name: string;
  readonly text: string;
}

export interface DeployOptions {
  /** Validate and plan only: nothing is created. */
  readonly check: boolean;
  /** Permit deletions and loss of data. */
  readonly destructive: boolean;
}

/** What the deploy endpoint answered, whatever HTTP status it came with. */
export type DeployAnswer =
  | {
      readonly result: 'success';
      /** Null only after a check, which creates none. */
      readonly deployment: Deployment | null;
      readonly names: DeploymentNames;
      readonly tokenChanges: readonly TokenChange[];
      readonly warnings: readonly FileMessage[];
    }
  | { readonly result: 'no_changes'; readonly warnings: readonly FileMessage[] }
  | {
      readonly result: 'failed';
      readonly deployment: Deployment | null;
      readonly names: DeploymentNames | null;
      readonly tokenChanges: readonly TokenChange[];
      readonly warnings: readonly FileMessage[];
      /** At least one. */
      readonly errors: readonly FileMessage[];
      /** The only staging slot is taken by another deployment. */
      readonly inProgress: boolean;
    };

export interface JwtRequest {
  readonly name: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly scopes: readonly Scope[];
  /** Requests a second. */
  readonly rps: number | null;
}

/** Each list is one request (one more where an older server lacks the newer route). All throw ApiError. */
export interface Reader {
  workspace(): Promise<Workspace>;
  datasources(): Promise<LiveResource[]>;
  /** Nodes included. Targets of materialized and copy nodes may be ids: see `nameTargets`. */
  pipes(): Promise<LiveResource[]>;
  tokens(): Promise<LiveToken[]>;
  /** Names; empty where the workspace has no such route. */
  connectors(): Promise<string[]>;
  /** The datafile as the server reconstructs it. */
  datafileText(kind: 'datasource' | 'pipe', name: string): Promise<string>;
  /** Oldest first. */
  deployments(): Promise<Deployment[]>;
  /** Null when there is none with this id (any more). */
  deployment(id: string): Promise<Deployment | null>;
  /** Requests with each token since then (Unix seconds), by the token's name; the statistics go back seven days. */
  tokenUses(since: number): Promise<TokenUse[]>;
  /** What the workspace's clock says, Unix milliseconds. */
  now(): Promise<number>;
  /** Null when there is none with this id (any more). */
  job(id: string): Promise<Job | null>;
}

/** Work that a workspace does in the background, e.g. filling a table from history. */
export interface Job {
  readonly id: string;
  /** `working` also for a status we do not know. */
  readonly phase: 'working' | 'done' | 'failed';
  /** Per cent; null when the server does not say. */
  readonly progress: number | null;
  /** What went wrong; null unless it failed. */
  readonly error: string | null;
}

export interface Minter {
  mintJwt(request: JwtRequest): Promise<Secret>;
  /** Another value for the token that signs JWTs: every JWT of the workspace is refused from then on. Sent once. */
  refreshSigningToken(id: string): Promise<void>;
}

export type Writer = ForwardWriter | ClassicWriter;

export interface ForwardWriter extends Minter {
  readonly generation: 'forward';
  /** The whole project: what is not among the files is planned for deletion. Not repeated after a lost answer. */
  deploy(files: readonly UploadFile[], options: DeployOptions): Promise<DeployAnswer>;
  setLive(id: string): Promise<void>;
  /** Done as well when it is already gone. */
  removeDeployment(id: string): Promise<void>;
}
