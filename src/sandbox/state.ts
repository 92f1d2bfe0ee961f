// What the sandbox remembers of a workspace. ClickHouse holds the rows; everything else is here and is saved as one JSON file.
import type { Datasource, Pipe } from '../datafile/types.ts';
import type { Scope } from '../model.ts';

export interface StoredDatasource {
  /** `t_` and 32 hex digits. */
  readonly id: string;
  readonly file: Datasource;
  /** Database-qualified physical table, e.g. `data.ws1_events__3`; its quarantine table is the same name + `_quarantine`. */
  readonly table: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface StoredPipe {
  readonly id: string;
  readonly file: Pipe;
  /** Node name to `t_…` id. */
  readonly nodeIds: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What one deployment (or a Classic workspace) serves. Keys are resource names. */
export interface Catalog {
  /** ClickHouse database that holds one Alias table per data source, so that a token sees names and nothing else. */
  readonly database: string;
  readonly datasources: ReadonlyMap<string, StoredDatasource>;
  readonly pipes: ReadonlyMap<string, StoredPipe>;
}

/** What opens one resource, by its name or id. Only tokens of Classic let one be deleted. */
export interface AccessScope extends Omit<Scope, 'type'> {
  readonly type: Scope['type'] | 'DATASOURCES:DROP' | 'PIPES:DROP';
}

/** What the bearer of a token may do: everything, some operations, or what its scopes say. */
export type Access =
  | { readonly kind: 'admin'; readonly name: string }
  | { readonly kind: 'operational'; readonly name: string; readonly operations: readonly string[] }
  | {
      readonly kind: 'scoped';
      readonly name: string;
      readonly via: 'static' | 'jwt';
      readonly scopes: readonly AccessScope[];
      /** Beside the scopes, on Classic, e.g. `DATASOURCES:CREATE`. */
      readonly operations: readonly string[];
      readonly rps: number | null;
    };

/** An answer that is an error: HTTP status and the JSON body as Tinybird shapes it. */
export class SandboxError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, body: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'SandboxError';
    this.status = status;
    this.body = { error: message, ...body };
  }
}
