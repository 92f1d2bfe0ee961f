// What happens to tokens: static ones live in the workspace, JWTs in the ledger.
import { hash } from 'node:crypto';
import { lexemes } from '../datafile/lexemes.ts';
import { markerOf } from '../datafile/marker.ts';
import type { Access, Change, Desired, LiveJwt, LiveToken, Scope, Tenant, Token } from '../model.ts';
import { keyOf } from '../model.ts';
import type { LiveScope } from '../tinybird/ports.ts';
import { UNCHANGED, type Verdict } from './files.ts';

// A JWT is renewed once no more than a third of its life is left; secrets are due by the same arithmetic.
const RENEW_PART = 3;

/** Identity of what a JWT says, apart from when it says it. */
export const claimsHash = ({ name, scopes, ttl, rps }: Token): string =>
  hashOf({ name, scopes: scopes.map(scopeText), ttl, rps });

/** The same of a static token as it is live. */
const liveHash = ({ name, scopes }: LiveToken): string =>
  hashOf({ name, scopes: scopes.map(liveScopeText), ttl: 0, rps: null });

const hashOf = ({
  name,
  scopes,
  ttl,
  rps,
}: Pick<Token, 'name' | 'ttl' | 'rps'> & { scopes: string[] }): string =>
  hash('sha256', JSON.stringify([name, scopes.sort(), ttl, rps])).slice(0, 16);

export const scopeText = (scope: Scope): string =>
  JSON.stringify([scope.type, scope.resource, squeeze(scope.filter ?? ''), scope.fixedParams ?? {}]);

/** Blanks between SQL's words mean nothing; in its strings they do. */
const squeeze = (filter: string): string =>
  lexemes(filter)
    .map(({ kind, text }) => (kind === 'name' ? `\`${text}\`` : text))
    .join(' ');

/** `belongs`: whether everything the live token of that name opens is this tenant's or the project's. */
export function staticVerdict(after: Desired, live: LiveToken | undefined, belongs: boolean): Verdict {
  const { key, tenant } = after;
  if (after.resource.kind !== 'token') return UNCHANGED;
  if (live === undefined)
    return { kind: 'change', change: { action: 'create', key, tenant, hazards: [], after } };
  if (!belongs && tenant !== null) {
    return {
      kind: 'conflict',
      conflict: { key, tenant, why: 'a token of that name opens resources that are not this tenant’s' },
    };
  }
  if (saysTheSame(after.resource.scopes, live.scopes)) return UNCHANGED;
  const has = new Set(live.scopes.map(liveScopeText));
  const asked = new Set(after.resource.scopes.map((scope) => scopeText(scope)));
  // The project only ever adds to a token that others may use, too.
  const wanted = tenant === null ? asked.union(has) : asked;
  if (wanted.symmetricDifference(has).size === 0) return UNCHANGED;
  const access = accessOf(after.resource, live, wanted);
  const hazards: Change['hazards'] = [
    ...(access.wider ? (['revokes-access'] as const) : []),
    ...(access.narrower ? (['widens-access'] as const) : []),
  ];
  const before = { id: live.id, sha: hash('sha256', [...has].sort().join()).slice(0, 16) };
  const { narrower: _, ...told } = access;
  return {
    kind: 'change',
    change: { action: 'update', key, tenant, hazards, after, before, fields: ['scopes'], access: told },
  };
}

/** Scope by scope, as most tokens do; what is written or ordered otherwise may still mean the same. */
const saysTheSame = (scopes: readonly Scope[], live: readonly LiveScope[]): boolean =>
  scopes.length === live.length &&
  scopes.every(({ type, resource, filter, fixedParams }, n) => {
    const there = live[n];
    const isSame = there?.type === type && there.resource === resource && there.filter === (filter ?? null);
    return isSame && fixedParams === undefined;
  });

