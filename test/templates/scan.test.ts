// The first pass: whose braces are whose.

import { describe, expect, test } from 'vitest';
import { unwrap } from '../../src/errors.ts';
import { scan } from '../../src/templates/scan.ts';
import { restore } from '../../src/templates/spans.ts';
import fc from '../properties.ts';
import { endpoint, messages, rendered, renderedSql, tenant } from './made.ts';

const VARIABLES = 'variables: { x: { type: integer, default: 1 }, s: { type: string, default: v } }';
const sql = (text: string) => {
  const result = renderedSql(text, VARIABLES, tenant());
  return result.ok ? result.value : messages(result);
};

describe('what Tinybird evaluates stays as it is', () => {
  test.each([
    ['%\nSELECT {{String(a)}}', '%\nSELECT {{String(a)}}'],
    ['%\nSELECT {{ Int32(a, 1, required=True) }}', '%\nSELECT {{ Int32(a, 1, required=True) }}'],
    ["%\nSELECT {{ custom_error({'a': 'b'}, 404) }}", "%\nSELECT {{ custom_error({'a': 'b'}, 404) }}"],
    ['%\nSELECT 1 {% if defined(a) %} + 1 {% end %}', '%\nSELECT 1 {% if defined(a) %} + 1 {% end %}'],
    ['%\nSELECT 1 {# not {%here%} #}', '%\nSELECT 1 {# not {%here%} #}'],
    ['%\nSELECT \\{{a}} + \\{{ b + 1 }}', '%\nSELECT {{a}} + {{ b + 1 }}'],
    ['%\nSELECT \\{{#if a}}', '%\nSELECT {{#if a}}'],
    ['%\nSELECT {%\n if a\n%} 1, {{x}} {% end %}', '%\nSELECT {%\n if a\n%} 1, 1 {% end %}'],
    ['SELECT {{x}}, {p:String}', 'SELECT 1, {p:String}'],
    ['SELECT 1 {{!-- {{String(a)}} and {% --}}', 'SELECT 1'],
  ])('%j', (template, expected) => {
    expect(sql(template)).toBe(expected);
  });
});

