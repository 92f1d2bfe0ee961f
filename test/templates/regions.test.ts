// Where a helper may stand: the mistakes of a template's author that would let a value out of its place.
import { describe, expect, test } from 'vitest';
import { endpoint, messages, rendered, renderedSql, tenant } from './made.ts';

const VARIABLES =
  'variables: { n: { type: integer, default: 1 }, s: { type: string, default: v }, l: { type: "string[]", default: [a, b] }, on: { type: boolean, default: true } }';

describe('refused in SQL', () => {
  test.each([
    ["SELECT '{{sql s}}'", /brings its own quotes/],
    ["SELECT 'a {{sql s}} b'", /brings its own quotes/],
    ["SELECT 'it''s {{sql s}}'", /brings its own quotes/],
    ["SELECT '\\' {{sql s}}'", /brings its own quotes/],
    ['SELECT `{{ident s}}`', /brings its own quotes/],
    ['SELECT "{{ident s}}"', /brings its own quotes/],
    ['SELECT $a$ {{sql s}} $a$', /brings its own quotes/],
    ['SELECT 1 -- {{sql s}}', /brings its own quotes/],
    ['SELECT 1 # {{sql s}}', /brings its own quotes/],
    ['SELECT /* {{sql s}} */ 1', /brings its own quotes/],
    ['SELECT /*\n{{sql s}} */ 1', /brings its own quotes/],
    ['SELECT a{{sql s}}', /touches what stands before/],
    ['SELECT {{sql s}}a', /touches what stands after/],
    ['SELECT {{sql s}}{{sql s}}', /touches/],
    ['SELECT {{#each l}}{{sql this}}{{/each}}', /touches/],
    ['SELECT {{#each l}}{{#if @last}}{{else}}{{sql this}}{{/if}}{{/each}}', /touches/],
    ['SELECT {{#if on}}x_{{/if}}{{s}}', /write \{\{sql x\}\} for a value/],
    ['SELECT {{s}}{{#if on}}_x{{/if}}', /write \{\{sql x\}\} for a value/],
    ["SELECT 'a'{{sql s}}", /touches what stands before/],
    ["SELECT {{sql s}}'a'", /touches what stands after/],
    ['%\nSELECT {{sql s}}{{String(a)}}', /touches what stands after/],
    ['SELECT {{#if on}}a{{/if}}{{sql s}}', /touches what stands before/],
    ['SELECT {{#if on}}{{sql s}}{{/if}}b', /touches what stands after/],
    ['SELECT {{text s}}', /belongs in a DESCRIPTION/],
    ['SELECT {{s}}', /write \{\{sql x\}\} for a value/],
    ['SELECT a = {{s}}', /write \{\{sql x\}\} for a value/],
    ['SELECT a.{{s}} FROM b', /write \{\{sql x\}\} for a value/],
    ['SELECT {{#each l}}{{this}},{{/each}} 1', /write \{\{sql x\}\} for a value/],
    ["SELECT {{#if on}}'a{{else}}b{{/if}}", /has to end in it/],
    ["SELECT {{#each l}}'{{/each}}", /has to end in it/],
  ])('%j', (sql, message) => {
    expect(messages(rendered({ 'set.yaml': VARIABLES, 'e.pipe.hbs': endpoint(sql) })).join('\n')).toMatch(
      message,
    );
  });
});

describe('allowed in SQL', () => {
  test.each([
    ['SELECT {{n}}, {{on}}', 'SELECT 1, true'],
    ["SELECT '{{s}}', 'a-{{s}}'", "SELECT 'v', 'a-v'"],
    ['SELECT 1 -- {{s}}\n, {{sql s}}', "SELECT 1 -- v\n, 'v'"],
    ["SELECT 'it''s', {{sql s}}", "SELECT 'it''s', 'v'"],
    ["SELECT '\\'', {{sql s}}", "SELECT '\\'', 'v'"],
    ['SELECT "\'", {{sql s}}', "SELECT \"'\", 'v'"],
    ["%\nSELECT {{String(a, '\\'')}}, {{sql s}}", "%\nSELECT {{String(a, '\\'')}}, 'v'"],
    [
      '%\nSELECT {% if a == "it\'s"\n %}1,{% end %} {{sql s}}',
      "%\nSELECT {% if a == \"it's\"\n %}1,{% end %} 'v'",
    ],
    ['SELECT x_{{s}}, {{s}}_x FROM {{resource "e"}}', 'SELECT x_v, v_x FROM acme_e'],
    ['SELECT {{ident s}}.{{ident "b"}}', 'SELECT `v`.`b`'],
    ["SELECT {{#if on}}{{sql s}}{{else}}'w'{{/if}}, 1", "SELECT 'v', 1"],
    ['SELECT {{#each l}}{{sql this}}{{#unless @last}}, {{/unless}}{{/each}}', "SELECT 'a', 'b'"],
    [
      'SELECT {{#each l}}{{ident this}} AS c{{@index}}, {{/each}}{{sql "x\'y"}}',
      "SELECT `a` AS c0, `b` AS c1, 'x\\'y'",
    ],
    ['SELECT 1 WHERE t IN {{sql l}}', "SELECT 1 WHERE t IN ('a', 'b')"],
    ['SELECT {{sql (resource "e")}}', "SELECT 'acme_e'"],
  ])('%j', (sql, expected) => {
    expect(renderedSql(sql, VARIABLES, tenant())).toEqual({ ok: true, value: expected });
  });
});

describe('outside of SQL', () => {
  const datasource = (lines: string) =>
    `${lines}\nSCHEMA >\n    \`a\` String\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "a"\n`;
  test.each([
    [datasource('DESCRIPTION >\n    {{sql s}}'), /belongs in SQL/],
    [datasource('DESCRIPTION {{ident s}}'), /belongs in SQL/],
    [datasource("ENGINE_PARTITION_KEY '{{sql s}}'"), /brings its own quotes/],
    [datasource('TAGS "{{text s}}"'), /belongs in a DESCRIPTION/],
    [datasource('{{s}}'), /cannot start with a value/],
    [datasource('DESCRIPTION >\n{{text s}}'), /cannot start with a value/],
    [datasource('ENGINE_TTL "a = \'{{sql s}}\'"'), /brings its own quotes/],
    [datasource('{{#if on}}\nDESCRIPTION x\n{{/if}}\n  {{sql s}}'), /start a new section/],
    [datasource('{{#if on}}\nSQL >\n{{/if}}\n  {{s}}'), /start a new section/],
  ])('refused: %j', (template, message) => {
    expect(messages(rendered({ 'set.yaml': VARIABLES, 'd.datasource.hbs': template })).join('\n')).toMatch(
      message,
    );
  });

  test('allowed: prose, settings, and SQL inside of a setting', () => {
    const template = `# it's\nDESCRIPTION >\n    It's {{text s}}'s, {{n}}, {{s}}\n\n${datasource(`TAGS "x_{{s}}"\nENGINE_TTL "toDate(a) + {{n}}"\nENGINE_PARTITION_KEY "{{sql s}}"`)}`;
    expect(rendered({ 'set.yaml': VARIABLES, 'd.datasource.hbs': template })).toMatchObject({
      value: {
        files: [
          { datafile: { description: "It's v's, 1, v", settings: [{ command: 'TAGS', value: 'x_v' }] } },
        ],
      },
    });
  });
});
