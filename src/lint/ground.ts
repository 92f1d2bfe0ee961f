// Everything that lint knows of a fleet: its files with their places, the ways they come out, and which tables are shared.
import { engineOption } from '../datafile/engine.ts';
import { lexemes } from '../datafile/lexemes.ts';
import { type Generation, resourceName, type Scope, type Token } from '../model.ts';
import { type Owns, ownership } from '../privilege/owners.ts';
import type { Sources } from '../sources.ts';
import { Misfit } from '../templates/fill.ts';
import { fillToken, type TokenTemplate } from '../templates/tokens.ts';
import { type Compared, Evidence, type Strength } from './evidence.ts';
import { type File, projectFile, readFile, type Sql } from './files.ts';
import type { Shared } from './relation.ts';
import { isName, symbolOf } from './sql/brackets.ts';
import { readTemplated, type Templated } from './templating.ts';
import { trace } from './traced.ts';
import { literalsOf, quotedIn, type Way, waysOf } from './ways.ts';

/** A token of one way, as the generation has it. */
export interface Issued {
  readonly template: TokenTemplate;
  readonly token: Token;
  /** With their places in the template. */
  readonly scopes: readonly { readonly scope: Scope; readonly nth: number }[];
}

/** One way, rendered. */
export interface Rendering {
  readonly way: Way;
  readonly files: ReadonlyMap<string, File>;
  readonly tokens: readonly Issued[];
}

export interface Ground {
  readonly generation: Generation;
  readonly owns: Owns;
  readonly project: ReadonlyMap<string, File>;
  readonly renderings: readonly Rendering[];
  /** Sets that come out in too many ways, with the number of tenants that were not looked at. */
  readonly left: ReadonlyMap<Way['set'], number>;
  readonly evidence: Evidence;
  readonly templated: (sql: Sql) => Templated;
  readonly shared: (name: string) => Shared;
}

export function groundOf({ fleet, sets, project }: Sources, generation: Generation): Ground {
  const owns = ownership(fleet.tenants);
  const texts = new Set([
    ...project.files.flatMap(({ text }) => quotedIn(text)),
    ...[...sets.values()].flatMap(literalsOf),
  ]);
  const names = fleet.tenants.flatMap(({ id, slug }) => (texts.has(id) || texts.has(slug) ? [id, slug] : []));
  const literals = [...new Set(names)].filter((name) => texts.has(name));
  const { ways, left } = waysOf(fleet, sets, { owns, literals });
  const renderings = ways.flatMap((way) => rendered(way, generation));
  const shown = project.files.map(projectFile).filter((file) => file !== null);
  const files = new Map(shown.map((file) => [file.datafile.name, file]));
  const known = new Map<Sql, Templated>();
  const templated = (sql: Sql): Templated => {
    const read = known.get(sql) ?? readTemplated(sql.text);
    known.set(sql, read);
    return read;
  };
  const evidence = evidenceOf({ owns, project: files, renderings, templated });
  return {
    generation,
    owns,
    project: files,
    renderings,
    left,
    evidence,
    templated,
    shared: sharedIn(files, evidence),
  };
}

function rendered(way: Way, generation: Generation): Rendering[] {
  const { set, tenant, values } = way;
  const scope = { slug: tenant.slug, values };
  try {
    const files = set.files.flatMap(({ role, kind, file, template }) => {
      const read = readFile(file, `${resourceName(tenant.slug, role)}.${kind}`, trace(template, scope));
      return read === null ? [] : [[read.datafile.name, read] as const];
    });
    const tokens = set.tokens.map((template): Issued => {
      const token = fillToken(template, scope, set.longestTtl);
      const own = [...token.scopes.entries()].map(([nth, one]) => ({ nth, scope: one }));
      const scopes = own.filter(({ scope: one }) => (one.generation ?? generation) === generation);
      return { template, token, scopes };
    });
    return [{ way, files: new Map(files), tokens }];
  } catch (error) {
    // A value that does not fit is a problem that the plan names.
    if (error instanceof Misfit) return [];
    throw error;
  }
}

type Seen = Pick<Ground, 'owns' | 'project' | 'renderings' | 'templated'>;

function evidenceOf({ owns, project, renderings, templated }: Seen): Evidence {
  const evidence = new Evidence();
  const fixed = new Map<string, Strength>();
  const strength =
    ({ tenant }: Way) =>
    (value: string): Strength | null =>
      value === tenant.id || value === tenant.slug ? 'id' : owns(tenant, value) ? 'unique' : null;
  for (const { way, tokens } of renderings) {
    const text = strength(way);
    for (const { scope } of tokens.flatMap(({ scopes }) => scopes)) {
      if (scope.filter !== undefined) evidence.filter(scope.filter, { text, parameter: () => null });
      for (const [name, value] of Object.entries(scope.fixedParams ?? {})) {
        const found = typeof value === 'boolean' ? null : text(String(value));
        if (found !== null && fixed.get(name) !== 'id') fixed.set(name, found);
      }
    }
  }
  const parameter: Compared['parameter'] = (name) => fixed.get(name) ?? null;
  const note = (files: ReadonlyMap<string, File>, text: Compared['text']) => {
    for (const { sqls } of files.values())
      for (const sql of sqls) evidence.node(templated(sql), { text, parameter });
  };
  for (const { way, files } of renderings) note(files, strength(way));
  note(project, () => null);
  return evidence;
}

function sharedIn(project: ReadonlyMap<string, File>, evidence: Evidence): (name: string) => Shared {
  const known = new Map<string, Shared>();
  return (name) => {
    const table = known.get(name) ?? sharedTable(name, project, evidence);
    known.set(name, table);
    return table;
  };
}

function sharedTable(name: string, project: ReadonlyMap<string, File>, evidence: Evidence): Shared {
  // Rows that did not fit are those of all tenants, too.
  const file = project.get(name) ?? project.get(name.replace(/_quarantine$/, ''));
  if (file === undefined || file.datafile.kind === 'pipe')
    return { name, file: null, columns: null, tenantColumns: evidence.names };
  const { columns } = file.datafile;
  const keys = sortingKey(engineOption(file.datafile, 'SORTING_KEY'));
  const tenantColumns = evidence.tenantColumns(
    columns.map((column) => column.name),
    keys,
  );
  return { name, file, columns, tenantColumns };
}

/** The columns of a sorting key until the first expression. */
export function sortingKey(text: string): string[] {
  const found: string[] = [];
  const key = lexemes(text).filter((lexeme) => !/^[()]$/.test(symbolOf(lexeme)) && lexeme.text !== 'tuple');
  for (const [at, lexeme] of key.entries()) {
    if (at % 2 === 1 ? symbolOf(lexeme) !== ',' : !isName(lexeme)) return found.slice(0, -1);
    if (at % 2 === 0) found.push(lexeme.text);
  }
  return found;
}
