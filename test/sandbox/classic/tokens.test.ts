// Tokens of a Classic workspace: scopes with row filters, through every shape of pipe, and how they are narrowed, renewed and taken away.
import { Agent, request as send } from 'node:http';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts';
import type { Answer } from '../client.ts';
import { type ClassicClient, connectClassic, type NodeJson } from './client.ts';

let sandbox: Sandbox;
let client: ClassicClient;

const endpoint = (sql: string): NodeJson => ({ name: 'out', sql, type: 'endpoint' });

/** Over acme's rows 1 and 2, globex's 10 and 20 and initech's 100: what each gives of acme's alone, and of all. */
const SHAPES: readonly (readonly [name: string, nodes: readonly NodeJson[], acme: number, all: number])[] = [
  ['plain', [endpoint('SELECT sum(n) AS total FROM events')], 3, 133],
  ['counted', [endpoint('SELECT count() AS total FROM events')], 2, 5],
  ['largest', [endpoint('SELECT max(n) AS total FROM events')], 2, 100],
  ['prewhere', [endpoint('SELECT sum(n) AS total FROM events PREWHERE n > 1')], 2, 132],
  ['aliased', [endpoint('SELECT sum(e.n) AS total FROM events AS e')], 3, 133],
  ['cte', [endpoint('WITH x AS (SELECT n FROM events) SELECT sum(n) AS total FROM x')], 3, 133],
  ['shadow', [endpoint('WITH events AS (SELECT n FROM events) SELECT sum(n) AS total FROM events')], 3, 133],
  [
    'union_all',
    [endpoint('SELECT sum(n) AS total FROM (SELECT n FROM events UNION ALL SELECT n FROM events)')],
    6,
    266,
  ],
  [
    'self_join',
    [endpoint('SELECT sum(b.n) AS total FROM events AS a JOIN events AS b ON a.n = b.n')],
    3,
    133,
  ],
  [
    'left_side',
    [endpoint('SELECT sum(price) AS total FROM events LEFT JOIN plans USING (tenant_id)')],
    10,
    24,
  ],
  [
    'right_side',
    [endpoint('SELECT sum(e.n) AS total FROM plans AS p LEFT JOIN events AS e USING (tenant_id)')],
    3,
    33,
  ],
  [
    'subquery',
    [endpoint('SELECT sum(price) AS total FROM plans WHERE tenant_id IN (SELECT tenant_id FROM events)')],
    5,
    12,
  ],
  ['scalar', [endpoint('SELECT (SELECT sum(n) FROM events) AS total')], 3, 133],
  ['window', [endpoint('SELECT max(s) AS total FROM (SELECT sum(n) OVER () AS s FROM events)')], 3, 133],
  ['array_join', [endpoint('SELECT sum(n * k) AS total FROM events ARRAY JOIN [1, 2] AS k')], 9, 399],
  [
    'nodes',
    [{ name: 'one', sql: 'SELECT n FROM events' }, endpoint('SELECT sum(n) AS total FROM one')],
    3,
    133,
  ],
  [
    'in_node',
    [
      { name: 'ids', sql: 'SELECT tenant_id FROM events' },
      endpoint('SELECT sum(price) AS total FROM plans WHERE tenant_id IN (ids)'),
    ],
    5,
    12,
  ],
  ['through', [endpoint('SELECT total + 0 AS total FROM plain')], 3, 133],
  [
    'through_join',
    [endpoint('SELECT sum(p.total + c.total) AS total FROM plain AS p, counted AS c')],
    5,
    138,
  ],
  ['template', [endpoint('%\nSELECT sum(n) AS total FROM events WHERE n >= {{Int32(least, 0)}}')], 3, 133],
];

beforeAll(async () => {
  sandbox = await startSandbox({ generation: 'classic' });
  client = connectClassic(sandbox);
  await client.datasource('events', '`tenant_id` String `json:$.tenant_id`, `n` Int32 `json:$.n`');
  await client.datasource('plans', '`tenant_id` String `json:$.tenant_id`, `price` Int32 `json:$.price`');
  const rows = { acme: [1, 2], globex: [10, 20], initech: [100] };
  const events = Object.entries(rows).flatMap(([tenant_id, ns]) => ns.map((n) => ({ tenant_id, n })));
  await client.send('events', events);
  await client.send('plans', [
    { tenant_id: 'acme', price: 5 },
    { tenant_id: 'globex', price: 7 },
  ]);
  for (const [name, nodes] of SHAPES) {
    const made = await client.pipe(name, nodes);
    if (made.status !== 200) throw new Error(`${name}: ${made.text}`);
  }
  await client.pipe('by_tenant', [endpoint('SELECT tenant_id, n FROM events')]);
  await client.pipe('rejected', [endpoint('SELECT count() AS n FROM events_quarantine')]);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const scopesOf = (...scopes: readonly string[]): URLSearchParams =>
  new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]));

