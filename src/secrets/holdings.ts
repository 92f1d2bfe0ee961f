// The static tokens whose values are kept: what the list asks for and, of tenants that the run must not touch, what they have.

import type { Desired, Fleet, Live, LiveToken } from '../model.ts';
import { type Carriers, carriersOf, tenantOf } from '../plan/carriers.ts';
import { ownerOf } from '../plan/owned.ts';
import { firstOf, slotTime } from '../rotation/slots.ts';
import type { Secret } from '../secret.ts';

/** A static token of a tenant's role. */
export interface StaticPart {
  readonly kind: 'static';
  readonly tenant: string;
  readonly role: string;
  /** The token's. */
  readonly name: string;
  /** The workspace's; null when the token is not there (yet). */
  readonly id: string | null;
  /** Null when the token is not there, or its value cannot be read. */
  readonly value: Secret | null;
  /** The list does not have the tenant any more. */
  readonly isOrphan: boolean;
}

export interface HoldingsAsked {
  readonly desired: readonly Desired[];
  readonly live: Live;
  readonly fleet: Fleet;
  readonly only: ReadonlySet<string> | null;
  readonly prune: boolean;
}

/** Each role once, in the order of the list, then those of tenants that the list does not have. */
export function staticParts(asked: HoldingsAsked): StaticPart[] {
  const { desired, live, only } = asked;
  const byName = new Map(live.tokens.map((token) => [token.name, token]));
  const byFirst = Map.groupBy(live.tokens, ({ name }) => firstOf(name));
  const wanted = desired.flatMap(({ resource, tenant, role }): StaticPart[] => {
    if (resource.kind !== 'token' || resource.via !== 'static' || tenant === null || role === null) return [];
    // While the token that follows could not be made, the one before it works.
    const found = byName.get(resource.name) ?? newest(byFirst.get(firstOf(resource.name)) ?? []);
    if (found === undefined && only?.has(tenant) === false) return [];
    return [{ ...said({ tenant, role, token: found }), name: found?.name ?? resource.name, isOrphan: false }];
  });
  return [...wanted, ...keptParts(asked)];
}

const said = ({ tenant, role, token }: { tenant: string; role: string; token: LiveToken | undefined }) =>
  ({ kind: 'static', tenant, role, id: token?.id ?? null, value: token?.value ?? null }) as const;

const newest = (tokens: readonly LiveToken[]): LiveToken | undefined =>
  tokens.toSorted((one, other) => slotTime(other.name) - slotTime(one.name))[0];

/** Ours and live, without being asked for: of tenants that vanished from the list, or that this run is not about. */
function keptParts(asked: HoldingsAsked): StaticPart[] {
  const { desired, live, fleet, only, prune } = asked;
  const listed = new Set(fleet.tenants.map(({ id }) => id));
  const stays = (tenant: string): boolean => only?.has(tenant) === false || (!listed.has(tenant) && !prune);
  const named = new Set(desired.flatMap(namesIn));
  const carriers = carriersOf({ desired, live, fleet });
  const slugs = slugsOf(carriers);
  const kept = live.tokens.flatMap((token) => {
    const first = firstOf(token.name);
    if (named.has(first) || named.has(token.name)) return [];
    const tenant = tenantOf(token, carriers);
    if (tenant === null || !stays(tenant)) return [];
    const said = ownerOf(token, fleet);
    const slug = said.kind === 'ours' ? said.slug : slugs.get(tenant);
    if (slug === undefined || !first.startsWith(`${slug}_`)) return [];
    return [{ tenant, role: first.slice(slug.length + 1), token, first }];
  });
  return [...Map.groupBy(kept, ({ first }) => first).values()].flatMap((slots): StaticPart[] => {
    const token = newest(slots.map((one) => one.token));
    const [one] = slots;
    if (token === undefined || one === undefined) return [];
    const { tenant, role } = one;
    return [{ ...said({ tenant, role, token }), name: token.name, isOrphan: !listed.has(tenant) }];
  });
}

/** Tokens that the list has for somebody, in TOKEN lines or by itself. */
function namesIn({ resource }: Desired): string[] {
  return resource.kind === 'token'
    ? [resource.name, firstOf(resource.name)]
    : resource.grants.map(({ token }) => token);
}

const slugsOf = ({ facts }: Carriers): Map<string, string> =>
  new Map(
    [...facts.values()].flatMap(({ owner }) =>
      owner.kind === 'ours' ? [[owner.marker.tenant, owner.slug] as const] : [],
    ),
  );
