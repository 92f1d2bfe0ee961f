// Blocks, lists and absent values; and that we fill templates as Handlebars itself does.

import Handlebars from 'handlebars';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/model.ts';
import { fill } from '../../src/templates/fill.ts';
import { compile, type Offer } from '../../src/templates/template.ts';
import fc from '../properties.ts';
import { messages, renderedSql, tenant } from './made.ts';

const OFFER: Offer = { typeOf: () => 'string', roles: new Set(['events']) };

function filled(source: string, values: Record<string, Value>): string {
  const { template, flaws } = compile(source, 'scalar', OFFER);
  expect(flaws).toEqual([]);
  return fill(template, { slug: 'acme', values: new Map(Object.entries(values)) });
}

describe('blocks', () => {
  test.each<[string, Record<string, Value>, string]>([
    ['{{#if x}}a{{else}}b{{/if}}', { x: true }, 'a'],
    ['{{#if x}}a{{else}}b{{/if}}', { x: false }, 'b'],
    ['{{#if x}}a{{else}}b{{/if}}', { x: 0 }, 'b'],
    ['{{#if x}}a{{else}}b{{/if}}', { x: '' }, 'b'],
    ['{{#if x}}a{{else}}b{{/if}}', { x: [] }, 'b'],
    ['{{#if x}}a{{else}}b{{/if}}', {}, 'b'],
    ['{{#if x}}a{{else if y}}b{{else}}c{{/if}}', { x: 0, y: 'q' }, 'b'],
    ['{{#if x}}a{{^}}b{{/if}}', { x: 0 }, 'b'],
    ['{{#unless x}}a{{else}}b{{/unless}}', { x: 0 }, 'a'],
    ['{{#each x}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}', { x: ['a', 'b'] }, 'a, b'],
    ['{{#each x}}{{#if @first}}[{{/if}}{{@index}}{{/each}}]', { x: [7, 8] }, '[01]'],
    ['{{#each x}}{{this}}{{else}}none{{/each}}', { x: [] }, 'none'],
    ['{{#each x}}{{this}}{{else}}none{{/each}}', {}, 'none'],
    ['{{#each x}}{{y}}{{this}} {{/each}}', { x: ['a', 'b'], y: 'y' }, 'ya yb '],
    ['a\n  {{#if x}}\n  b\n  {{/if}}\nc', { x: true }, 'a\n  b\nc'],
    ['{{resource "events"}}', {}, 'acme_events'],
  ])('%j %j', (source, values, expected) => {
    expect(filled(source, values)).toBe(expected);
  });
});

describe('a value that is not there', () => {
  const variables = 'variables: { s: { type: string }, l: { type: "string[]" }, n: { type: integer } }';
  test.each([
    ['SELECT {{sql s}}', /acme.*s has no value/],
    ['SELECT {{ident s}}', /s has no value/],
    ['SELECT x_{{s}}', /s has no value/],
    ['SELECT {{n}}', /n has no value/],
  ])('%s', (sql, message) => {
    expect(messages(renderedSql(sql, variables, tenant())).join()).toMatch(message);
  });

  test('is false in a block', () => {
    const sql = 'SELECT 1{{#if s}}, {{sql s}}{{/if}}{{#each l}}, {{sql this}}{{/each}}';
    expect(renderedSql(sql, variables, tenant())).toEqual({ ok: true, value: 'SELECT 1' });
  });

  test('an empty list is no literal', () => {
    expect(messages(renderedSql('SELECT {{sql l}}', variables, tenant({ l: [] }))).join()).toMatch(
      /the list is empty/,
    );
  });

  test('each needs a list', () => {
    const sql = 'SELECT {{#each s}}1, {{/each}} 2';
    expect(messages(renderedSql(sql, variables, tenant({ s: 'a' }))).join()).toMatch(
      /:3:12: .*s is not a list/,
    );
  });
});

test('names that every object has are variables like any other', () => {
  const sql = 'SELECT {{sql constructor}}, {{#if tostring}}1{{else}}0{{/if}}';
  const variables = 'variables: { constructor: { type: string }, tostring: { type: string } }';
  expect(renderedSql(sql, variables, tenant({ constructor: 'a' }))).toEqual({
    ok: true,
    value: "SELECT 'a', 0",
  });
  expect(messages(renderedSql(sql, variables, tenant())).join()).toMatch(/constructor has no value/);
});

test('law: what we accept is filled as Handlebars fills it', () => {
  const name = fc.constantFrom('s', 't', 'n', 'on', 'off', 'l', 'none');
  const leaf = fc.oneof(
    fc.constantFrom('a', ' ', '\n', 'b c', '  \n', '{{!-- c --}}', '{{s}}', '{{n}}', '{{text t}}'),
    name.map(
      (list) =>
        `{{#each ${list === 'l' ? 'l' : 'none'}}}{{this}}-{{@index}}{{#if @last}}.{{/if}}{{s}}\n{{else}}0{{/each}}`,
    ),
  );
  const { template } = fc.letrec<{ template: string }>((tie) => ({
    template: fc
      .array(
        fc.oneof(
          { maxDepth: 2 },
          leaf,
          fc
            .record({
              block: fc.constantFrom('if', 'unless'),
              name,
              body: tie('template'),
              other: tie('template'),
            })
            .map(
              ({ block, name: of, body, other }) => `{{#${block} ${of}}}${body}{{else}}${other}{{/${block}}}`,
            ),
        ),
        { maxLength: 3 },
      )
      .map((parts) => parts.join('')),
  }));
  // Text only: in nested else branches Handlebars adds numbers up (7 and 7 come out as 14).
  const values = { s: 'v', t: 'w x', n: '7', on: true, off: false, l: ['p', 'q'], none: [] };
  const handlebars = Handlebars.create();
  handlebars.registerHelper('text', String);
  fc.assert(
    fc.property(template, (source) => {
      expect(filled(source, values)).toBe(
        handlebars.compile(source, { noEscape: true, compat: true })(values),
      );
    }),
    { numRuns: 100 },
  );
});