/** Its value. */
async function create(name: string, ...scopes: readonly string[]): Promise<string> {
  const answer = await client.call(`POST /v0/tokens?name=${name}`, { body: scopesOf(...scopes) });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json.token;
}

const sql = (text: string, token: string): Promise<Answer> =>
  client.call(`GET /v0/sql?q=${encodeURIComponent(text)}`, { token });

const ask = (pipe: string, token: string): Promise<Answer> =>
  client.call(`GET /v0/pipes/${pipe}.json`, { token });

test('a token as it is told: scopes, filter with colons in it, description, origin', async () => {
  const made = await client.call('POST /v0/tokens', {
    body: new URLSearchParams([
      ['name', 'told'],
      ['description', 'line one\n[a marker]'],
      ['scope', 'PIPES:READ:plain'],
      ['scope', "DATASOURCES:READ:events:tenant_id = 'a:b' AND n::String != ':'"],
      ['scope', 'PIPES:READ:plain'],
      ['scope', 'TOKENS'],
      ['origin', 'P'],
      ['resource_id', 'plain'],
    ]),
  });
  const pipe = (await client.call('GET /v0/pipes/plain')).json;
  expect(made.json).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'told',
    description: 'line one\n[a marker]',
    token: expect.stringMatching(/^p\.ey/),
    scopes: [
      { type: 'TOKENS' },
      { type: 'PIPES:READ', resource: 'plain' },
      { type: 'DATASOURCES:READ', resource: 'events', filter: "tenant_id = 'a:b' AND n::String != ':'" },
    ],
    origin: { type: 'P', resource_id: pipe.id },
    host: 'local',
    is_internal: false,
  });
  for (const wanted of ['told', made.json.id, made.json.token]) {
    expect((await client.call(`GET /v0/tokens/${wanted}`)).json).toEqual(made.json);
  }
  expect((await client.call('GET /v0/tokens')).json.tokens).toContainEqual(made.json);
  expect((await client.call('POST /v0/tokens?name=told&scope=TOKENS')).status).toBe(400);
});

describe('a filter on a data source holds in every pipe that reads it', () => {
  let filtered: string;
  let open: string;
  beforeAll(async () => {
    const pipes = SHAPES.map(([name]) => `PIPES:READ:${name}`);
    filtered = await create('filtered', ...pipes, "DATASOURCES:READ:events:tenant_id = 'acme'");
    open = await create('open', ...pipes);
  });

  test.each(SHAPES)('%s', async (name, _nodes, acme, all) => {
    expect((await ask(name, filtered)).json.data).toEqual([{ total: acme }]);
    expect((await sql(`SELECT total FROM ${name}`, filtered)).text).toBe(`${acme}\n`);
    expect(
      (await client.call(`GET /v0/pipes/${name}.csv?q=SELECT+total+FROM+_`, { token: filtered })).text,
    ).toBe(`"total"\n${acme}\n`);
    expect((await ask(name, open)).json.data).toEqual([{ total: all }]);
  });

  test('and in SQL beside them', async () => {
    expect((await sql('SELECT sum(n), (SELECT total FROM plain) FROM events', filtered)).text).toBe('3\t3\n');
    expect((await sql('SELECT sum(n) FROM events', open)).status).toBe(403);
    expect((await sql('SELECT * FROM plans', filtered)).status).toBe(403);
  });
});

test('several filters on one data source open the rows of any; one scope without a filter opens all', async () => {
  const acme = "DATASOURCES:READ:events:tenant_id = 'acme'";
  const two = await create(
    'two',
    'PIPES:READ:plain',
    acme,
    "DATASOURCES:READ:events:tenant_id = 'globex' AND n < 20",
  );
  expect((await ask('plain', two)).json.data).toEqual([{ total: 13 }]);
  const all = await create('all', 'PIPES:READ:plain', acme, 'DATASOURCES:READ:events');
  expect((await ask('plain', all)).json.data).toEqual([{ total: 133 }]);
});

