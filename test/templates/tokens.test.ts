// Token templates: YAML first, then string by string.
import { describe, expect, test } from 'vitest';
import { endpoint, HOSTILE, messages, rendered, tenant } from './made.ts';

const SET = {
  'set.yaml':
    'variables: { types: { type: "string[]", default: [a, b] }, rps: { type: integer, default: 5 } }',
  'usage.pipe.hbs': endpoint('SELECT 1'),
};
const token = (text: string, of = tenant()) => rendered({ ...SET, 'read.token.hbs': text }, of);

test('a static token', () => {
  expect(
    token(
      'kind: static\nscopes:\n  - PIPES:READ {{resource "usage"}}\n  - {type: DATASOURCES:APPEND, resource: events}',
    ),
  ).toMatchObject({
    value: {
      tokens: [
        {
          role: 'read',
          from: 's/read.token.hbs',
          token: {
            kind: 'token',
            name: 'acme_read',
            via: 'static',
            scopes: [
              { type: 'PIPES:READ', resource: 'acme_usage' },
              { type: 'DATASOURCES:APPEND', resource: 'events' },
            ],
            ttl: 0,
            rps: null,
          },
        },
      ],
    },
  });
});

test('a JWT, with everything', () => {
  const text = `
kind: jwt
ttl: 2h
limits: { rps: '{{rps}}' }
scopes:
  - type: PIPES:READ
    resource: usage
    fixed_params:
      tenant: '{{text id}}'
      types: '{{#each types}}{{this}}{{#unless @last}},{{/unless}}{{/each}}'
      top: 10
      all: false
  - type: DATASOURCES:READ
    resource: events
    filter: tenant_id = {{sql id}} AND {{ident "type"}} IN {{sql types}}
`;
  expect(token(text, tenant({}, { id: "O'Brien" }))).toMatchObject({
    value: {
      tokens: [
        {
          token: {
            via: 'jwt',
            ttl: 7200,
            rps: 5,
            scopes: [
              { fixedParams: { tenant: "O'Brien", types: 'a,b', top: 10, all: false } },
              { filter: "tenant_id = 'O\\'Brien' AND `type` IN ('a', 'b')" },
            ],
          },
        },
      ],
    },
  });
});

test('a scope for one generation only', () => {
  const text = `
kind: jwt
scopes:
  - PIPES:READ usage
  - { type: DATASOURCES:READ, resource: events, filter: 'tenant_id = {{sql id}}', generation: classic }
  - { type: PIPES:READ, resource: usage, fixed_params: { tenant: '{{text id}}' }, generation: forward }
`;
  expect(token(text)).toMatchObject({
    value: {
      tokens: [
        {
          token: {
            scopes: [
              { type: 'PIPES:READ', resource: 'usage' },
              {
                type: 'DATASOURCES:READ',
                resource: 'events',
                filter: "tenant_id = 'acme'",
                generation: 'classic',
              },
              {
                type: 'PIPES:READ',
                resource: 'usage',
                fixedParams: { tenant: 'acme' },
                generation: 'forward',
              },
            ],
          },
        },
      ],
    },
  });
});

test('a JWT lives a day, and never longer than the set allows', () => {
  const jwt = (ttl: string) => `kind: jwt\n${ttl}\nscopes: [PIPES:READ usage]`;
  expect(token(jwt(''))).toMatchObject({ value: { tokens: [{ token: { ttl: 86_400 } }] } });
  expect(token(jwt('ttl: 7d'))).toMatchObject({ value: { tokens: [{ token: { ttl: 604_800 } }] } });
  expect(messages(token(jwt('ttl: 8d'))).join()).toMatch(/acme.*longer than 168h.*ttl-max/);
  const long = { ...SET, 'set.yaml': 'ttl-max: 30d', 'read.token.hbs': jwt('ttl: 8d') };
  expect(rendered(long)).toMatchObject({ value: { tokens: [{ token: { ttl: 691_200 } }] } });
  const short = { ...SET, 'set.yaml': 'ttl-max: 1h', 'read.token.hbs': jwt('') };
  expect(rendered(short)).toMatchObject({ value: { tokens: [{ token: { ttl: 3600 } }] } });
});

