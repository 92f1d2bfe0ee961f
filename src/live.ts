// What the workspace holds, read with a constant number of requests whatever the fleet.
import type { Grant } from './datafile/types.ts';
import type { Fleet, Generation, Live, LiveJwt, LiveResource, LiveToken } from './model.ts';
import { ownership } from './plan/owned.ts';
import { BESIDE, uncut } from './plan/views.ts';
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
  { generation, fleet }: { generation: Generation; fleet: Fleet },
  jwts: ReadonlyMap<string, LiveJwt>,
): Live {
  if (generation === 'forward') return { resources: withGrants(resources, tokens), tokens, jwts };
  const ownerOf = ownership(fleet);
  const isBeside = (one: LiveResource): boolean => BESIDE.test(one.name) && ownerOf(one).kind === 'ours';
  return {
    resources: resources.filter((one) => !isBeside(one)).map(asDesired),
    beside: resources.filter(isBeside).map(asDesired),
    tokens,
    jwts,
  };
}

/** A view is compared with what its template says, not with how its history was cut off. */
function asDesired(resource: LiveResource): LiveResource {
  const { datafile } = resource;
  return datafile.kind === 'pipe' ? { ...resource, datafile: uncut(datafile) } : resource;
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
