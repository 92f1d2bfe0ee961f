// Every token of the fleet's tenants: what it opens, whether it is there, and where its value is kept as far as that was asked.
import { unwrap } from './errors.ts';
import { secretName } from './github/names.ts';
import { targetName } from './github/secrets.ts';
import { type Desired, type LiveToken, resourceName, type Scope, type Tenant, type Token } from './model.ts';
import type { OpenFleet } from './open-fleet.ts';
import type { Secret } from './secret.ts';
import { liveJwts, type Vault } from './vault.ts';

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

/** `left-over`: still there, although its tenant is suspended or removed. `unlisted`: a workspace does not keep JWTs. */
export type Presence = 'there' | 'absent' | 'left-over' | 'unlisted';

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
  readonly fleet: Pick<OpenFleet, 'sources' | 'desired'>;
  readonly live: readonly LiveToken[];
  readonly only: ReadonlySet<string> | null;
  readonly vault: Vault | null;
  /** Null when values are not stored as secrets. */
  readonly secretPrefix: string | null;
}

/** In the order of the list. Throws a Stop for a prefix that no secret can have. */
export function tokenInventory(asked: Asked): TokenEntry[] {
  const { sources, desired } = asked.fleet;
  const live = new Map(asked.live.map((token) => [token.name, token]));
  const wanted = Map.groupBy(desired, ({ tenant }) => tenant);
  const entries = sources.fleet.tenants
    .filter(({ id }) => asked.only?.has(id) ?? true)
    .flatMap((tenant) => {
      if (tenant.state !== 'active') return leftOvers(asked, { tenant, live });
      return (wanted.get(tenant.id) ?? []).flatMap((one) => entryOf(one, live));
    });
  const storedOf = storage(asked, entries);
  return entries.map((entry) => ({ ...entry, stored: storedOf(entry) }));
}

type Unstored = Omit<TokenEntry, 'stored'>;
type ByName = ReadonlyMap<string, LiveToken>;

function entryOf({ resource, tenant, role }: Desired, live: ByName): Unstored[] {
  if (resource.kind !== 'token' || tenant === null || role === null) return [];
  const { name, via, scopes } = resource;
  const wanted = scopes.map(({ filter = null, ...scope }): Opening => ({ ...scope, filter }));
  const told = { tenant, role, name, via, scopes: wanted, rps: resource.rps, value: null };
  if (via === 'jwt') return [{ ...told, id: name, presence: 'unlisted', ttl: resource.ttl }];
  const found = live.get(name);
  if (found === undefined) return [{ ...told, id: null, presence: 'absent', ttl: null }];
  return [{ ...told, ...seen(found), presence: 'there' }];
}

const seen = ({ id, scopes, value }: LiveToken) => ({ id, scopes, value, ttl: null });

/** Access that should be gone, and is until the next apply. */
function leftOvers({ fleet }: Asked, { tenant, live }: { tenant: Tenant; live: ByName }): Unstored[] {
  const roles = fleet.sources.sets.get(tenant.set)?.tokens ?? [];
  return roles.flatMap(({ role }): Unstored[] => {
    const name = resourceName(tenant.slug, role);
    const found = live.get(name);
    if (found === undefined) return [];
    const told = { tenant: tenant.id, role, name, via: 'static', rps: null } as const;
    return [{ ...told, ...seen(found), presence: 'left-over' }];
  });
}

function storage(
  { fleet, vault, secretPrefix }: Asked,
  entries: readonly Unstored[],
): (entry: Unstored) => Stored | null {
  if (secretPrefix === null) return () => null;
  const slugs = new Map(fleet.sources.fleet.tenants.map(({ id, slug }) => [id, slug]));
  const secretOf = ({ tenant, role }: Unstored): string =>
    unwrap(secretName(secretPrefix, { slug: slugs.get(tenant) ?? tenant, role }));
  if (vault === null) return (entry) => ({ secret: secretOf(entry), found: null });
  const jwts = liveJwts(vault, new Map(entries.map((entry) => [entry.name, secretOf(entry)])), secretPrefix);
  const existing = new Set(vault.existing);
  const place = targetName(vault.target);
  return (entry) => {
    const secret = secretOf(entry);
    const expires = jwts.get(entry.name)?.expires ?? null;
    return { secret, found: { place, present: existing.has(secret), expires } };
  };
}
