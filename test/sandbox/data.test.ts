// Rows over HTTP: events, quarantine, append, truncate, delete, SQL; jobs and variables.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Body, type Client, connect, formOf } from './client.ts';
import { PROJECT, row } from './project.ts';

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox();
  client = connect(sandbox);
  await client.release({
    ...PROJECT,
    'secret.pipe': "NODE s\nSQL >\n    %\n    SELECT {{tb_secret('region')}} AS region\n\nTYPE endpoint\n",
  });
});
afterAll(async () => sandbox[Symbol.asyncDispose]());
beforeEach(async () => {
  expect((await client.call('POST /v0/datasources/events/truncate')).status).toBe(200);
});

const events = (): Promise<number> => sandbox.count('SELECT count() FROM events');

test('events: 202, with wait 200; gzip; unknown data source; broken gzip; empty body', async () => {
  const body = `${JSON.stringify(row('acme'))}\n`;
  expect((await client.call('POST /v0/events?name=events', { body })).status).toBe(202);
  const zipped = await client.call('POST /v0/events?name=events&wait=true', {
    body: gzipSync(body),
    headers: { 'content-encoding': 'gzip' },
  });
  expect([zipped.status, zipped.json]).toEqual([200, { successful_rows: 1, quarantined_rows: 0 }]);
  expect(await events()).toBe(2);
  expect((await client.call('POST /v0/events?name=nowhere', { body })).status).toBe(404);
  expect(
    (await client.call('POST /v0/events?name=events', { body: 'x', headers: { 'content-encoding': 'gzip' } }))
      .status,
  ).toBe(400);
  expect((await client.call('POST /v0/events?name=events', { body: '' })).status).toBe(400);
});

test('a row that does not fit goes to quarantine, the others in', async () => {
  const before = await client.rows('SELECT count() AS c FROM events_quarantine');
  const answer = await client.send('events', [row('acme'), { ...row('acme'), n: 'many' }, { n: 1 }]);
  expect(answer.json).toEqual({ successful_rows: 1, quarantined_rows: 2 });
  expect(await events()).toBe(1);
  expect(await client.rows('SELECT count() AS c FROM events_quarantine')).toEqual([
    { c: Number(before[0]?.c) + 2 },
  ]);
  const listed = (await client.call('GET /v0/datasources')).json.datasources.find(
    ({ name }: { name: string }) => name === 'events',
  );
  expect(listed).toMatchObject({ statistics: { row_count: 1 }, quarantine_rows: Number(before[0]?.c) + 2 });
});

test('append takes CSV and NDJSON, raw and as multipart', async () => {
  const csv = 'tenant_id,ts,n\nacme,2026-01-01 00:00:00,1\n';
  const ndjson = JSON.stringify(row('acme'));
  const form = (name: string, text: string, file: string): FormData => {
    const data = new FormData();
    data.append(name, new Blob([text]), file);
    return data;
  };
  const append = async (query: string, body: Body): Promise<unknown> =>
    (await client.call(`POST /v0/datasources?mode=append&name=events${query}`, { body })).json;
  const good = { quarantine_rows: 0, invalid_lines: 0, error: false, datasource: { name: 'events' } };
  expect(await append('&format=csv', csv)).toMatchObject(good);
  expect(await append('&format=ndjson', ndjson)).toMatchObject(good);
  expect(await append('', form('csv', csv, 'a.csv'))).toMatchObject(good);
  expect(await append('&format=ndjson', form('csv', ndjson, 'a.ndjson'))).toMatchObject(good);
  expect(await events()).toBe(4);
  const bad = await append('&format=csv', `${csv}acme,never,1\nacme\n`);
  expect(bad).toMatchObject({
    quarantine_rows: 1,
    invalid_lines: 1,
    error: 'There was an error with file contents: 1 row in quarantine and 1 invalid line.',
  });
  expect(await append('&format=ndjson', ndjson)).toMatchObject(good);
  expect(
    (await client.call('POST /v0/datasources?mode=replace&name=events&format=ndjson', { body: ndjson }))
      .status,
  ).toBe(200);
  expect(await events()).toBe(1);
});

test('rows are deleted by a job; a dry run counts them', async () => {
  await client.send('events', [row('acme'), row('globex'), row('globex')]);
  const condition = (extra: object): URLSearchParams =>
    new URLSearchParams({ delete_condition: "tenant_id = 'globex'", ...extra });
  const dry = await client.call('POST /v0/datasources/events/delete', {
    body: condition({ dry_run: 'true' }),
  });
  expect(dry.json).toEqual({ rows_to_be_deleted: 2 });
  const started = await client.call('POST /v0/datasources/events/delete', { body: condition({}) });
  expect(started.json).toMatchObject({
    job: { kind: 'delete_data' },
    job_url: expect.stringContaining('/v0/jobs/'),
  });
  let job = started.json.job;
  while (job.status === 'working') job = (await client.call(`GET /v0/jobs/${job.id}`)).json;
  expect(job).toMatchObject({ status: 'done', rows_affected: 2 });
  expect(await events()).toBe(1);
  expect((await client.call('GET /v0/jobs?kind=delete_data')).json.jobs).toHaveLength(1);
  expect((await client.call('GET /v0/jobs/none')).status).toBe(404);
  const hostile = await client.call('POST /v0/datasources/events/delete', {
    body: new URLSearchParams({ delete_condition: '1 = (SELECT 1 FROM daily)' }),
  });
  expect(hostile.status).toBe(400);
});