test('a filter on a pipe holds on its output', async () => {
  const token = await create('pipe_filter', "PIPES:READ:by_tenant:tenant_id = 'acme' AND n > 1");
  expect((await ask('by_tenant', token)).json.data).toEqual([{ tenant_id: 'acme', n: 2 }]);
  expect((await sql('SELECT sum(n) FROM by_tenant', token)).text).toBe('2\n');
});

test('rejected rows are closed to a filtered token, directly and through a pipe', async () => {
  const filtered = await create('no_rejected', 'PIPES:READ:rejected', 'DATASOURCES:READ:events:n > 0');
  expect((await sql('SELECT count() FROM events_quarantine', filtered)).status).toBe(403);
  expect((await ask('rejected', filtered)).status).toBe(403);
  const open = await create('rejected', 'PIPES:READ:rejected', 'DATASOURCES:READ:events');
  expect((await sql('SELECT count() FROM events_quarantine', open)).status).toBe(200);
  expect((await ask('rejected', open)).status).toBe(200);
});

test('PUT replaces all scopes at once, with the same value and id', async () => {
  const token = await create('narrowed', 'PIPES:READ:plain', 'PIPES:READ:counted', 'DATASOURCES:READ:events');
  const before = (await client.call('GET /v0/tokens/narrowed')).json;
  expect((await sql('SELECT count() FROM events', token)).text).toBe('5\n');
  const after = await client.call('PUT /v0/tokens/narrowed?description=less', {
    body: scopesOf('PIPES:READ:plain', "DATASOURCES:READ:events:tenant_id = 'acme'"),
  });
  expect(after.json).toEqual({
    ...before,
    description: 'less',
    scopes: [
      { type: 'PIPES:READ', resource: 'plain' },
      { type: 'DATASOURCES:READ', resource: 'events', filter: "tenant_id = 'acme'" },
    ],
  });
  expect((await ask('plain', token)).json.data).toEqual([{ total: 3 }]);
  expect((await ask('counted', token)).status).toBe(403);
  const refused = await client.call('PUT /v0/tokens/narrowed', { body: scopesOf('PIPES:READ:nothing') });
  expect(refused.status).toBe(400);
  expect((await client.call('GET /v0/tokens/narrowed')).json).toEqual(after.json);
  expect((await client.call(`PUT /v0/tokens/${before.id}?name=filtered`)).status).toBe(400);
  expect((await client.call(`PUT /v0/tokens/${before.id}?name=renamed`)).json.scopes).toEqual(
    after.json.scopes,
  );
  expect((await client.call('GET /v0/tokens/narrowed')).status).toBe(403);
  expect((await ask('plain', token)).status).toBe(200);
});

test('the official CLI sends long lists as a form that does not say so', async () => {
  await create('long', 'PIPES:READ:plain');
  const body = new Blob([scopesOf('PIPES:READ:plain', 'PIPES:READ:cte').toString()]);
  const { json } = await client.call('PUT /v0/tokens/long', { body });
  expect(json.scopes).toHaveLength(2);
});

test('DELETE answers 204 without a body, and the value is nobody’s', async () => {
  const token = await create('gone', 'PIPES:READ:plain');
  const { id } = (await client.call('GET /v0/tokens/gone')).json;
  const answer = await client.call(`DELETE /v0/tokens/${id}`);
  expect([answer.status, answer.text]).toEqual([204, '']);
  expect((await ask('plain', token)).json.error).toBe(
    `invalid authentication token. Invalid token b'${token}': `,
  );
  expect((await client.call('DELETE /v0/tokens/gone')).status).toBe(403);
});

/** Status and body over this agent's connection. */
function over(agent: Agent, path: string, token: string): Promise<{ status: number; reused: boolean }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const request = send(sandbox.url + path, { agent, headers }, (response) => {
      response.resume().on('end', () => {
        resolve({ status: response.statusCode ?? 0, reused: request.reusedSocket });
      });
    });
    request.once('error', reject).end();
  });
}

