// What bad template sets get: all forms that cannot be are named at once, each with file, line and column, and nothing is sent.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectOnlyAsked, expectSound, said } from './sound.ts';
import { type Ended, type Stage, setStage } from './stage.ts';

interface Row {
  readonly bad: string;
  /** The SQL of an endpoint, or the whole file when `file` says what it is. */
  readonly text: string;
  readonly file?: 'datasource' | 'pipe' | 'token' | 'set';
  /** After the file's name; a row without is read for two tenants, and the first of them is shown. */
  readonly says: string;
}

/** What no tenant is needed for. */
const FORMS: readonly Row[] = [
  {
    bad: 'an expression that never ends',
    text: 'SELECT {{sql id',
    says: '3:12: this {{ is not closed, or holds a brace, bracket or backslash; for a verbatim {{ write \\{{',
  },
  { bad: 'a Tinybird statement that never ends', text: 'SELECT {% if x', says: '3:12: this {% has no %}' },
  {
    bad: 'a block that never ends',
    text: 'SELECT {{#if id}}1',
    says: '6:1: not valid Handlebars, near "...d}}1TYPE endpoint"; what Tinybird shall evaluate is written \\{{ }}',
  },
  {
    bad: 'an end without a beginning',
    text: 'SELECT 1 {{/if}}',
    says: '3:1: not valid Handlebars, near "...SQL >    SELECT 1 {{/if}}TYPE endpoi"; what Tinybird shall evaluate is written \\{{ }}',
  },
  {
    bad: 'an expression in a Tinybird statement',
    text: 'SELECT 1 {% if {{id}} %}',
    says: '3:20: a {{ inside what Tinybird evaluates: put the value outside, or in a parameter',
  },
  {
    bad: 'an expression in a Tinybird comment',
    text: 'SELECT 1 {# {{id}} #}',
    says: '3:17: a {{ inside what Tinybird evaluates: put the value outside, or in a parameter',
  },
  {
    bad: 'three braces',
    text: 'SELECT {{{id}}}',
    says: '3:12: {{{ }}} inserts a value as it is: write {{sql x}}, {{ident x}} or {{text x}}',
  },
  {
    bad: 'an ampersand',
    text: 'SELECT {{&id}}',
    says: '3:12: {{& }} inserts a value as it is: write {{sql x}}, {{ident x}} or {{text x}}',
  },
  {
    bad: 'a partial',
    text: 'SELECT {{> other}}',
    says: '3:12: {{> }} includes another file, which templates cannot: use `extends` in set.yaml',
  },
  {
    bad: 'a decorator',
    text: 'SELECT {{* inline}}',
    says: '3:12: {{* }} is a decorator, which templates cannot have',
  },
  {
    bad: 'a caret outside a block',
    text: 'SELECT {{^id}}1{{/id}}',
    says: '3:12: {{^ }} is not supported: write {{else}} or {{#unless x}}',
  },
  {
    bad: 'a tilde before',
    text: 'SELECT {{~sql id}}',
    says: '3:12: {{~ eats line breaks, which datafiles need: remove the ~',
  },
  {
    bad: 'a tilde after',
    text: 'SELECT {{sql id~}}',
    says: '3:12: ~}} eats line breaks, which datafiles need: remove the ~',
  },
  {
    bad: 'a short comment',
    text: 'SELECT 1 {{! note }}',
    says: '3:14: a comment is written {{!-- like this --}}',
  },
  {
    bad: 'our helper called as Tinybird’s',
    text: 'SELECT {{sql(id)}}',
    says: "3:12: {{sql( looks like a call of Tinybird's: write {{sql x}}, with a blank",
  },
  {
    bad: 'an unknown helper',
    text: 'SELECT {{upper id}}',
    says: '3:12: there is no helper "upper": sql, ident, text and resource are all',
  },
  {
    bad: 'the helper lookup',
    text: 'SELECT {{lookup id "length"}}',
    says: '3:12: there is no helper "lookup": sql, ident, text and resource are all',
  },
  {
    bad: 'the helper log',
    text: 'SELECT {{log id}}',
    says: '3:12: there is no helper "log": sql, ident, text and resource are all',
  },
  {
    bad: 'the block with',
    text: 'SELECT {{#with id}}1{{/with}}',
    says: '3:12: there is no block "with": if, unless and each are all',
  },
  {
    bad: 'a literal as a helper',
    text: 'SELECT {{"sql" id}}',
    says: '3:12: a literal cannot be inserted: write the text itself',
  },
  {
    bad: 'a number alone',
    text: 'SELECT {{1}}',
    says: '3:12: a literal cannot be inserted: write the text itself',
  },
  {
    bad: 'a path into an object',
    text: 'SELECT {{sql id.constructor}}',
    says: '3:12: "id.constructor" is not the name of a variable',
  },
  {
    bad: 'a path upwards',
    text: 'SELECT {{sql ../id}}',
    says: "3:12: write id: a name always means the tenant's variable",
  },
  { bad: 'a named argument', text: 'SELECT {{sql id as="x"}}', says: '3:12: sql takes no named arguments' },
  { bad: 'two arguments', text: 'SELECT {{sql id slug}}', says: '3:12: {{sql x}} takes one value' },
  {
    bad: 'a helper in a helper',
    text: 'SELECT {{sql (ident id)}}',
    says: '3:12: a helper takes a variable, a literal or (resource "role")',
  },
  {
    bad: 'a role that the set does not have',
    text: 'SELECT * FROM {{resource "evnets"}}',
    says: '3:19: the set has no file with the role "evnets"; it has f0, f1, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f2, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f3, f30, f31, f32, f33, f34, f4, f5, f6, f7, f8, f9',
  },
  {
    bad: 'a loop with a name of its own',
    text: 'SELECT {{#each kinds as |k|}}{{sql k}}{{/each}}',
    says: '3:12: {{#each}} takes no "as |x|"',
  },
  {
    bad: 'this outside a loop',
    text: 'SELECT {{sql this}}',
    says: '3:12: "this" has a meaning only inside {{#each x}}',
  },
  {
    bad: 'a name that Tinybird binds',
    text: 'SELECT {% for id in [1] %}{{id}}{% end %}',
    says: '3:31: "id" is bound by a {% %} of the same node: to leave it to Tinybird write \\{{id}}',
  },
  {
    bad: 'a value between quotes',
    text: "SELECT '{{sql id}}'",
    says: '3:13: {{sql x}} brings its own quotes: remove what stands around it',
  },
  {
    bad: 'a value glued to a word',
    text: 'SELECT a{{sql id}}',
    says: '3:13: {{sql x}} touches what stands before it',
  },
  {
    bad: 'a value in a comment of SQL',
    text: 'SELECT 1 -- {{sql id}}',
    says: '3:17: {{sql x}} brings its own quotes: remove what stands around it',
  },
  {
    bad: 'our marker',
    text: "SELECT '[tinybird-tenants fleet=x]'",
    says: '3:13: "[tinybird-tenants " marks what is ours: a template may not write it',
  },
  {
    bad: 'a control character',
    text: 'SELECT 1 \u0007',
    says: '3:14: control character U+0007 in a template',
  },
  {
    bad: 'a token that is no YAML',
    file: 'token',
    text: 'kind: static\n scopes: [',
    says: '1:7: Nested mappings are not allowed in compact mappings\n1:7: Implicit keys need to be on a single line\n2:11: Flow sequence in block collection must be sufficiently indented and end with a ] (a text that starts with {{ needs quotes around it in YAML)',
  },
  {
    bad: 'a token of an unknown kind',
    file: 'token',
    text: 'kind: admin\nscopes:\n  - PIPES:READ x\n',
    says: '1:7: kind: has to be static or jwt',
  },
  {
    bad: 'a token with an unknown scope',
    file: 'token',
    text: 'kind: static\nscopes:\n  - ADMIN x\n',
    says: '3:5: scopes.0.type: has to be PIPES:READ or DATASOURCES:READ or DATASOURCES:APPEND',
  },
  {
    bad: 'a token without scopes',
    file: 'token',
    text: 'kind: static\nscopes: []\n',
    says: '2:9: scopes: a token needs a scope',
  },
  {
    bad: 'a token that may be written to',
    file: 'token',
    text: 'kind: jwt\nscopes:\n  - DATASOURCES:APPEND x\n',
    says: '3:5: a JWT can only read',
  },
  {
    bad: 'prose in a row filter',
    file: 'token',
    text: 'kind: jwt\nscopes:\n  - type: DATASOURCES:READ\n    resource: events\n    filter: "tenant_id = \'{{text id}}\'"\n',
    says: '5:26: {{text x}} belongs in a DESCRIPTION\n5:26: in a filter only {{sql x}} and {{ident x}} are allowed',
  },
  {
    bad: 'an expression without quotes in YAML',
    file: 'token',
    text: 'kind: jwt\nttl: {{sql id}}\nscopes:\n  - PIPES:READ x\n',
    says: '2:7: With stringKeys, all keys must be strings (a text that starts with {{ needs quotes around it in YAML)',
  },
];

