// What the repository asks for, ready to compare and to send: what is declared, with markers, token lines and the slots of tokens.
import { marked } from './datafile/marker.ts';
import type { Grant } from './datafile/types.ts';
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
  const slotted = slots.size === 0 ? tokens : tokens.flatMap((draft) => inSlots(draft, slots));
  const known = { ...declared, slots, mark: marking(declared.fleet) };
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
  readonly mark: Marking;
}

function desiredFile(draft: Draft, known: Known): Desired {
  const { tenant, datafile, from, allow } = draft;
  const key = keyOf(datafile.kind, datafile.name);
  const lines = known.generation === 'classic' ? [] : linesOf(draft, NO_SLOTS);
  const grants = lines.length === 0 || known.slots.size === 0 ? lines : linesOf(draft, known.slots);
  if (tenant === null) {
    const isAsWritten = lines.length === datafile.grants.length;
    const resource = isAsWritten && known.slots.size === 0 ? datafile : { ...datafile, grants };
    const text = isAsWritten && draft.text !== undefined ? { text: draft.text } : {};
    const common = { key, resource, tenant: null, set: null, role: null, sha: '', from };
    return { ...common, ...text, ...allowed(allow) };
  }
  const { sha, backfill } = draft;
  const description = marked(datafile.description, known.mark(tenant, sha));
  const resource = { ...datafile, description, grants };
  const { id, set } = tenant;
  const role = null;
  if (backfill === null) return { key, tenant: id, set, role, sha, from, resource, ...allowed(allow) };
  if (allow.length > 0) return { key, tenant: id, set, role, sha, from, resource, backfill, allow };
  return { key, tenant: id, set, role, sha, from, resource, backfill };
}

/** Those that the file has itself, and those that tokens bring. */
const linesOf = ({ datafile, grants }: Draft, slots: RoleSlots): readonly Grant[] =>
  datafile.grants.length === 0 && slots.size === 0
    ? grants
    : [...datafile.grants, ...(slots.size === 0 ? grants : inTurn(grants, slots))];

const inTurn = (grants: readonly Grant[], slots: RoleSlots): Grant[] =>
  grants.flatMap(({ token, permission }) => {
    const { current, retiring } = slotsOf(slots, token);
    return [current, ...retiring].map((name) => ({ token: name, permission }));
  });

const allowed = (allow: readonly Allowance[] = []): Pick<Desired, 'allow'> =>
  allow.length > 0 ? { allow } : {};

function desiredToken(draft: TokenDraft, { generation, mark }: Known): Desired {
  const { token, tenant, role, from } = draft;
  const resource =
    generation === 'forward' || tenant === null
      ? token
      : { ...token, description: marked('', mark(tenant, claimsHash(token))) };
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

type Marking = (tenant: Tenant, sha: string) => Marker;

/** What does not depend on the resource is found once for each tenant, whose resources follow each other. */
function marking({ name: fleet }: Fleet): Marking {
  let last: Tenant | null = null;
  let named: Pick<Marker, 'slug'> = {};
  return (tenant, sha) => {
    if (tenant !== last) named = tenant.slug === slugOf(tenant.id) ? {} : { slug: tenant.slug };
    last = tenant;
    return { fleet, tenant: tenant.id, set: tenant.set, sha, ...named };
  };
}