describe('every form that could be misread is refused, with a hint', () => {
  test.each([
    ['SELECT {{{x}}}', /sets\/s\/e.pipe.hbs:3:12: .*write \{\{sql x\}\}/],
    ['SELECT {{{{raw}}}} {{{{/raw}}}}', /inserts a value as it is/],
    ['SELECT {{&x}}', /inserts a value as it is/],
    ['SELECT {{> other}}', /`extends` in set.yaml/],
    ['SELECT {{#> other}}{{/other}}', /3:12: /],
    ['SELECT {{* d}}', /decorator/],
    ['SELECT {{#* inline "a"}}{{/inline}}', /3:12: /],
    ['SELECT {{^x}}a{{/x}}', /\{\{else\}\}/],
    ['SELECT {{^}}', /not valid Handlebars/],
    ['SELECT {{~x}}', /line breaks/],
    ['SELECT {{x~}}', /line breaks/],
    ['SELECT {{!-- a --~}}', /line breaks/],
    ['SELECT {{! a }}', /\{\{!-- like this --\}\}/],
    ['SELECT {{!-- a }}', /has no --\}\}/],
    ['SELECT {{x', /not closed/],
    ['SELECT {{sql "}}"}}', /holds a brace/],
    ['SELECT {{sql {x} }}', /holds a brace/],
    ['SELECT {{sql(x)}}', /looks like a call of Tinybird's/],
    ['SELECT {{ if(x) }}', /looks like a call of Tinybird's/],
    ['SELECT {{ resource("e") }}', /looks like a call of Tinybird's/],
    ['%\nSELECT {% if {{x}} %}', /4:18: a \{\{ inside what Tinybird evaluates/],
    ['%\nSELECT {# {{x}} #}', /a \{\{ inside what Tinybird evaluates/],
    ["%\nSELECT {{String(a, '{{x}}')}}", /a \{\{ inside what Tinybird evaluates/],
    ['SELECT {% if a', /\{% has no %\}/],
    ['SELECT {# a', /\{# has no #\}/],
    ['SELECT {{String(a', /\{\{ has no \}\}/],
    ['SELECT \\{{x', /\{\{ has no \}\}/],
    ['SELECT \\\\{{x}}', /two things/],
    ['SELECT {{x + 1}}', /not valid Handlebars.*\\\{\{ \}\}/],
    ['SELECT {{"x"}}', /a literal cannot be inserted/],
    ['SELECT {{1}}', /a literal cannot be inserted/],
    ['SELECT {{true}}', /a literal cannot be inserted/],
    ['SELECT {{null}}', /a literal cannot be inserted/],
    ['SELECT {{sql null}}', /a helper takes/],
    ['SELECT {{sql}}', /takes one value/],
    ['SELECT {{sql x x}}', /takes one value/],
    ['SELECT {{sql x=1}}', /named arguments/],
    ['SELECT {{x a=1}}', /named arguments/],
    ['SELECT {{lookup this "x"}}', /no helper "lookup"/],
    ['SELECT {{log x}}', /no helper "log"/],
    ['SELECT {{helperMissing x}}', /no helper "helperMissing"/],
    ['SELECT {{#with x}}{{/with}}', /no block "with"/],
    ['SELECT {{#x}}{{/x}}', /takes one variable|no block "x"/],
    ['SELECT {{#if x as |y|}}{{/if}}', /as \|x\|/],
    ['SELECT {{#if x includeZero=true}}{{/if}}', /takes one variable/],
    ['SELECT {{#if (resource "e")}}{{/if}}', /takes one variable/],
    ['SELECT {{#if x}}', /not valid Handlebars/],
    ['SELECT {{#if x}}{{/unless}}', /doesn't match/],
    ['SELECT {{else}}', /not valid Handlebars/],
    ['SELECT {{x.y}}', /not the name of a variable/],
    ['SELECT {{x/y}}', /not the name of a variable/],
    ['SELECT {{../x}}', /a name always means/],
    ['SELECT {{./x}}', /not the name of a variable/],
    ['SELECT {{@root.x}}', /not the name of a variable/],
    ['SELECT {{this}}', /only inside \{\{#each/],
    ['SELECT {{@last}}', /only inside \{\{#each/],
    ['SELECT {{[x y]}}', /holds a brace, bracket/],
    ['SELECT {{sql "a\\"b"}}', /holds a brace, bracket/],
    ['SELECT {{sql (sql x)}}', /a helper takes/],
    ['SELECT {{sql (resource "nope")}}', /no file with the role "nope"; it has e/],
    ['SELECT {{resource e}}', /in quotes/],
    ['SELECT {{#each s}}{{#each s}}{{/each}}{{/each}}', /each inside an each/],
    ['%\nSELECT {% set x = 1 %} {{x}}', /bound by a \{% %\}/],
    ['%\nSELECT {% for y, x in z %} {{sql x}} {% end %}', /bound by a \{% %\}/],
    ['SELECT [tinybird-tenants ', /marks what is ours/],
    ['SELECT \u0001', /control character U\+0001/],
    ['SELECT 1\r2', /control character U\+000D/],
  ])('%j', (template, message) => {
    expect(
      messages(rendered({ 'set.yaml': VARIABLES, 'e.pipe.hbs': endpoint(template) })).join('\n'),
    ).toMatch(message);
  });
});

test('a name bound in one node is ours in the next', () => {
  const files = {
    'set.yaml': VARIABLES,
    'e.pipe.hbs': `NODE a\nSQL >\n    %\n    SELECT {% set x = 1 %} \\{{x}}\n\n${endpoint('SELECT {{x}} FROM a')}`,
  };
  expect(rendered(files)).toMatchObject({
    value: {
      files: [
        { datafile: { nodes: [{ sql: '%\nSELECT {% set x = 1 %} {{x}}' }, { sql: 'SELECT 1 FROM a' }] } },
      ],
    },
  });
});

test('line ends and a byte order mark do not matter', () => {
  const plain = rendered({ 'set.yaml': VARIABLES, 'e.pipe.hbs': endpoint('SELECT\n{{x}}') });
  const windows = `\ufeff${endpoint('SELECT\n{{x}}').replaceAll('\n', '\r\n')}`;
  expect(unwrap(rendered({ 'set.yaml': VARIABLES, 'e.pipe.hbs': windows })).files[0]?.datafile).toEqual(
    unwrap(plain).files[0]?.datafile,
  );
});

test('law: hiding keeps every length, and comes undone', () => {
  const part = fc.constantFrom(
    '{{String(a)}}',
    '{% if b %}',
    '{# c #}',
    "{{ f({'a':1}, 2) }}",
    ' x ',
    '\n',
    'a{b',
    '{{y}}',
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const source = parts.join('');
      const { text, flaws } = scan(source);
      expect(flaws).toEqual([]);
      expect(text.length).toBe(source.length);
      expect(text.split('\n').length).toBe(source.split('\n').length);
      expect(restore(text)).toBe(source);
    }),
  );
});
