// What a token reads, by endpoint and by SQL, on real ClickHouse: a table of attempts and what each may bring.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queryPipe } from '../../../src/sandbox/query/pipe.ts';
import { querySql } from '../../../src/sandbox/query/sql.ts';
import { type Access, SandboxError } from '../../../src/sandbox/state.ts';
import { admin, holder, openWorkspace, reads, type Workspace } from './workspace.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace('ws_access');
});
afterAll(() => workspace.engine.close());

type Params = Readonly<Record<string, string>>;
const secrets = new Map([['KEY', 'hidden']]);

async function sql(
  access: Access,
  text: string,
  params: Params = {},
  filtersReachPipes = false,
): Promise<string> {
  const { body } = await querySql({
    ...workspace,
    access,
    secrets,
    filtersReachPipes,
    params: new Map(Object.entries(params)),
    sql: text,
  });
  return Buffer.from(body).toString().trim().replaceAll('\n', ' | ').replaceAll('\t', ' ');
}

async function endpoint(
  access: Access,
  pipe: string,
  options: { params?: Params; q?: string; classic?: boolean } = {},
): Promise<unknown> {
  const { body } = await queryPipe({
    ...workspace,
    access,
    secrets,
    filtersReachPipes: options.classic ?? false,
    params: new Map(Object.entries(options.params ?? {})),
    pipe,
    q: options.q,
    format: 'json',
  });
  return JSON.parse(Buffer.from(body).toString()).data;
}

async function refusal(run: Promise<unknown>): Promise<string> {
  try {
    return `answered: ${JSON.stringify(await run)}`;
  } catch (error) {
    if (error instanceof SandboxError) return `${error.status} ${error.message}`;
    throw error;
  }
}

const onlyAcme = holder({ type: 'DATASOURCES:READ', resource: 'events', filter: "tenant = 'acme'" });
const acmeAndPipes = holder(
  { type: 'DATASOURCES:READ', resource: 'events', filter: "tenant = 'acme'" },
  { type: 'PIPES:READ', resource: 'everything' },
  { type: 'PIPES:READ', resource: 'usage', fixedParams: { tenant: 'acme' } },
);
const events = reads('events');
const acmePipe = reads('acme_usage');