test('a refreshed token has another value; the old one is dead at once, on an open connection too', async () => {
  const old = await create('renewed', 'PIPES:READ:plain');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const path = '/v0/pipes/plain.json';
  expect(await over(agent, path, old)).toEqual({ status: 200, reused: false });
  const { token } = (await client.call('POST /v0/tokens/renewed/refresh')).json;
  expect(await over(agent, path, old)).toEqual({ status: 403, reused: true });
  expect(await over(agent, path, token)).toEqual({ status: 200, reused: true });
  agent.destroy();
});

test('a scope follows its resource to another name, and opens nothing once the resource is deleted', async () => {
  const nodes = [endpoint('SELECT sum(n) AS n FROM events')];
  await client.pipe('first_name', nodes);
  const token = await create('follower', 'PIPES:READ:first_name', 'PIPES:READ:plain');
  await client.form('PUT /v0/pipes/first_name', { name: 'second_name' });
  expect((await ask('second_name', token)).status).toBe(200);
  const scopes = async (): Promise<unknown> => (await client.call('GET /v0/tokens/follower')).json.scopes;
  expect(await scopes()).toContainEqual({ type: 'PIPES:READ', resource: 'second_name' });
  await client.pipe('second_name', nodes, '?force=true');
  expect((await ask('second_name', token)).status).toBe(200);
  expect((await client.call('DELETE /v0/pipes/second_name')).status).toBe(204);
  expect(await scopes()).toEqual([{ type: 'PIPES:READ', resource: 'plain' }]);
  await client.pipe('second_name', nodes);
  expect((await ask('second_name', token)).status).toBe(403);
  expect((await ask('plain', token)).status).toBe(200);
});

test('a scope goes with its table through an exchange; copies that a view has made are another data source', async () => {
  await client.datasource('copies');
  await client.datasource('copies_next');
  await client.pipe('copying', [
    { name: 'out', sql: 'SELECT tenant_id, n FROM events', type: 'materialized', datasource: 'copies' },
  ]);
  await client.send('events', [
    { tenant_id: 'acme', n: 0 },
    { tenant_id: 'globex', n: 0 },
  ]);
  await client.pipe('of_copies', [endpoint('SELECT count() AS total FROM copies')]);
  const filter = "DATASOURCES:READ:events:tenant_id = 'acme'";
  const token = await create('copied', 'PIPES:READ:of_copies', filter, 'DATASOURCES:READ:copies');
  expect((await ask('of_copies', token)).json.data).toEqual([{ total: 2 }]);
  const swap = { datasource_a: 'copies', datasource_b: 'copies_next' };
  expect((await client.form('POST /v0/datasources/exchange', swap)).status).toBe(200);
  expect((await sql('SELECT count() FROM copies', token)).status).toBe(403);
  expect((await sql('SELECT count() FROM copies_next', token)).text).toBe('2\n');
  expect((await client.call('GET /v0/tokens/copied')).json.scopes).toContainEqual({
    type: 'DATASOURCES:READ',
    resource: 'copies_next',
  });
});

test('a resource is deleted by whoever has the scope for it, and by nobody else', async () => {
  await client.datasource('kept');
  await client.datasource('dropped');
  await client.pipe('dropped_pipe', [endpoint('SELECT 1 AS n')]);
  const token = await create('dropper', 'DATASOURCES:DROP:dropped', 'PIPES:DROP:dropped_pipe');
  const drop = async (path: string): Promise<number> =>
    (await client.call(`DELETE /v0/${path}`, { token })).status;
  expect(await drop('datasources/kept')).toBe(403);
  expect(await drop('pipes/plain')).toBe(403);
  expect((await sql('SELECT * FROM dropped', token)).status).toBe(403);
  expect(await drop('datasources/dropped')).toBe(204);
  expect(await drop('pipes/dropped_pipe')).toBe(204);
});

test('appending, creating and reading in one token; each only what it says', async () => {
  const token = await create('mixed', 'DATASOURCES:APPEND:plans', 'DATASOURCES:READ:plans', 'PIPES:CREATE');
  expect((await client.send('plans', [{ tenant_id: 'hooli', price: 9 }], token)).status).toBe(200);
  expect((await client.send('events', [{ tenant_id: 'hooli', n: 9 }], token)).status).toBe(403);
  expect((await sql("SELECT price FROM plans WHERE tenant_id = 'hooli'", token)).text).toBe('9\n');
  expect((await sql('SELECT count() FROM events', token)).status).toBe(403);
  expect((await client.call('GET /v0/tokens', { token })).status).toBe(403);
  expect((await client.call('GET /v0/tokens/mixed', { token })).json.token).toBe(token);
  expect((await client.call('GET /v0/tokens/filtered', { token })).status).toBe(403);
});

