// What a proof of isolation found, in one value; no token value can be in it.
import type { Finding } from '../lint/finding.ts';
import type { Generation } from '../model.ts';

/**
 * `rows`: a value of another tenant's rows. `counts`: an answer that changed with the rows of others alone. `resource`: what
 * belongs to another tenant answered. `names`: others' resources, or tables that nobody gave them, are told. `tokens`: tokens
 * are told. `change`: something that changes what others have was accepted.
 */
export type LeakKind = 'rows' | 'counts' | 'resource' | 'names' | 'tokens' | 'change';

/** In the place of a token's role: what the workspace's own token found. */
export const ADMINISTRATOR = 'administrator';

export interface Leak {
  readonly kind: LeakKind;
  /** Whose token it was. */
  readonly tenant: string;
  readonly role: string;
  /** What was asked: a data source, its quarantine, a pipe, or a part of the API. */
  readonly resource: string;
  /** Ids of the tenants that it shows something of; `?` is one that the list does not have. */
  readonly of: readonly string[];
  readonly why: string;
  /** A line for a shell that has TINYBIRD_HOST and TOKEN. */
  readonly curl: string;
}

/** An own endpoint or data source that did not answer its own token. */
export interface RefusedOwn {
  readonly tenant: string;
  readonly role: string;
  readonly resource: string;
  readonly why: string;
  readonly curl: string;
}

/** Tenants whose tokens could read the same things. */
export interface Reach {
  readonly set: string;
  readonly tenants: readonly string[];
  /** What their own tokens opened for their own rows, by role or by the name of a shared resource. */
  readonly reads: readonly string[];
  readonly leaks: readonly string[];
  /** How many other resources refused them. */
  readonly refused: number;
}

export interface Proof {
  readonly fleet: string;
  readonly generation: Generation;
  /** Requests with a tenant's token. */
  readonly tried: number;
  /** Own endpoints and data sources that answered. */
  readonly answered: number;
  readonly leaks: readonly Leak[];
  readonly refusedOwn: readonly RefusedOwn[];
  /** Shared tables whose rows fell or jumped around a promotion, one sentence each; absent where none was watched. */
  readonly moved?: readonly string[];
  readonly tenants: number;
  /** Data sources and pipes of the tenants and of the project. */
  readonly resources: number;
  /** Of the lint. */
  readonly findings: readonly Finding[];
  /** One sentence each. */
  readonly sampled: readonly string[];
  readonly notTried: readonly string[];
  readonly notes: readonly string[];
  readonly matrix: readonly Reach[];
}

export const isProven = ({ leaks, refusedOwn, moved = [] }: Proof): boolean =>
  leaks.length + refusedOwn.length + moved.length === 0;

const RANK: readonly LeakKind[] = ['rows', 'resource', 'change', 'tokens', 'names', 'counts'];

/** What shows most first; the same leaks always in the same order. */
export const sorted = (leaks: readonly Leak[]): Leak[] =>
  leaks.toSorted(
    (a, b) =>
      RANK.indexOf(a.kind) - RANK.indexOf(b.kind) ||
      compare(a.tenant, b.tenant) ||
      compare(a.resource, b.resource) ||
      compare(a.curl, b.curl),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