test('SQL by query, form, JSON and raw text; formats; refusals', async () => {
  await client.send('events', [row('acme', 4)]);
  const q = 'SELECT n FROM events';
  expect((await client.call(`GET /v0/sql?q=${encodeURIComponent(q)}`)).text).toBe('4\n');
  expect((await client.call('POST /v0/sql', { body: new URLSearchParams({ q }) })).text).toBe('4\n');
  expect((await client.call('POST /v0/sql', { body: q })).text).toBe('4\n');
  const json = await client.call('POST /v0/sql', {
    body: JSON.stringify({ q: `${q} FORMAT JSON` }),
    headers: { 'content-type': 'application/json' },
  });
  expect(json.json).toMatchObject({ data: [{ n: 4 }], rows: 1, meta: [{ name: 'n', type: 'Int32' }] });
  const piped = await client.call(
    `GET /v0/sql?pipeline=acme_usage&n=4&q=${encodeURIComponent('SELECT events FROM _')}`,
  );
  expect(piped.text).toBe('1\n');
  expect((await client.call('POST /v0/sql')).json).toEqual({
    error: 'The request body should contain a query',
  });
  expect((await client.call('GET /v0/sql?q=INSERT%20INTO%20events%20VALUES%20(1)')).status).toBe(400);
  expect((await client.call('GET /v0/sql?q=SELECT%20*%20FROM%20system.tables')).status).not.toBe(200);
});

test('datafiles come back as text, and the detail call has the keys of the real one', async () => {
  const text = (await client.call('GET /v0/datasources/events.datasource')).text;
  expect(
    (
      await client.deploy({
        ...PROJECT,
        'secret.pipe': (await client.call('GET /v1/pipes/secret.pipe')).text,
        'events.datasource': text,
      })
    ).json.result,
  ).toBe('no_changes');
  const detail = (await client.call('GET /v0/datasources/events')).json;
  expect(Object.keys(detail).sort()).toEqual(
    'cluster created_at description engine errors_discarded_at headers id indexes last_commit name new_columns_detected project replicated schema shared_with statistics tags type updated_at used_by version'.split(
      ' ',
    ),
  );
  expect((await client.call(`GET /v0/datasources/${detail.id}?attrs=id,name`)).json).toEqual({
    id: detail.id,
    name: 'events',
  });
  expect((await client.call('GET /v0/datasources/none')).json).toEqual({
    error: 'Data Source "none" does not exist',
  });
  const { pipes } = (await client.call('GET /v0/pipes?attrs=id,name')).json;
  expect(Object.keys(pipes[0])).toEqual(['id', 'name', 'url']);
  expect((await client.call('GET /v0/pipes/acme_usage')).json.nodes[0].params).toMatchObject([
    { name: 'n', type: 'Int32' },
  ]);
  expect((await client.call('GET /v0/pipes/none')).json).toEqual({ error: "Pipe 'none' not found" });
  expect((await client.call('GET /v0/pipes/none.json')).json).toEqual({
    error: "The pipe 'none' does not exist",
  });
});

test('variables are secrets: written, used, never shown', async () => {
  const form = (values: Record<string, string>): { body: URLSearchParams } => ({
    body: new URLSearchParams(values),
  });
  expect((await client.call('GET /v0/pipes/secret.json')).status).toBe(400);
  expect(
    (await client.call('POST /v0/variables', form({ name: 'region', value: 'eu', type: 'secret' }))).status,
  ).toBe(200);
  expect((await client.call('GET /v0/pipes/secret.json')).json.data).toEqual([{ region: 'eu' }]);
  await client.call('PUT /v0/variables/region', form({ value: 'us' }));
  expect((await client.call('GET /v0/pipes/secret.json')).json.data).toEqual([{ region: 'us' }]);
  expect((await client.call('GET /v0/variables')).text).not.toContain('"us"');
  expect((await client.call('DELETE /v0/variables/region')).json).toEqual({ ok: true });
  expect((await client.call('GET /v0/variables/region')).json).toEqual({ error: 'Not found' });
  expect((await client.call('DELETE /v0/variables/region')).json).toEqual({ error: 'Variable not found' });
});

test('the newer append answers with a job that holds the counts', async () => {
  const body = `${JSON.stringify(row('acme'))}\n${JSON.stringify({ n: 1 })}\n`;
  const started = await client.call('POST /v1/datasources/events/append?format=ndjson', { body });
  expect(started.json).toMatchObject({ kind: 'import', mode: 'append', import_id: expect.any(String) });
  const job = (await client.call(`GET /v0/jobs/${started.json.id}`)).json;
  expect(job).toMatchObject({ status: 'done', blocks: [{ process_return: [{ lines: 1, quarantine: 1 }] }] });
  expect(await events()).toBe(1);
});

test('a build replaces the project at once, and keeps the rows of what stays', async () => {
  await client.send('events', [row('acme', 3)]);
  const { 'events.datasource': only = '' } = PROJECT;
  const built = await client.call('POST /v1/build', { body: formOf({ 'events.datasource': only }) });
  expect(built.json).toMatchObject({
    result: 'success',
    build: {
      datasources: [{ name: 'events', type: 'datasource' }],
      pipes: [],
      deleted_datasource_names: ['daily'],
    },
  });
  expect((await client.call('GET /v0/pipes')).json.pipes).toEqual([]);
  expect(await events()).toBe(1);
});
