// Rows through deployments: shared, copied and rebuilt tables, backfills while rows arrive, both slots fed, the way back.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Client, connect, type Files } from './client.ts';
import { DAILY, DAILY_MV, EVENTS, PROJECT, row, without } from './project.ts';

let sandbox: Sandbox;
let client: Client;

beforeEach(async () => {
  sandbox = await startSandbox();
  client = connect(sandbox);
});
afterEach(async () => sandbox[Symbol.asyncDispose]());

/** Deploys and waits, without promoting. */
async function stage(files: Files): Promise<string> {
  const answer = await client.deploy(files, '?allow_destructive_operations=true');
  expect(answer.json).toMatchObject({ result: 'success' });
  const { id } = answer.json.deployment;
  const done = await client.follow(id, 'data_ready', 'deleted');
  expect(done.json.deployment).toMatchObject({ status: 'data_ready' });
  return id;
}

const goLive = async (id: string): Promise<void> => {
  expect((await client.call(`POST /v1/deployments/${id}/set-live`)).status).toBe(200);
};

const dailyTotal = (): Promise<number> => sandbox.count('SELECT sum(events) FROM daily');

test('a new view is filled from history exactly, while rows arrive', async () => {
  await client.release({ 'events.datasource': EVENTS });
  await client.send(
    'events',
    Array.from({ length: 1000 }, () => row('acme')),
  );
  let sent = 1000;
  let stop = false;
  const sender = (async () => {
    while (!stop) {
      await client.send('events', [row('acme'), row('globex')]);
      sent += 2;
    }
  })();
  await client.release(PROJECT);
  stop = true;
  await sender;
  expect(await dailyTotal()).toBe(sent);
  expect(await sandbox.count('SELECT count() FROM events')).toBe(sent);
});

test('a column comes and goes, and the rows stay; the way back still works', async () => {
  await client.release(PROJECT);
  await client.send('events', [row('acme', 7)]);
  const wider = {
    ...PROJECT,
    'events.datasource': EVENTS.replace(
      'DEFAULT 1',
      "DEFAULT 1,\n    `plan` String `json:$.plan` DEFAULT 'free'",
    ),
  };
  const id = await stage(wider);
  // Rows that arrive between the two already carry the new column.
  await client.send('events', [{ ...row('acme', 8), plan: 'pro' }]);
  await goLive(id);
  expect(await client.rows('SELECT n, plan FROM events ORDER BY n')).toEqual([
    { n: 7, plan: 'free' },
    { n: 8, plan: 'pro' },
  ]);
  expect(await dailyTotal()).toBe(2);
  await goLive('1');
  await client.call(`DELETE /v1/deployments/${id}`);
  await client.follow(id, 'deleted');
  await expect(client.rows('SELECT plan FROM events')).rejects.toThrow(/plan/);
  expect(await client.rows('SELECT n FROM events ORDER BY n')).toEqual([{ n: 7 }, { n: 8 }]);
  await client.release(wider);
  const narrow = await client.release(PROJECT);
  await expect(client.rows('SELECT plan FROM events')).rejects.toThrow(/plan/);
  expect(await sandbox.count('SELECT count() FROM events')).toBe(2);
  expect(narrow).toBe('4');
});

test('an incompatible schema needs a FORWARD_QUERY, which carries the rows over; both slots are fed until one is deleted', async () => {
  await client.release(PROJECT);
  await client.send('events', [row('acme', 1), row('acme', 2), row('globex', 3)]);
  const changed = EVENTS.replace('`n` Int32', '`n` String');
  const files = {
    ...without(PROJECT, 'acme_usage.pipe', 'globex_usage.pipe'),
    'events.datasource': changed.replace('DEFAULT 1', "DEFAULT '1'"),
  };
  const refused = await client.deploy(files, '?allow_destructive_operations=true');
  expect(refused.json.result).toBe('failed');
  expect(refused.json.deployment.feedback).toMatchObject([
    {
      resource: 'Datasource events.datasource',
      level: 'ERROR',
      message: expect.stringMatching(/FORWARD_QUERY/),
    },
  ]);
  const forward = "FORWARD_QUERY >\n    SELECT tenant_id, ts, concat('n', toString(n)) AS n\n";
  const id = await stage({ ...files, 'events.datasource': `${files['events.datasource']}\n${forward}` });
  expect((await client.call(`GET /v1/deployments/${id}`)).json.deployment.data_movements).toEqual([
    { datasource_name: 'events', kind: 'backfill_with_forward_query' },
    { datasource_name: 'daily', kind: 'backfill_with_mv_queries', source_mv_name: 'daily_mv' },
  ]);
  await client.send('events', [row('acme', 4)]);
  const staged = await client.call(
    `GET /v0/sql?__tb__deployment=${id}&q=${encodeURIComponent('SELECT n FROM events ORDER BY n FORMAT TSV')}`,
  );
  expect(staged.text).toBe('4\nn1\nn2\nn3\n');
  expect(await client.rows('SELECT n FROM events ORDER BY n')).toEqual([1, 2, 3, 4].map((n) => ({ n })));
  expect(await dailyTotal()).toBe(4);
  await goLive(id);
  expect(await dailyTotal()).toBe(4);
  await client.send('events', [row('acme', 5)]);
  expect(await dailyTotal()).toBe(5);
  await goLive('1');
  expect(await client.rows('SELECT n FROM events ORDER BY n')).toEqual([1, 2, 3, 4, 5].map((n) => ({ n })));
  expect(await dailyTotal()).toBe(5);
});

