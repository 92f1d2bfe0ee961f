// A Classic workspace that is kept over a restart, and its limits.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { connectClassic, ENDLESS, EVENTS } from './client.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'sandbox-test-'));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

test('everything is there again: rows, names, ids, views', async () => {
  const ids: Record<string, unknown> = {};
  {
    await using sandbox = await startSandbox({ dataDir, generation: 'classic' });
    const client = connectClassic(sandbox);
    for (const name of ['one', 'other']) ids[name] = (await client.datasource(name)).json.datasource.id;
    await client.datasource('events', EVENTS);
    const made = await client.pipe('view', [
      { name: 'part', sql: 'SELECT * FROM events WHERE n > 0' },
      { name: 'kept', sql: 'SELECT tenant_id, n FROM part', type: 'materialized', datasource: 'one' },
    ]);
    ids.view = made.json.id;
    await client.pipe('usage', [{ name: 'c', sql: 'SELECT count() AS c FROM other', type: 'endpoint' }]);
    await client.form('POST /v0/datasources/exchange', { datasource_a: 'one', datasource_b: 'other' });
    await client.send('events', [{ tenant_id: 'acme', n: 1 }]);
  }
  await using sandbox = await startSandbox({ dataDir });
  const client = connectClassic(sandbox);
  expect((await client.call('GET /v0/workspace')).json.is_forward).toBe(false);
  await client.send('events', [{ tenant_id: 'acme', n: 2 }]);
  expect((await client.call('GET /v0/pipes/usage.json')).json.data).toEqual([{ c: 2 }]);
  const { json: other } = await client.call('GET /v0/datasources/other');
  expect([other.id, other.statistics.row_count]).toEqual([ids.one, 2]);
  const { json: view } = await client.call('GET /v0/pipes/view');
  expect([view.id, view.description, view.nodes[1].materialized]).toEqual([ids.view, 'about view', ids.one]);
  expect((await client.call('DELETE /v0/pipes/view')).status).toBe(204);
  expect((await client.datasource('later')).status).toBe(200);
  await client.send('events', [{ tenant_id: 'acme', n: 3 }]);
  expect(await client.count('SELECT count() FROM other')).toBe(2);
});

test('a sandbox that closes does not wait for a population', async () => {
  await using sandbox = await startSandbox({ generation: 'classic' });
  const client = connectClassic(sandbox);
  for (const name of ['few', 'many']) await client.datasource(name);
  await client.send('few', [{ tenant_id: 'acme', n: 1 }]);
  const sql = `SELECT tenant_id, n FROM few ${ENDLESS}`;
  await client.pipe('slow', [{ name: 'kept', sql, type: 'materialized', datasource: 'many' }]);
  const { json } = await client.call('POST /v0/pipes/slow/nodes/kept/population');
  expect(json.job.is_cancellable).toBe(true);
});

test('more than 25 data sources in a minute are refused, with the time to wait', async () => {
  let now = Date.UTC(2026, 0, 1);
  await using sandbox = await startSandbox({ generation: 'classic', limits: true, now: () => now });
  const client = connectClassic(sandbox);
  for (let i = 0; i < 25; i += 1) {
    const { status, headers } = await client.datasource(`d${i}`);
    expect([status, headers.get('x-ratelimit-remaining')]).toEqual([200, String(24 - i)]);
  }
  now += 20_500;
  const { status, headers } = await client.datasource('d25');
  expect(status).toBe(429);
  const names = ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
  expect(names.map((name) => headers.get(name))).toEqual(['40', '25', '0', '40']);
  now += 40_000;
  expect((await client.datasource('d25')).status).toBe(200);
});
