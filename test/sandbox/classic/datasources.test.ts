// Data sources of a Classic workspace over HTTP.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts';
import { type ClassicClient, COPY, connectClassic, EVENTS } from './client.ts';

let sandbox: Sandbox;
let client: ClassicClient;

beforeAll(async () => {
  sandbox = await startSandbox({ generation: 'classic' });
  client = connectClassic(sandbox);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test('the workspace says that it is Classic, and refuses what only Forward has', async () => {
  const { json } = await client.call('GET /v0/workspace');
  expect(json).toMatchObject({ name: 'sandbox', is_forward: false });
  expect((await client.call('GET /v1/workspace')).status).toBe(404);
  for (const route of [
    'POST /v1/deploy',
    'POST /v1/build',
    'GET /v1/deployments',
    'GET /v1/deployments/1',
    'POST /v1/deployments/1/set-live',
    'DELETE /v1/deployments/1',
  ]) {
    const answer = await client.call(route);
    expect([route, answer.status]).toEqual([route, 400]);
    expect(answer.json.error).toContain('Tinybird Forward workspace');
  }
});

test('a Forward workspace beside it keeps its gate', async () => {
  const { adminToken } = await sandbox.createWorkspace('forward_one');
  const answer = await client.call('POST /v0/datasources?name=x&schema=a%20String', { token: adminToken });
  expect(answer.status).toBe(403);
  expect((await client.call('GET /v1/workspace', { token: adminToken })).json.is_forward).toBe(true);
  const other = await sandbox.createWorkspace('classic_too', 'classic');
  const created = await client.call('POST /v0/datasources?name=x&schema=a%20String', {
    token: other.adminToken,
  });
  expect(created.status).toBe(200);
});

test('a data source is created, takes rows, is listed and deleted', async () => {
  const { status, json } = await client.form('POST /v0/datasources', {
    name: 'events',
    schema: EVENTS,
    engine: 'MergeTree',
    engine_sorting_key: 'tenant_id, inserted_at',
    engine_partition_key: 'toYYYYMM(inserted_at)',
    engine_ttl: 'toDate(inserted_at) + toIntervalDay(30)',
    description: 'all events',
    format: 'ndjson',
    indexes: 'INDEX by_n n TYPE minmax GRANULARITY 1',
  });
  expect([status, json.error]).toEqual([200, undefined]);
  expect(json.datasource).toMatchObject({
    name: 'events',
    description: 'all events',
    type: 'ndjson',
    engine: { sorting_key: 'tenant_id, inserted_at', ttl: 'toDate(inserted_at) + toIntervalDay(30)' },
    indexes: [{ name: 'by_n', type: 'minmax' }],
  });
  expect(json.datasource.id).toMatch(/^t_[0-9a-f]{32}$/);
  expect((await client.send('events', [{ tenant_id: 'acme' }, { tenant_id: 'b', n: 'x' }])).json).toEqual({
    successful_rows: 1,
    quarantined_rows: 1,
  });
  expect(await client.rows('SELECT tenant_id, n FROM events')).toEqual([{ tenant_id: 'acme', n: 1 }]);
  const append = await client.call('POST /v0/datasources?mode=append&name=events&format=csv', {
    body: 'tenant_id,n\nacme,5',
  });
  expect(append.status).toBe(200);
  const missing = await client.call('POST /v0/datasources?mode=append&name=nothing', { body: 'a' });
  expect(missing.status).toBe(404);
  const { json: byId } = await client.call(`GET /v0/datasources/${json.datasource.id}`);
  expect(byId.statistics.row_count).toBe(2);
  const dry = await client.call(`DELETE /v0/datasources/${json.datasource.id}?dry_run=true`);
  expect(dry.json).toEqual({ dependent_pipes: [] });
  expect((await client.call('GET /v0/datasources/events')).status).toBe(200);
  expect((await client.call(`DELETE /v0/datasources/${json.datasource.id}`)).status).toBe(204);
  expect((await client.call('GET /v0/datasources/events')).status).toBe(404);
  expect((await client.call('DELETE /v0/datasources/events')).status).toBe(404);
});

test.each([
  ['a name that is taken', { name: 'taken', schema: COPY }, /already a Data Source with name "taken"/],
  ['the name of a pipe', { name: 'a_pipe', schema: COPY }, /already a Pipe/],
  ['a bad name', { name: 'my events', schema: COPY }, /Invalid name/],
  ['no schema', { name: 'x1' }, /schema/],
  ['a schema that does not parse', { name: 'x1', schema: '`a` String,, `b`' }, /Invalid schema/],
  ['a type that is none', { name: 'x1', schema: '`a` Strung' }, /Strung/],
  ['an engine that is none', { name: 'x1', schema: COPY, engine: 'Distributed' }, /Distributed/],
  [
    'a key that is no column',
    { name: 'x1', schema: COPY, engine: 'MergeTree', engine_sorting_key: 'z' },
    /z/,
  ],
  ['bad indexes', { name: 'x1', schema: COPY, indexes: 'what' }, /index/],
])('refuses %s', async (_, params, message) => {
  await client.datasource('taken');
  await client.pipe('a_pipe', [{ name: 'one', sql: 'SELECT 1 AS one' }]);
  const { status, json } = await client.form('POST /v0/datasources', params);
  expect(status).toBe(400);
  expect(json.error).toMatch(message);
  expect((await client.call('GET /v0/datasources/x1')).status).toBe(404);
});

test('alter adds columns, indexes, a TTL and a description, and nothing else', async () => {
  await client.datasource('wide');
  await client.call('POST /v0/events?name=wide&wait=true', { body: '{"tenant_id":"acme","n":3}' });
  const alter = (params: Record<string, string>) => client.form('POST /v0/datasources/wide/alter', params);
  const schema = `${COPY}, \`day\` Date DEFAULT toDate('2026-01-02')`;
  const dry = await alter({ schema, dry: 'true' });
  expect(dry.json).toEqual({
    operations: ["ADD COLUMN `day` Date DEFAULT toDate('2026-01-02') AFTER `n`"],
    dependencies: [],
  });
  expect((await client.rows('SELECT * FROM wide'))[0]).toEqual({ tenant_id: 'acme', n: 3 });
  const done = await alter({ schema, dry: 'false', ttl: 'day + toIntervalYear(90)', description: 'wider' });
  expect(done.json.operations).toHaveLength(3);
  expect(await client.rows('SELECT * FROM wide')).toEqual([{ tenant_id: 'acme', n: 3, day: '2026-01-02' }]);
  const { json } = await client.call('GET /v0/datasources/wide');
  expect(json).toMatchObject({ description: 'wider', engine: { ttl: 'day + toIntervalYear(90)' } });
  expect((await alter({ ttl: 'false', indexes: 'INDEX by_n n TYPE minmax' })).json.operations).toEqual([
    'REMOVE TTL',
    'ADD INDEX `by_n` n TYPE minmax',
    'MATERIALIZE INDEX `by_n`',
  ]);
  expect((await alter({ indexes: '0' })).json.operations).toEqual(['DROP INDEX `by_n`']);
  const again = await alter({ schema, indexes: '0', ttl: 'false' });
  expect([again.status, again.json.error]).toEqual([400, 'There were no operations to perform']);
  for (const wrong of [
    { schema: COPY },
    { schema: schema.replace('Int32', 'Int64') },
    { schema: `${schema}, \`bad\` Strung` },
    { ttl: 'no_column + toIntervalDay(1)', dry: 'true' },
  ]) {
    expect((await alter(wrong)).status, JSON.stringify(wrong)).toBe(400);
  }
  expect((await client.form('POST /v0/datasources/nothing/alter', { schema })).status).toBe(404);
});

test('PUT gives another name, description and TTL; the id and the rows stay', async () => {
  const { json } = await client.datasource('before');
  await client.send('before', [{ tenant_id: 'acme', n: 7 }]);
  const put = await client.form('PUT /v0/datasources/before', { name: 'after', description: 'renamed' });
  expect(put.json).toMatchObject({ id: json.datasource.id, name: 'after', description: 'renamed' });
  expect(await client.rows('SELECT n FROM after')).toEqual([{ n: 7 }]);
  expect((await client.call('GET /v0/datasources/before')).status).toBe(404);
  expect((await client.form('PUT /v0/datasources/after', { name: 'taken' })).status).toBe(400);
  await client.pipe('reads_after', [{ name: 'one', sql: 'SELECT n FROM after' }]);
  expect((await client.form('PUT /v0/datasources/after', { name: 'later' })).status).toBe(409);
});

test('what a pipe reads is deleted by force only', async () => {
  await client.datasource('read');
  await client.pipe('reader', [{ name: 'all', sql: 'SELECT n FROM read', type: 'endpoint' }]);
  const refused = await client.call('DELETE /v0/datasources/read');
  expect([refused.status, refused.json.error]).toEqual([409, expect.stringContaining('"reader"')]);
  expect((await client.call('DELETE /v0/datasources/read?force=true')).status).toBe(204);
  expect((await client.call('GET /v0/pipes/reader.json')).status).toBeGreaterThanOrEqual(400);
  await client.datasource('read');
  expect((await client.call('GET /v0/pipes/reader.json')).json.data).toEqual([]);
});
