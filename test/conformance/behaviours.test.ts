// What every Tinybird Forward workspace should do, in the order of a tenant's life. It deploys: the workspace must be empty, or left by an earlier run.
// TINYBIRD_HOST and TINYBIRD_TOKEN (an admin token) choose the server; without them the sandbox is started.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Client, connect, type Files } from '../sandbox/client.ts';
import { row } from '../sandbox/project.ts';

const EVENTS = `SCHEMA >
    \`tenant_id\` String \`json:$.tenant_id\`,
    \`ts\` DateTime64(3) \`json:$.ts\`,
    \`n\` Int32 \`json:$.n\`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "tenant_id, ts"

TOKEN "conformance_ingest" APPEND
`;
const DAILY = `SCHEMA >
    \`day\` Date,
    \`events\` UInt64

ENGINE "SummingMergeTree"
ENGINE_SORTING_KEY "day"
`;
const DAILY_MV = `NODE conformance_by_day
SQL >
    SELECT toDate(ts) AS day, count() AS events FROM conformance_events GROUP BY day

TYPE materialized
DATASOURCE conformance_daily
`;
const usage = (tenant: string): string => `NODE conformance_${tenant}_node
SQL >
    %
    SELECT count() AS events, sum(n) AS total FROM conformance_events
    WHERE tenant_id = '${tenant}' {% if defined(since) %} AND ts >= {{DateTime(since)}} {% end %}

TYPE endpoint
TOKEN "conformance_${tenant}_read" READ
`;
const PROJECT: Files = {
  'conformance_events.datasource': EVENTS,
  'conformance_acme.pipe': usage('acme'),
  'conformance_globex.pipe': usage('globex'),
};

let sandbox: Sandbox | null = null;
let client: Client;

beforeAll(async () => {
  const { TINYBIRD_HOST: host, TINYBIRD_TOKEN: token } = process.env;
  if (host === undefined || token === undefined) sandbox = await startSandbox();
  client = connect(sandbox ?? { url: host?.replace(/\/$/, '') ?? '', adminToken: token ?? '' });
  for (const what of ['datasources', 'pipes']) {
    const foreign = (await client.call(`GET /v0/${what}`)).json[what].filter(
      ({ name }: { name: string }) => !name.startsWith('conformance_'),
    );
    if (foreign.length > 0)
      throw new Error(`this workspace is in use: the suite would delete ${foreign.length} ${what} of it`);
  }
  await empty();
});
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]();
});

/** Takes away what an earlier run has left. */
async function empty(): Promise<void> {
  const { deployments } = (await client.call('GET /v1/deployments')).json;
  for (const { id, live } of deployments) {
    if (live) continue;
    await client.call(`DELETE /v1/deployments/${id}`);
    await client.follow(id, 'deleted');
  }
  const left = (await client.call('GET /v0/datasources')).json.datasources;
  if (left.length > 0) await client.release({}, '?allow_destructive_operations=true');
}

const data = async (path: string, token?: string): Promise<unknown> => {
  const answer = await client.call(`GET ${path}`, token === undefined ? {} : { token });
  return answer.status === 200 ? answer.json.data : answer.status;
};

test('the workspace says that it is a Forward one', async () => {
  expect((await client.call('GET /v1/workspace')).json).toMatchObject({ is_forward: true });
});

test('a check creates nothing, a deployment is staged, promoted and serves', async () => {
  const check = await client.deploy(PROJECT, '?check=true');
  expect(check.json).toMatchObject({
    result: 'success',
    deployment: { new_datasource_names: ['conformance_events'] },
  });
  expect((await client.call('GET /v0/datasources')).json.datasources).toEqual([]);
  await client.release(PROJECT);
  expect((await client.deploy(PROJECT)).json.result).toBe('no_changes');
});

test('events reach the table, wrong rows the quarantine', async () => {
  const ingest = await client.tokenValue('conformance_ingest');
  const sent = await client.send(
    'conformance_events',
    [row('acme', 1), row('acme', 2), row('globex', 4), { ...row('acme'), n: 'x' }],
    ingest,
  );
  expect(sent.json).toEqual({ successful_rows: 3, quarantined_rows: 1 });
  expect(await client.rows('SELECT count() AS c FROM conformance_events')).toEqual([{ c: 3 }]);
});

test('a token opens its own endpoint only', async () => {
  const token = await client.tokenValue('conformance_acme_read');
  expect(await data('/v0/pipes/conformance_acme.json', token)).toEqual([{ events: 2, total: 3 }]);
  expect(await data('/v0/pipes/conformance_acme.json?since=2030-01-01%2000:00:00', token)).toEqual([
    { events: 0, total: 0 },
  ]);
  expect(await data('/v0/pipes/conformance_globex.json', token)).toBe(403);
  expect(await data('/v0/sql?q=SELECT%20*%20FROM%20conformance_events%20FORMAT%20JSON', token)).toBe(403);
});

test('a JWT reads what its filter and its fixed parameters leave', async () => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const body = JSON.stringify({
    name: 'conformance',
    scopes: [
      { type: 'DATASOURCES:READ', resource: 'conformance_events', filter: "tenant_id = 'globex'" },
      { type: 'PIPES:READ', resource: 'conformance_acme', fixed_params: { since: '2030-01-01 00:00:00' } },
    ],
  });
  const { token } = (await client.call(`POST /v0/tokens/?expiration_time=${exp}`, { body })).json;
  expect(await client.rows('SELECT n FROM conformance_events', token)).toEqual([{ n: 4 }]);
  expect(await data('/v0/pipes/conformance_acme.json?since=2020-01-01%2000:00:00', token)).toEqual([
    { events: 0, total: 0 },
  ]);
});

test('a new view is filled from history, and token values stay', async () => {
  const before = await client.tokenValue('conformance_acme_read');
  await client.release({
    ...PROJECT,
    'conformance_daily.datasource': DAILY,
    'conformance_daily_mv.pipe': DAILY_MV,
  });
  expect(await client.rows('SELECT sum(events) AS c FROM conformance_daily')).toEqual([{ c: 3 }]);
  expect(await client.tokenValue('conformance_acme_read')).toBe(before);
});

test('a broken pipe is refused with feedback on its file, and nothing changes', async () => {
  const answer = await client.deploy(
    { ...PROJECT, 'conformance_bad.pipe': usage('bad').replace('sum(n)', 'sum(nope)') },
    '?check=true&allow_destructive_operations=true',
  );
  expect(answer.json.result).toBe('failed');
  expect(answer.text).toMatch(/conformance_bad\.pipe/);
});

test('what would be deleted is refused without the flag, and deleted with it', async () => {
  const { 'conformance_globex.pipe': _, ...fewer } = PROJECT;
  const refused = await client.deploy(fewer, '?check=true');
  expect(refused.json.result).toBe('failed');
  expect(refused.text).toMatch(/allow-destructive-operations/);
  const token = await client.tokenValue('conformance_globex_read');
  await client.release(fewer, '?allow_destructive_operations=true');
  expect(await data('/v0/pipes/conformance_globex.json', token)).toBe(403);
});

test('v0 changes meet the gate', async () => {
  const answer = await client.call('POST /v0/datasources?name=conformance_x&schema=a%20String');
  expect([answer.status, answer.json.error]).toEqual([
    403,
    expect.stringMatching(/can only be done via deployments/),
  ]);
});
