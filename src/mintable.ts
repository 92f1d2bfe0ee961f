// Which JWT a tenant's role can get: the list says who, the template says what, the set says for how long.
import { assertNever, bad, Stop, unwrap } from './errors.ts';
import type { Fleet, Generation, Scope, Tenant, Token } from './model.ts';
import type { Sources } from './sources.ts';
import { renderTenant } from './templates/render.ts';
import type { TemplateSet } from './templates/sets.ts';
import { seconds, USUAL_TTL } from './templates/tokens.ts';
import { didYouMean } from './tenants/show.ts';
import type { JwtRequest } from './tinybird/ports.ts';

export interface Wish {
  /** The tenant's id. */
  readonly tenant: string;
  readonly role: string;
  /** Seconds; null for what the template says. */
  readonly ttl: number | null;
}

/** A JWT that can be made, but for when it ends: `ttl` seconds from then. */
export interface Mintable extends Omit<JwtRequest, 'expiresAt'> {
  readonly ttl: number;
}

/** Throws a Stop that says what keeps this token from being minted. */
export function mintable(sources: Sources, generation: Generation, wish: Wish): Mintable {
  const { tenant: id, role } = wish;
  const tenant = activeTenant(sources.fleet, id);
  const set = setOf(sources, tenant);
  const found = unwrap(renderTenant(set, tenant)).tokens.find((token) => token.role === role);
  if (found === undefined) throw noRole(set, { id, role });
  const { token } = found;
  const scopes = token.scopes.filter((scope) => (scope.generation ?? generation) === generation);
  refuseScopes(scopes, generation, `${id}/${role}`);
  return { name: token.name, scopes, rps: token.rps, ttl: lifeOf(token, set, wish.ttl) };
}

export function tenantOf({ tenants }: Fleet, id: string): Tenant {
  const tenant = tenants.find((one) => one.id === id);
  if (tenant !== undefined) return tenant;
  const ids = tenants.map((one) => one.id);
  throw new Stop('bad-input', `The list has no tenant ${JSON.stringify(id)}${didYouMean(id, ids)}`);
}

function activeTenant(fleet: Fleet, id: string): Tenant {
  const tenant = tenantOf(fleet, id);
  switch (tenant.state) {
    case 'active':
      return tenant;
    case 'suspended':
    case 'removed': {
      const message = `the tenant ${JSON.stringify(id)} is ${tenant.state}: no token is minted for it`;
      return unwrap(bad({ ...tenant.at, message }));
    }
    default:
      return assertNever(tenant.state);
  }
}

export function setOf({ sets }: Sources, { id, set }: Tenant): TemplateSet {
  const found = sets.get(set);
  if (found !== undefined) return found;
  throw new Stop(
    'bad-input',
    `There is no template set ${JSON.stringify(set)}, which the tenant ${JSON.stringify(id)} wants${didYouMean(set, [...sets.keys()])}`,
  );
}

export function noRole(set: TemplateSet, { id, role }: { id: string; role: string }): Stop {
  const roles = set.tokens.map((token) => token.role);
  const known = roles.length === 0 ? 'no token' : roles.join(', ');
  return new Stop(
    'bad-input',
    `The template set ${set.name} of ${JSON.stringify(id)} has no token ${JSON.stringify(role)}, only ${known}${didYouMean(role, roles)}`,
  );
}

function refuseScopes(scopes: readonly Scope[], generation: Generation, what: string): void {
  for (const { type, resource } of scopes) {
    if (type === 'DATASOURCES:APPEND') {
      throw new Stop('bad-input', `${what}: a JWT can only read, and this token appends to ${resource}`);
    }
    if (generation === 'classic' && type === 'DATASOURCES:READ') {
      throw new Stop(
        'bad-input',
        `${what}: on a Classic workspace a JWT can open pipes only, and this token opens the data source ${resource}. Hand out the API token that an apply makes`,
      );
    }
  }
}

function lifeOf(token: Token, set: TemplateSet, ttl: number | null): number {
  const longest = set.longestTtl;
  if (ttl === null) return token.via === 'jwt' ? token.ttl : Math.min(USUAL_TTL, longest);
  if (ttl <= longest) return ttl;
  throw new Stop(
    'bad-input',
    `ttl: ${ttl} seconds are more than the ${longest} that the template set ${set.name} allows; ttl-max in its set.yaml says how long`,
  );
}

/** Seconds, from `90s`, `15m`, `24h` or `7d`. */
export function parseTtl(text: string): number {
  const life = seconds(text);
  if (life !== null) return life;
  throw new Stop('bad-input', `ttl: ${JSON.stringify(text)} is not like 90s, 15m, 24h or 7d`);
}
