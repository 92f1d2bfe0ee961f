// One tenant's resources: names that do not exist, values that do not fit, and values that mean harm.

import { describe, expect, test } from 'vitest';
import { printDatafile } from '../../src/datafile/print.ts';
import { unwrap } from '../../src/errors.ts';
import type { Value } from '../../src/model.ts';
import { renderTenant } from '../../src/templates/render.ts';
import type { TemplateSet } from '../../src/templates/sets.ts';
import fc from '../properties.ts';
import { endpoint, HOSTILE, madeSet, messages, rendered, tenant } from './made.ts';
import { shapeOf } from './shape.ts';

describe('a name that no variable has, with template, line, column and tenant', () => {
  test.each([
    ['SELECT x_{{nope}}', 14],
    ['SELECT {{sql nope}}', 12],
    ['SELECT {{#if nope}}1{{/if}}', 12],
    ['SELECT {{#unless nope}}1{{/unless}}', 12],
    ['SELECT {{#each nope}}1{{/each}}', 12],
    ['SELECT {{#if id}}1{{else}}{{sql nope}}{{/if}}', 31],
    ['SELECT {{#each ids}}{{ident nope}}, {{/each}}1', 25],
    ['SELECT {{sql toString}}', 12],
    ['SELECT {{sql __proto__}}', 12],
    ['SELECT {{sql constructor}}', 12],
  ])('%s', (sql, column) => {
    const files = {
      'set.yaml': 'variables: { ids: { type: "string[]", default: [a] } }',
      'e.pipe.hbs': endpoint(sql),
    };
    const [message, ...more] = messages(rendered(files));
    expect(more).toEqual([]);
    expect(message).toContain(`sets/s/e.pipe.hbs:3:${column}: tenant "acme": there is no variable "`);
    expect(message).toContain('in the set s; there are id, slug, ids');
  });

  test('in a token too', () => {
    const files = {
      'read.token.hbs': "kind: jwt\nscopes:\n  - type: PIPES:READ\n    resource: 'x_{{nope}}'",
    };
    expect(messages(rendered(files)).join()).toMatch(
      /^sets\/s\/read.token.hbs:4:\d+: tenant "acme": there is no variable "nope"/,
    );
  });
});

describe("a tenant's variables", () => {
  const files = {
    'set.yaml': `
variables:
  days: { type: integer, default: 30, min: 1, max: 99 }
  rate: { type: number }
  on: { type: boolean }
  region: { type: string, required: true }
  ports: { type: 'integer[]' }
  types: { type: 'string[]', permission: true }
  owner: { type: string, permission: true }
`,
    'e.pipe.hbs': endpoint('SELECT 1'),
  };
  const good = { region: 'eu', types: ['a'], owner: 'o' };
  test('that fit', () => {
    expect(rendered(files, tenant({ ...good, days: 7, rate: 0.5, on: false, ports: [1, 2] }))).toMatchObject({
      ok: true,
    });
  });

  test.each<[Record<string, Value>, RegExp]>([
    [{ nope: 1 }, /the set s has no variable "nope"; it has days, rate, on, region, ports, types, owner/],
    [JSON.parse('{"__proto__": 1}'), /no variable "__proto__"/],
    [{ days: '7' }, /days is "7", but has to be a whole number/],
    [{ days: 1.5 }, /days is 1.5, but has to be a whole number/],
    [{ days: 0 }, /days is 0, below the least allowed, 1/],
    [{ days: 100 }, /days is 100, above the most allowed, 99/],
    [{ days: [7] }, /days is a list, but has to be a whole number/],
    [{ rate: Number.NaN }, /rate is not a finite number/],
    [{ rate: Infinity }, /rate is not a finite number/],
    [{ on: 'yes' }, /on is "yes", but has to be true or false/],
    [{ region: 7 }, /region is 7, but has to be a text \(in quotes\)/],
    [{ region: 'a\nb' }, /region has the invisible character U\+000A/],
    [{ region: '\u202e' }, /region has the invisible character U\+202E/],
    [{ region: 'x'.repeat(2000) }, /region is 2000 characters long; at most 1024/],
    [{ ports: ['a'] }, /ports is "a", but has to be a whole number/],
    [{ ports: 7 }, /ports is 7, but has to be a list: \[7\]/],
    [{ types: [] }, /types is a permission and cannot be empty/],
    [{ types: [''] }, /types is a permission and cannot be empty/],
    [{ types: 'a' }, /types is "a", but has to be a list/],
    [{ owner: '' }, /owner is a permission and cannot be empty/],
  ])('%j', (vars, message) => {
    const [first, ...more] = messages(rendered(files, tenant({ ...good, ...vars })));
    const own = Object.hasOwn(vars, '__proto__') ? messages(rendered(files, tenant(vars)))[0] : first;
    expect(own).toMatch(message);
    expect(own).toMatch(/^tenants.yaml:7:5: tenant "acme": /);
    expect(more).toEqual([]);
  });

  test('an id with something invisible in it, even where no template writes it', () => {
    expect(
      messages(rendered({ 'e.pipe.hbs': endpoint('SELECT 1') }, tenant({}, { id: 'a\u202eb' }))),
    ).toEqual(['tenants.yaml:7:5: tenant "a<U+202E>b": the id has the invisible character U+202E']);
  });

  test('all of them at once', () => {
    expect(messages(rendered(files, tenant({ days: 0 })))).toEqual([
      'tenants.yaml:7:5: tenant "acme": days is 0, below the least allowed, 1',
      'tenants.yaml:7:5: tenant "acme": region is required by the set s',
      'tenants.yaml:7:5: tenant "acme": types is a permission of the set s: list what the tenant may see',
      'tenants.yaml:7:5: tenant "acme": owner is a permission of the set s: list what the tenant may see',
    ]);
  });
});

