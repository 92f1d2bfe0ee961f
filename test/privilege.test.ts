// Least privilege: which tokens open only their tenant's own, on both generations.

import { describe, expect, test } from 'vitest';
import { parseDatafile } from '../src/datafile/parse.ts';
import type { Datafile } from '../src/datafile/types.ts';
import { unwrap } from '../src/errors.ts';
import type { Generation, Scope, Tenant, Value } from '../src/model.ts';
import { ownership } from '../src/privilege/owners.ts';
import { type Issued, wideScopes } from '../src/privilege.ts';
import { sqlLiteral } from '../src/templates/places.ts';
import fc from './properties.ts';
import { exampleProject, renderShipped, SHIPPED, shippedSets, tenantOf } from './sets/rendered.ts';

const tenant = (id: string, vars: Record<string, Value> = {}, changes: Partial<Tenant> = {}): Tenant => ({
  id,
  slug: id.toLowerCase(),
  set: 's',
  vars: Object.assign(Object.create(null), vars),
  state: 'active',
  at: { file: 'tenants.yaml', line: 1, column: 1 },
  ...changes,
});
const ACME = tenant('acme', { account: 17, plan: 'gold', sites: ['x', 'y'] });
const GLOBEX = tenant('globex', { account: 18, plan: 'gold', sites: ['y', 'z'] });

const source = (name: string, ...columns: string[]): Datafile => {
  const schema = ['tenant_id', ...columns].map((column) => `    \`${column}\` String`).join(',\n');
  return unwrap(parseDatafile(`${name}.datasource`, `SCHEMA >\n${schema}\n`));
};
const pipe = (name: string, ...nodes: string[]): Datafile => {
  const text = nodes.map((sql, at) => `NODE ${name}_${at}\nSQL >\n    ${sql.replaceAll('\n', '\n    ')}\n`);
  return unwrap(parseDatafile(`${name}.pipe`, `${text.join('\n')}\nTYPE endpoint\n`));
};

const FILES: readonly { datafile: Datafile; tenant: Tenant | null }[] = [
  { datafile: source('events', 'account', 'site'), tenant: null },
  { datafile: source('daily'), tenant: null },
  { datafile: source('acme_rows'), tenant: ACME },
  { datafile: source('globex_rows'), tenant: GLOBEX },
  { datafile: pipe('acme_usage', 'SELECT 1 FROM acme_rows'), tenant: ACME },
  { datafile: pipe('globex_usage', 'SELECT 1 FROM globex_rows'), tenant: GLOBEX },
  ...Object.entries({
    usage: '%\nSELECT 1 FROM events WHERE tenant_id = {{String(tenant, required=True)}}',
    through: 'SELECT 1 FROM usage',
    both: 'SELECT 1 FROM events JOIN daily USING tenant_id',
    ours: 'SELECT 1 FROM acme_rows',
    theirs: 'SELECT 1 FROM acme_usage JOIN globex_usage USING tenant_id',
    nothing: "SELECT 'FROM events' AS text -- FROM daily\n FROM numbers(3) /* events */",
    branches: "%\nSELECT 1 FROM {% if defined(a) %} events {% else %} daily {% end %} WHERE n = '{{a}}'",
    open_quote: "%\nSELECT {% if defined(a) %} 'x {% else %} 'y {% end %}' FROM daily WHERE b = 'z'",
    within: "%\nSELECT 1 FROM events WHERE tenant_id IN {{table('daily')}}",
    named: "%\nSELECT 1 FROM {{table('daily')}}",
    strange: 'SELECT 1 FROM somewhere',
    comma: 'SELECT 1 FROM acme_rows AS a, somewhere AS b',
    service: 'SELECT 1 FROM tinybird.pipe_stats',
    joined: "SELECT joinGet('daily', 'x', 1)",
    common: `WITH rows AS (SELECT 1 FROM acme_rows)
      SELECT extract(DAY FROM day), [1] AS a FROM rows ARRAY JOIN a, b WHERE a IS NOT DISTINCT FROM b`,
  }).map(([name, sql]) => ({ datafile: pipe(name, sql), tenant: null })),
  { datafile: pipe('chain', 'SELECT 1 FROM acme_rows', 'SELECT 1 FROM chain_0'), tenant: null },
];

