// What the repository asks for, ready to compare and to send: what is declared, with markers, token lines and the slots of tokens.
import { marked } from './datafile/marker.ts';
import type { Grant } from './datafile/types.ts';
import { type Declared, type Draft, type DraftToken, declare, linesOf, type Wanted } from './declared.ts';
import { ok, type Result } from './errors.ts';
import type { LineToken } from './generation.ts';
import { type Allowance, type Desired, type Fleet, keyOf, type Marker, type Tenant } from './model.ts';
import { claimsHash } from './plan/tokens.ts';
import { NO_SLOTS, type RoleSlots, slotsOf } from './rotation/slots.ts';
import { slugOf } from './tenants/slug.ts';

export interface DesiredState {
  readonly resources: readonly Desired[];
  /** Suspended tenants that stay as they live, and why. */
  readonly notes: readonly string[];
}

/** All resources of all tenants that are not removed, and of the project, each role with its first token; or every problem found. */
export function desiredState(wanted: Wanted): Result<DesiredState> {
  const declared = declare(wanted);
  if (!declared.ok) return declared;
  return ok({ resources: desiredFrom(declared.value, NO_SLOTS), notes: declared.value.notes });
}

/** The same with the tokens that the roles have by now. What rotates changes no hash: it is not what the repository says. */
export function desiredFrom(declared: Declared, slots: RoleSlots): Desired[] {
  const { files, tokens, lines } = declared;
  const slotted = slots.size === 0 ? tokens : tokens.flatMap((draft) => inSlots(draft, slots));
  const known = { ...declared, slots };
  return [
    ...files.map((draft) => desiredFile(draft, known)),
    ...slotted.map((token) => desiredToken(token, known)),
    ...lines.map((token) => desiredToken(token, known)),
  ];
}

/** Whoever has no role is not handed out. */
type TokenDraft = LineToken & { readonly role?: string; readonly allow?: readonly Allowance[] };

function inSlots(draft: DraftToken, slots: RoleSlots): TokenDraft[] {
  if (draft.token.via === 'jwt') return [draft];
  const { current, retiring } = slotsOf(slots, draft.token.name);
  const { role: _, ...old } = draft;
  return [
    { ...draft, token: { ...draft.token, name: current } },
    ...retiring.map((name) => ({ ...old, token: { ...draft.token, name } })),
  ];
}

interface Known extends Declared {
  readonly slots: RoleSlots;
}

function desiredFile(draft: Draft, { fleet, generation, slots }: Known): Desired {
  const { tenant, datafile, from, allow, sha } = draft;
  const key = keyOf(datafile.kind, datafile.name);
  const lines = linesOf(draft, generation);
  const grants =
    lines.length === 0 || slots.size === 0 ? lines : [...datafile.grants, ...inTurn(draft.grants, slots)];
  if (tenant === null) {
    const text =
      lines.length === datafile.grants.length && draft.text !== undefined ? { text: draft.text } : {};
    const resource = { ...datafile, grants };
    return { key, resource, tenant: null, set: null, role: null, sha, from, ...text, ...allowed(allow) };
  }
  const description = marked(datafile.description, markerFor(fleet, tenant, sha));
  const backfill = draft.backfill === null ? {} : { backfill: draft.backfill };
  const resource = { ...datafile, description, grants };
  const { id, set } = tenant;
  return { key, tenant: id, set, role: null, sha, from, resource, ...backfill, ...allowed(allow) };
}

const inTurn = (grants: readonly Grant[], slots: RoleSlots): Grant[] =>
  grants.flatMap(({ token, permission }) => {
    const { current, retiring } = slotsOf(slots, token);
    return [current, ...retiring].map((name) => ({ token: name, permission }));
  });

const allowed = (allow: readonly Allowance[] = []): Pick<Desired, 'allow'> =>
  allow.length > 0 ? { allow } : {};

function desiredToken(draft: TokenDraft, { fleet, generation }: Known): Desired {
  const { token, tenant, role, from } = draft;
  const resource =
    generation === 'forward' || tenant === null
      ? token
      : { ...token, description: marked('', markerFor(fleet, tenant, claimsHash(token))) };
  const key = keyOf('token', token.name);
  return {
    key,
    resource,
    tenant: tenant?.id ?? null,
    set: tenant?.set ?? null,
    role: role ?? null,
    sha: '',
    from,
    ...allowed(draft.allow),
  };
}

function markerFor({ name }: Fleet, tenant: Tenant, sha: string): Marker {
  const named = tenant.slug === slugOf(tenant.id) ? {} : { slug: tenant.slug };
  return { fleet: name, tenant: tenant.id, set: tenant.set, sha, ...named };
}
