// The writing port to a Classic workspace, and what passes through it.
import type { Column, Datasource, Index, Pipe } from '../datafile/types.ts';
import type { LiveScope, Minter } from './ports.ts';

/** What Classic can change in a data source that exists; what is absent stays. */
export interface Alteration {
  /** The whole new list: Classic adds what is new, and refuses anything else. */
  readonly columns?: readonly Column[];
  readonly description?: string;
  /** Empty for none. */
  readonly ttl?: string;
  /** The whole new list. */
  readonly indexes?: readonly Index[];
}

/** A static token as the Classic API makes it. */
export interface StaticToken {
  readonly name: string;
  /** Ends with our marker. */
  readonly description: string;
  /** All of them: an update replaces the whole list. */
  readonly scopes: readonly LiveScope[];
}

/** One request each, except where it says more. All throw ApiError; deleting what is gone is done. */
export interface ClassicWriter extends Minter {
  readonly generation: 'classic';
  /**
   * Milliseconds until so many more data sources can have been sent, behind those that wait already: the server takes
   * few a minute, and `createDatasource` waits for its turn.
   */
  eta(datasources: number): number;
  createDatasource(datasource: Datasource): Promise<void>;
  /** With `dry` nothing changes. Gives the operations in the server's words; empty when there is nothing to do. */
  alterDatasource(name: string, change: Alteration, options: { dry: boolean }): Promise<readonly string[]>;
  /** The two swap names; views keep filling the tables that they fill. */
  exchangeDatasources(one: string, other: string): Promise<void>;
  /** Refused by the server while anything depends on it: never forced. */
  deleteDatasource(name: string): Promise<void>;
  /**
   * All nodes in one request. `replace`: in the place of the pipe of that name. An endpoint that the server did not
   * publish with it is published in a second request; mode and schedule of a copy are set in one, too.
   */
  createPipe(pipe: Pipe, options: { replace: boolean }): Promise<void>;
  /** The SQL of one node; a published one stays published. */
  updateNode(pipe: string, node: { readonly name: string; readonly sql: string }): Promise<void>;
  /** Another description or name; the nodes stay. */
  updatePipe(pipe: string, change: { readonly description?: string; readonly name?: string }): Promise<void>;
  deletePipe(name: string): Promise<void>;
  /** Runs a materialized node over all rows of its source, into its target. Gives the job's id. */
  populate(pipe: string, node: string): Promise<string>;
  createToken(token: StaticToken): Promise<void>;
  /** Same value, same id. */
  updateToken(token: StaticToken): Promise<void>;
  /** Same name, same id, another value; the old one is refused from then on. */
  refreshToken(name: string): Promise<void>;
  deleteToken(name: string): Promise<void>;
}
