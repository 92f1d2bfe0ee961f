// What the HTTP server hands to this folder: who asks, on which catalog, with which parameters.
import type { Engine } from '../engine/engine.ts';
import type { Access, Catalog } from '../state.ts';

/** Whoever asks and what they ask on. */
export interface Caller {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly access: Access;
  /** Values behind `tb_secret`. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Whether a data source's row filter also holds inside pipes that read it: true on Classic, false on Forward. */
  readonly filtersReachPipes: boolean;
}

export interface QueryOptions {
  /** First value of every request parameter, reserved names included: they are left out of the template here. */
  readonly params: ReadonlyMap<string, string>;
}
