// Sets and tenants made on the spot, for the tests of templates.
import type { Result } from '../../src/errors.ts';
import type { Rendered, Tenant, Value } from '../../src/model.ts';
import { readFolders } from '../../src/templates/folders.ts';
import { renderTenant } from '../../src/templates/render.ts';
import { compileSets, type Sets, type TemplateSet } from '../../src/templates/sets.ts';

/** All sets of a folder. */
export async function readSets(dir: string): Promise<Result<Sets>> {
  const folders = await readFolders(dir);
  return folders.ok ? compileSets(folders.value) : folders;
}

/** A set "s" of these files; set.yaml may be left out. */
export function madeSet(files: Record<string, string>): Result<TemplateSet> {
  const compiled = compileSets([
    { name: 's', path: 'sets/s', files: new Map(Object.entries({ 'set.yaml': 'description: x', ...files })) },
  ]);
  if (!compiled.ok) return compiled;
  const set = compiled.value.get('s');
  if (set === undefined) throw new Error('the set is not there');
  return { ok: true, value: set };
}

export function tenant(vars: Record<string, Value> = {}, changes: Partial<Tenant> = {}): Tenant {
  return {
    id: 'acme',
    slug: 'acme',
    set: 's',
    vars: Object.assign(Object.create(null), vars),
    state: 'active',
    at: { file: 'tenants.yaml', line: 7, column: 5 },
    ...changes,
  };
}

export function rendered(files: Record<string, string>, of: Tenant = tenant()): Result<Rendered> {
  const set = madeSet(files);
  return set.ok ? renderTenant(set.value, of) : set;
}

/** An endpoint around some SQL. */
export const endpoint = (sql: string): string =>
  `NODE n\nSQL >\n    ${sql.replaceAll('\n', '\n    ')}\n\nTYPE endpoint\n`;

/** The SQL of the endpoint "e" around `sql`, for one tenant; or the problems. */
export function renderedSql(sql: string, variables: string, of: Tenant): Result<string> {
  const result = rendered({ 'set.yaml': variables, 'e.pipe.hbs': endpoint(sql) }, of);
  if (!result.ok) return result;
  const datafile = result.value.files[0]?.datafile;
  return { ok: true, value: datafile?.kind === 'pipe' ? (datafile.nodes[0]?.sql ?? '') : '' };
}

export const messages = (result: Result<unknown>): string[] =>
  result.ok
    ? []
    : result.problems.map(({ file, line, column, message }) =>
        [file, line, column, ` ${message}`].filter((part) => part !== undefined).join(':'),
      );

/** What people, and people who mean harm, put into ids and variables. */
export const HOSTILE = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '007',
  '1e3',
  'tenant_id',
  'NULL',
  '',
  ' ',
  "'",
  '"',
  '`',
  '\\',
  "\\'",
  "' OR 1=1 --",
  "\\' OR 1=1 -- ",
  "acme' OR '1'='1",
  '1--',
  '--',
  '-1',
  'a-b',
  'a.b',
  '/* x',
  '*/ x',
  '$$',
  '$x$',
  '#!',
  '{',
  '}',
  '}}',
  '{{',
  '{{tb_secret("x")}}',
  '{%',
  '{% if 1 %}',
  '{#',
  '{x:String}',
  '\\x7B\\x7B',
  '[tinybird-tenants fleet=usage tenant=globex set=own-table sha=0]',
  "x', role: 'admin",
  '\u0000',
  '\u0001\u0001String(x)\u0002',
  '\n',
  'a\nTYPE endpoint',
  '\r\nTOKEN x READ',
  '\u2028',
  '\u0085',
  '\u202eemca',
  '\u200f',
  '\ud800',
  'é',
  '日本',
  '😀',
  '$HOME',
  'x'.repeat(10_000),
];