/** A filter also holds in the pipes that read what it filters: without it, the token opens more. */
function accessOf(
  { scopes }: Token,
  live: LiveToken,
  wanted: ReadonlySet<string>,
): Access & { readonly narrower: boolean } {
  const has = new Set(live.scopes.map(liveScopeText));
  const gone = live.scopes.filter((scope) => !wanted.has(liveScopeText(scope)));
  const come = scopes.filter((scope) => !has.has(scopeText(scope)));
  const written = markerOf(live.description)?.marker.sha;
  return {
    live: gone.map(scopeWords),
    listed: come.map(scopeWords),
    wider: gone.length > 0 || come.some(({ filter }) => filter),
    narrower: come.length > 0 || gone.some(({ filter }) => filter),
    byHand: written !== undefined && written !== liveHash(live),
  };
}

const scopeWords = ({ type, resource, filter }: Scope | LiveScope): string =>
  [type, resource, filter ? `(${filter.replace(/[\r\n]+/g, ' ').trim()})` : null].filter(Boolean).join(' ');

/** As `scopeText` writes a desired one. */
export const liveScopeText = ({ type, resource, filter }: LiveScope): string =>
  JSON.stringify([type, resource, squeeze(filter ?? ''), {}]);

/** The same token with another value: what it was changed to in the list is left to an apply. */
export function refreshVerdict(after: Desired, live: LiveToken): Verdict {
  const { key, tenant } = after;
  const before = { id: live.id, sha: live.id };
  return {
    kind: 'change',
    change: {
      action: 'update',
      key,
      tenant,
      hazards: ['revokes-access'],
      rotation: true,
      after,
      before,
      fields: ['value'],
    },
  };
}

/** Unchanged while the claims are the same and it is not due. */
export function jwtVerdict(
  after: Desired,
  live: LiveJwt | undefined,
  isDue: (jwt: LiveJwt, ttl: number) => boolean,
): Verdict {
  const { key, tenant } = after;
  if (after.resource.kind !== 'token') return UNCHANGED;
  if (live === undefined)
    return { kind: 'change', change: { action: 'create', key, tenant, hazards: [], after } };
  const same = live.claims === claimsHash(after.resource);
  if (same && !isDue(live, after.resource.ttl)) return UNCHANGED;
  const before = { id: after.resource.name, sha: live.claims };
  const fields = same ? ['expiry'] : ['claims'];
  return { kind: 'change', change: { action: 'update', key, tenant, hazards: [], after, before, fields } };
}

/** No more than a third of its life is left. */
export const isRunningOut = ({ expires }: LiveJwt, ttl: number, now: number): boolean =>
  expires - now <= ttl / RENEW_PART;

export interface Gone {
  readonly name: string;
  readonly id: string;
  readonly sha: string;
  readonly tenantId: string;
}

/** A token of ours that nothing in the repository asks for any more. */
export function goneVerdict(gone: Gone, tenant: Tenant | undefined, prune: boolean): Verdict {
  const why = goneWhy(tenant, prune);
  const key = keyOf('token', gone.name);
  if (why === null) return { kind: 'orphan', orphan: { key, tenant: gone.tenantId, rows: null } };
  const before = { id: gone.id, sha: gone.sha };
  return {
    kind: 'change',
    change: { action: 'delete', key, tenant: gone.tenantId, hazards: ['revokes-access'], before, why },
  };
}

/** A token that made room for another one of its role. */
export function rotatedVerdict({ name, id, sha, tenantId }: Gone, why: 'rotated' | 'replaced'): Verdict {
  const key = keyOf('token', name);
  const common = { key, tenant: tenantId, hazards: ['revokes-access'], rotation: true } as const;
  return { kind: 'change', change: { action: 'delete', ...common, before: { id, sha }, why } };
}

function goneWhy(
  tenant: Tenant | undefined,
  prune: boolean,
): 'removed' | 'suspended' | 'narrowed' | 'pruned' | null {
  switch (tenant?.state) {
    case undefined:
      return prune ? 'pruned' : null;
    case 'active':
      return 'narrowed';
    case 'suspended':
    case 'removed':
      return tenant.state;
  }
}
