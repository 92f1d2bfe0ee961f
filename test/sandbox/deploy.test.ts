// /v1/deploy: what changes, what is refused, and whose file is at fault.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Client, connect } from './client.ts';
import { EVENTS, endpoint, PROJECT, without } from './project.ts';

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox();
  client = connect(sandbox);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const messages = (answer: {
  json: { deployment: { feedback: { resource: string; level: string; message: string }[] } };
}) =>
  answer.json.deployment.feedback.map(({ resource, level, message }) => `${level} ${resource}: ${message}`);

test('a check tells what is new and creates nothing', async () => {
  const answer = await client.deploy(PROJECT, '?check=true');
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({
    result: 'success',
    deployment: {
      new_datasource_names: ['daily', 'events'],
      changed_datasource_names: [],
      deleted_datasource_names: [],
      new_pipe_names: ['acme_usage', 'daily_mv', 'globex_usage'],
      data_movements: [
        { datasource_name: 'daily', kind: 'backfill_with_mv_queries', source_mv_name: 'daily_mv' },
      ],
    },
  });
  expect(answer.json.deployment.token_changes).toContainEqual({
    token_name: 'acme_read',
    change_type: 'new',
    permission_changes: {
      added_permissions: [{ resource_name: 'acme_usage', resource_type: 'pipe', permission: 'READ' }],
      removed_permissions: [],
    },
  });
  expect((await client.call('GET /v1/deployments')).json.deployments).toMatchObject([
    { id: '0', live: true },
  ]);
  expect((await client.call('GET /v0/datasources')).json.datasources).toEqual([]);
});

test('a deployment goes through its statuses, is promoted, and blocks the next one until the old one is deleted', async () => {
  const started = await client.deploy(PROJECT);
  expect(started.json).toMatchObject({
    result: 'success',
    deployment: { id: '1', status: 'calculating', live: false },
  });
  const second = await client.deploy(PROJECT);
  expect(second.status).toBe(400);
  expect(second.json).toMatchObject({
    result: 'failed',
    deployment: { id: '1', feedback: [{ resource: null, level: 'ERROR' }] },
  });
  expect(second.json.deployment.feedback[0].message).toMatch(/^There's already a deployment in progress\./);
  await client.follow('1', 'data_ready');
  expect((await client.call('GET /v0/pipes')).json.pipes).toEqual([]);
  expect((await client.call('POST /v1/deployments/1/set-live')).json.deployment.live).toBe(true);
  expect((await client.deploy({ ...PROJECT, 'x.pipe': endpoint('x') })).status).toBe(400);
  await client.call('DELETE /v1/deployments/0');
  expect((await client.call('DELETE /v1/deployments/1')).status).toBe(400);
  expect((await client.follow('0', 'deleted')).json.deployment.live).toBe(false);
  expect((await client.call('GET /v1/deployments')).json.deployments).toMatchObject([
    { id: '1', live: true },
  ]);
  expect((await client.call('GET /v1/deployments?include_deleted=true')).json.deployments).toHaveLength(2);
});

test('the same project again is no change, and so is other whitespace', async () => {
  expect((await client.deploy(PROJECT)).json.result).toBe('no_changes');
  const respaced = { ...PROJECT, 'events.datasource': EVENTS.replaceAll('\n\n', '\n\n\n') };
  expect((await client.deploy(respaced)).json.result).toBe('no_changes');
});

test('what is missing would be deleted: refused without the flag, and names what', async () => {
  const fewer = without(PROJECT, 'globex_usage.pipe');
  for (const query of ['', '?check=true']) {
    const answer = await client.deploy(fewer, query);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      result: 'failed',
      deployment: { deleted_pipe_names: ['globex_usage'] },
    });
    expect(messages(answer)).toEqual([
      expect.stringMatching(/^ERROR Pipe globex_usage\.pipe: .*--allow-destructive-operations/),
    ]);
  }
  const allowed = await client.deploy(fewer, '?check=true&allow_destructive_operations=true');
  expect(allowed.json).toMatchObject({
    result: 'success',
    deployment: { deleted_pipe_names: ['globex_usage'] },
  });
});

test.each([
  [
    'an unknown column',
    { 'bad.pipe': 'NODE a\nSQL >\n    SELECT nope FROM events\n\nTYPE endpoint\n' },
    'Pipe bad.pipe',
    /nope/,
  ],
  [
    'an unknown table',
    { 'bad.pipe': 'NODE a\nSQL >\n    SELECT 1 FROM nowhere\n\nTYPE endpoint\n' },
    'Pipe bad.pipe',
    /nowhere/,
  ],
  [
    'a template error',
    { 'bad.pipe': 'NODE a\nSQL >\n    %\n    SELECT {{Int32(x}} FROM events\n\nTYPE endpoint\n' },
    'Pipe bad.pipe',
    /./,
  ],
  [
    'a view that does not fit its target',
    {
      'bad.pipe':
        "NODE a\nSQL >\n    SELECT toDate(ts) AS day, tenant_id, 'x' AS events FROM events\n\nTYPE materialized\nDATASOURCE daily\n",
    },
    'Pipe bad.pipe',
    /events/,
  ],
  [
    'a view without target',
    { 'bad.pipe': 'NODE a\nSQL >\n    SELECT 1 AS x FROM events\n\nTYPE materialized\nDATASOURCE gone\n' },
    'Pipe bad.pipe',
    /gone/,
  ],
  [
    'an unknown type',
    { 'bad.datasource': 'SCHEMA >\n    `a` Strong\n\nENGINE "MergeTree"\n' },
    'Datasource bad.datasource',
    /Strong/,
  ],
  [
    'a sorting key without column',
    { 'bad.datasource': 'SCHEMA >\n    `a` String\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "b"\n' },
    'Datasource bad.datasource',
    /b/,
  ],
  ['a file that does not parse', { 'bad.pipe': 'NODE a\n' }, 'Pipe bad.pipe', /./],
  ['one name twice', { 'events.pipe': endpoint('events') }, 'Pipe events.pipe', /already/],
])('%s is an error of its file, and of no other', async (_, files, resource, message) => {
  const answer = await client.deploy({ ...PROJECT, ...files }, '?check=true');
  expect(answer.status).toBe(400);
  const { feedback } = answer.json.deployment;
  expect(new Set(feedback.map((item: { resource: string }) => item.resource))).toEqual(new Set([resource]));
  expect(feedback[0].level).toBe('ERROR');
  expect(feedback[0].message).toMatch(message);
});

test('a column that goes breaks the unchanged pipes that read it', async () => {
  const narrower = { ...PROJECT, 'events.datasource': EVENTS.replace(/,\n\s+`n`.*/, '') };
  const answer = await client.deploy(narrower, '?check=true');
  expect(messages(answer)).toEqual([
    expect.stringMatching(/^ERROR Pipe acme_usage.pipe: .*n/),
    expect.stringMatching(/^ERROR Pipe globex_usage.pipe: .*n/),
    expect.stringMatching(/^WARNING Datasource events.datasource: Column 'n'/),
  ]);
});

test('a hundred pipes of one shape with one mistake each get their own feedback', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [
      `t${i}_bad.pipe`,
      endpoint(`t${i}`).replace('FROM events', 'FROM event'),
    ]),
  );
  const answer = await client.deploy({ ...PROJECT, ...many }, '?check=true');
  expect(
    new Set(answer.json.deployment.feedback.map((item: { resource: string }) => item.resource)).size,
  ).toBe(100);
});
