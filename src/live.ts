// What the workspace holds, read with a constant number of requests whatever the fleet.
import type { Grant } from './datafile/types.ts';
import type { Generation, Live, LiveJwt, LiveResource, LiveToken } from './model.ts';
import { nameTargets } from './tinybird/pipes.ts';
import type { Reader } from './tinybird/ports.ts';

/** What the lists of a workspace say, before grants and JWTs are put to it. */
export interface Lists {
  readonly resources: readonly LiveResource[];
  readonly tokens: readonly LiveToken[];
}

export async function readLists(reader: Reader): Promise<Lists> {
  const [datasources, pipes, tokens] = await Promise.all([
    reader.datasources(),
    reader.pipes(),
    reader.tokens(),
  ]);
  return { resources: [...datasources, ...nameTargets(pipes, datasources)], tokens };
}

export function liveOf(
  { resources, tokens }: Lists,
  generation: Generation,
  jwts: ReadonlyMap<string, LiveJwt>,
): Live {
  return {
    resources: generation === 'forward' ? withGrants(resources, tokens) : resources,
    tokens,
    jwts,
  };
}

/** On Forward a resource-scoped token is nothing but TOKEN lines, so its scopes tell what the lines are. */
function withGrants(resources: readonly LiveResource[], tokens: readonly LiveToken[]): LiveResource[] {
  const grants = new Map<string, Grant[]>();
  for (const token of tokens) {
    for (const { type, resource } of token.scopes) {
      if (resource === null) continue;
      const permission = type.endsWith(':APPEND') ? 'APPEND' : 'READ';
      const own = grants.get(resource);
      if (own === undefined) grants.set(resource, [{ token: token.name, permission }]);
      else own.push({ token: token.name, permission });
    }
  }
  return resources.map((resource) => {
    const own = grants.get(resource.name);
    return own === undefined ? resource : { ...resource, datafile: { ...resource.datafile, grants: own } };
  });
}
