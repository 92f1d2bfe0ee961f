// What the repository asks for, ready to compare and to send: what is declared, with markers, token lines and the slots of tokens.
import { hash } from 'node:crypto';
import { marked, withMarker } from './datafile/marker.ts';
import { printDatafile } from './datafile/print.ts';
import type { Datafile, Grant } from './datafile/types.ts';
import { type Declared, type Draft, type DraftToken, declare, type Wanted } from './declared.ts';
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
  const slotted = tokens.flatMap((draft) => inSlots(draft, slots));
  return [
    ...files.map((draft) => desiredFile(draft, { ...declared, slots })),
    ...[...slotted, ...lines].map((token) => desiredToken(token, declared)),
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

function desiredFile(
  draft: Draft,
  { fleet, generation, slots }: Declared & { readonly slots: RoleSlots },
): Desired {
  const { tenant, from } = draft;
  const classic = generation === 'classic';
  const lines = classic ? [] : [...draft.datafile.grants, ...draft.grants];
  const changed = lines.length !== draft.datafile.grants.length;
  const datafile = changed ? { ...draft.datafile, grants: lines } : draft.datafile;
  const resource = classic || slots.size === 0 ? datafile : withSlots(draft, datafile, slots);
  const key = keyOf(datafile.kind, datafile.name);
  if (tenant === null) {
    const text = !changed && draft.text !== undefined ? { text: draft.text } : {};
    const common = { key, resource, tenant: null, set: null, role: null, sha: '', from };
    return { ...common, ...text, ...allowed(draft.allow) };
  }
  const sha = hash('sha256', printDatafile(datafile)).slice(0, 16);
  const backfill = draft.backfill === null ? {} : { backfill: draft.backfill };
  const common = { key, tenant: tenant.id, set: tenant.set, role: null, sha, from };
  const marked = withMarker(resource, markerFor(fleet, tenant, sha));
  return { ...common, resource: marked, ...backfill, ...allowed(draft.allow) };
}

const withSlots = (
  { datafile: { grants }, grants: issued }: Draft,
  datafile: Datafile,
  slots: RoleSlots,
) => ({
  ...datafile,
  grants: [...grants, ...linesOf(issued, slots)],
});

const linesOf = (grants: readonly Grant[], slots: RoleSlots): Grant[] =>
  grants.flatMap(({ token, permission }) => {
    const { current, retiring } = slotsOf(slots, token);
    return [current, ...retiring].map((name) => ({ token: name, permission }));
  });

const allowed = (allow: readonly Allowance[] = []): Pick<Desired, 'allow'> =>
  allow.length > 0 ? { allow } : {};

function desiredToken(
  draft: TokenDraft,
  { fleet, generation }: Pick<Declared, 'fleet' | 'generation'>,
): Desired {
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