const allowed: readonly (readonly [
  who: string,
  access: Access,
  text: string,
  answer: string,
  params?: Params,
])[] = [
  ['admin', admin, 'SELECT sum(n) FROM events', '33'],
  ['admin', admin, 'SELECT sum(n), (SELECT n FROM invoices) FROM events', '33 1000'],
  ['admin', admin, 'SELECT tenant FROM events_quarantine', 'globex'],
  ['admin', admin, 'SELECT * FROM unpublished', '1'],
  ['events', events, 'SELECT sum(n) FROM events', '33'],
  ['events', events, 'SELECT sum(events.n) FROM events FINAL PREWHERE n > 1', '32'],
  ['events', events, 'SELECT sum(e.n) FROM events AS e JOIN events AS f ON e.n = f.n', '33'],
  ['events', events, 'SELECT count() FROM events_quarantine', '1'],
  ['events', events, 'SELECT count() FROM events WHERE n IN (SELECT n FROM events WHERE n > 5)', '2'],
  ['events', events, 'WITH x AS (SELECT n FROM events), y AS (SELECT n FROM x) SELECT sum(n) FROM y', '33'],
  ['events', events, 'SELECT sum(n) FROM (SELECT n FROM events UNION ALL SELECT n FROM events)', '66'],
  ['events', events, 'SELECT sum(number) FROM numbers(4)', '6'],
  ['events', events, 'SELECT 1', '1'],
  [
    'events by id',
    holder({ type: 'DATASOURCES:READ', resource: 't_ds_events' }),
    'SELECT sum(n) FROM events',
    '33',
  ],
  // A pipe opens what it reads, and nothing beside it.
  ['acme_usage', acmePipe, 'SELECT sum(n) FROM acme_usage', '3'],
  [
    'acme_usage by id',
    holder({ type: 'PIPES:READ', resource: 't_pipe_acme_usage' }),
    'SELECT sum(n) FROM acme_usage',
    '3',
  ],
  ['acme_usage', acmePipe, 'SELECT sum(a.n) FROM acme_usage AS a JOIN acme_usage AS b USING (n)', '3'],
  ['acme_usage', acmePipe, 'SELECT acme_usage.n FROM acme_usage ORDER BY n', '1 | 2'],
  ['acme_usage', acmePipe, 'SELECT 2 IN (acme_usage), 10 IN (acme_usage)', '1 0'],
  ['nested', reads('nested'), 'SELECT n FROM nested', '3000', { tenant: 'globex' }],
  // Nothing that the caller names takes the place of a name inside a pipe.
  ['acme_usage', acmePipe, "WITH 'globex' AS tenant SELECT sum(n) FROM acme_usage", '3'],
  ['acme_usage', acmePipe, "WITH 'acme' AS tenant SELECT sum(n) FROM acme_usage", '3'],
  ['acme_usage', acmePipe, "SELECT 'acme' AS tenant, sum(n) FROM acme_usage", 'acme 3'],
  ['acme_usage', acmePipe, "SELECT (SELECT sum(n) FROM acme_usage) FROM (SELECT 'acme' AS tenant)", '3'],
  ['acme_usage', acmePipe, "SELECT arrayMap(tenant -> (SELECT sum(n) FROM acme_usage), ['acme'])", '[3]'],
  [
    'acme_usage',
    acmePipe,
    'WITH data AS (SELECT 7 AS n), ws_access AS (SELECT 8 AS n) SELECT sum(n) FROM acme_usage',
    '3',
  ],
  ['acme_usage', acmePipe, 'WITH ws_access_events AS (SELECT 9 AS n) SELECT sum(n) FROM acme_usage', '3'],
  ['by_list', reads('by_list'), 'WITH x AS (SELECT 10 AS n) SELECT total FROM by_list', '1'],
  // Row filters: on what the caller reads itself, not inside the pipes that were opened for it.
  ['filtered', onlyAcme, 'SELECT sum(n) FROM events', '3'],
  ['filtered', onlyAcme, 'SELECT sum(x.n) FROM events AS x FINAL PREWHERE n > 0', '3'],
  ['filtered', onlyAcme, 'SELECT count() FROM events', '2'],
  ['filtered', onlyAcme, "SELECT 'acme' AS tenant, sum(n) FROM events", 'acme 3'],
  ['filtered', onlyAcme, "WITH 'globex' AS tenant SELECT sum(n) FROM events", '3'],
  ['filtered', onlyAcme, 'SELECT sum(n) FROM events UNION ALL SELECT sum(n) FROM events', '3 | 3'],
  [
    'filtered',
    onlyAcme,
    'WITH x AS (SELECT * FROM events) SELECT sum(n) FROM x WHERE n IN (SELECT n FROM events)',
    '3',
  ],
  ['filtered', onlyAcme, 'SELECT 10 IN (SELECT n FROM events), (SELECT max(n) FROM events)', '0 2'],
  [
    'filtered',
    onlyAcme,
    "SELECT count() FROM events AS a LEFT JOIN events AS b ON b.tenant = 'globex' WHERE b.n > 0",
    '0',
  ],
  ['filtered and pipes', acmeAndPipes, 'SELECT sum(n) FROM everything', '33'],
  ['filtered and pipes', acmeAndPipes, 'SELECT (SELECT sum(n) FROM everything), sum(n) FROM events', '33 3'],
  [
    'filtered and pipes',
    acmeAndPipes,
    'SELECT sum(e.n), count() FROM events AS e JOIN everything AS x ON e.n = x.n',
    '3 2',
  ],
  [
    'filtered and pipes',
    acmeAndPipes,
    'SELECT sum(n) FROM events WHERE n IN (SELECT n FROM everything WHERE n > 1)',
    '2',
  ],
  // Parameters that the token fixes.
  ['fixed', acmeAndPipes, 'SELECT n FROM usage', '3', { tenant: 'globex' }],
  ['fixed', acmeAndPipes, '%\nSELECT n, {{String(tenant)}} FROM usage', '3 globex', { tenant: 'globex' }],
  ['not fixed', reads('usage'), 'SELECT n FROM usage', '30', { tenant: 'globex' }],
  [
    'several scopes',
    holder(
      { type: 'DATASOURCES:READ', resource: 'events', filter: "tenant = 'acme' AND n = 1" },
      { type: 'DATASOURCES:READ', resource: 'events', filter: 'n = 20 OR 0' },
    ),
    'SELECT sum(n) FROM events',
    '21',
  ],
  [
    'one open scope',
    holder(
      { type: 'DATASOURCES:READ', resource: 'events', filter: '0' },
      { type: 'DATASOURCES:READ', resource: 'events' },
    ),
    'SELECT sum(n) FROM events',
    '33',
  ],
  [
    'filter on a pipe',
    holder({ type: 'PIPES:READ', resource: 'everything', filter: "tenant = 'acme'" }),
    "WITH 'globex' AS tenant SELECT sum(n) FROM everything",
    '3',
  ],
];

