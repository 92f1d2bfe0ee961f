// What is poured into a mould is what filling, parsing and printing would give, whatever the values are.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import { printDatafile } from '../../src/datafile/print.ts';
import type { Grant } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import { resourceName, type Tenant, type Value } from '../../src/model.ts';
import { fill, Misfit } from '../../src/templates/fill.ts';
import { renderTenant } from '../../src/templates/render.ts';
import type { FileTemplate, TemplateSet } from '../../src/templates/sets.ts';
import { tenantValues } from '../../src/templates/variables.ts';
import fc from '../properties.ts';
import { HOSTILE, madeSet, readSets, tenant } from './made.ts';

const VARIABLES = `variables:
  s: { type: string, default: s }
  t: { type: string, default: t }
  n: { type: integer, default: 7 }
  b: { type: boolean, default: false }
  l: { type: "string[]", default: [a, b] }
`;

/** Every place that a value can have, with what a parser might make of it there. */
const FILES = {
  'set.yaml': VARIABLES,
  'e.pipe.hbs': `DESCRIPTION {{text t}}
TOKEN "of {{s}}" READ

NODE first
DESCRIPTION >
    Of {{text id}} {{text t}}
    {{#if b}}b {{text t}}{{else}}{{text id}}{{/if}}
SQL >
    %
    {{sql t}}, {{#each l}}{{sql this}}{{#unless @last}}, {{/unless}}{{/each}} {{String(p)}}
    FROM {{resource "d"}} -- {{s}}
      WHERE tenant_id = {{sql id}} {% if defined(q) %} AND q = {{Int32(q)}} {% end %}

NODE n_{{n}}
SQL >
    SELECT * FROM first WHERE a = {{n}} AND {{ident s}} = 'x_{{s}}'

TYPE materialized
DATASOURCE {{resource "d"}}
`,
  'm.pipe.hbs': `NODE m
SQL >
    {{#unless b}}
    SELECT {{sql t}} AS s
    {{else}}
    SELECT {{sql l}} AS l
    {{/unless}}
    FROM {{resource "d"}}
TYPE materialized
DATASOURCE {{resource "d"}}
`,
  'd.datasource.hbs': `DESCRIPTION >
    Kept {{n}} days for
    {{text t}}

SCHEMA >
    \`a\` String DEFAULT {{sql t}},
    \`b\` Date

ENGINE "MergeTree"
ENGINE_SORTING_KEY "a, {{ident s}}"
ENGINE_TTL "b + toIntervalDay({{n}})"
`,
};
/** What stands behind a # is a comment. */
const LOST = { ...FILES, 'e.pipe.hbs': FILES['e.pipe.hbs'].replace(/"d"}}\n$/, '"d"}} # {{id}}\n') };
const GRANTS: readonly (readonly Grant[])[] = [
  [],
  [{ token: 'acme_read', permission: 'READ' }],
  [
    { token: 'of acme', permission: 'READ' },
    { token: 'acme_read', permission: 'READ' },
  ],
];

type Outcome = { readonly problems: number } | { readonly files: readonly unknown[] };

/** Datafiles, and their texts with each of the grants; or how much is wrong. */
function outcome(set: TemplateSet, of: Tenant): Outcome {
  const rendered = renderTenant(set, of);
  if (!rendered.ok) return { problems: rendered.problems.length };
  return { files: rendered.value.files.map(({ datafile, print }) => [datafile, GRANTS.map(print)]) };
}

/** The same without any mould. */
function parsed(set: TemplateSet, of: Tenant): Outcome {
  const values = tenantValues(set.variables, of);
  if (!values.ok) return { problems: values.problems.length };
  const scope = { slug: of.slug, values: values.value };
  let problems = 0;
  const files = set.files.map(({ role, kind, template }) => {
    try {
      const read = parseDatafile(`${resourceName(of.slug, role)}.${kind}`, fill(template, scope));
      if (read.ok) return [read.value, GRANTS.map((grants) => printDatafile({ ...read.value, grants }))];
      problems += read.problems.length;
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      problems += 1;
    }
    return [];
  });
  return problems > 0 ? { problems } : { files };
}

const same = (set: TemplateSet, of: Tenant): void => expect(outcome(set, of)).toEqual(parsed(set, of));

const made = (files: Record<string, string>): TemplateSet =>
  unwrap(madeSet({ 'set.yaml': VARIABLES, ...files }));