describe('refused', () => {
  const jwt = (scope: string) => `kind: jwt\nscopes:\n  - ${scope}`;
  test.each([
    ['', /read.token.hbs:1:1: /],
    ['kind: admin\nscopes: [PIPES:READ usage]', /read.token.hbs:1:7: kind: /],
    ['kind: static\nscopes: []', /needs a scope/],
    ['kind: static\nscopes: [ADMIN x]', /scopes/],
    ['kind: static\nscopes: [PIPES:READ]', /scopes/],
    ['kind: static\nscopes: [PIPES:READ a b]', /"a b" is not the name of a resource/],
    ["kind: static\nscopes: ['{{id}} usage']", /scopes/],
    ['kind: static\nttl: 1h\nscopes: [PIPES:READ usage]', /:2:6: ttl needs `kind: jwt`/],
    ['kind: static\nlimits: { rps: 1 }\nscopes: [PIPES:READ usage]', /limits need/],
    [
      'kind: static\nscopes: [{type: PIPES:READ, resource: usage, fixed_params: {a: b}}]',
      /fixed_params need `kind: jwt`/,
    ],
    [jwt('DATASOURCES:APPEND events'), /a JWT can only read/],
    [jwt('{type: DATASOURCES:READ, resource: events, fixed_params: {a: b}}'), /fixed_params need PIPES:READ/],
    [jwt('{type: DATASOURCES:APPEND, resource: events, generation: classic}'), /a JWT can only read/],
    [
      jwt('{type: PIPES:READ, resource: usage, fixed_params: {a: b}, generation: classic}'),
      /:3:5: a Classic token cannot fix parameters/,
    ],
    [
      jwt('{type: PIPES:READ, resource: usage, generation: both}'),
      /generation: has to be classic or forward/,
    ],
    [jwt('{type: PIPES:READ, resource: usage, filter: a}'), /a filter needs DATASOURCES:READ/],
    [jwt('{type: PIPES:READ, resource: {{resource "usage"}}}'), /needs quotes/],
    [jwt('{type: PIPES:READ, resource: usage, fixed_params: {tenant: {{id}}}}'), /needs quotes/],
    [
      jwt('{type: PIPES:READ, resource: usage, fixed_params: {__proto__: x}}'),
      /__proto__|a parameter is named/,
    ],
    [jwt('{type: PIPES:READ, resource: usage, fixed_params: {"{{id}}": x}}'), /a parameter is named/],
    [
      jwt("{type: PIPES:READ, resource: usage, fixed_params: {a: '{{sql id}}'}}"),
      /belongs in SQL, here that is `filter`/,
    ],
    [
      jwt("{type: PIPES:READ, resource: usage, fixed_params: {a: '{{String(x)}}'}}"),
      /evaluates nothing in a token/,
    ],
    [
      jwt("{type: DATASOURCES:READ, resource: events, filter: 'a = {{id}}'}"),
      /only \{\{sql x\}\} and \{\{ident x\}\}/,
    ],
    [
      jwt("{type: DATASOURCES:READ, resource: events, filter: 'a = {{text id}}'}"),
      /only \{\{sql x\}\} and \{\{ident x\}\}/,
    ],
    [jwt(`{type: DATASOURCES:READ, resource: events, filter: "a = '{{sql id}}'"}`), /brings its own quotes/],
    [jwt('PIPES:READ {{resource "nope"}}'), /no file with the role "nope"/],
    [jwt('PIPES:READ usage\nttl: soon'), /not like 15m/],
    [jwt('PIPES:READ usage\nlimits: {rps: 0}'), /a whole number above 0/],
    [jwt('PIPES:READ usage\nlimits: {rps: fast}'), /a whole number above 0/],
    [jwt('PIPES:READ usage\nextra: 1'), /extra/],
    ['kind: &a jwt\nscopes: [*a]', /read.token.hbs:/],
    ['kind: !!js/function x\nscopes: [PIPES:READ usage]', /read.token.hbs:1:7: /],
  ])('%s', (text, message) => {
    expect(messages(token(text)).join('\n')).toMatch(message);
  });
});

test('a value can bring neither a scope nor a key, whatever it is', () => {
  const text = `
kind: jwt
scopes:
  - type: PIPES:READ
    resource: usage
    fixed_params: { tenant: '{{text id}}' }
  - type: DATASOURCES:READ
    resource: events
    filter: tenant_id = {{sql id}}
`;
  for (const id of HOSTILE) {
    const result = token(text, tenant({}, { id }));
    if (!result.ok) continue;
    const scopes = result.value.tokens[0]?.token.scopes;
    expect(scopes?.map(({ type, resource }) => `${type} ${resource}`)).toEqual([
      'PIPES:READ usage',
      'DATASOURCES:READ events',
    ]);
    expect(scopes?.[0]?.fixedParams).toEqual({ tenant: id });
  }
});
