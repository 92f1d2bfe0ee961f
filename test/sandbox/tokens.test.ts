// Tokens over HTTP: stable values, what each opens and what it does not, JWTs, operational tokens, the gate.
import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Answer, type Client, connect } from './client.ts';
import { endpoint, PROJECT, row, without } from './project.ts';

let sandbox: Sandbox;
let client: Client;
let now = Date.parse('2026-03-01T00:00:00Z');

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => now });
  client = connect(sandbox);
  await client.release(PROJECT);
  await client.send('events', [row('acme', 1), row('acme', 2), row('globex', 3)]);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const inSeconds = (seconds: number): number => Math.floor(now / 1000) + seconds;

async function jwt(body: object, seconds = 60): Promise<string> {
  const answer = await client.call(`POST /v0/tokens/?expiration_time=${inSeconds(seconds)}`, {
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return answer.json.token;
}

const sql = (text: string, token: string): Promise<Answer> =>
  client.call(`GET /v0/sql?q=${encodeURIComponent(text)}`, { token });

test('a deployed token opens its endpoint, by header and by query, and nothing else', async () => {
  const token = await client.tokenValue('acme_read');
  expect((await client.call('GET /v0/pipes/acme_usage.json', { token })).json.data).toEqual([
    { events: 2, total: 3 },
  ]);
  expect((await client.call(`GET /v0/pipes/acme_usage.json?token=${token}`, { token: '' })).status).toBe(200);
  expect((await client.call('GET /v0/pipes/acme_usage.csv?n=2', { token })).text).toBe(
    '"events","total"\n1,2\n',
  );
  expect((await client.call('GET /v0/pipes/globex_usage.json', { token })).status).toBe(403);
  expect((await sql('SELECT * FROM events', token)).status).toBe(403);
  expect((await sql('SELECT * FROM globex_usage', token)).status).toBe(403);
  for (const route of [
    'GET /v0/tokens',
    'POST /v1/deploy',
    'GET /v1/deployments',
    'GET /v0/variables',
    'POST /v0/tokens?name=x&scope=ADMIN',
    'POST /v0/datasources/events/truncate',
  ]) {
    expect((await client.call(route, { token })).status, route).toBe(403);
  }
  expect((await client.send('events', [row('acme')], token)).status).toBe(403);
  expect(
    (await client.call('GET /v0/pipes', { token })).json.pipes.map(({ name }: { name: string }) => name),
  ).toEqual(['acme_usage']);
  expect((await client.call('GET /v0/datasources', { token })).json.datasources).toEqual([]);
});

test('an append token appends and reads nothing; a read token of a data source reads it and its quarantine', async () => {
  const ingest = await client.tokenValue('ingest');
  const read = await client.tokenValue('events_read');
  expect((await client.send('events', [row('hooli', 9)], ingest)).json).toEqual({
    successful_rows: 1,
    quarantined_rows: 0,
  });
  expect((await client.send('daily', [{}], ingest)).status).toBe(403);
  expect((await sql('SELECT * FROM events', ingest)).status).toBe(403);
  expect((await sql("SELECT n FROM events WHERE tenant_id = 'hooli'", read)).text).toBe('9\n');
  expect((await sql('SELECT count() FROM events_quarantine', read)).status).toBe(200);
  expect((await sql('SELECT * FROM daily', read)).status).toBe(403);
});

test('values stay over redeploys while the name stays, and die with it', async () => {
  const before = await client.tokenValue('acme_read');
  const globex = await client.tokenValue('globex_read');
  await client.release(
    {
      ...without(PROJECT, 'globex_usage.pipe'),
      'acme_top.pipe': endpoint('acme').replace('NODE acme_node', 'NODE acme_top_node'),
    },
    '?allow_destructive_operations=true',
  );
  expect(await client.tokenValue('acme_read')).toBe(before);
  const token = (await client.call('GET /v0/tokens/acme_read')).json;
  expect(token.scopes).toEqual([
    { type: 'PIPES:READ', resource: 'acme_usage' },
    { type: 'PIPES:READ', resource: 'acme_top' },
  ]);
  expect((await client.call('GET /v0/pipes/acme_usage.json', { token: globex })).status).toBe(403);
  expect((await client.call('GET /v0/tokens/globex_read')).status).toBe(403);
  await client.release(PROJECT, '?allow_destructive_operations=true');
  expect(await client.tokenValue('globex_read')).not.toBe(globex);
});

test('a token of a staged deployment opens it there and not on the live one', async () => {
  const started = await client.deploy({ ...PROJECT, 'hooli_usage.pipe': endpoint('hooli') });
  const { id } = started.json.deployment;
  await client.follow(id, 'data_ready');
  expect((await client.call('GET /v0/tokens/hooli_read')).status).toBe(403);
  expect((await client.call('GET /v0/pipes/hooli_usage.json')).status).toBe(404);
  for (const which of [id, 'staging']) {
    expect((await client.call(`GET /v0/pipes/hooli_usage.json?__tb__deployment=${which}`)).json.data).toEqual(
      [{ events: 1, total: 9 }],
    );
  }
  await client.call(`DELETE /v1/deployments/${id}`);
  await client.follow(id, 'deleted');
  expect((await client.call(`GET /v0/pipes/acme_usage.json?__tb__deployment=${id}`)).status).toBe(404);
});

test('a refreshed token has a new value and the old one is nobody', async () => {
  const before = await client.tokenValue('acme_read');
  const refreshed = await client.call('POST /v0/tokens/acme_read/refresh');
  expect(refreshed.json.token).not.toBe(before);
  expect((await client.call('GET /v0/pipes/acme_usage.json', { token: refreshed.json.token })).status).toBe(
    200,
  );
  const old = await client.call('GET /v0/pipes/acme_usage.json', { token: before });
  expect(old.status).toBe(403);
  expect(old.json).toEqual({
    error: `invalid authentication token. Invalid token b'${before}': `,
    documentation: 'https://docs.tinybird.co/api-reference/overview#authentication',
  });
});

test('a JWT reads its pipe with fixed parameters and its data source through its filter', async () => {
  const token = await jwt({
    name: 'acme_web',
    scopes: [
      { type: 'PIPES:READ', resource: 'acme_usage', fixed_params: { n: 2 } },
      { type: 'DATASOURCES:READ', resource: 'events', filter: "tenant_id = 'acme'" },
    ],
  });
  expect((await client.call('GET /v0/pipes/acme_usage.json?n=1', { token })).json.data).toEqual([
    { events: 1, total: 2 },
  ]);
  expect((await sql('SELECT DISTINCT tenant_id FROM events', token)).text).toBe('acme\n');
  expect((await client.call('GET /v0/pipes/globex_usage.json', { token })).status).toBe(403);
  expect((await client.send('events', [row('acme')], token)).status).toBe(403);
  now += 61_000;
  expect((await client.call('GET /v0/pipes/acme_usage.json', { token })).status).toBe(403);
});

test('a JWT made elsewhere is signed with the admin token, as HS256 whatever its header says', async () => {
  const claims = {
    workspace_id: sandbox.workspace.id,
    name: 'own',
    scopes: [{ type: 'PIPES:READ', resource: 'acme_usage' }],
  };
  const signed = (key: string): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(inSeconds(60))
      .sign(Buffer.from(key));
  const ask = async (token: string): Promise<number> =>
    (await client.call('GET /v0/pipes/acme_usage.json', { token })).status;
  expect(await ask(await signed(sandbox.adminToken))).toBe(200);
  expect(await ask(await signed('another key'))).toBe(403);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${part({ alg: 'none' })}.${part({ ...claims, exp: inSeconds(60) })}`;
  expect(await ask(`${unsigned}.`)).toBe(403);
  const eternal = `${part({ alg: 'HS256' })}.${part(claims)}`;
  expect(
    await ask(`${eternal}.${createHmac('sha256', sandbox.adminToken).update(eternal).digest('base64url')}`),
  ).toBe(403);
});

test('limits.rps answers 429 within the second and 200 in the next', async () => {
  const token = await jwt({
    name: 'slow',
    scopes: [{ type: 'PIPES:READ', resource: 'acme_usage' }],
    limits: { rps: 2 },
  });
  const ask = async (): Promise<number> =>
    (await client.call('GET /v0/pipes/acme_usage.json', { token })).status;
  expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 429]);
  now += 1000;
  expect(await ask()).toBe(200);
});

test('operational tokens: created, listed, used, deleted; scopes of resources meet the gate', async () => {
  const made = await client.call('POST /v0/tokens?name=ci&scope=WORKSPACE:DEPLOY');
  expect(made.json).toMatchObject({ name: 'ci', scopes: [{ type: 'WORKSPACE:DEPLOY' }] });
  const token = made.json.token;
  expect((await client.call('GET /v1/deployments', { token })).status).toBe(200);
  expect((await client.call('GET /v0/tokens', { token })).status).toBe(403);
  expect((await client.call('POST /v0/tokens?name=ci&scope=ADMIN')).status).toBe(400);
  expect((await client.call(`DELETE /v0/tokens/${made.json.id}`)).json).toEqual({ ok: true });
  expect((await client.call('GET /v1/deployments', { token })).status).toBe(403);
  const gated = await client.call('POST /v0/tokens', {
    body: new URLSearchParams({ name: 'x', scope: 'PIPES:READ:acme_usage' }),
  });
  expect(gated.status).toBe(403);
  expect(gated.json.error).toBe(
    'Adding or modifying resource-scoped tokens to this workspace can only be done via deployments.',
  );
});

test.each([
  ['POST /v0/datasources?name=x&schema=a%20String', 'data sources'],
  ['POST /v0/datasources?mode=append&name=missing', 'data sources'],
  ['DELETE /v0/datasources/events', 'data sources'],
  ['PUT /v0/datasources/events', 'data sources'],
  ['POST /v0/datasources/events/alter', 'data sources'],
  ['POST /v0/pipes', 'pipes'],
  ['PUT /v0/pipes/acme_usage', 'pipes'],
  ['DELETE /v0/pipes/acme_usage', 'pipes'],
  ['POST /v0/pipes/acme_usage/nodes', 'pipes'],
  ['POST /v0/pipes/acme_usage/nodes/acme_node/endpoint', 'pipes'],
])('the gate stands before %s', async (route, what) => {
  const answer = await client.call(route);
  expect(answer.status).toBe(403);
  expect(answer.json).toEqual({
    error: `Adding or modifying ${what} to this workspace can only be done via deployments.`,
  });
});

test('workspaces are apart: neither tokens nor resources of one open the other', async () => {
  const other = await sandbox.createWorkspace('other');
  const there = connect({ url: sandbox.url, adminToken: other.adminToken });
  expect((await there.call('GET /v0/pipes/acme_usage.json')).status).toBe(404);
  await there.release(PROJECT);
  await there.send('events', [row('acme', 100)]);
  expect((await there.call('GET /v0/pipes/acme_usage.json')).json.data).toEqual([{ events: 1, total: 100 }]);
  expect((await client.call('GET /v0/pipes/acme_usage.json')).json.data).toEqual([{ events: 2, total: 3 }]);
  const workspaces = await client.call('GET /v1/user/workspaces?with_organization=true', {
    token: sandbox.userToken,
  });
  expect(workspaces.json.workspaces.map(({ name }: { name: string }) => name)).toEqual(['sandbox', 'other']);
  const gone = await client.call(`DELETE /v1/workspaces/${other.id}?hard_delete_confirmation=yes`, {
    token: sandbox.userToken,
  });
  expect(gone.status).toBe(200);
  expect((await there.call('GET /v0/pipes')).status).toBe(403);
});