/** What shows when a tenant is filled in. `kinds` is a list, `label` a text with an apostrophe and braces. */
const VALUES: readonly Row[] = [
  {
    bad: 'an unknown variable alone',
    file: 'pipe',
    text: 'DESCRIPTION >\n    About {{nobody}}\n\nNODE n\nSQL >\n    SELECT 1\n\nTYPE endpoint\n',
    says: '2:11: tenant "acme": there is no variable "nobody" in the set made; there are id, slug, kinds, label, yes',
  },
  {
    bad: 'an unknown variable in a helper',
    text: 'SELECT {{sql nobody}}',
    says: '3:12: tenant "acme": there is no variable "nobody" in the set made; there are id, slug, kinds, label, yes',
  },
  {
    bad: 'an unknown variable in if',
    text: 'SELECT 1 {{#if nobody}}, 2{{/if}}',
    says: '3:14: tenant "acme": there is no variable "nobody" in the set made; there are id, slug, kinds, label, yes',
  },
  {
    bad: 'an unknown variable in unless',
    text: 'SELECT 1 {{#unless nobody}}, 2{{/unless}}',
    says: '3:14: tenant "acme": there is no variable "nobody" in the set made; there are id, slug, kinds, label, yes',
  },
  {
    bad: 'an unknown variable in each',
    text: 'SELECT 1 {{#each nobody}}, {{sql this}}{{/each}}',
    says: '3:14: tenant "acme": there is no variable "nobody" in the set made; there are id, slug, kinds, label, yes',
  },
  {
    bad: 'an unknown variable in a branch that is not taken',
    text: 'SELECT 1 {{#if yes}}{{else}}, {{sql nobody}}{{/if}}',
    says: '3:35: tenant "acme": there is no variable "nobody" in the set made; there are id, slug, kinds, label, yes',
  },
  {
    bad: 'a token’s unknown variable',
    file: 'token',
    text: "kind: jwt\nscopes:\n  - type: PIPES:READ\n    resource: '{{resource \"f0\"}}'\n    fixed_params:\n      tenant: '{{text nobody}}'\n",
    says: '6:15: tenant "acme": there is no variable "nobody" in the set made; there are id, slug, kinds, label, yes',
  },
];

