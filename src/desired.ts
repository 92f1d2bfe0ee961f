// What the repository asks for: every tenant's rendered resources and the project, with markers, token lines and no two names alike.
import { hash } from 'node:crypto';
import { withMarker } from './datafile/marker.ts';
import { printDatafile } from './datafile/print.ts';
import type { Datafile, Grant } from './datafile/types.ts';
import { bad, ok, type Problem, type Result } from './errors.ts';
import {
  type Desired,
  type Fleet,
  type Generation,
  keyOf,
  type Rendered,
  type Tenant,
  type Token,
} from './model.ts';
import { nameCollisions } from './names.ts';
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
}

export interface DesiredState {
  readonly resources: readonly Desired[];
  /** Suspended tenants that stay as they live, and why. */
  readonly notes: readonly string[];
}

/** All resources of all tenants that are not removed, and of the project; or every problem found. */
export function desiredState(wanted: Wanted): Result<DesiredState> {
  const { declared, tokens, problems, notes } = declarations(wanted);
  problems.push(...nameCollisions(declared, tokens));
  const drafts = new Map(declared.map((draft) => [draft.datafile.name, draft]));
  if (problems.length === 0 && wanted.generation === 'forward') {
    for (const token of tokens) problems.push(...carry(token, drafts));
  }
  if (problems.length > 0) return bad(...problems);
  const files = declared.map((draft) => desiredFile(draft, wanted.fleet.name));
  return ok({ resources: [...files, ...tokens.map(desiredToken)], notes });
}

function declarations({ fleet, project, render }: Wanted) {
  const problems: Problem[] = [];
  const notes: string[] = [];
  const tokens: DraftToken[] = [];
  const declared = project.files.map(({ datafile, path, text }): Draft => {
    return { datafile, tenant: null, from: path, text, grants: [] };
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
    for (const { datafile, from } of rendered.value.files) {
      declared.push({
        datafile: suspended ? { ...datafile, grants: [] } : datafile,
        tenant,
        from,
        grants: [],
      });
    }
    if (suspended) continue;
    for (const { token, role, from } of rendered.value.tokens) tokens.push({ token, role, tenant, from });
  }
  return { declared, tokens, problems, notes };
}

/** On Forward a static token exists through TOKEN lines in the datafiles it opens; a row filter needs a JWT. */
function carry({ token, tenant, from }: DraftToken, drafts: ReadonlyMap<string, Draft>): Problem[] {
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
    } else if (token.via === 'static' && (scope.filter !== undefined || scope.fixedParams !== undefined)) {
      problem(
        `a static token cannot carry a row filter or fixed parameters on a Forward workspace (${scope.resource}). Write \`kind: jwt\` in the token template`,
      );
    } else if (token.via === 'static') {
      draft.grants.push({
        token: token.name,
        permission: scope.type === 'DATASOURCES:APPEND' ? 'APPEND' : 'READ',
      });
    }
  }
  return problems;
}

function desiredFile(draft: Draft, fleet: string): Desired {
  const { tenant, from, grants } = draft;
  const datafile =
    grants.length === 0
      ? draft.datafile
      : { ...draft.datafile, grants: [...draft.datafile.grants, ...grants] };
  const key = keyOf(datafile.kind, datafile.name);
  if (tenant === null) {
    const text = grants.length === 0 && draft.text !== undefined ? { text: draft.text } : {};
    return { key, resource: datafile, tenant: null, set: null, role: null, sha: '', from, ...text };
  }
  const sha = hash('sha256', printDatafile(datafile)).slice(0, 16);
  const named = tenant.slug === slugOf(tenant.id) ? {} : { slug: tenant.slug };
  const marked = withMarker(datafile, { fleet, tenant: tenant.id, set: tenant.set, sha, ...named });
  return { key, resource: marked, tenant: tenant.id, set: tenant.set, role: null, sha, from };
}

const desiredToken = ({ token, role, tenant, from }: DraftToken): Desired => ({
  key: keyOf('token', token.name),
  resource: token,
  tenant: tenant.id,
  set: tenant.set,
  role,
  sha: '',
  from,
});
