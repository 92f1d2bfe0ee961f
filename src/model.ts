// The nouns. Every phase of run.ts takes some of these and returns others; nothing here does anything.
import type { Datafile } from './datafile/types.ts';

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
  readonly at: Place;
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
}

export type ScopeType = 'PIPES:READ' | 'DATASOURCES:READ' | 'DATASOURCES:APPEND';

export interface Scope {
  readonly type: ScopeType;
  readonly resource: string;
  /** SQL condition; Forward takes it only in a JWT. */
  readonly filter?: string;
  /** Endpoint parameters that the caller cannot override (JWT). */
  readonly fixedParams?: Readonly<Record<string, string | number | boolean>>;
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
}

/** What a template set gives one tenant, before markers and token lines. */
export interface Rendered {
  readonly files: readonly RenderedFile[];
  readonly tokens: readonly RenderedToken[];
}
export interface RenderedFile {
  readonly role: string;
  readonly datafile: Datafile;
  /** Template file, e.g. `own-table/events.datasource.hbs`. */
  readonly from: string;
}
export interface RenderedToken {
  readonly role: string;
  readonly token: Token;
  readonly from: string;
}

export const keyOf = (kind: Kind, name: string): Key => `${kind}/${name}`;
export const resourceName = (slug: string, role: string): string => `${slug}_${role}`;