const MISFITS: readonly Row[] = [
  {
    bad: 'a hostile text alone',
    file: 'pipe',
    text: 'DESCRIPTION >\n    About {{label}}\n\nNODE n\nSQL >\n    SELECT 1\n\nTYPE endpoint\n',
    says: '2:11: tenant "acme": label: "x\' {{tb_secret(1)}}" cannot stand here as it is (only letters, digits, "_", "." and single "-"): write {{sql x}}, {{ident x}} or {{text x}}',
  },
  {
    bad: 'a list alone',
    file: 'pipe',
    text: 'DESCRIPTION >\n    About {{kinds}}\n\nNODE n\nSQL >\n    SELECT 1\n\nTYPE endpoint\n',
    says: '2:11: tenant "acme": kinds: a list needs {{sql x}} or {{#each x}}',
  },
  {
    bad: 'a hostile text as a name',
    text: 'SELECT 1 AS {{ident label}}',
    says: '3:17: tenant "acme": label: "x\' {{tb_secret(1)}}" is not a name: letters, digits and _, not starting with a digit',
  },
  {
    bad: 'a hostile text as prose',
    file: 'pipe',
    text: 'DESCRIPTION >\n    About {{text label}}\n\nNODE n\nSQL >\n    SELECT 1\n\nTYPE endpoint\n',
    says: '2:11: tenant "acme": label: the text holds {{, {% or {#, which Tinybird would run',
  },
  {
    bad: 'a loop over a text',
    text: 'SELECT 1 {{#each label}}, {{sql this}}{{/each}}',
    says: '3:14: tenant "acme": label is not a list',
  },
  {
    bad: 'a datafile with an unknown command',
    file: 'pipe',
    text: 'NODE n\nSQL >\n    SELECT 1\n\nTYPE endpoint\nCOLOUR blue\n',
    says: ' tenant "acme": COLOUR is not a valid option in pipe files. (line 6 as rendered: "COLOUR blue")',
  },
  {
    bad: 'a data source without a schema',
    file: 'datasource',
    text: 'DESCRIPTION nothing\n',
    says: ' tenant "acme": SCHEMA is missing (line 2 as rendered: "")',
  },
  {
    bad: 'a JWT that lives too long',
    file: 'token',
    text: 'kind: jwt\nttl: 30d\nscopes:\n  - type: PIPES:READ\n    resource: \'{{resource "f0"}}\'\n',
    says: '1:1: tenant "acme": the ttl 30d is longer than 168h, which the set allows; ttl-max in set.yaml says how long',
  },
];

