// How values are kept in this run: in which layout and why, under which names, and which JWTs are out.

import { unwrap } from '../errors.ts';
import { bucketName } from '../github/buckets.ts';
import type { Entries } from '../github/ledger.ts';
import { type Desired, type Fleet, type LiveJwt, resourceName } from '../model.ts';
import type { Sets } from '../templates/sets.ts';
import { jwtParts } from './contents.ts';
import { type Chosen, chooseLayout, type Layout, ownNames, secretNames } from './layout.ts';
import { type FormerJwt, jwtsInBuckets } from './outstanding.ts';
import { entriesOf, type Vault } from './vault.ts';

export interface Keeping extends Chosen {
  readonly prefix: string;
  /** Tokens of tenants that are suspended or removed, some of which may be JWTs that are out. */
  readonly former: readonly FormerJwt[];
}

export interface KeepingAsked {
  readonly desired: readonly Desired[];
  readonly sources: { readonly fleet: Fleet; readonly sets: Sets };
  readonly prefix: string;
  readonly prune: boolean;
  readonly tokensOnly: boolean;
}

/** Throws a Stop for names that GitHub refuses or that collide. */
export function keepingOf(vault: Vault, asked: KeepingAsked): Keeping {
  const { desired, sources, prefix, prune, tokensOnly } = asked;
  const { fleet } = sources;
  const listed = new Set(fleet.tenants.map(({ id }) => id));
  const chosen = chooseLayout({
    asked: vault.layout,
    entries: entriesOf(vault),
    existing: vault.existing,
    names: unwrap(ownNames(desired, fleet, prefix)).values(),
    stays: (tenant) => !listed.has(tenant) && !prune,
    prefix,
    tokensOnly,
  });
  return { ...chosen, prefix, former: formerTokens(sources) };
}

export const formerTokens = ({ fleet, sets }: KeepingAsked['sources']): FormerJwt[] =>
  fleet.tenants.flatMap(({ id, slug, set, state }) =>
    state === 'active'
      ? []
      : (sets.get(set)?.tokens ?? []).map(({ role }) => ({ tenant: id, name: resourceName(slug, role) })),
  );

/** By token's name: the name of its secret. */
export function namesOf(desired: readonly Desired[], at: NamesAsked): ReadonlyMap<string, string> {
  return secretNames(unwrap(ownNames(desired, at.fleet, at.prefix)), desired, at);
}

export interface NamesAsked {
  readonly fleet: Fleet;
  readonly prefix: string;
  readonly layout: Layout;
}

/**
 * The JWTs that are out and whose secret is really there. One that a killed run announced, or whose secret was deleted
 * by hand, is not: it is minted again.
 */
export function liveJwts(
  vault: Vault,
  desired: readonly Desired[],
  { prefix, former, fleet }: Pick<Keeping, 'prefix' | 'former'> & { readonly fleet: Fleet },
): Map<string, LiveJwt> {
  const existing = new Set(vault.existing);
  const entries: Entries = new Map(
    [...entriesOf(vault)].filter(([name, { pending }]) => !pending && existing.has(name)),
  );
  const tokens = new Map([...unwrap(ownNames(desired, fleet, prefix))].map(([token, name]) => [name, token]));
  const jwts = new Map<string, LiveJwt>();
  for (const [name, { jwt, tenant }] of entries) {
    if (jwt === null || tenant === null) continue;
    const token = tokens.get(name) ?? name.slice(prefix.length).toLowerCase();
    jwts.set(token, { tenant, claims: jwt.claims, expires: jwt.expires });
  }
  const wanted = jwtParts(desired);
  const buckets = jwtsInBuckets(entries, (bucket) => bucketName(prefix, bucket), { wanted, former });
  for (const { jwts: out } of buckets.values()) {
    for (const [token, { tenant, claims, expires }] of out) jwts.set(token, { tenant, claims, expires });
  }
  return jwts;
}
