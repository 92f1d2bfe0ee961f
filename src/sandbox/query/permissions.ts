// What the bearer of a token may read. Names and ids of resources are both accepted in a scope.
import type { Access, AccessScope, Catalog } from '../state.ts';

/** How a data source is open. */
export interface DatasourceGrant {
  /** A row is open when one of these conditions holds; all rows when there are none. */
  readonly filters: readonly string[];
}

/** How an endpoint is open. */
export interface PipeGrant {
  /** Conditions on its output; all must hold. */
  readonly filters: readonly string[];
  readonly fixedParams: ReadonlyMap<string, string>;
}

const READS_ALL = new Set(['ADMIN', 'WORKSPACE:READ_ALL']);

/** Whether nothing is closed to this token. */
export const readsAll = (access: Access): boolean =>
  access.kind === 'admin' || access.operations.some((operation) => READS_ALL.has(operation));

/** Null: not open. Several scopes on one data source open the rows of all of them. */
export function datasourceGrant(access: Access, catalog: Catalog, name: string): DatasourceGrant | null {
  if (readsAll(access)) return { filters: [] };
  const scopes = scopesOn(access, 'DATASOURCES:READ', [name, catalog.datasources.get(name)?.id]);
  if (scopes.length === 0) return null;
  const filters = scopes.map((scope) => scope.filter?.trim() ?? '');
  return { filters: filters.includes('') ? [] : filters };
}

/** Null: not open. Fixed parameters of several scopes on one pipe hold together, the first one of each name. */
export function pipeGrant(access: Access, catalog: Catalog, name: string): PipeGrant | null {
  if (readsAll(access)) return { filters: [], fixedParams: new Map() };
  const scopes = scopesOn(access, 'PIPES:READ', [name, catalog.pipes.get(name)?.id]);
  if (scopes.length === 0) return null;
  const filters = scopes.flatMap((scope) => scope.filter?.trim() || []);
  const fixed = scopes.toReversed().flatMap((scope) => Object.entries(scope.fixedParams ?? {}));
  return {
    filters,
    fixedParams: new Map(fixed.map(([key, value]) => [key, String(value)])),
  };
}

/** The data sources that this token may only read in part, with their filters. */
export function filteredDatasources(
  access: Access,
  catalog: Catalog,
): readonly (readonly [name: string, filters: readonly string[]])[] {
  if (access.kind !== 'scoped' || access.scopes.every(({ filter }) => filter === undefined)) return [];
  return [...catalog.datasources.keys()].flatMap((name) => {
    const filters = datasourceGrant(access, catalog, name)?.filters ?? [];
    return filters.length === 0 ? [] : [[name, filters] as const];
  });
}

function scopesOn(
  access: Access,
  type: AccessScope['type'],
  resources: readonly (string | undefined)[],
): readonly AccessScope[] {
  if (access.kind !== 'scoped') return [];
  return access.scopes.filter((scope) => scope.type === type && resources.includes(scope.resource));
}
