// What the repository asks for: every tenant's rendered resources and the project, with markers, token lines and no two names alike.
import { hash } from 'node:crypto';
import { marked, withMarker } from './datafile/marker.ts';
import { printDatafile } from './datafile/print.ts';
import type { Datafile, Grant } from './datafile/types.ts';
import { bad, ok, type Problem, type Result } from './errors.ts';
import { type LineToken, tokenOn, tokensOfLines } from './generation.ts';
import {
  type Allowance,
  type Backfill,
  type Desired,
  type Fleet,
  type Generation,
  keyOf,
  type Marker,
  type Rendered,
  type Tenant,
  type Token,
} from './model.ts';
import { longNames, nameCollisions, reservedNames } from './names.ts';
import { claimsHash } from './plan/tokens.ts';
import { wideScopes } from './privilege.ts';
import type { Project } from './project.ts';
import { slugOf } from './tenants/slug.ts';

export interface Wanted {
  readonly fleet: Fleet;
  readonly project: Project;
  readonly generation: Generation;
  /** Renders one tenant with its set; unknown sets are problems. */
  readonly render: (tenant: Tenant) => Result<Rendered>;
}

interface Draft {
  readonly datafile: Datafile;
  readonly backfill: Backfill | null;
  readonly allow: readonly Allowance[];
  readonly tenant: Tenant | null;
  readonly from: string;
  /** The project file as the user wrote it; dropped when token lines are added. */
  readonly text?: string;
  readonly grants: Grant[];
}

interface DraftToken {
  readonly role: string;
  readonly token: Token;
  readonly tenant: Tenant;
  readonly from: string;
  readonly allowWide: string | null;
  readonly allow: readonly Allowance[];
}

export interface DesiredState {
  readonly resources: readonly Desired[];
  /** Suspended tenants that stay as they live, and why. */
  readonly notes: readonly string[];
}

/** All resources of all tenants that are not removed, and of the project; or every problem found. */
export function desiredState(wanted: Wanted): Result<DesiredState> {
  const { fleet, generation } = wanted;
  const { declared, tokens, problems, notes } = declarations(wanted);
  problems.push(...nameCollisions(declared, tokens), ...longNames(declared, tokens));
  if (generation === 'classic') problems.push(...reservedNames(declared));
  const drafts = new Map(declared.map((draft) => [draft.datafile.name, draft]));
  if (problems.length === 0) {
    for (const token of tokens) problems.push(...opened(token, drafts, generation));
  }
  const wide = wideScopes({ tokens, files: declared, fleet, generation });
  problems.push(...wide.problems);
  if (problems.length > 0) return bad(...problems);
  const files = declared.map((draft) => desiredFile(draft, wanted));
  const lines = generation === 'classic' ? tokensOfLines(declared) : [];
  const named = new Set(tokens.map(({ token }) => token.name));
  const issued = [...tokens, ...lines.filter(({ token }) => !named.has(token.name))];
  const own = issued.map((token) => desiredToken(token, wanted));
  return ok({ resources: [...files, ...own], notes: [...notes, ...wide.notes] });
}

function declarations({ fleet, project, generation, render }: Wanted) {
  const problems: Problem[] = [];
  const notes: string[] = [];
  const tokens: DraftToken[] = [];
  const declared = project.files.map(({ datafile, path, text }): Draft => {
    return { datafile, tenant: null, from: path, text, grants: [], backfill: null, allow: fleet.allow ?? [] };
  });
  for (const tenant of fleet.tenants) {
    if (tenant.state === 'removed') continue;
    const rendered = render(tenant);
    const suspended = tenant.state === 'suspended';
    if (!rendered.ok) {
      // Taking access away must not wait for somebody to complete the variables of a tenant that is gone anyway.
      if (suspended)
        notes.push(`${tenant.id} is suspended and stays as it lives: ${rendered.problems[0]?.message ?? ''}`);
      else problems.push(...rendered.problems);
      continue;
    }
    const { files, backfill, allowWide } = rendered.value;
    const allow = [...(tenant.allow ?? []), ...(rendered.value.allow ?? [])];
    for (const { datafile, from } of files) {
      const shown = suspended ? { ...datafile, grants: [] } : datafile;
      declared.push({ datafile: shown, tenant, from, grants: [], backfill, allow });
    }
    if (suspended) continue;
    for (const { token, role, from } of rendered.value.tokens) {
      const on = tokenOn(generation, token);
      if (on.ok) tokens.push({ token: on.value, role, tenant, from, allowWide, allow });
      else problems.push(...on.problems);
    }
  }
  return { declared, tokens, problems, notes };
}

/** What a token opens must be declared. On Forward a static one exists through TOKEN lines; a row filter needs a JWT. */
function opened(
  { token, tenant, from }: DraftToken,
  drafts: ReadonlyMap<string, Draft>,
  generation: Generation,
): Problem[] {
  const problems: Problem[] = [];
  for (const scope of token.scopes) {
    const draft = drafts.get(scope.resource);
    const kind = scope.type.startsWith('PIPES') ? 'pipe' : 'datasource';
    const problem = (message: string) =>
      problems.push({ file: from, message: `tenant ${JSON.stringify(tenant.id)}: ${message}` });
    if (draft === undefined || draft.datafile.kind !== kind) {
      problem(
        `the token opens ${kind} ${scope.resource}, which neither the tenant's set nor the project declares. Name it with (resource "role"), or add it to the folder given by \`project\``,
      );
    } else if (generation === 'classic' || token.via === 'jwt') {
    } else if (scope.filter !== undefined || scope.fixedParams !== undefined) {
      problem(
        `a static token cannot carry a row filter or fixed parameters on a Forward workspace (${scope.resource}). Write \`kind: jwt\` in the token template`,
      );
    } else {
      draft.grants.push({
        token: token.name,
        permission: scope.type === 'DATASOURCES:APPEND' ? 'APPEND' : 'READ',
      });
    }
  }
  return problems;
}

function desiredFile(draft: Draft, { fleet, generation }: Wanted): Desired {
  const { tenant, from } = draft;
  const classic = generation === 'classic';
  const lines = classic ? [] : [...draft.datafile.grants, ...draft.grants];
  const changed = lines.length !== draft.datafile.grants.length;
  const datafile = changed ? { ...draft.datafile, grants: lines } : draft.datafile;
  const key = keyOf(datafile.kind, datafile.name);
  if (tenant === null) {
    const text = !changed && draft.text !== undefined ? { text: draft.text } : {};
    const common = { key, resource: datafile, tenant: null, set: null, role: null, sha: '', from };
    return { ...common, ...text, ...allowed(draft.allow) };
  }
  const sha = hash('sha256', printDatafile(datafile)).slice(0, 16);
  const resource = withMarker(datafile, markerFor(fleet, tenant, sha));
  const backfill = draft.backfill === null ? {} : { backfill: draft.backfill };
  const common = { key, resource, tenant: tenant.id, set: tenant.set, role: null, sha, from };
  return { ...common, ...backfill, ...allowed(draft.allow) };
}

const allowed = (allow: readonly Allowance[] = []): Pick<Desired, 'allow'> =>
  allow.length > 0 ? { allow } : {};

function desiredToken(
  draft: LineToken & { role?: string; allow?: readonly Allowance[] },
  { fleet, generation }: Wanted,
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
