// Token scopes: parameters that hold nothing back, and what a scope opens besides what it says.
import { describe, expect, test } from 'vitest';
import { endpoint, type Given, linted, places } from './given.ts';

const jwt = (params: string, resource = 'usage') =>
  `kind: jwt\nscopes:\n  - type: PIPES:READ\n    resource: ${resource}\n    fixed_params:\n      ${params}\n`;
const TENANT = "tenant: '{{text id}}'";

const opened = (sql: string, params = TENANT, more: Given['project'] = {}) =>
  places(
    linted({
      set: { 'read.token.hbs': jwt(params) },
      project: { 'endpoints/usage.pipe': endpoint(sql), ...more },
    }),
  );

describe('a pipe that a token opens', () => {
  test.each([
    '%\nSELECT * FROM events WHERE tenant_id = {{String(tenant, required=True)}}',
    "%\nSELECT * FROM events WHERE tenant_id = {{ String(tenant, 'x', description=\"tenant's\") }}",
    '%\nSELECT * FROM events WHERE tenant_id IN {{Array(tenant)}}',
    '%\nSELECT * FROM events WHERE toUUID(tenant_id::String) = toUUID({{String(tenant)}}) AND tenant_id = {{String(tenant)}}',
    '%\n{% set t = String(tenant) %}SELECT * FROM events WHERE tenant_id = {{t}}',
    '%\nSELECT * FROM countries WHERE code = {{String(tenant)}}',
  ])('%s', (sql) => expect(opened(sql)).toEqual([]));

  test.each([
    [
      '%\nSELECT * FROM events WHERE tenant_id = {{String(org)}} AND status = {{String(tenant)}}',
      ['unfiltered-table usage.pipe:4'],
    ],
    ['%\nSELECT * FROM events WHERE status = {{String(tenant)}}', ['unfiltered-table usage.pipe:4']],
    [
      "%\nSELECT * FROM events WHERE {{String(tenant, '')}} = '' OR tenant_id = {{String(tenant, '')}}",
      ['or-beside-filter usage.pipe:4'],
    ],
    [
      '%\nSELECT * FROM events WHERE tenant_id = {{String(tenant) + String(x)}}',
      ['unfiltered-table? usage.pipe:4'],
    ],
  ])('%s', (sql, found) => expect(opened(sql)).toEqual(found));

  test('a parameter in one branch only: at the branch, and at the token', () => {
    const sql =
      '%\nSELECT * FROM events\nWHERE 1\n{% if defined(tenant) %}\n  AND tenant_id = {{String(tenant)}}\n{% end %}';
    expect(opened(sql)).toEqual(['optional-fixed-param read.token.hbs:6', 'optional-filter usage.pipe:6']);
  });

  test('a parameter that no SQL uses, also through pipes and nodes', () => {
    const firm = '%\nSELECT * FROM events WHERE tenant_id = {{String(tenant, required=True)}}';
    const more = { 'pipes/rows.pipe': endpoint(firm, 'rows_node') };
    expect(opened('SELECT * FROM rows', TENANT, more)).toEqual([]);
    expect(opened('SELECT * FROM rows', `{ ${TENANT}, plan: gold }`, more)).toEqual([
      'unused-fixed-param read.token.hbs:6',
    ]);
    expect(opened('SELECT * FROM countries -- tenant', TENANT)).toEqual([
      'unused-fixed-param read.token.hbs:6',
    ]);
    expect(
      opened("%\nSELECT 'tenant' AS t FROM countries LIMIT {{Int32(n, 5)}}", `{ ${TENANT}, n: 5 }`),
    ).toEqual(['unused-fixed-param read.token.hbs:6']);
  });

  test('a parameter that only chooses is used', () => {
    const sql =
      "%\nSELECT * FROM events WHERE tenant_id = {{String(tenant)}} {% if mode == 'short' %} LIMIT 5 {% end %}";
    expect(opened(sql, `{ ${TENANT}, mode: short }`)).toEqual([]);
  });

  test('nodes of a pipe, and a filter in the last one', () => {
    const nodes = (last: string) =>
      `NODE rows_of_all\nSQL >\n    SELECT * FROM events\n\n${endpoint(last, 'answer')}`;
    const held = nodes('%\nSELECT * FROM rows_of_all WHERE tenant_id = {{String(tenant)}}');
    const open = nodes('%\nSELECT status FROM rows_of_all WHERE status = {{String(tenant)}}');
    const of = (usage: string) =>
      places(linted({ set: { 'read.token.hbs': jwt(TENANT) }, project: { 'endpoints/usage.pipe': usage } }));
    expect(of(held)).toEqual([]);
    expect(of(open)).toEqual(['unfiltered-table usage.pipe:3']);
  });

  test('pipes of the project that no tenant opens are the team’s own', () => {
    expect(linted({ project: { 'endpoints/admin.pipe': endpoint('SELECT * FROM events') } })).toEqual([]);
  });
});