describe('a token reads what its scopes say', () => {
  const rows = allowed.map(
    ([who, access, text, answer, params]) => [who, text, { access, answer, params }] as const,
  );
  test.each(rows)('%s: %s', async (_who, text, { access, answer, params }) => {
    expect(await sql(access, text, params)).toBe(answer);
  });
});

const nothing = holder();
const denied: readonly (readonly [who: string, access: Access, text: string, refusal: string | RegExp])[] = [
  ['nobody', nothing, 'SELECT * FROM events', "403 Resource 'events' not found"],
  ['nobody', nothing, 'SELECT * FROM no_such_thing', "403 Resource 'no_such_thing' not found"],
  [
    'nobody',
    { kind: 'operational', name: 'x', operations: ['TOKENS'] },
    'SELECT * FROM events',
    "403 Resource 'events' not found",
  ],
  [
    'append only',
    holder({ type: 'DATASOURCES:APPEND', resource: 'events' }),
    'SELECT * FROM events',
    "403 Resource 'events' not found",
  ],
  [
    'a pipe of that name',
    holder({ type: 'PIPES:READ', resource: 'events' }),
    'SELECT * FROM events',
    "403 Resource 'events' not found",
  ],
  [
    'a data source of that name',
    holder({ type: 'DATASOURCES:READ', resource: 'usage' }),
    'SELECT * FROM usage',
    "403 Resource 'usage' not found",
  ],
  // What a pipe reads stays closed beside it.
  ['acme_usage', acmePipe, 'SELECT * FROM events', "403 Resource 'events' not found"],
  ['acme_usage', acmePipe, 'SELECT * FROM everything', "403 Resource 'everything' not found"],
  ['acme_usage', acmePipe, 'SELECT * FROM out', "403 Resource 'out' not found"],
  ['acme_usage', acmePipe, 'SELECT * FROM acme_usage, events', "403 Resource 'events' not found"],
  [
    'acme_usage',
    acmePipe,
    'SELECT * FROM acme_usage JOIN events USING (n)',
    "403 Resource 'events' not found",
  ],
  [
    'acme_usage',
    acmePipe,
    'SELECT n FROM acme_usage UNION ALL SELECT n FROM events',
    "403 Resource 'events' not found",
  ],
  [
    'acme_usage',
    acmePipe,
    'SELECT n FROM acme_usage EXCEPT SELECT n FROM events',
    "403 Resource 'events' not found",
  ],
  [
    'acme_usage',
    acmePipe,
    'SELECT n FROM acme_usage WHERE n IN (SELECT n FROM events)',
    "403 Resource 'events' not found",
  ],
  ['acme_usage', acmePipe, 'SELECT n FROM acme_usage WHERE n IN events', "403 Resource 'events' not found"],
  [
    'acme_usage',
    acmePipe,
    'SELECT n FROM acme_usage WHERE n NOT IN (events)',
    "403 Resource 'events' not found",
  ],
  [
    'acme_usage',
    acmePipe,
    'SELECT in(n, events) FROM acme_usage',
    "400 'events' cannot be read in this place",
  ],
  [
    'acme_usage',
    acmePipe,
    'SELECT globalNotIn(n, events) FROM acme_usage',
    "400 'events' cannot be read in this place",
  ],
  [
    'acme_usage',
    acmePipe,
    'SELECT (SELECT max(n) FROM events) FROM acme_usage',
    "403 Resource 'events' not found",
  ],
  ['acme_usage', acmePipe, 'SELECT EXISTS(SELECT 1 FROM events)', "403 Resource 'events' not found"],
  [
    'acme_usage',
    acmePipe,
    'WITH x AS (SELECT n FROM events) SELECT * FROM x',
    "403 Resource 'events' not found",
  ],
  [
    'acme_usage',
    acmePipe,
    'WITH (SELECT max(n) FROM events) AS x SELECT x',
    "403 Resource 'events' not found",
  ],
  [
    'acme_usage',
    acmePipe,
    'SELECT * FROM (SELECT * FROM (SELECT * FROM events))',
    "403 Resource 'events' not found",
  ],
  ['acme_usage', acmePipe, 'SELECT * FROM `events`', "403 Resource 'events' not found"],
  ['acme_usage', acmePipe, 'SELECT * FROM "events"', "403 Resource 'events' not found"],
  ['acme_usage', acmePipe, 'SELECT * FROM/**/events', "403 Resource 'events' not found"],
  ['acme_usage', acmePipe, 'FROM events SELECT *', "403 Resource 'events' not found"],
  [
    'acme_usage',
    acmePipe,
    'SELECT 1 FROM acme_usage ORDER BY (SELECT max(n) FROM events)',
    "403 Resource 'events' not found",
  ],
  [
    'acme_usage',
    acmePipe,
    'SELECT if((SELECT count() FROM events) > 0, 1, 2)',
    "403 Resource 'events' not found",
  ],
  ['acme_usage', acmePipe, 'DESCRIBE events', "403 Resource 'events' not found"],
  ['acme_usage', acmePipe, 'DESCRIBE TABLE (SELECT * FROM events)', "403 Resource 'events' not found"],
  ['acme_usage', acmePipe, 'SELECT * FROM _', "403 Resource '_' not found"],
  // A resource's name is never the caller's to give.
  ['acme_usage', acmePipe, 'WITH events AS (SELECT 7 AS n) SELECT sum(n) FROM acme_usage', /^400 /],
  [
    'acme_usage',
    acmePipe,
    'WITH x AS (SELECT 1) SELECT * FROM (WITH events AS (SELECT 7 AS n) SELECT sum(n) FROM acme_usage)',
    /^400 /,
  ],
  ['acme_usage', acmePipe, 'WITH acme_usage AS (SELECT 7 AS n) SELECT * FROM acme_usage', /^400 /],
  // Quarantine.
  ['acme_usage', acmePipe, 'SELECT * FROM events_quarantine', "403 Resource 'events_quarantine' not found"],
  ['filtered', onlyAcme, 'SELECT * FROM events_quarantine', "403 Resource 'events_quarantine' not found"],
  ['filtered', onlyAcme, 'SELECT * FROM invoices', "403 Resource 'invoices' not found"],
  // Other databases, tables behind, functions that read.
  ['admin', admin, 'SELECT * FROM system.tables', "403 Resource 'system.tables' not found"],
  [
    'admin',
    admin,
    'SELECT * FROM information_schema.tables',
    "403 Resource 'information_schema.tables' not found",
  ],
  [
    'filtered',
    onlyAcme,
    'SELECT * FROM data.ws_access_events',
    "403 Resource 'data.ws_access_events' not found",
  ],
  ['filtered', onlyAcme, 'SELECT * FROM ws_access.events', "403 Resource 'ws_access.events' not found"],
  ['filtered', onlyAcme, 'SELECT * FROM `ws_access.events`', /^403 /],
  ['filtered', onlyAcme, "SELECT * FROM merge('ws_access', '.*')", /^403 /],
  ['filtered', onlyAcme, "SELECT * FROM merge('.*')", /^403 /],
  ['admin', admin, "SELECT * FROM file('/etc/passwd', 'LineAsString')", /^403 /],
  ['admin', admin, "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", /^403 /],
  ['admin', admin, "SELECT * FROM remote('127.0.0.1', data, ws_access_events)", /^403 /],
  ['admin', admin, "SELECT file('/etc/passwd')", /^400 /],
  ['admin', admin, "SELECT joinGet('events', 'n', 1)", /^400 /],
  ['admin', admin, 'SELECT * FROM view(SELECT * FROM system.one)', /^403 /],
  ['filtered', onlyAcme, 'SELECT sum(n) FROM events SETTINGS additional_table_filters = {}', /^400 /],
  [
    'filtered',
    onlyAcme,
    'SELECT * FROM (SELECT sum(n) FROM events SETTINGS additional_table_filters = {})',
    /^400 /,
  ],
  ['events', events, "SELECT * FROM events INTO OUTFILE '/tmp/x'", /^400 /],
  // Templates of the caller's own.
  [
    'events',
    events,
    "%\nSELECT {{tb_secret('KEY')}}",
    /^400 Template Syntax Error: Cannot access secret 'KEY'/,
  ],
  ['filtered', onlyAcme, "%\nSELECT * FROM {{table('invoices')}}", "403 Resource 'invoices' not found"],
];