const FILTERED: Scope = { type: 'DATASOURCES:READ', resource: 'events', filter: "tenant_id = 'acme'" };
const read = (resource: string, fixedParams?: Scope['fixedParams']): Scope => ({
  type: 'PIPES:READ',
  resource,
  ...(fixedParams === undefined ? {} : { fixedParams }),
});
const rows = (filter?: string, resource = 'events'): Scope => ({
  type: 'DATASOURCES:READ',
  resource,
  ...(filter === undefined ? {} : { filter }),
});

function issued(scopes: readonly Scope[], changes: Partial<Issued> = {}): Issued {
  const whose = changes.tenant ?? ACME;
  const token = { kind: 'token', name: `${whose.slug}_read`, via: 'jwt', scopes, ttl: 0, rps: null } as const;
  return { token, tenant: whose, from: 's/read.token.hbs', allowWide: null, ...changes };
}
const byName = <T extends { readonly datafile: Datafile }>(files: readonly T[]) =>
  new Map(files.map((file) => [file.datafile.name, file]));
const judged = (tokens: readonly Issued[], generation: Generation, tenants = [ACME, GLOBEX]) =>
  wideScopes({
    tokens,
    files: byName(FILES),
    fleet: { name: 'usage', workspace: null, tenants },
    generation,
  });
const messages = (scopes: readonly Scope[], generation: Generation): string =>
  judged([issued(scopes)], generation)
    .problems.map(({ message }) => message)
    .join('\n');

const BOTH = ['forward', 'classic'] as const;

describe('accepted', () => {
  test.each<[string, readonly Scope[], readonly Generation[]]>([
    ['its own', [read('acme_usage'), rows(undefined, 'acme_rows')], BOTH],
    ['writing to its own', [{ type: 'DATASOURCES:APPEND', resource: 'acme_rows' }], BOTH],
    ['a shared data source, by its id', [FILTERED], BOTH],
    ['by a variable that is only its own', [rows('account = 17'), rows("site IN ('x')")], BOTH],
    ['a parameter', [read('usage', { tenant: 'acme', top: 10 })], ['forward']],
    ['a parameter that a pipe below takes', [read('through', { tenant: 'acme' })], ['forward']],
    ['a filter inside of a pipe', [read('usage'), FILTERED], ['classic']],
    ['a filter inside of a pipe below', [FILTERED, read('through')], ['classic']],
    ['two filters', [read('both'), FILTERED, rows("tenant_id = 'acme'", 'daily')], ['classic']],
    ['a shared pipe that reads only its own', [read('ours'), read('common'), read('chain')], BOTH],
    ['a shared pipe that reads nothing', [read('nothing')], BOTH],
    ['what nothing declares, which is refused elsewhere', [read('nope'), read('events')], BOTH],
  ])('%s', (_, scopes, generations) => {
    for (const generation of generations) expect(messages(scopes, generation)).toBe('');
  });
});