test('a datafile that cannot be read says which line of what', () => {
  const message = messages(rendered({ 'e.pipe.hbs': 'NODE {{slug}}_n\nNONSENSE {{slug}}\n' })).join('\n');
  expect(message).toMatch(
    /^sets\/s\/e.pipe.hbs: tenant "acme": NONSENSE .*\(line 2 as rendered: "NONSENSE acme"\)/m,
  );
});

test.each([
  ['{{text s}}{b}', 'a{'],
  ['{{text s}}% b', '{'],
  ['{{text s}}{% if a %}', '{'],
  ['{{text s}}{{String(a)}}', '{'],
])('a value and the brace beside it open nothing: %s', (line, s) => {
  const files = {
    'set.yaml': 'variables: { s: { type: string } }',
    'e.pipe.hbs': `DESCRIPTION >\n    ${line}\n\n${endpoint('SELECT 1')}`,
  };
  expect(messages(rendered(files, tenant({ s })))).toEqual([
    'sets/s/e.pipe.hbs:1:1: tenant "acme": a value beside a brace of the template opens {{, {% or {#',
  ]);
  expect(rendered(files, tenant({ s: 'a' }))).toMatchObject({ ok: true });
});

describe('hostile values', () => {
  const files = {
    'set.yaml': 'variables: { s: { type: string, default: s }, l: { type: "string[]", default: [a, b] } }',
    'e.pipe.hbs': `DESCRIPTION >
    Of {{text id}}, {{text s}}

NODE n
SQL >
    %
    SELECT 'a-{{s}}', x_{{s}}, {{ident s}}, {{#each l}}{{sql this}} AS c{{@index}}, {{/each}} {{String(p)}}
    FROM events -- of {{s}}
    WHERE tenant_id = {{sql id}} AND t IN {{sql l}} {% if defined(q) %} AND q = {{Int32(q)}} {% end %}
        AND u - {{sql s}} > 1

TYPE endpoint
`,
    'd.datasource.hbs': `DESCRIPTION {{text s}}
SCHEMA >
    \`a\` String DEFAULT {{sql s}},
    \`b\` Date

ENGINE "MergeTree"
ENGINE_SORTING_KEY "a, {{ident s}}"
ENGINE_TTL "if(a = {{sql s}}, b, b + 1)"
`,
  };
  /** One template a place, so that a value refused in one shows in another. */
  const single = (sql: string) => ({ 'set.yaml': files['set.yaml'], 'e.pipe.hbs': endpoint(`%\n${sql}`) });
  const templates = [
    files,
    single("SELECT '{{s}}', 1"),
    single('SELECT x_{{s}}_y, {{s}}_z'),
    single('SELECT {{ident s}} FROM t'),
    single('SELECT 1 WHERE a = {{sql s}} AND b = 2'),
    single('SELECT 1 WHERE {{String(x)}} = {{sql id}} AND b = 2 -- {{id}}'),
    single('SELECT 1 WHERE a IN {{sql l}}'),
    { 'set.yaml': files['set.yaml'], 'd.datasource.hbs': files['d.datasource.hbs'] },
  ];
  const sets = templates.map((made) => unwrap(madeSet(made)));
  const text = (set: TemplateSet, value: string): string | null => {
    const result = renderTenant(set, tenant({ s: value, l: [value, value] }, { id: value }));
    return result.ok ? result.value.files.map(({ datafile }) => printDatafile(datafile)).join('\n') : null;
  };
  const shape = (printed: string) =>
    shapeOf(
      printed
        .replace(/^DESCRIPTION[\s\S]*?\n(?=\S)/gm, '')
        .replace(/\bx_\w+/g, 'x_')
        .replace(/\b\w+_z\b/g, '_z')
        .replace(/^(ENGINE_\w+) "(.*)"$/gm, '$1 $2'),
    );
  const openers = (printed: string) => printed.match(/\{\{|\{%|\{#/g) ?? [];
  const seen = (printed: string) => ({
    shape: shape(printed).join(' '),
    openers: openers(printed),
    lines: printed.split('\n').length,
    marked: /^ {4}.*Of .*\[tinybird-tenants /m.test(printed),
  });
  const harmless = sets.map((set) => seen(text(set, 'harmless') ?? ''));
  const check = (value: string) => {
    sets.forEach((set, index) => {
      const hostile = text(set, value);
      if (hostile !== null) expect(seen(hostile)).toEqual(harmless[index]);
    });
  };

  test('what is compared is there', () => {
    for (const { shape: compared } of harmless) expect(compared).toMatch(/TEXT|NAME|x_/);
  });

  test.each(HOSTILE.map((value) => [value]))('%j', check);

  test('most of them pass as literals: the check above has something to check', () => {
    const passing = sets.map((set) => HOSTILE.filter((value) => text(set, value) !== null).length);
    expect(Math.max(...passing)).toBeGreaterThan(30);
    expect(Math.min(...passing)).toBeGreaterThan(3);
  });

  test('law: no value changes the shape of what is rendered', () => {
    const nasty = fc.constantFrom(
      "'",
      '"',
      '`',
      '\\',
      '{',
      '}',
      '%',
      '#',
      '-',
      '/',
      '*',
      '$',
      '\n',
      ' ',
      ';',
      '(',
      'OR 1=1',
      'a',
    );
    const value = fc.oneof(
      fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.mixedCase(fc.constantFrom(...HOSTILE.filter((hostile) => hostile.length < 100))),
    );
    fc.assert(fc.property(value, check), { numRuns: 200 });
  });
});
