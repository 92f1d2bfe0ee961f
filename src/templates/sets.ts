// Template sets: what a folder of them holds, with `extends` resolved and everything compiled.
import { bad, ok, type Problem, type Result } from '../errors.ts';
import type { Allowance, Backfill } from '../model.ts';
import { ancestry, type Draft, readDraft, TEMPLATE_FILE, youngest } from './drafts.ts';
import type { Folder } from './folders.ts';
import { Moulds } from './moulds.ts';
import type { Flaw } from './scan.ts';
import { compile, type Offer, type Template } from './template.ts';
import { compileToken, LONGEST_TTL, type Source, type TokenTemplate } from './tokens.ts';
import { GIVEN, holeType, type Variables } from './variables.ts';

export interface FileTemplate extends Omit<Source, 'text'> {
  readonly kind: 'datasource' | 'pipe';
  readonly template: Template;
  readonly moulds: Moulds;
}

/** What a tenant of one kind gets. */
export interface TemplateSet {
  readonly name: string;
  readonly description: string;
  readonly variables: Variables;
  /** Seconds that a JWT of this set may live at most. */
  readonly longestTtl: number;
  readonly backfill: Backfill;
  /** Why its tokens may open more than their tenant's own; null when they may not. */
  readonly allowWide: string | null;
  /** Hazards that its tenants may run into. */
  readonly allow: readonly Allowance[];
  readonly files: readonly FileTemplate[];
  readonly tokens: readonly TokenTemplate[];
  /** Names in templates that no variable has, whatever branch they stand in: a problem for every tenant of the set. */
  readonly unknown: readonly Problem[];
}
export type Sets = ReadonlyMap<string, TemplateSet>;

/** Every set; all problems of all sets at once. */
export function compileSets(folders: readonly Folder[]): Result<Sets> {
  const problems: Problem[] = [];
  const keep = <T>(result: Result<T>): T[] => {
    if (result.ok) return [result.value];
    problems.push(...result.problems);
    return [];
  };
  const drafts = new Map(
    folders.flatMap((folder) => keep(readDraft(folder))).map((draft) => [draft.name, draft]),
  );
  if (problems.length > 0) return bad(...problems);
  const sets = [...drafts.values()].flatMap((draft) => keep(compileSet(draft, drafts)));
  return problems.length > 0 ? bad(...problems) : ok(new Map(sets.map((set) => [set.name, set])));
}

function compileSet(draft: Draft, drafts: ReadonlyMap<string, Draft>): Result<TemplateSet> {
  const lineage = ancestry(draft, drafts);
  if (!lineage.ok) return lineage;
  // From the oldest to the youngest: what comes later replaces or adds single files and variables.
  const ages = lineage.value.toReversed();
  const variables: Variables = new Map(ages.flatMap((age) => [...age.variables]));
  const sources = new Map(ages.flatMap((age) => [...age.sources]));
  if (sources.size === 0) return bad({ file: draft.file, message: 'the set has no template' });
  const compiled = compileTemplates(sources, variables);
  if (!compiled.ok) return compiled;
  const { name, description } = draft;
  return ok({
    name,
    description,
    variables,
    longestTtl: youngest(lineage.value, 'longestTtl') ?? LONGEST_TTL,
    backfill: youngest(lineage.value, 'backfill') ?? 'exact',
    allowWide: youngest(lineage.value, 'allowWide'),
    allow: youngest(lineage.value, 'allow') ?? [],
    ...compiled.value,
    unknown: unknownNames(variables, compiled.value, name),
  });
}

type Templates = Pick<TemplateSet, 'files' | 'tokens'>;

function compileTemplates(sources: Draft['sources'], variables: Variables): Result<Templates> {
  const files = [...sources].flatMap(([name, source]) => {
    const kind = TEMPLATE_FILE.exec(name)?.[2];
    return kind === 'datasource' || kind === 'pipe' ? [{ kind, source } as const] : [];
  });
  const tokens = [...sources].filter(([name]) => name.endsWith('.token.hbs')).map(([, source]) => source);
  const offer: Offer = {
    typeOf: (name) => holeType(variables, name),
    roles: new Set(files.map(({ source }) => source.role)),
  };
  const problems: Problem[] = repeatedRoles(files.map(({ source }) => source));
  const compiledFiles = files.map(({ kind, source }): FileTemplate => {
    const { template, flaws } = compile(source.text, 'file', offer);
    problems.push(...flaws.map((flaw) => inFile(source, flaw)));
    const { role, from, file } = source;
    return { role, from, file, kind, template, moulds: new Moulds(template, kind) };
  });
  const compiledTokens = tokens.flatMap((source) => {
    const compiled = compileToken(source, offer);
    if (compiled.ok) return [compiled.value];
    problems.push(...compiled.problems);
    return [];
  });
  return problems.length > 0
    ? bad(...problems)
    : ok({ files: byRole(compiledFiles), tokens: byRole(compiledTokens) });
}

/** Data sources and pipes share their names. */
const repeatedRoles = (sources: readonly Source[]): Problem[] =>
  sources.flatMap((source, index) => {
    const first = sources.findIndex(({ role }) => role === source.role);
    if (first === index) return [];
    return [
      { file: source.file, message: `the role ${source.role} is taken by ${sources[first]?.file ?? ''}` },
    ];
  });

const inFile = ({ file }: Source, { line, column, message }: Flaw): Problem => ({
  file,
  line,
  column,
  message,
});

const byRole = <T extends { readonly role: string }>(templates: readonly T[]): readonly T[] =>
  templates.toSorted((a, b) => (a.role < b.role ? -1 : 1));

interface Named {
  readonly file: string;
  readonly names: Template['names'];
}

function unknownNames(variables: Variables, { files, tokens }: Templates, set: string): Problem[] {
  const all = [...GIVEN, ...variables.keys()];
  const named: Named[] = [
    ...files.map(({ file, template }) => ({ file, names: template.names })),
    ...tokens.flatMap(({ file, templates }) => [...templates.values()].map(({ names }) => ({ file, names }))),
  ];
  return named.flatMap(({ file, names }) =>
    names
      .filter(({ name }) => !all.includes(name))
      .map(({ name, at }) => {
        return {
          file,
          ...at,
          message: `there is no variable "${name}" in the set ${set}; there are ${all.join(', ')}`,
        };
      }),
  );
}