describe('refused', () => {
  test.each<[string, readonly Scope[], readonly Generation[], RegExp]>([
    ["another tenant's", [read('globex_usage')], BOTH, /opens the pipe globex_usage of tenant "globex" /],
    ["another tenant's, filtered", [rows("tenant_id = 'acme'", 'globex_rows')], BOTH, /of tenant "globex"/],
    ['a shared data source', [rows()], BOTH, /shared data source events without a filter .*has no filter/],
    ['an open filter', [rows("tenant_id = 'acme' OR 1=1")], BOTH, /OR outside of brackets/],
    ["another tenant's rows", [rows("tenant_id = 'globex'")], BOTH, /compares with "globex", which is not/],
    ['a value that others have', [rows("account = 'gold'")], BOTH, /compares with "gold"/],
    ['a list that others share', [rows("site IN ('x', 'y')")], BOTH, /compares with "y"/],
    ['a column that is not there', [rows("tenant = 'acme'")], BOTH, /no condition `column = value`/],
    [
      'writing',
      [{ type: 'DATASOURCES:APPEND', resource: 'events' }],
      BOTH,
      /events for writing .*any tenant's/,
    ],
    ['a pipe', [read('usage')], BOTH, /shared pipe usage/],
    [
      'a filter that a JWT keeps to itself',
      [read('usage'), FILTERED],
      ['forward'],
      /none of its `fixed_params`/,
    ],
    [
      'a parameter that Classic cannot fix',
      [read('usage', { tenant: 'acme' })],
      ['classic'],
      /no filter on events/,
    ],
    ["another's parameter", [read('usage', { tenant: 'globex' })], ['forward'], /none of its `fixed_params`/],
    [
      'a parameter that is not there',
      [read('usage', { tenent: 'acme' })],
      ['forward'],
      /no parameter tenent/,
    ],
    ['a yes', [read('usage', { tenant: true })], ['forward'], /none of its `fixed_params`/],
    ['half of it', [read('both'), FILTERED], ['classic'], /shared pipe both, which reads daily without/],
    [
      'a filter that does not hold',
      [read('usage'), rows('1')],
      ['classic'],
      /usage, which reads events without/,
    ],
    [
      "others' through pipes",
      [read('theirs')],
      ['classic'],
      /reads the data source globex_rows of tenant "globex"/,
    ],
    ['either branch', [read('branches'), FILTERED], ['classic'], /which reads daily without/],
    ['a quote in each branch', [read('open_quote')], ['classic'], /which reads daily without/],
    ['a name in an expression', [read('within'), FILTERED], ['classic'], /within, which reads daily without/],
    [
      'a name that an expression makes',
      [read('named')],
      ['classic'],
      /a table whose name is only known when it runs/,
    ],
    ['a table that nobody declares', [read('strange')], ['classic'], /strange, which reads somewhere/],
    ['one more after a comma', [read('comma')], ['classic'], /comma, which reads somewhere/],
    ['a service data source', [read('service')], BOTH, /shared pipe service/],
    ['a table by its name in a text', [read('joined')], ['classic'], /a table by joinGet\(\)/],
  ])('%s', (_, scopes, generations, message) => {
    for (const generation of generations) expect(messages(scopes, generation)).toMatch(message);
  });

  test('with the tenant, the token, the scope, what is missing, and both ways out', () => {
    expect(judged([issued([rows()])], 'classic').problems).toEqual([
      {
        file: 's/read.token.hbs',
        message:
          'tenant "acme": the token acme_read opens the shared data source events without a filter for one tenant (DATASOURCES:READ events): the scope has no filter. Give the scope a `filter` such as tenant_id = {{sql id}}, or write `allow-wide: <reason>` in set.yaml',
      },
    ]);
  });
});

describe('allow-wide', () => {
  const wide = (whose: Tenant, ...scopes: Scope[]) => issued(scopes, { tenant: whose, allowWide: 'audit' });
  test('makes notes of problems, one for all tenants of a set', () => {
    const scopes = [rows(), { type: 'DATASOURCES:APPEND', resource: 'events' }] as const;
    expect(judged([wide(ACME, ...scopes), wide(GLOBEX, rows()), issued([FILTERED])], 'forward')).toEqual({
      problems: [],
      notes: [
        'the tokens of 2 tenants open the shared data source events without a filter for one tenant (allow-wide: audit)',
        'tenant "acme": the token acme_read opens the shared data source events for writing (allow-wide: audit)',
      ],
    });
  });

  test('of two sets are two lines', () => {
    const other = tenant('other', {}, { set: 't' });
    expect(judged([wide(ACME, rows()), wide(other, rows())], 'classic', [ACME, other]).notes).toHaveLength(2);
  });

  test('never opens what is another tenant’s', () => {
    const { problems, notes } = judged([wide(ACME, read('globex_usage'))], 'forward');
    expect(notes).toEqual([]);
    expect(problems.map(({ message }) => message).join()).toMatch(/of tenant "globex"(?!.*allow-wide)/);
  });
});

