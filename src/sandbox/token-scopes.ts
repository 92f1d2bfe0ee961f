// Scopes as the Token API writes them: `TYPE`, `TYPE:resource` or `TYPE:resource:filter`.
import type { Engine } from './engine/engine.ts';
import { checkFilter } from './query/filters.ts';
import { type AccessScope, type Catalog, SandboxError } from './state.ts';
import type { StoredScope, StoredToken } from './workspace.ts';

/** Scopes without a resource. A Forward workspace lets a token have no others through the API. */
const OPERATIONS = new Set([
  'ADMIN',
  'TOKENS',
  'WORKSPACE:READ_ALL',
  'WORKSPACE:DEPLOY',
  'ORG_DATASOURCES:READ',
  'PIPES:CREATE',
  'DATASOURCES:CREATE',
]);

/** Scopes with a resource, and what it is. */
export const RESOURCE_TYPES: Readonly<Record<AccessScope['type'], 'datasource' | 'pipe'>> = {
  'DATASOURCES:READ': 'datasource',
  'DATASOURCES:APPEND': 'datasource',
  'DATASOURCES:DROP': 'datasource',
  'PIPES:READ': 'pipe',
  'PIPES:DROP': 'pipe',
};

export const isOperation = (text: string): boolean => OPERATIONS.has(text);

const isResourceType = (type: string): type is AccessScope['type'] => type in RESOURCE_TYPES;

export interface ScopeReading {
  readonly engine: Engine;
  readonly catalog: Catalog;
}

/** Throws 400 for an unknown type or resource, or a filter that ClickHouse does not take. */
export async function readScopes(
  reading: ScopeReading,
  texts: readonly string[],
): Promise<Pick<StoredToken, 'operations' | 'scopes'>> {
  const operations: string[] = [];
  const scopes: StoredScope[] = [];
  for (const text of new Set(texts)) {
    if (isOperation(text)) operations.push(text);
    else scopes.push(await readScope(reading, text));
  }
  return { operations, scopes };
}

async function readScope({ engine, catalog }: ScopeReading, text: string): Promise<StoredScope> {
  // The filter is everything after the third colon, colons included.
  const [, type = '', wanted = '', filter] = /^(\w+:\w+):([^:]+)(?::([\s\S]*))?$/.exec(text) ?? [];
  if (!isResourceType(type)) throw new SandboxError(400, `Invalid scope: ${text}`);
  const kind = RESOURCE_TYPES[type];
  const resource = resourceOf(kind === 'pipe' ? catalog.pipes : catalog.datasources, wanted);
  if (resource === undefined)
    throw new SandboxError(400, `Invalid scope ${type}: resource '${wanted}' not found`);
  const scope = { type, id: resource.id, name: resource.file.name };
  if (filter === undefined) return scope;
  if (!type.endsWith(':READ')) throw new SandboxError(400, `Invalid scope: ${type} takes no filter`);
  await checkFilter({ engine, catalog, kind, name: scope.name, filter });
  return { ...scope, filter };
}

interface Resource {
  readonly id: string;
  readonly file: { readonly name: string };
}

/** By name or id. */
export const resourceOf = (resources: ReadonlyMap<string, Resource>, wanted: string): Resource | undefined =>
  resources.get(wanted) ?? resources.values().find(({ id }) => id === wanted);
