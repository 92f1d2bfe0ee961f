// What the list, the sets and the project declare: every tenant's rendered files and tokens, checked, before markers and token lines.
import { hash } from 'node:crypto';
import { asPrinted } from './datafile/print.ts';
import type { Datafile, Grant } from './datafile/types.ts';
import { bad, ok, type Problem, type Result } from './errors.ts';
import { type LineToken, tokenOn, tokensOfLines } from './generation.ts';
import type {
  Allowance,
  Backfill,
  Fleet,
  Generation,
  Rendered,
  RenderedFile,
  Tenant,
  Token,
} from './model.ts';
import { longNames, nameCollisions, reservedNames, reservedTokens } from './names.ts';
import { wideScopes } from './privilege.ts';
import type { Project } from './project.ts';

export interface Wanted {
  readonly fleet: Fleet;
  readonly project: Project;
  readonly generation: Generation;
  /** Renders one tenant with its set; unknown sets are problems. */
  readonly render: (tenant: Tenant) => Result<Rendered>;
}

export interface Draft {
  readonly datafile: Datafile;
  /** Hash of its text with all its grants; empty for a file of the project. */
  readonly sha: string;
  readonly backfill: Backfill | null;
  readonly allow: readonly Allowance[];
  readonly tenant: Tenant | null;
  readonly from: string;
  /** The project file as the user wrote it; dropped when token lines are added. */
  readonly text?: string;
  /** Those that tokens bring. */
  readonly grants: readonly Grant[];
}

/** A draft as long as tokens may bring it grants. */
interface Pending extends Omit<Draft, 'sha' | 'grants'> {
  readonly print: RenderedFile['print'];
  grants: Grant[];
}

export interface DraftToken {
  readonly role: string;
  readonly token: Token;
  readonly tenant: Tenant;
  readonly from: string;
  readonly allowWide: string | null;
  readonly allow: readonly Allowance[];
}

export interface Declared {
  readonly fleet: Fleet;
  readonly generation: Generation;
  readonly files: readonly Draft[];
  /** Those of the sets. */
  readonly tokens: readonly DraftToken[];
  /** Those that on Classic are made of TOKEN lines. */
  readonly lines: readonly LineToken[];
  /** Suspended tenants that stay as they live, and why. */
  readonly notes: readonly string[];
}

/** All that tenants that are not removed get, and the project; or every problem found. */
export function declare(wanted: Wanted): Result<Declared> {
  const { fleet, generation } = wanted;
  const { declared, tokens, problems, notes } = declarations(wanted);
  const { problems: collisions, byName } = nameCollisions(declared, tokens);
  problems.push(...collisions, ...longNames(declared, tokens), ...reservedTokens(tokens));
  if (generation === 'classic') problems.push(...reservedNames(declared));
  if (problems.length === 0) {
    for (const token of tokens) problems.push(...opened(token, byName, generation));
  }
  const wide = wideScopes({ tokens, files: byName, fleet, generation });
  problems.push(...wide.problems);
  if (problems.length > 0) return bad(...problems);
  const lines = generation === 'classic' ? linesBeside(tokens, declared) : [];
  const files = declared.map((draft) => settled(draft, generation));
  return ok({ fleet, generation, files, tokens, lines, notes: [...notes, ...wide.notes] });
}

/** Without what only the hash needs: of a large fleet it is much. */
function settled({ print, ...draft }: Pending, generation: Generation): Draft {
  const { datafile, tenant, from, grants, backfill, allow } = draft;
  if (tenant === null) return { ...draft, sha: '' };
  const digest = hash('sha256', print(linesOf({ datafile, grants }, generation)));
  // Joined of short pieces: a longer piece of a text keeps all of it.
  const sha = [digest.slice(0, 8), digest.slice(8, 16)].join('');
  return { datafile, sha, tenant, from, grants, backfill, allow };
}

/** Those that a file has itself, and those that tokens bring; Classic has none. */
export const linesOf = (
  { datafile, grants }: Pick<Draft, 'datafile' | 'grants'>,
  generation: Generation,
): readonly Grant[] => {
  if (generation === 'classic') return [];
  return datafile.grants.length === 0 ? grants : [...datafile.grants, ...grants];
};

function linesBeside(tokens: readonly DraftToken[], files: readonly Pending[]): LineToken[] {
  const named = new Set(tokens.map(({ token }) => token.name));
  return tokensOfLines(files).filter(({ token }) => !named.has(token.name));
}

function declarations({ fleet, project, generation, render }: Wanted) {
  const problems: Problem[] = [];
  const notes: string[] = [];
  const tokens: DraftToken[] = [];
  const declared = project.files.map(({ datafile, path, text }): Pending => {
    const common = { tenant: null, from: path, text, grants: [], backfill: null, allow: fleet.allow ?? [] };
    return { ...asPrinted(datafile), ...common };
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
    for (const { datafile, print, from } of files) {
      const shown = suspended ? { ...datafile, grants: [] } : datafile;
      declared.push({ datafile: shown, print, tenant, from, grants: [], backfill, allow });
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
  drafts: ReadonlyMap<string, Pending>,
  generation: Generation,
): Problem[] {
  const problems: Problem[] = [];
  const problem = (message: string) =>
    problems.push({ file: from, message: `tenant ${JSON.stringify(tenant.id)}: ${message}` });
  for (const scope of token.scopes) {
    const draft = drafts.get(scope.resource);
    const kind = scope.type === 'PIPES:READ' ? 'pipe' : 'datasource';
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
      const permission = scope.type === 'DATASOURCES:APPEND' ? 'APPEND' : 'READ';
      const grant: Grant = { token: token.name, permission };
      // An empty array that grows takes room for sixteen more, and a fleet has hundreds of thousands with one.
      if (draft.grants.length === 0) draft.grants = [grant];
      else draft.grants.push(grant);
    }
  }
  return problems;
}