describe('values of one tenant alone', () => {
  const owned = (tenants: readonly Tenant[], value: string | number) => {
    const owns = ownership(tenants);
    return tenants.filter((one) => owns(one, value)).map(({ id }) => id);
  };
  test.each<[string, readonly Tenant[], string | number, string[]]>([
    ['an id', [tenant('Acme'), GLOBEX], 'Acme', ['Acme']],
    ['a slug', [tenant('Acme'), GLOBEX], 'acme', ['Acme']],
    ['a number as text', [ACME, GLOBEX], '17', ['acme']],
    ['a number', [ACME, GLOBEX], 17, ['acme']],
    ['shared by two', [ACME, GLOBEX], 'gold', []],
    ["another's id in a variable", [tenant('a', { parent: 'b' }), tenant('b', { parent: '' })], 'b', ['b']],
    ['an id that is the slug of another', [tenant('b'), tenant('x', {}, { slug: 'b' })], 'b', []],
    ['an empty text', [tenant('a', { x: '' })], '', []],
    ['a boolean', [tenant('a', { x: true })], 'true', []],
    ['what a default may also be', [tenant('a', { plan: 'gold' }), tenant('b')], 'gold', []],
    ['of another set', [tenant('a', { plan: 'gold' }), tenant('b', {}, { set: 't' })], 'gold', ['a']],
    ['of a removed one', [tenant('a', { n: 1 }), tenant('b', { n: 1 }, { state: 'removed' })], 1, []],
    ['beside a removed one', [tenant('a', { n: 1 }), tenant('b', {}, { state: 'removed' })], 1, ['a']],
    ['a name of Object', [tenant('a', { n: 1 })], 'constructor', []],
  ])('%s', (_, tenants, value, ids) => expect(owned(tenants, value)).toEqual(ids));
});

test('law: a filter of literals is accepted when all of one condition are its own, and only then', () => {
  const ids = ['acme', 'globex', "o'hara", '17', 'a OR 1', '', "\\'", 'x AND y'];
  const tenants = ids.filter((id) => id !== '').map((id) => tenant(id, {}, { slug: `${id}_slug` }));
  const id = fc.constantFrom(...ids);
  const condition = fc.oneof(
    id.map((one) => ({ sql: `tenant_id = ${sqlLiteral(one)}`, ids: [one] })),
    id.map((one) => ({ sql: `(${sqlLiteral(one)} = tenant_id)`, ids: [one] })),
    fc
      .array(id, { minLength: 1, maxLength: 3 })
      .map((some) => ({ sql: `tenant_id IN ${sqlLiteral(some)}`, ids: some })),
    id.map((one) => ({ sql: `site != ${sqlLiteral(one)}`, ids: [] as string[] })),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...tenants),
      fc.array(condition, { minLength: 1, maxLength: 4 }),
      (whose, all) => {
        const token = issued([rows(all.map(({ sql }) => sql).join(' AND '))], { tenant: whose });
        const held = all.some(({ ids: named }) => named.length > 0 && named.every((one) => one === whose.id));
        expect(judged([token], 'classic', tenants).problems.length === 0).toBe(held);
      },
    ),
  );
});

describe.each(BOTH)('on %s', (generation) => {
  test.each(SHIPPED)('the tokens of %s open what is their tenant’s', async (set) => {
    const sets = await shippedSets();
    const project = (await exampleProject()).map((datafile) => ({ datafile, tenant: null }));
    const tenants = [tenantOf(set, 'acme', 'acme'), tenantOf(set, "\\' OR 1=1 --", 'hostile')];
    const all = tenants.map((one) => ({ one, rendered: renderShipped(sets, one) }));
    const tokens = all.flatMap(({ one, rendered }) =>
      rendered.tokens.map(({ token, from }): Issued => {
        const scopes = token.scopes.filter((scope) => (scope.generation ?? generation) === generation);
        return { token: { ...token, scopes }, tenant: one, from, allowWide: rendered.allowWide };
      }),
    );
    const files = all.flatMap(({ one, rendered }) =>
      rendered.files.map(({ datafile }) => ({ datafile, tenant: one })),
    );
    const fleet = { name: 'usage', workspace: null, tenants };
    expect(tokens).toHaveLength(2);
    expect(wideScopes({ tokens, files: byName([...project, ...files]), fleet, generation })).toEqual({
      problems: [],
      notes: [],
    });
  });
});
