// Deployments: what is sent, and every form in which the answer comes.
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { createReader, createWriter } from '../../src/tinybird/forward.ts';
import type { DeployAnswer } from '../../src/tinybird/ports.ts';
import { connect, html, reply, startServer, TOKEN } from './server.ts';

const FILES = [
  { name: 'events.datasource', text: 'SCHEMA >\n    `id` UUID\n' },
  { name: 'usage.pipe', text: 'NODE n\nSQL >\n    SELECT 1\n' },
];
const LIVE = { check: false, destructive: false };
const CHECK = { check: true, destructive: false };

const NAMES = {
  new_datasource_names: ['acme_events'],
  changed_datasource_names: [],
  deleted_datasource_names: ['old'],
  new_pipe_names: ['acme_usage'],
  changed_pipe_names: ['shared'],
  deleted_pipe_names: [],
  new_data_connector_names: [],
  changed_data_connector_names: ['kafka'],
  deleted_data_connector_names: [],
  disconnected_data_source_names: [],
};
const OUR_NAMES = {
  newDatasources: ['acme_events'],
  changedDatasources: [],
  deletedDatasources: ['old'],
  newPipes: ['acme_usage'],
  changedPipes: ['shared'],
  deletedPipes: [],
  newConnections: [],
  changedConnections: ['kafka'],
  deletedConnections: [],
};
const TOKEN_CHANGES = [
  {
    token_name: 'acme_read',
    change_type: 'new',
    permission_changes: {
      added_permissions: [{ resource_name: 'acme_usage', resource_type: 'pipe', permission: 'READ' }],
      removed_permissions: [],
    },
  },
  { token_name: 'gone', change_type: null, permission_changes: null },
];
const OUR_TOKEN_CHANGES = [
  {
    name: 'acme_read',
    change: 'new',
    added: [{ resource: 'acme_usage', type: 'pipe', permission: 'READ' }],
    removed: [],
  },
  { name: 'gone', change: '', added: [], removed: [] },
];