test('a FORWARD_QUERY reads its own data source and nothing else', async () => {
  await client.release(PROJECT);
  for (const list of [
    "SELECT tenant_id, ts, file('/etc/hostname') AS n",
    'SELECT tenant_id, ts, (SELECT day FROM daily LIMIT 1) AS n',
  ]) {
    const events = EVENTS.replace('`n` Int32', '`n` String').replace('DEFAULT 1', "DEFAULT ''");
    const files = {
      ...without(PROJECT, 'acme_usage.pipe', 'globex_usage.pipe'),
      'events.datasource': `${events}\nFORWARD_QUERY >\n    ${list}\n`,
    };
    const answer = await client.deploy(files, '?allow_destructive_operations=true&check=true');
    expect(answer.json.deployment.feedback).toMatchObject([
      {
        resource: 'Datasource events.datasource',
        level: 'ERROR',
        message: expect.stringMatching(/FORWARD_QUERY/),
      },
    ]);
  }
});

test('a changed view is rebuilt beside the live one, and a removed one stops feeding its target', async () => {
  await client.release(PROJECT);
  await client.send('events', [row('acme'), row('globex')]);
  const id = await stage({
    ...PROJECT,
    'daily_mv.pipe': DAILY_MV.replace('FROM events', "FROM events WHERE tenant_id = 'acme'"),
  });
  await client.send('events', [row('acme'), row('globex')]);
  expect(await dailyTotal()).toBe(4);
  await goLive(id);
  expect(await dailyTotal()).toBe(2);
  await client.call('DELETE /v1/deployments/1');
  await client.follow('1', 'deleted');
  await client.release(without(PROJECT, 'daily_mv.pipe'), '?allow_destructive_operations=true');
  await client.send('events', [row('acme')]);
  expect(await dailyTotal()).toBe(2);
});

test('BACKFILL skip: a changed view counts from now on, and what was counted stays', async () => {
  const files = { ...PROJECT, 'daily.datasource': `${DAILY}BACKFILL skip\n` };
  await client.release(files);
  await client.send('events', [row('acme')]);
  await client.release({ ...files, 'daily_mv.pipe': DAILY_MV.replace('count()', 'count() * 10') });
  await client.send('events', [row('acme')]);
  expect(await dailyTotal()).toBe(11);
});

test('a chain of views survives a change of its first link', async () => {
  const files: Files = {
    ...PROJECT,
    'total.datasource': DAILY.replace('`day` Date,\n    ', '').replace('"day, tenant_id"', '"tenant_id"'),
    'total_mv.pipe':
      'NODE t\nSQL >\n    SELECT tenant_id, sum(events) AS events FROM daily GROUP BY tenant_id\n\nTYPE materialized\nDATASOURCE total\n',
  };
  await client.release(files);
  await client.send('events', [row('acme'), row('acme')]);
  const total = (): Promise<number> => sandbox.count('SELECT sum(events) FROM total');
  expect(await total()).toBe(2);
  const id = await stage({ ...files, 'daily_mv.pipe': DAILY_MV.replace('count()', 'count() * 10') });
  await client.send('events', [row('acme')]);
  expect(await total()).toBe(3);
  await goLive(id);
  expect(await total()).toBe(30);
  await client.send('events', [row('acme')]);
  expect(await total()).toBe(40);
});

const inClickHouse = (): Promise<number> =>
  sandbox.count(
    "SELECT (SELECT count() FROM system.databases) * 1000 + (SELECT count() FROM system.tables WHERE database NOT LIKE 'system')",
  );

test('deleting the staging deployment leaves the live one as it was, and nothing of itself', async () => {
  await client.release(PROJECT);
  const before = await inClickHouse();
  await client.send('events', [row('acme')]);
  const id = await stage({ ...PROJECT, 'more.datasource': DAILY });
  await client.call(`DELETE /v1/deployments/${id}`);
  await client.follow(id, 'deleted');
  expect(await inClickHouse()).toBe(before);
  expect((await client.call('GET /v0/datasources/more')).status).toBe(404);
  await client.send('events', [row('acme')]);
  expect(await dailyTotal()).toBe(2);
  expect((await client.deploy(PROJECT)).json.result).toBe('no_changes');
});

test('auto_promote makes it live and removes the old one', async () => {
  const answer = await client.deploy(PROJECT, '?auto_promote=true');
  const { id } = answer.json.deployment;
  await client.follow('0', 'deleted');
  expect((await client.call('GET /v1/deployments')).json.deployments).toMatchObject([{ id, live: true }]);
});

test('a deployment whose rows cannot be carried over fails, says why, and clears the slot', async () => {
  await client.release({ 'events.datasource': EVENTS });
  await client.send('events', [row('acme')]);
  const events = EVENTS.replace('`tenant_id` String', '`tenant_id` Int64');
  const answer = await client.deploy({
    'events.datasource': `${events}\nFORWARD_QUERY >\n    SELECT toInt64(tenant_id) AS tenant_id, ts, n\n`,
  });
  const failed = await client.follow(answer.json.deployment.id, 'deleted');
  expect(failed.json.deployment.errors[0].error).toMatch(/acme/);
  expect(await client.rows('SELECT tenant_id FROM events')).toEqual([{ tenant_id: 'acme' }]);
  await client.release(PROJECT);
});