test.each([
  ['PIPES:READ:nothing'],
  ['DATASOURCES:READ:plain'],
  ['PIPES:READ:events'],
  ['PIPES:READ'],
  ['DATASOURCES:READ:'],
  ['DATASOURCES:WRITE:events'],
  ['toString:constructor:events'],
  ['ADMIN:events'],
  ['USER'],
  ['DATASOURCES:APPEND:events:n = 1'],
  ['PIPES:DROP:plain:1'],
  ['DATASOURCES:READ:events:'],
  ['DATASOURCES:READ:events: -- nothing'],
  ['DATASOURCES:READ:events:nope = 1'],
  ["DATASOURCES:READ:events:'text'"],
  ['DATASOURCES:READ:events:tenant_id = 5'],
  ['DATASOURCES:READ:events:sum(n) > 1'],
  ['DATASOURCES:READ:events:1) OR (1'],
  ['DATASOURCES:READ:events:1 UNION ALL SELECT 1'],
  ['DATASOURCES:READ:events:n IN (SELECT price FROM plans)'],
  ['DATASOURCES:READ:events:n IN plans'],
  ['DATASOURCES:READ:events:1 SETTINGS max_threads = 1'],
  ['DATASOURCES:READ:events:1; SELECT 1'],
  ["DATASOURCES:READ:events:joinGet('plans', 'price', 'acme') = 1"],
  ["DATASOURCES:READ:events:file('/etc/passwd') != ''"],
  ['DATASOURCES:READ:events:{x:UInt8}'],
  ['PIPES:READ:by_tenant:price = 1'],
  ["PIPES:READ:by_tenant:n = 1) UNION ALL SELECT * FROM (SELECT 'x', 1"],
])('no token with the scope %s', async (scope) => {
  const answer = await client.call('POST /v0/tokens?name=hostile', { body: scopesOf('TOKENS', scope) });
  expect(answer.status).toBe(400);
  expect((await client.call('GET /v0/tokens/hostile')).status).toBe(403);
});

test('a JWT reads pipes with fixed parameters, and no data source, whoever signed it', async () => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const pipeScope = { type: 'PIPES:READ', resource: 'template', fixed_params: { least: 20 } };
  const sourceScope = { type: 'DATASOURCES:READ', resource: 'events', filter: "tenant_id = 'acme'" };
  // As the official Classic CLI asks: the name stands in the query alone.
  const mint = (scopes: readonly object[]): Promise<Answer> =>
    client.call(`POST /v0/tokens?name=web&expiration_time=${exp}`, { body: JSON.stringify({ scopes }) });
  const { token } = (await mint([pipeScope])).json;
  expect((await client.call('GET /v0/pipes/template.json?least=0', { token })).json.data).toEqual([
    { total: 120 },
  ]);
  expect((await ask('plain', token)).status).toBe(403);
  expect((await mint([pipeScope, sourceScope])).status).toBe(400);
  const signed = await new SignJWT({
    workspace_id: sandbox.workspace.id,
    name: 'filtered',
    scopes: [pipeScope, sourceScope],
  })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(exp)
    .sign(Buffer.from(sandbox.adminToken));
  expect((await ask('template', signed)).json.data).toEqual([{ total: 120 }]);
  expect((await sql('SELECT count() FROM events', signed)).status).toBe(403);
  // Its name is that of a static token, whose value stays its own.
  expect((await client.call('GET /v0/tokens/filtered', { token: signed })).status).toBe(403);
});

test('the workspace admin token is refreshed and never deleted', async () => {
  const path = `/v0/tokens/${encodeURIComponent('workspace admin token')}`;
  expect((await client.call(`DELETE ${path}`)).status).toBe(403);
  expect((await client.call(`PUT ${path}?name=other`)).status).toBe(403);
  const auth = async (token: string): Promise<unknown> => (await client.call('GET /v0/auth', { token })).json;
  expect(await auth(sandbox.adminToken)).toEqual({ is_valid: true, is_user: false });
  expect(await auth(sandbox.userToken)).toEqual({ is_valid: true, is_user: true });
  expect(await auth('p.nobody')).toEqual({ is_valid: false, is_user: false });
});