async function answering(status: number, body: unknown) {
  const server = await startServer((_, response) => reply(response, status, body));
  const it = connect(server.url);
  return {
    reader: createReader(it.client),
    writer: createWriter(it.client),
    client: it.client,
    requests: server.requests,
    lines: server.lines,
    [Symbol.asyncDispose]: async () => {
      await it[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('deploy sends', () => {
  test.each([
    [{ check: false, destructive: false }, '/v1/deploy'],
    [{ check: true, destructive: false }, '/v1/deploy?check=true'],
    [{ check: false, destructive: true }, '/v1/deploy?allow_destructive_operations=true'],
    [{ check: true, destructive: true }, '/v1/deploy?check=true&allow_destructive_operations=true'],
  ])('%j: POST %s, never auto_promote', async (options, path) => {
    await using it = await answering(200, { result: 'no_changes' });
    await it.writer.deploy(FILES, options);
    expect(it.lines()).toEqual([`POST ${path}`]);
    const { headers, body } = it.requests[0] ?? {};
    const form = await new Response(body, {
      headers: { 'content-type': headers?.['content-type'] ?? '' },
    }).formData();
    const parts = [...form].map(([field, part]) => [field, typeof part === 'string' ? part : part.name]);
    expect(parts).toEqual(FILES.map(({ name }) => ['data_project://', name]));
  });

  test('a check is repeated after 503, a deployment is not', async () => {
    await using server = await startServer((_, response) =>
      reply(response, server.requests.length === 2 ? 200 : 503, { result: 'no_changes' }),
    );
    await using it = connect(server.url);
    const writer = createWriter(it.client);
    expect(await writer.deploy(FILES, CHECK)).toMatchObject({ result: 'no_changes' });
    await expect(writer.deploy(FILES, LIVE)).rejects.toThrow(/503 Service Unavailable: POST \/v1\/deploy/);
    expect(server.requests).toHaveLength(3);
  });
});

describe('deploy answers', () => {
  test('success, with everything', async () => {
    const feedback = [
      { resource: 'Datasource events.datasource', level: 'WARNING', message: 'careful' },
      { resource: null, level: 'INFO', message: 'by the way' },
    ];
    const deployment = {
      id: '12',
      status: 'calculating',
      live: false,
      created_at: 't',
      feedback,
      errors: [],
      ...NAMES,
      token_changes: TOKEN_CHANGES,
      data_movements: [{}],
    };
    await using it = await answering(200, { result: 'success', deployment });
    const warnings = [{ file: 'events.datasource', message: 'careful' }];
    expect(await it.writer.deploy(FILES, LIVE)).toEqual({
      result: 'success',
      deployment: {
        id: '12',
        status: 'calculating',
        phase: 'working',
        live: false,
        createdAt: 't',
        names: OUR_NAMES,
        tokenChanges: OUR_TOKEN_CHANGES,
        errors: [],
        warnings,
      },
      names: OUR_NAMES,
      tokenChanges: OUR_TOKEN_CHANGES,
      warnings,
    });
  });

  test('success of a check: a plan without a deployment', async () => {
    await using it = await answering(200, {
      result: 'success',
      deployment: { ...NAMES, id: null, status: null },
    });
    expect(await it.writer.deploy(FILES, CHECK)).toMatchObject({
      result: 'success',
      deployment: null,
      names: OUR_NAMES,
    });
  });

  test('no changes, with the live deployment echoed', async () => {
    await using it = await answering(200, {
      result: 'no_changes',
      deployment: { id: '3', status: 'data_ready', live: true },
    });
    expect(await it.writer.deploy(FILES, LIVE)).toEqual({ result: 'no_changes', warnings: [] });
  });

  const failed = async (
    status: number,
    body: unknown,
  ): Promise<Extract<DeployAnswer, { result: 'failed' }>> => {
    await using it = await answering(status, body);
    const answer = await it.writer.deploy(FILES, LIVE);
    if (answer.result !== 'failed') throw new Error(answer.result);
    return answer;
  };

  test.each([200, 400, 403])('failed as %i: the body counts', async (status) => {
    const feedback = [
      { resource: 'Datasource events.datasource', level: 'ERROR', message: 'Unknown type' },
      { resource: null, level: 'ERROR', message: 'And this' },
      { resource: 'usage.pipe', level: 'WARNING', message: 'hm' },
    ];
    const answer = await failed(status, {
      result: 'failed',
      deployment: { id: '9', status: 'failed', feedback, ...NAMES },
      errors: [{ error: 'again' }],
    });
    expect(answer).toMatchObject({
      errors: [
        { file: 'events.datasource', message: 'Unknown type' },
        { file: null, message: 'And this' },
      ],
      warnings: [{ file: 'usage.pipe', message: 'hm' }],
      names: OUR_NAMES,
      inProgress: false,
      deployment: { id: '9', phase: 'failed' },
    });
  });

  test('another deployment in progress', async () => {
    const message =
      "There's already a deployment in progress.\n\nYou can check the status of your deployments with `tb deployment ls`.";
    const feedback = [{ resource: null, level: 'ERROR', message }];
    const answer = await failed(400, {
      result: 'failed',
      deployment: { id: '59', status: 'calculating', feedback },
    });
    expect(answer).toMatchObject({
      inProgress: true,
      errors: [{ file: null, message }],
      deployment: { id: '59' },
      names: null,
    });
  });

  test.each([
    [
      'a file',
      { errors: [{ filename: 'datasources/events.datasource', error: 'Invalid schema' }] },
      'events.datasource',
      'Invalid schema',
    ],
    ['plain strings', { errors: ['Broken'] }, null, 'Broken'],
    ['one error', { error: 'Broken' }, null, 'Broken'],
    ['errors of the deployment', { deployment: { errors: ['Broken'] } }, null, 'Broken'],
    ['feedback as text is no error', { deployment: { feedback: ['hm'] }, error: 'Broken' }, null, 'Broken'],
    ['a resource without extension', { errors: [{ filename: 'Pipe usage', error: 'x' }] }, 'usage.pipe', 'x'],
    [
      'a data source in two words',
      { errors: [{ filename: 'Data Source events', error: 'x' }] },
      'events.datasource',
      'x',
    ],
    ['a resource of another kind', { errors: [{ filename: 'Secret s', error: 'x' }] }, null, 'Secret s: x'],
    ['no reason', {}, null, 'The server gives no reason.'],
  ])('failed with %s', async (_name, body, file, message) => {
    const answer = await failed(200, { result: 'failed', ...body });
    expect(answer.errors).toEqual([{ file, message }]);
  });

  test('failed without saying so', async () => {
    expect(await failed(400, { error: "There's already a deployment in progress." })).toMatchObject({
      inProgress: true,
    });
  });

  test("a token in the server's words is taken out", async () => {
    const answer = await failed(200, {
      result: 'failed',
      error: `no ${TOKEN}`,
      deployment: { feedback: [{ level: 'WARNING', message: `b'${TOKEN}'` }] },
    });
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  });

  test('a refusal that lists every file of a large fleet is read whole', async () => {
    const errors = Array.from({ length: 5000 }, (_, i) => ({
      filename: `tenant_${i}_events.datasource`,
      error: 'Invalid schema',
    }));
    expect((await failed(400, { result: 'failed', errors })).errors).toHaveLength(5000);
  });

  test.each([
    [
      403,
      { error: 'invalid authentication token.' },
      /403 Forbidden: POST \/v1\/deploy — invalid authentication token\. Check tinybird-token/,
    ],
    [
      403,
      { error: 'Not enough permissions' },
      /Not enough permissions\. The token needs the scope ADMIN, or WORKSPACE:DEPLOY/,
    ],
    [403, html('403 Forbidden'), /403 Forbidden: POST/],
    [400, html('400 Bad Request'), /400 Bad Request: POST/],
    [413, html('413 Request Entity Too Large'), /413 Payload Too Large: POST/],
    [500, { result: 'failed' }, /500 Internal Server Error: POST/],
    [200, {}, /unexpected form: POST \/v1\/deploy — result: missing/],
    [200, { result: 'maybe' }, /unexpected form: POST \/v1\/deploy — result: /],
    [200, { result: 'success' }, /unexpected form: POST \/v1\/deploy — deployment\.id: missing/],
    [
      200,
      { result: 'success', deployment: { id: '../1' } },
      /unexpected form: POST \/v1\/deploy — deployment\.id: /,
    ],
  ])('an error: %i %j', async (status, body, message) => {
    await using it = await answering(status, body);
    await expect(it.writer.deploy(FILES, LIVE)).rejects.toThrow(message);
  });
});

describe('deployments', () => {
  test('oldest first, ids as text, names null when the list has none', async () => {
    await using it = await answering(200, {
      deployments: [
        { id: 10, status: 'schema_ready', live: false, ...NAMES },
        { id: '9', status: 'data_ready', live: true },
        { id: '0', status: 'deleted' },
      ],
    });
    const list = await it.reader.deployments();
    expect(list.map(({ id, phase, live }) => ({ id, phase, live }))).toEqual([
      { id: '0', phase: 'gone', live: false },
      { id: '9', phase: 'ready', live: true },
      { id: '10', phase: 'working', live: false },
    ]);
    expect(list.map(({ names }) => names)).toEqual([null, null, OUR_NAMES]);
  });

  test.each([
    ['calculating', 'working', false],
    ['creating_schema', 'working', false],
    ['promoting', 'working', false],
    ['never heard of', 'working', false],
    ['constructor', 'working', false],
    ['data_ready', 'ready', false],
    ['live', 'ready', true],
    ['failed', 'failed', false],
    ['error', 'failed', false],
    ['deleting', 'gone', false],
    ['deleted', 'gone', false],
  ])('%s: %s, live %s', async (status, phase, live) => {
    await using it = await answering(200, { result: 'success', deployment: { id: '7', status } });
    expect(await it.reader.deployment('7')).toMatchObject({ id: '7', status, phase, live });
    expect(it.lines()).toEqual(['GET /v1/deployments/7']);
  });

  test('one that is gone is null', async () => {
    await using it = await answering(404, { error: 'Deployment 7 not found' });
    expect(await it.reader.deployment('7')).toBe(null);
  });

  test('set-live and remove', async () => {
    await using it = await answering(200, { result: 'success' });
    await it.writer.setLive('7');
    await it.writer.removeDeployment('6');
    expect(it.lines()).toEqual(['POST /v1/deployments/7/set-live', 'DELETE /v1/deployments/6']);
  });

  test('removing what is gone is done; promoting it is an error', async () => {
    await using it = await answering(404, { error: 'not found' });
    await it.writer.removeDeployment('6');
    await expect(it.writer.setLive('6')).rejects.toThrow(
      /404 Not Found: POST \/v1\/deployments\/6\/set-live/,
    );
  });
});

describe('JWT', () => {
  const scopes = [
    { type: 'PIPES:READ' as const, resource: 'usage', fixedParams: { tenant: 'acme', n: 1 } },
    { type: 'DATASOURCES:READ' as const, resource: 'events', filter: "t = 'acme'" },
  ];

  test('is asked for as documented and wrapped at once', async () => {
    await using it = await answering(200, { token: 'eyJ.minted.valuexxxxxxxxxxxxxxxxxxxxxx' });
    const writer = createWriter(it.client, it.client.as(new Secret('tokens-token')));
    const jwt = await writer.mintJwt({ name: 'acme_web', expiresAt: 1_795_000_000, scopes, rps: 10 });
    expect(jwt.reveal()).toBe('eyJ.minted.valuexxxxxxxxxxxxxxxxxxxxxx');
    expect(String(jwt)).toBe('***');
    expect(it.lines()).toEqual(['POST /v0/tokens/?expiration_time=1795000000']);
    expect(it.requests[0]?.headers.authorization).toBe('Bearer tokens-token');
    expect(JSON.parse(it.requests[0]?.body ?? '')).toEqual({
      name: 'acme_web',
      scopes: [
        { type: 'PIPES:READ', resource: 'usage', fixed_params: { tenant: 'acme', n: 1 } },
        { type: 'DATASOURCES:READ', resource: 'events', filter: "t = 'acme'" },
      ],
      limits: { rps: 10 },
    });
  });

  test('is asked for again after 503: the server keeps none', async () => {
    await using server = await startServer((_, response) =>
      reply(response, server.requests.length === 1 ? 503 : 200, {
        token: 'eyJ.minted.valuexxxxxxxxxxxxxxxxxxxxxx',
      }),
    );
    await using it = connect(server.url);
    await createWriter(it.client).mintJwt({ name: 'x', expiresAt: 1, scopes: [], rps: null });
    expect(server.requests).toHaveLength(2);
  });

  test('without a limit there is none; refused, the scope is named', async () => {
    await using it = await answering(403, { error: 'no' });
    const minted = it.writer.mintJwt({ name: 'x', expiresAt: 1, scopes: [], rps: null });
    await expect(minted).rejects.toThrow(
      /^Request failed: 403 Forbidden: POST \/v0\/tokens\/\?expiration_time=1 — no\. The token needs the scope TOKENS or ADMIN/,
    );
    expect(JSON.parse(it.requests[0]?.body ?? '')).toEqual({ name: 'x', scopes: [] });
  });
});
