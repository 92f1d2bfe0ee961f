// A static token as /v0/tokens tells it.
import { scopesOfProject } from './authentication.ts';
import type { Catalog } from './state.ts';
import { RESOURCE_TYPES, resourceOf } from './token-scopes.ts';
import { isOfFiles, liveOf, type StoredToken, type TokenOrigin, type Workspace } from './workspace.ts';

export function describeToken(workspace: Workspace, token: StoredToken): Record<string, unknown> {
  const { catalog, project } = liveOf(workspace);
  const ofFiles = isOfFiles(token) ? (scopesOfProject(project).get(token.name) ?? []) : [];
  const carrier = ofFiles[0];
  const { type, resource }: TokenOrigin =
    carrier === undefined
      ? token.origin
      : { type: carrier.type === 'PIPES:READ' ? 'P' : 'DS', resource: carrier.resource };
  const resources = type === 'P' ? catalog.pipes : catalog.datasources;
  return {
    id: token.id,
    name: token.name,
    description: token.description,
    token: token.value,
    scopes: isOfFiles(token) ? ofFiles : scopesOf(token, catalog),
    origin: { type, resource_id: resourceOf(resources, resource)?.id ?? '' },
    host: 'local',
    is_internal: false,
  };
}

interface ShownScope {
  readonly type: string;
  readonly resource?: string;
  readonly filter?: string;
}

/** Those on resources that are gone are not among them. */
function scopesOf({ operations, scopes }: StoredToken, catalog: Catalog): ShownScope[] {
  const shown = scopes.flatMap(({ type, id, name, filter }): ShownScope[] => {
    const known = RESOURCE_TYPES[type] === 'pipe' ? catalog.pipes : catalog.datasources;
    // Most have their name still; only the others are looked for.
    const resource = known.get(name)?.id === id ? name : resourceOf(known, id)?.file.name;
    return resource === undefined ? [] : [{ type, resource, ...(filter === undefined ? {} : { filter }) }];
  });
  return [...operations.map((type) => ({ type })), ...shown];
}
