// The nouns. Every phase of run.ts takes some of these and returns others; nothing here does anything.
import type { Hazard } from './changes.ts';
import type { Datafile, Grant } from './datafile/types.ts';
import type { LiveResource, LiveToken } from './tinybird/ports.ts';

export type * from './changes.ts';
export type { LiveResource, LiveToken };

export type Generation = 'forward' | 'classic';

/** A value of a tenant's variable. */
export type Value = string | number | boolean | readonly (string | number | boolean)[];

export type State = 'active' | 'suspended' | 'removed';

/** One customer, as the list says it. */
export interface Tenant {
  readonly id: string;
  /** The id as a Tinybird identifier, `[a-z][a-z0-9_]*`. */
  readonly slug: string;
  readonly set: string;
  /** No prototype: a variable may be called `constructor`. */
  readonly vars: Readonly<Record<string, Value>>;
  readonly state: State;
  /** Hazards that it may run into; absent for none. */
  readonly allow?: readonly Allowance[];
  readonly at: Place;
}

/** A hazard that somebody has agreed to, why, and for how long. */
export interface Allowance {
  readonly hazard: Hazard | 'fan-out';
  readonly reason: string;
  /** The last day, `YYYY-MM-DD`, UTC. */
  readonly until: string;
}

/** Where in the user's input something stands. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The whole list: one fleet. */
export interface Fleet {
  readonly name: string;
  /** Id or name of the only workspace this list may be applied to, if pinned. */
  readonly workspace: string | null;
  readonly tenants: readonly Tenant[];
  /** For the files of the project, which no tenant has; absent for none. */
  readonly allow?: readonly Allowance[];
}

export type ScopeType = 'PIPES:READ' | 'DATASOURCES:READ' | 'DATASOURCES:APPEND';

export interface Scope {
  readonly type: ScopeType;
  readonly resource: string;
  /** SQL condition; Forward takes it only in a JWT. */
  readonly filter?: string;
  /** Endpoint parameters that the caller cannot override (JWT). */
  readonly fixedParams?: Readonly<Record<string, string | number | boolean>>;
  /** The only generation that the scope is for; both when absent. */
  readonly generation?: Generation;
}

export interface Token {
  readonly kind: 'token';
  readonly name: string;
  readonly via: 'static' | 'jwt';
  readonly scopes: readonly Scope[];
  /** Seconds a JWT lives; 0 for a static token. */
  readonly ttl: number;
  /** Requests a second, JWT only. */
  readonly rps: number | null;
  /** On Classic, where it ends with our marker; absent where a token has none. */
  readonly description?: string;
}

export type Resource = Datafile | Token;
export type Kind = Resource['kind'];
export type Key = `${Kind}/${string}`;

/** Who a resource belongs to; the last line of its description. */
export interface Marker {
  readonly fleet: string;
  readonly tenant: string;
  readonly set: string;
  readonly sha: string;
  /** Only when it is not the one that follows from the tenant's id: a line that is gone cannot tell it any more. */
  readonly slug?: string;
  /**
   * Only on a Classic view whose target still lacks its history: the view keeps what was ingested from then on, Unix
   * milliseconds.
   */
  readonly cutoff?: number;
}

/** What a template set gives one tenant, before markers and token lines. */
export interface Rendered {
  readonly files: readonly RenderedFile[];
  readonly tokens: readonly RenderedToken[];
  /** How the set's views get their history on Classic; Forward fills them itself. */
  readonly backfill: Backfill;
  /** Why the set's tokens may open more than their tenant's own; null when they may not. */
  readonly allowWide: string | null;
  /** Hazards that the set's tenants may run into; absent for none. */
  readonly allow?: readonly Allowance[];
}
/** `exact`: by the time of ingestion; `approximate`: rows of some seconds may be missing or double; `none`: only new rows. */
export type Backfill = 'exact' | 'approximate' | 'none';
export interface RenderedFile {
  readonly role: string;
  readonly datafile: Datafile;
  /** The datafile as text, with these grants instead of its own. Throws a Stop as `printDatafile` does. */
  readonly print: (grants: readonly Grant[]) => string;
  /** Template file, e.g. `own-table/events.datasource.hbs`. */
  readonly from: string;
}
export interface RenderedToken {
  readonly role: string;
  readonly token: Token;
  readonly from: string;
}

export const keyOf = (kind: Kind, name: string): Key => `${kind}/${name}`;
export const nameOf = (key: Key): string => key.slice(key.indexOf('/') + 1);
// Joined: a text that is added up takes its parts with it until somebody reads it, and a fleet has a million of these.
export const resourceName = (slug: string, role: string): string => [slug, role].join('_');

/** One resource that the repository asks for, ready to compare and to send. */
export interface Desired {
  readonly key: Key;
  readonly resource: Resource;
  /** Id of the tenant; null for a file of the project. */
  readonly tenant: string | null;
  readonly set: string | null;
  /** A token's role in its set; null for everything else. */
  readonly role: string | null;
  /** Hash of the rendered text, before the marker. Empty for the project and for tokens. */
  readonly sha: string;
  /** The file or template it comes from. */
  readonly from: string;
  /** A project file as the user wrote it; everything else is printed from `resource`. */
  readonly text?: string;
  /** Of the tenant's set; absent for the project. */
  readonly backfill?: Backfill;
  /** The tenant's and its set's together, or the project's; absent for none. */
  readonly allow?: readonly Allowance[];
}

/** What is live: all of it, ours and others'. A JWT lives in the ledger, not in the workspace. */
export interface Live {
  readonly resources: readonly LiveResource[];
  readonly tokens: readonly LiveToken[];
  readonly jwts: ReadonlyMap<string, LiveJwt>;
  /** Ours, of a Classic apply that did not end: nothing that the list could name. */
  readonly beside?: readonly LiveResource[];
}
/** What the ledger knows of a JWT; `expires` in Unix seconds. */
export interface LiveJwt {
  readonly tenant: string;
  readonly claims: string;
  readonly expires: number;
}
