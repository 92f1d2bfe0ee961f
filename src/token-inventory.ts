// Every token of the fleet's tenants: what it opens, whether it is there, and where its value is kept as far as that was asked.
import type { DraftToken } from './declared.ts';
import { desiredFrom } from './desired.ts';
import { unwrap } from './errors.ts';
import { bucketName, bucketOf } from './github/buckets.ts';
import { secretName } from './github/names.ts';
import { targetName } from './github/secrets.ts';
import { type LiveToken, resourceName, type Scope, type Tenant, type Token } from './model.ts';
import type { OpenFleet } from './open-fleet.ts';
import { firstOf, liveSlots, NO_SLOTS, type RoleSlots, slotsOf } from './rotation/slots.ts';
import type { Secret } from './secret.ts';
import { formerTokens, keepingOf, liveJwts } from './secrets/keeping.ts';
import type { Vault } from './secrets/vault.ts';

export interface TokenEntry {
  readonly tenant: string;
  readonly role: string;
  readonly name: string;
  readonly via: Token['via'];
  /** The workspace's id of it; a JWT is known by its name only. Null when it is not there. */
  readonly id: string | null;
  readonly presence: Presence;
  /** Of a static token that is there, what it opens now; else what the template says. */
  readonly scopes: readonly Opening[];
  /** Seconds a JWT lives. */
  readonly ttl: number | null;
  /** Requests a second. */
  readonly rps: number | null;
  /** Null when values are not stored as secrets. */
  readonly stored: Stored | null;
  /** Null for a JWT, and when the caller's token may not see values. */
  readonly value: Secret | null;
}

/**
 * `retiring`: another token of the role has followed it, and it still works. `left-over`: still there, although its tenant
 * is suspended or removed. `unlisted`: a workspace does not keep JWTs.
 */
export type Presence = 'there' | 'absent' | 'retiring' | 'left-over' | 'unlisted';

export interface Opening extends Pick<Scope, 'fixedParams'> {
  readonly type: string;
  readonly resource: string | null;
  readonly filter: string | null;
}

export interface Stored {
  readonly secret: string;
  /** What GitHub says; null when it was not asked. */
  readonly found: {
    readonly place: string;
    readonly present: boolean;
    /** Unix seconds, of a JWT that the ledger knows. */
    readonly expires: number | null;
  } | null;
}

export interface Asked {
  readonly fleet: Pick<OpenFleet, 'sources' | 'declared'>;
  readonly live: readonly LiveToken[];
  readonly only: ReadonlySet<string> | null;
  readonly vault: Vault | null;
  /** Null when values are not stored as secrets. */
  readonly secretPrefix: string | null;
}

/** In the order of the list. Throws a Stop for a prefix that no secret can have. */
export function tokenInventory(asked: Asked): TokenEntry[] {
  const { sources, declared } = asked.fleet;
  const live = new Map(asked.live.map((token) => [token.name, token]));
  const firsts = new Set(declared.tokens.map(({ token }) => token.name));
  const slots = liveSlots(firsts, asked.live);
  const wanted = Map.groupBy(declared.tokens, ({ tenant }) => tenant.id);
  const entries = sources.fleet.tenants
    .filter(({ id }) => asked.only?.has(id) ?? true)
    .flatMap((tenant) => {
      if (tenant.state !== 'active') return leftOvers(asked, { tenant, live });
      return (wanted.get(tenant.id) ?? []).flatMap((one) => entriesOf(one, live, slots));
    });
  const storedOf = storage(asked);
  return entries.map((entry) => ({
    ...entry,
    stored: entry.presence === 'retiring' ? null : storedOf(entry),
  }));
}

type Unstored = Omit<TokenEntry, 'stored'>;
type ByName = ReadonlyMap<string, LiveToken>;

function entriesOf({ token, tenant, role }: DraftToken, live: ByName, slots: RoleSlots): Unstored[] {
  const { via, scopes, rps } = token;
  const wanted = scopes.map(({ filter = null, ...scope }): Opening => ({ ...scope, filter }));
  const told = { tenant: tenant.id, role, via, scopes: wanted, rps, value: null };
  if (via === 'jwt')
    return [{ ...told, name: token.name, id: token.name, presence: 'unlisted', ttl: token.ttl }];
  const { current, retiring } = slotsOf(slots, token.name);
  return [current, ...retiring].map((name): Unstored => {
    const found = live.get(name);
    if (found === undefined) return { ...told, name, id: null, presence: 'absent', ttl: null };
    return { ...told, ...seen(found), name, presence: name === current ? 'there' : 'retiring' };
  });
}

const seen = ({ id, scopes, value }: LiveToken) => ({ id, scopes, value, ttl: null });

/** Access that should be gone, and is until the next apply. */
function leftOvers({ fleet }: Asked, { tenant, live }: { tenant: Tenant; live: ByName }): Unstored[] {
  const roles = fleet.sources.sets.get(tenant.set)?.tokens ?? [];
  const firsts = new Map(roles.map(({ role }) => [resourceName(tenant.slug, role), role]));
  return [...live.values()].flatMap((found): Unstored[] => {
    const role = firsts.get(firstOf(found.name));
    if (role === undefined) return [];
    const told = { tenant: tenant.id, role, name: found.name, via: 'static', rps: null } as const;
    return [{ ...told, ...seen(found), presence: 'left-over' }];
  });
}

function storage({ fleet, vault, secretPrefix }: Asked): (entry: Unstored) => Stored | null {
  if (secretPrefix === null) return () => null;
  const { sources, declared } = fleet;
  const slugs = new Map(sources.fleet.tenants.map(({ id, slug }) => [id, slug]));
  const ownName = ({ tenant, role }: Unstored): string =>
    unwrap(secretName(secretPrefix, { slug: slugs.get(tenant) ?? tenant, role }));
  if (vault === null) return (entry) => ({ secret: ownName(entry), found: null });
  const desired = desiredFrom(declared, NO_SLOTS);
  const at = { fleet: sources.fleet, prefix: secretPrefix, former: formerTokens(sources) };
  const jwts = liveJwts(vault, desired, at);
  const asIs = { desired, sources, prefix: secretPrefix, prune: false, tokensOnly: true };
  const { layout } = keepingOf(vault, asIs);
  const existing = new Set(vault.existing);
  const place = targetName(vault.target);
  return (entry) => {
    const secret = layout === 'packed' ? bucketName(secretPrefix, bucketOf(entry.tenant)) : ownName(entry);
    const expires = jwts.get(entry.name)?.expires ?? null;
    return { secret, found: { place, present: existing.has(secret), expires } };
  };
}