describe('what a scope opens besides', () => {
  const COPY = 'NODE nightly\nSQL >\n    SELECT * FROM events\n\nTYPE copy\nTARGET_DATASOURCE accounts\n';
  const STATIC = 'kind: static\nscopes:\n  - PIPES:READ {{resource "firm"}}\n';

  test('a static token where copy pipes exist', () => {
    const set = { 'read.token.hbs': STATIC };
    expect(linted({ set })).toEqual([]);
    const copies = { 'copies/nightly.pipe': COPY };
    expect(places(linted({ set, project: copies }))).toEqual(['static-token-and-copies read.token.hbs:1']);
    expect(linted({ set, project: copies, generation: 'classic' })).toEqual([]);
    const signed = { 'read.token.hbs': STATIC.replace('static', 'jwt') };
    expect(linted({ set: signed, project: copies })).toEqual([]);
    const sink = { 'write.token.hbs': 'kind: static\nscopes:\n  - DATASOURCES:APPEND {{resource "own"}}\n' };
    const own = { 'own.datasource.hbs': 'SCHEMA >\n    `a` String\n' };
    expect(linted({ set: { ...sink, ...own }, project: copies })).toEqual([]);
  });

  const rows = (resource: string, filter = '    filter: tenant_id = {{sql id}}\n') =>
    `kind: jwt\nscopes:\n  - type: DATASOURCES:READ\n    resource: ${resource}\n${filter}`;

  test('rows of a shared table, and with them its quarantine', () => {
    expect(places(linted({ set: { 'read.token.hbs': rows('events') } }))).toEqual([
      'quarantine-readable read.token.hbs:3',
    ]);
    expect(linted({ set: { 'read.token.hbs': rows('countries', '') } })).toEqual([]);
    expect(linted({ set: { 'read.token.hbs': rows('events') }, generation: 'classic' })).toEqual([]);
    const own = { 'own.datasource.hbs': 'SCHEMA >\n    `tenant_id` String\n' };
    expect(linted({ set: { ...own, 'read.token.hbs': rows(`'{{resource "own"}}'`, '') } })).toEqual([]);
  });

  test('what the set opens on purpose', () => {
    const pipe = { 'endpoints/all.pipe': endpoint('SELECT * FROM events') };
    const wide = {
      'set.yaml': 'allow-wide: they are our own people',
      'read.token.hbs': 'kind: jwt\nscopes:\n  - PIPES:READ all\n',
    };
    expect(linted({ set: wide, project: pipe })).toEqual([]);
    const set = { 'set.yaml': 'allow-wide: they are our own people', 'read.token.hbs': rows('events', '') };
    expect(linted({ set })).toEqual([]);
  });
});

describe('on Classic', () => {
  const shared = endpoint('%\nSELECT * FROM events WHERE tenant_id = {{String(tenant)}}');
  const token = (filter: string) =>
    `kind: static\nscopes:\n  - PIPES:READ usage\n  - type: DATASOURCES:READ\n    resource: events\n    filter: ${filter}\n`;
  const of = (filter: string) =>
    places(
      linted({
        generation: 'classic',
        set: { 'read.token.hbs': token(filter) },
        project: { 'endpoints/usage.pipe': shared },
      }),
    );

  test('a filter of the token holds in the pipes that it opens', () => {
    expect(of('tenant_id = {{sql id}}')).toEqual([]);
    expect(of('status = 1')).toEqual(['unfiltered-table usage.pipe:4']);
  });
});
