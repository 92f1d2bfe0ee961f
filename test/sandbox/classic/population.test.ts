// Filling a table from history while rows arrive, and exchanging it with another.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts';
import { type ClassicClient, connectClassic, ENDLESS, EVENTS } from './client.ts';

let sandbox: Sandbox;
let client: ClassicClient;

beforeAll(async () => {
  sandbox = await startSandbox({ generation: 'classic' });
  client = connectClassic(sandbox);
  await client.datasource('events', EVENTS);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const populate = async (pipe: string, query = ''): Promise<string> => {
  const { status, json } = await client.call(`POST /v0/pipes/${pipe}/nodes/kept/population${query}`);
  expect([status, json.error]).toEqual([200, undefined]);
  expect(json.job).toMatchObject({ id: json.id, job_id: json.job_id, kind: 'populateview' });
  expect(json.job.job_url).toBe(`${sandbox.url}/v0/jobs/${json.id}`);
  return json.id;
};

/** Sends rows of one tenant until `work` is done; gives how many. */
async function whileSending(tenant: string, work: () => Promise<void>): Promise<number> {
  let sent = 0;
  let done = false;
  const sender = async (): Promise<void> => {
    while (!done) {
      const answer = await client.send('events', [
        { tenant_id: tenant, n: 1 },
        { tenant_id: tenant, n: 2 },
      ]);
      expect(answer.json.successful_rows).toBe(2);
      sent += 2;
    }
  };
  const senders = [sender(), sender()];
  try {
    await work();
  } finally {
    done = true;
    await Promise.all(senders);
  }
  return sent;
}

const kept = (tenant: string, from = 'events') =>
  ({
    name: 'kept',
    sql: `SELECT tenant_id, n FROM ${from} WHERE tenant_id = '${tenant}'`,
    type: 'materialized',
  }) as const;

const clock = async (): Promise<number> => {
  const [row] = await client.rows('SELECT toUnixTimestamp64Milli(now64(3)) AS now');
  return Number(row?.now);
};

const nodes = (sign: string, cutoff: number) => [
  { name: 'part', sql: `SELECT * FROM events WHERE inserted_at ${sign} fromUnixTimestamp64Milli(${cutoff})` },
  { ...kept('exact', 'part'), datasource: 'exact' },
];

/** Gives the cut-off; once more with a later one when the machine was too slow. */
async function attachBeforeItsCutoff(ahead = 200): Promise<number> {
  const cutoff = (await clock()) + ahead;
  expect((await client.pipe('exact_view', nodes('>=', cutoff))).status).toBe(200);
  if ((await clock()) < cutoff) return cutoff;
  await client.call('DELETE /v0/pipes/exact_view');
  await client.call('POST /v0/datasources/exact/truncate');
  return attachBeforeItsCutoff(2 * ahead);
}

test('a view from a cut-off on and a population before it bring each row exactly once', async () => {
  await client.datasource('exact');
  await client.send(
    'events',
    Array.from({ length: 500 }, (_, n) => ({ tenant_id: 'exact', n })),
  );
  const sent = await whileSending('exact', async () => {
    const cutoff = await attachBeforeItsCutoff();
    while ((await clock()) <= cutoff);
    expect((await client.pipe('exact_view__fill', nodes('<', cutoff))).status).toBe(200);
    const { json } = await client.job(await populate('exact_view__fill'));
    expect(json).toMatchObject({ status: 'done', progress_percentage: 100, pipe_name: 'exact_view__fill' });
    expect((await client.call('DELETE /v0/pipes/exact_view__fill')).status).toBe(204);
  });
  expect(await client.count('SELECT count() FROM exact')).toBe(sent + 500);
});

test('a population that truncates first is exact without a cut-off', async () => {
  await client.datasource('again');
  await client.pipe('again_view', [{ ...kept('again'), datasource: 'again' }]);
  const sent = await whileSending('again', async () => {
    for (let i = 0; i < 3; i += 1) {
      const { json } = await client.job(await populate('again_view', '?truncate=true'));
      expect(json.status).toBe('done');
    }
  });
  expect(await client.count('SELECT count() FROM again')).toBe(sent);
  // Without truncating, all of it once more.
  await client.job(await populate('again_view'));
  expect(await client.count('SELECT count() FROM again')).toBe(2 * sent);
});

test('a condition chooses rows of the source; a subset is refused', async () => {
  await client.send(
    'events',
    [1, 2, 3].map((n) => ({ tenant_id: 'cond', n })),
  );
  await client.datasource('cond');
  const { json } = await client.call('POST /v0/pipes?populate=true&populate_condition=n%20%3E%201', {
    body: JSON.stringify({ name: 'cond_view', nodes: [{ ...kept('cond'), datasource: 'cond' }] }),
    headers: { 'content-type': 'application/json' },
  });
  expect(json).toMatchObject({ name: 'cond_view', datasource: { name: 'cond' }, created_datasource: false });
  await client.job(json.job.job_id);
  expect(await client.rows('SELECT n FROM cond ORDER BY n')).toEqual([{ n: 2 }, { n: 3 }]);
  for (const query of ['populate_subset=0.1', 'populate_condition=n%20IN%20(SELECT%201)']) {
    const path = `/v0/pipes/cond_view/nodes/kept/population?${query}`;
    expect((await client.call(`POST ${path}`)).status).toBe(400);
  }
  await client.pipe('plain', [{ name: 'one', sql: 'SELECT 1 AS one' }]);
  expect((await client.call('POST /v0/pipes/plain/nodes/one/population')).status).toBe(400);
});

test('columns that a source gets later pass by the target, in the view and in a population', async () => {
  await client.datasource('grows');
  await client.datasource('narrow');
  const node = { name: 'kept', sql: 'SELECT * FROM grows', type: 'materialized', datasource: 'narrow' };
  await client.pipe('star', [node]);
  const schema = '`tenant_id` String, `n` Int32, `later` String';
  await client.form('POST /v0/datasources/grows/alter', { schema });
  await client.send('grows', [{ tenant_id: 'acme', n: 1, later: 'x' }]);
  expect((await client.job(await populate('star', '?truncate=true'))).json.status).toBe('done');
  expect(await client.rows('SELECT * FROM narrow')).toEqual([{ tenant_id: 'acme', n: 1 }]);
  const put = await client.form('PUT /v0/pipes/star', { description: 'still there' });
  expect([put.status, put.json.description]).toEqual([200, 'still there']);
});

test('a population that fails says why, and unlinks its node when asked to', async () => {
  await client.send('events', [{ tenant_id: 'fails', n: -1 }]);
  await client.datasource('fails');
  const sql = "SELECT tenant_id, n, throwIf(n < 0) AS t FROM events WHERE tenant_id = 'fails'";
  await client.form('POST /v0/datasources/fails/alter', {
    schema: '`tenant_id` String, `n` Int32, `t` UInt8',
  });
  const created = await client.pipe('fails_view', [{ ...kept('fails'), sql, datasource: 'fails' }]);
  expect(created.status).toBe(200);
  const { json } = await client.job(await populate('fails_view', '?unlink_on_populate_error=true'));
  expect(json).toMatchObject({ status: 'error', error: expect.stringContaining('throwIf') });
  expect((await client.call('GET /v0/pipes/fails_view')).json.type).toBe('default');
  const listed = await client.call('GET /v0/jobs?kind=populateview&status=error');
  expect(listed.json.jobs.map(({ id }: { id: string }) => id)).toEqual([json.id]);
});

test('a job is cancelled, whether it waits or works', async () => {
  await client.datasource('slow', '`tenant_id` String, `n` UInt64');
  const sql = `SELECT 'x' AS tenant_id, a AS n FROM events ${ENDLESS}`;
  const created = await client.pipe('slow_view', [
    { name: 'kept', sql, type: 'materialized', datasource: 'slow' },
  ]);
  expect([created.status, created.json.error]).toEqual([200, undefined]);
  const first = await populate('slow_view');
  const second = await populate('slow_view');
  for (const id of [second, first]) {
    expect((await client.call(`POST /v0/jobs/${id}/cancel`)).status).toBe(200);
    expect((await client.job(id)).json.status).toBe('cancelled');
  }
  expect((await client.call(`POST /v0/jobs/${first}/cancel`)).status).toBe(400);
  expect((await client.call('POST /v0/jobs/nothing/cancel')).status).toBe(404);
  await client.call('DELETE /v0/pipes/slow_view');
});

test('an exchange swaps names: rows, ids, descriptions, quarantine and views stay with the table', async () => {
  const ids: Record<string, string> = {};
  for (const name of ['left', 'right']) {
    ids[name] = (await client.datasource(name)).json.datasource.id;
    await client.form(`PUT /v0/datasources/${name}`, { description: `the ${name} one` });
    await client.pipe(`${name}_view`, [{ ...kept(name), datasource: name }]);
    await client.send(name, [{ tenant_id: name, n: 'bad' }]);
  }
  await client.pipe('left_count', [
    { name: 'c', sql: 'SELECT tenant_id, count() AS c FROM left GROUP BY tenant_id', type: 'endpoint' },
  ]);
  await client.datasource('below');
  await client.pipe('below_view', [
    { name: 'kept', sql: 'SELECT tenant_id, n FROM left', type: 'materialized', datasource: 'below' },
  ]);
  await client.send('events', [
    { tenant_id: 'left', n: 1 },
    { tenant_id: 'right', n: 1 },
  ]);
  const counts = { left: 1, right: 1 };
  const send = async (tenant: 'left' | 'right', until: () => boolean): Promise<void> => {
    while (!until()) {
      await client.send('events', [{ tenant_id: tenant, n: 2 }]);
      counts[tenant] += 1;
    }
  };
  let done = false;
  const senders = [send('left', () => done), send('right', () => done)];
  const exchange = { datasource_a: 'left', datasource_b: ids.right ?? '' };
  const { status } = await client.form('POST /v0/datasources/exchange', exchange);
  done = true;
  await Promise.all(senders);
  expect(status).toBe(200);
  await client.send('events', [
    { tenant_id: 'left', n: 3 },
    { tenant_id: 'right', n: 3 },
  ]);
  const { json: left } = await client.call('GET /v0/datasources/left');
  expect(left).toMatchObject({ id: ids.right, name: 'left', description: 'the right one' });
  expect((await client.call(`GET /v0/datasources/${ids.left}`)).json.name).toBe('right');
  expect(await client.rows('SELECT tenant_id FROM left_quarantine')).toEqual([{ tenant_id: 'right' }]);
  expect((await client.call('GET /v0/pipes/left_count.json')).json.data).toEqual([
    { tenant_id: 'right', c: counts.right + 1 },
  ]);
  expect(await client.rows('SELECT tenant_id, count() AS c FROM right GROUP BY 1')).toEqual([
    { tenant_id: 'left', c: counts.left + 1 },
  ]);
  expect((await client.call('GET /v0/pipes/left_view')).json.nodes[0].materialized).toBe(ids.left);
  expect((await client.call('DELETE /v0/datasources/right')).json.error).toContain('left_view');
  // What reads `left` by its name, views too, reads the other table now.
  const [{ tenant_id } = {}] = await client.rows('SELECT tenant_id FROM below WHERE n = 3');
  expect(tenant_id).toBe('right');
  expect(await client.count("SELECT count() FROM below WHERE tenant_id = 'right' AND n = 3")).toBe(1);
  // The pipe of the one table takes the name that the other's had.
  await client.call('DELETE /v0/pipes/left_view');
  await client.call('DELETE /v0/datasources/right');
  const put = await client.form('PUT /v0/pipes/right_view', { name: 'left_view' });
  expect([put.status, put.json.nodes[0].materialized]).toEqual([200, ids.right]);
  await client.send('events', [{ tenant_id: 'right', n: 4 }]);
  expect(await client.count('SELECT count() FROM left WHERE n = 4')).toBe(1);
  for (const other of ['left', 'nothing']) {
    const again = { datasource_a: 'left', datasource_b: other };
    const answer = await client.form('POST /v0/datasources/exchange', again);
    expect(answer.status).toBe(other === 'left' ? 400 : 404);
  }
});
