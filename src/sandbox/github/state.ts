// What the small GitHub remembers of its one repository.
import sodium from 'libsodium-wrappers';
import type { Repository } from './repository.ts';

export type Level = 'read' | 'write';
export type Permission =
  | 'contents'
  | 'issues'
  | 'pull_requests'
  | 'secrets'
  | 'variables'
  | 'environments'
  | 'actions';
export type Permissions = Readonly<Partial<Record<Permission, Level>>>;

/** Who bears a token, and what it may do. A login that ends in `[bot]` is an app's installation. */
export interface Bearer {
  readonly login: string;
  readonly permissions: Permissions;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A secret (its decrypted value) or a variable. */
export interface Stored {
  readonly value: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The repository or one environment: each has its own key pair, secrets and variables. */
export interface Vault {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
  readonly secrets: Map<string, Stored>;
  readonly variables: Map<string, Stored>;
}

export interface PullRequest {
  readonly number: number;
  /** Branch names. */
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly createdAt: string;
  readonly mergeCommit: string | null;
}

export interface State {
  readonly owner: string;
  readonly repo: string;
  readonly defaultBranch: string;
  readonly git: Repository;
  readonly now: () => Date;
  readonly tokens: Map<string, Bearer>;
  readonly repository: Vault;
  readonly environments: Map<string, Vault>;
  readonly comments: Map<number, Comment>;
  readonly pulls: Map<number, PullRequest>;
}

/** Needs `sodium.ready`. */
export function newVault(keyId: string): Vault {
  const pair = sodium.crypto_box_keypair();
  return {
    keyId,
    publicKey: pair.publicKey,
    privateKey: pair.privateKey,
    secrets: new Map(),
    variables: new Map(),
  };
}

/** Puts a value under a name, keeping when it was first there. */
export function store(shelf: Map<string, Stored>, name: string, entry: { value: string; at: string }): void {
  const createdAt = shelf.get(name)?.createdAt ?? entry.at;
  shelf.set(name, { value: entry.value, createdAt, updatedAt: entry.at });
}

/** Names and values only. */
export const values = (shelf: ReadonlyMap<string, Stored>): ReadonlyMap<string, string> =>
  new Map([...shelf].map(([name, stored]) => [name, stored.value]));