const { 'd.datasource.hbs': TABLE, 'm.pipe.hbs': VIEW } = FILES;
const sets = [
  made(FILES),
  made(LOST),
  made({ 'm.pipe.hbs': VIEW, 'd.datasource.hbs': TABLE }),
  made({ 'd.datasource.hbs': TABLE }),
  // One place each, so that a value refused in one shows in another.
  ...['{{text t}}', 'x\\{{text t}}', '{{text t}}{b}', '{{text t}}% b', '>{{text t}}'].map((prose) =>
    made({
      'e.pipe.hbs': `DESCRIPTION ${prose}\n\nNODE a\nDESCRIPTION >\n    ${prose}\nSQL >\n    SELECT 1\n`,
    }),
  ),
  made({ 'e.pipe.hbs': 'NODE a\nSQL >\n    {{sql t}} AS a\n' }),
  made({ 'e.pipe.hbs': 'NODE a\nSQL >\n    SELECT 1 AS {{ident s}}\n\nNODE {{s}}\nSQL >\n    SELECT 1\n' }),
];

const withValues = (t: string, more: Partial<Record<'s' | 'b' | 'l', Value>> = {}) =>
  tenant({ t, ...more }, { id: t === '' ? 'acme' : t });

/** What a parser of datafiles, not of SQL, may take for something else. */
const ODD = [
  '>',
  '> x',
  ' x',
  'x ',
  '\u00a0x',
  '#',
  '# x',
  '%',
  'a%b',
  '\ue000',
  'x\ue001',
  '{',
  'NODE',
  'TYPE',
  'a b',
];

test.each([...HOSTILE, ...ODD].map((value) => [value]))('%j', (value) => {
  for (const set of sets) {
    same(set, withValues(value));
    same(set, withValues('fine', { l: [value], b: true }));
    same(set, withValues('fine', { s: value }));
    same(set, tenant({}, { id: value === '' ? 'acme' : value }));
  }
});

test('law: moulds change nothing', () => {
  const odd = fc.constantFrom(...ODD);
  const text = fc.oneof(
    fc.stringMatching(/^[a-z]\w{0,8}$/),
    odd,
    fc.constantFrom(...HOSTILE),
    fc.string({ maxLength: 6 }),
  );
  const one = fc.record({
    s: text,
    id: text,
    n: fc.nat(3),
    b: fc.boolean(),
    l: fc.array(text, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(one, fc.nat(sets.length - 1), ({ id, ...vars }, nth) => {
      const set = sets[nth];
      if (set !== undefined) same(set, tenant(vars, { id: id === '' ? 'acme' : id }));
    }),
    { numRuns: 2_000 },
  );
});

const cast = (file: FileTemplate | undefined, vars: Record<string, Value>, set: TemplateSet) =>
  file?.moulds.cast({ slug: 'acme', values: unwrap(tenantValues(set.variables, tenant(vars))) }, 'acme_m');
const roleOf = (set: TemplateSet, role: string) => set.files.find((file) => file.role === role);

test('ordinary values are poured; what a parser may read otherwise is not', () => {
  const set = made({ 'm.pipe.hbs': VIEW, 'd.datasource.hbs': TABLE });
  const view = roleOf(set, 'm');
  expect(cast(view, { t: 'acme' }, set)?.datafile).toMatchObject({
    name: 'acme_m',
    nodes: [{ sql: "SELECT 'acme' AS s\nFROM acme_d", settings: [{ value: 'acme_d' }] }],
  });
  expect(cast(view, { l: ['a', 'b'], b: true }, set)?.datafile).toMatchObject({
    nodes: [{ sql: "SELECT ('a', 'b') AS l\nFROM acme_d" }],
  });
  expect(cast(view, { t: 'a%b' }, set)).toBeNull();
  expect(cast(view, { t: '\ue000' }, set)).toBeNull();
});

test('a value that the parser drops makes no mould', () => {
  const [whole, lost] = [made(FILES), made(LOST)];
  expect(cast(roleOf(whole, 'e'), { s: 'acme' }, whole)).not.toBeNull();
  expect(cast(roleOf(lost, 'e'), { s: 'acme' }, lost)).toBeNull();
});

test('more shapes than a template keeps are parsed one by one', () => {
  const set = made({ 'd.datasource.hbs': TABLE });
  const [table] = set.files;
  const casts = Array.from({ length: 1_100 }, (_, n) => cast(table, { s: `s${n}` }, set));
  expect(casts.filter((one) => one !== null)).toHaveLength(1_000);
  same(set, tenant({ s: 's1099' }));
});

test('all files of the sets that are shipped are moulded', async () => {
  const shipped = unwrap(await readSets(join(import.meta.dirname, '../../datafiles-templates')));
  expect(shipped.size).toBeGreaterThan(2);
  for (const set of shipped.values()) {
    const vars: Record<string, Value> = set.variables.has('event_types') ? { event_types: ['login'] } : {};
    for (const file of set.files) expect(cast(file, vars, set), file.from).not.toBeNull();
    same(set, tenant(vars, { set: set.name }));
  }
});