describe('and nothing else', () => {
  const rows = denied.map(([who, access, text, expected]) => [who, text, { access, expected }] as const);
  test.each(rows)('%s: %s', async (_who, text, { access, expected }) => {
    const got = await refusal(sql(access, text));
    expect(got).toMatch(
      typeof expected === 'string'
        ? new RegExp(`^${expected.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)
        : expected,
    );
  });

  test('an error does not show the text of the pipe behind it', async () => {
    const got = await refusal(sql(acmePipe, 'SELECT nothing FROM acme_usage'));
    expect(got).toBe("400 [Error] Missing columns: 'nothing' (UNKNOWN_IDENTIFIER)");
  });

  test.each([
    ['1) UNION ALL (SELECT 1'],
    ['1 UNION ALL SELECT 1'],
    ['n IN (SELECT n FROM invoices)'],
    ['1 SETTINGS max_threads = 1'],
  ])('a filter that is more than a condition opens nothing: %s', async (filter) => {
    const access = holder({ type: 'DATASOURCES:READ', resource: 'events', filter });
    expect(await refusal(sql(access, 'SELECT sum(n) FROM events'))).toMatch(/^400 /);
  });

  test('one filter cannot close the brackets of another', async () => {
    const scope = { type: 'PIPES:READ', resource: 'everything' } as const;
    const access = holder({ ...scope, filter: "tenant = 'acme'" }, { ...scope, filter: '0) OR (1' });
    expect(await sql(access, 'SELECT sum(n) FROM everything')).toBe('3');
  });
});

describe('endpoints', () => {
  test('fixed parameters win over the request, silently', async () => {
    expect(await endpoint(acmeAndPipes, 'usage', { params: { tenant: 'globex' } })).toEqual([
      { tenant: 'acme', n: 3 },
    ]);
  });

  test('fixed parameters reach the pipes inside', async () => {
    const access = holder({ type: 'PIPES:READ', resource: 'nested', fixedParams: { tenant: 'acme' } });
    expect(await endpoint(access, 'nested', { params: { tenant: 'globex' } })).toEqual([{ n: 300 }]);
  });

  test('a filter on a data source does not reach into pipes on Forward, and does on Classic', async () => {
    const q = 'SELECT sum(n) AS n FROM _';
    expect(await endpoint(acmeAndPipes, 'everything', { q })).toEqual([{ n: 33 }]);
    expect(await endpoint(acmeAndPipes, 'everything', { q, classic: true })).toEqual([{ n: 3 }]);
    expect(
      await sql(acmeAndPipes, 'SELECT (SELECT sum(n) FROM everything), sum(n) FROM events', {}, true),
    ).toBe('3 3');
  });

  test.each([
    ['usage', "403 Resource 'usage' not found"],
    ['unpublished', "404 The pipe 'unpublished' does not exist"],
    ['nothing', "404 The pipe 'nothing' does not exist"],
    ['events', "404 The pipe 'events' does not exist"],
  ])('%s is closed to others', async (name, expected) => {
    expect(await refusal(endpoint(acmePipe, name))).toBe(expected);
  });

  test('q sees the endpoint and what the token opens, nothing else', async () => {
    expect(
      await endpoint(acmePipe, 'acme_usage', { q: 'SELECT sum(n) AS s, count() AS c FROM _ WHERE n IN (_)' }),
    ).toEqual([{ s: 3, c: 2 }]);
    expect(await refusal(endpoint(acmePipe, 'acme_usage', { q: 'SELECT * FROM _, events' }))).toBe(
      "403 Resource 'events' not found",
    );
    expect(
      await refusal(endpoint(acmePipe, 'acme_usage', { q: 'WITH _ AS (SELECT 1) SELECT * FROM _' })),
    ).toMatch(/^400 /);
  });

  test('a parameter names a table only within what the pipe could read', async () => {
    const access = reads('from_table');
    expect(await endpoint(access, 'from_table', { params: { t: 'invoices' } })).toEqual([{ n: 1 }]);
    expect(await refusal(endpoint(access, 'from_table', { params: { t: 'system' } }))).toBe(
      "403 Resource 'system' not found",
    );
  });
});