const ends = new Map<readonly Row[], Ended>();
let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  for (const rows of [FORMS, VALUES, MISFITS]) ends.set(rows, await runWith(rows));
});
afterAll(() => stage[Symbol.asyncDispose]());

async function runWith(rows: readonly Row[]): Promise<Ended> {
  const set = join(stage.repository.dir, 'sets/made');
  rmSync(set, { recursive: true, force: true });
  mkdirSync(set, { recursive: true });
  writeFileSync(
    join(set, 'set.yaml'),
    'variables:\n  kinds: { type: "string[]" }\n  label: { type: string }\n  yes: { type: boolean }\n',
  );
  rows.forEach(({ text, file }, index) => {
    const whole = file === undefined ? `NODE n${index}\nSQL >\n    ${text}\n\nTYPE endpoint\n` : text;
    writeFileSync(join(set, `f${index}.${file ?? 'pipe'}.hbs`), whole);
  });
  const list = `fleet: usage\ntenants:\n  - { id: acme, template: made, vars: { kinds: [a], label: "x' {{tb_secret(1)}}", yes: true } }\n`;
  return stage.act({ list, inputs: { templates: 'sets' } });
}

/** What the error says of the file of a row. */
function saidOf(rows: readonly Row[], row: Row): string {
  const name = `sets/made/f${rows.indexOf(row)}.${row.file ?? 'pipe'}.hbs:`;
  const end = ends.get(rows);
  const lines = end === undefined ? [] : said(end).split('\n');
  return lines
    .filter((line) => line.startsWith(name))
    .map((line) => line.slice(name.length))
    .join('\n');
}

describe.each([
  { what: 'forms', rows: FORMS },
  { what: 'unknown variables', rows: VALUES },
  { what: 'values', rows: MISFITS },
])('$what', ({ rows }) => {
  test.each(rows)('$bad', (row) => {
    expect(saidOf(rows, row)).toBe(row.says);
  });

  test('all of them in one run that sends nothing', async () => {
    const end = ends.get(rows);
    if (end === undefined) throw new Error('no run');
    expect(end.exitCode).toBe(2);
    expectOnlyAsked(end);
    await expectSound(stage, end);
  });
});
