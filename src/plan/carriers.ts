// Whose a static token is: by its marker where it has one, else by the files whose lines make it. And which lines a run leaves as they are.
import type { Grant } from '../datafile/types.ts';
import type { Desired, Fleet, Live, LiveToken, Tenant } from '../model.ts';
import type { Fact } from './files.ts';
import { ownerOf as markedOwner, ownership } from './owned.ts';

export interface Carriers {
  /** By the resource's name. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** Names of the project's resources, which tokens of many tenants may open. */
  readonly shared: ReadonlySet<string>;
  readonly fleet: Fleet;
  /** Those of the list, by id. */
  readonly tenants: ReadonlyMap<string, Tenant>;
}

export function carriersOf({ live, fleet, desired }: CarriersInput): Carriers {
  const ownerOf = ownership(fleet);
  const facts = new Map<string, Fact>();
  for (const resource of live.resources) facts.set(resource.name, { resource, owner: ownerOf(resource) });
  const shared = new Set<string>();
  for (const { tenant, resource } of desired) if (tenant === null) shared.add(resource.name);
  const tenants = new Map(fleet.tenants.map((tenant) => [tenant.id, tenant]));
  return { fleet, facts, shared, tenants };
}

export interface CarriersInput {
  readonly live: Live;
  readonly fleet: Fleet;
  readonly desired: readonly Desired[];
}

const OTHERS = Symbol('of another fleet');

/**
 * The one tenant of ours that the token is marked for; one without a marker is the tenant's whose marked resources it
 * opens, if it is named like them and opens only the project's besides.
 */
export function tenantOf(token: LiveToken, carriers: Carriers): string | null {
  const owner = ownerOf(token, carriers);
  return owner === OTHERS ? null : owner;
}

function ownerOf(token: LiveToken, { facts, shared, fleet }: Carriers): string | typeof OTHERS | null {
  const { name, scopes } = token;
  const said = markedOwner(token, fleet);
  if (said.kind !== 'unmarked') return said.kind === 'ours' ? said.marker.tenant : OTHERS;
  let tenant: string | null = null;
  for (const { resource } of scopes) {
    const owner = facts.get(resource ?? '')?.owner;
    if (owner?.kind === 'other') return OTHERS;
    if (shared.has(resource ?? '')) continue;
    if (owner?.kind !== 'ours' || !name.startsWith(`${owner.slug}_`)) return null;
    if (tenant !== null && tenant !== owner.marker.tenant) return null;
    tenant = owner.marker.tenant;
  }
  return tenant;
}

export interface LinesInput extends CarriersInput {
  /** Ids of the only tenants that may change; null for all. */
  readonly only: ReadonlySet<string> | null;
  readonly prune: boolean;
}

/**
 * What is desired, with the lines of the project's files as this run may leave them: those of other fleets, of tenants
 * that vanished from the list and of tenants that the run is not about stay as they live.
 */
export function keepLines(input: LinesInput, carriers = carriersOf(input)): readonly Desired[] {
  const { desired, live, only } = input;
  const kept = keptTokens(input, carriers);
  const outside: ReadonlySet<string> = only === null ? new Set() : outsideOf(desired, only);
  if (kept.size + outside.size === 0) return desired;
  const lines = new Map(live.resources.map(({ key, datafile }) => [key, datafile.grants]));
  return desired.map((one): Desired => {
    if (one.tenant !== null || one.resource.kind === 'token') return one;
    const there = lines.get(one.key) ?? [];
    const { grants } = one.resource;
    const wanted = grants.filter((grant) => !outside.has(grant.token) || includes(there, grant));
    const stays = there.filter((grant) => kept.has(grant.token) && !includes(wanted, grant));
    if (wanted.length === grants.length && stays.length === 0) return one;
    const { text: _, ...rest } = one;
    return { ...rest, resource: { ...one.resource, grants: [...wanted, ...stays] } };
  });
}

const outsideOf = (desired: readonly Desired[], only: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(
    desired.flatMap(({ tenant, resource }) =>
      resource.kind === 'token' && tenant !== null && !only.has(tenant) ? [resource.name] : [],
    ),
  );

const includes = (grants: readonly Grant[], { token, permission }: Grant): boolean =>
  grants.some((grant) => grant.token === token && grant.permission === permission);

function keptTokens({ live, only, prune }: LinesInput, carriers: Carriers): Set<string> {
  const { tenants } = carriers;
  const stays = (owner: string | typeof OTHERS): boolean =>
    owner === OTHERS || only?.has(owner) === false || (!tenants.has(owner) && !prune);
  const kept = new Set<string>();
  for (const token of live.tokens) {
    const owner = ownerOf(token, carriers);
    if (owner !== null && stays(owner)) kept.add(token.name);
  }
  return kept;
}
