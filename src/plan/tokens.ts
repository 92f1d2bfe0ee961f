// What happens to tokens: static ones live in the workspace, JWTs in the ledger.
import { hash } from 'node:crypto';
import type { Change, Desired, LiveJwt, LiveToken, Scope, Tenant, Token } from '../model.ts';
import { keyOf } from '../model.ts';
import type { Verdict } from './files.ts';

// A JWT is renewed once no more than a third of its life is left; secrets are due by the same arithmetic.
const RENEW_PART = 3;

/** Identity of what a JWT says, apart from when it says it. */
export function claimsHash(token: Token): string {
  return hash(
    'sha256',
    JSON.stringify([token.name, token.scopes.map(scopeText).sort(), token.ttl, token.rps]),
  ).slice(0, 16);
}

export const scopeText = (scope: Scope): string =>
  JSON.stringify([scope.type, scope.resource, squeeze(scope.filter ?? ''), scope.fixedParams ?? {}]);
const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** `belongs`: whether everything the live token of that name opens is this tenant's or the project's. */
export function staticVerdict(after: Desired, live: LiveToken | undefined, belongs: boolean): Verdict {
  const { key, tenant } = after;
  if (after.resource.kind !== 'token') return { kind: 'unchanged' };
  if (live === undefined)
    return { kind: 'change', change: { action: 'create', key, tenant, hazards: [], after } };
  if (!belongs) {
    return {
      kind: 'conflict',
      conflict: { key, tenant, why: 'a token of that name opens resources that are not this tenant’s' },
    };
  }
  const wanted = new Set(after.resource.scopes.map((scope) => scopeText(scope)));
  const has = new Set(
    live.scopes.map(({ type, resource, filter }) =>
      JSON.stringify([type, resource, squeeze(filter ?? ''), {}]),
    ),
  );
  if (wanted.symmetricDifference(has).size === 0) return { kind: 'unchanged' };
  const hazards: Change['hazards'] = [
    ...(has.isSubsetOf(wanted) ? [] : (['revokes-access'] as const)),
    ...(wanted.isSubsetOf(has) ? [] : (['widens-access'] as const)),
  ];
  const before = { id: live.id, sha: hash('sha256', [...has].sort().join()).slice(0, 16) };
  return {
    kind: 'change',
    change: { action: 'update', key, tenant, hazards, after, before, fields: ['scopes'] },
  };
}

/** Unchanged while the claims are the same and more than a third of the life is left. */
export function jwtVerdict(after: Desired, live: LiveJwt | undefined, now: number): Verdict {
  const { key, tenant } = after;
  if (after.resource.kind !== 'token') return { kind: 'unchanged' };
  if (live === undefined)
    return { kind: 'change', change: { action: 'create', key, tenant, hazards: [], after } };
  const same = live.claims === claimsHash(after.resource);
  if (same && live.expires - now > after.resource.ttl / RENEW_PART) return { kind: 'unchanged' };
  const before = { id: after.resource.name, sha: live.claims };
  const fields = same ? ['expiry'] : ['claims'];
  return { kind: 'change', change: { action: 'update', key, tenant, hazards: [], after, before, fields } };
}

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
