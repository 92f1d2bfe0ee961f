// Pipes and nodes of a Classic workspace over HTTP.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts';
import { type ClassicClient, connectClassic, EVENTS, type NodeJson } from './client.ts';

let sandbox: Sandbox;
let client: ClassicClient;

beforeAll(async () => {
  sandbox = await startSandbox({ generation: 'classic' });
  client = connectClassic(sandbox);
  await client.datasource('events', EVENTS);
  for (const name of ['copy', 'both', 'linked', 'forced', 'forced_too']) await client.datasource(name);
  await client.send('events', [{ tenant_id: 'acme', n: 2 }]);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const COUNT: NodeJson = { name: 'counted', sql: 'SELECT count() AS c FROM events', type: 'endpoint' };
const view = (datasource: string, where = '1'): NodeJson => ({
  name: 'kept',
  sql: `SELECT tenant_id, n FROM events WHERE ${where}`,
  type: 'materialized',
  datasource,
});

test('a pipe of several nodes is created and published in one request', async () => {
  const created = await client.pipe('usage', [
    { name: 'all_rows', sql: 'SELECT tenant_id, n FROM events' },
    {
      name: 'total',
      sql: '%\nSELECT sum(n) AS total FROM all_rows WHERE n >= {{Int32(least, 0)}}',
      type: 'endpoint',
    },
  ]);
  expect(created.status).toBe(200);
  expect(created.json).toMatchObject({ name: 'usage', description: 'about usage', type: 'endpoint' });
  expect(created.json.endpoint).toBe(created.json.nodes[1].id);
  expect((await client.call('GET /v0/pipes/usage.json?least=1')).json.data).toEqual([{ total: 2 }]);
  expect((await client.call('GET /v0/pipes/usage.json?least=3')).json.data).toEqual([{ total: 0 }]);
  const { json } = await client.call(`GET /v0/pipes/${created.json.id}`);
  expect(json.nodes.map(({ name }: { name: string }) => name)).toEqual(['all_rows', 'total']);
  expect((await client.call('GET /v0/datasources/events')).json.used_by).toEqual([
    { id: created.json.id, name: 'usage' },
  ]);
});

test('a pipe that exists is replaced by force only, and keeps its id', async () => {
  const first = await client.pipe('twice', [COUNT]);
  const refused = await client.pipe('twice', [COUNT]);
  expect([refused.status, refused.json.error]).toEqual([400, expect.stringContaining('already exists')]);
  const again = await client.pipe('twice', [{ ...COUNT, sql: 'SELECT 7 AS c' }], '?force=true');
  expect(again.json.id).toBe(first.json.id);
  expect((await client.call('GET /v0/pipes/twice.json')).json.data).toEqual([{ c: 7 }]);
  expect((await client.pipe('events', [COUNT])).status).toBe(400);
});

test('a pipe of one node is created from query parameters', async () => {
  const { json } = await client.call('POST /v0/pipes?name=simple&sql=SELECT%201%20AS%20one');
  expect(json.nodes).toMatchObject([{ name: 'simple_0', sql: 'SELECT 1 AS one', node_type: 'standard' }]);
});

test.each<[string, NodeJson, RegExp]>([
  ['a data source that is not there', { name: 'a', sql: 'SELECT 1 FROM nothing' }, /nothing/],
  ['a column that is not there', { name: 'a', sql: 'SELECT missing FROM events' }, /missing/],
  ['what does not parse', { name: 'a', sql: 'SELEC 1' }, /SELEC|yntax/],
  ['a target that is not there', { ...view('nowhere') }, /"nowhere" does not exist/],
  ['a column that the target has not', { ...view('copy'), sql: 'SELECT 1 AS x FROM events' }, /'x'/],
  ['a type that does not fit', { ...view('copy'), sql: 'SELECT n AS tenant_id FROM events' }, /tenant_id/],
  ['a name like the pipe', { name: 'wrong', sql: 'SELECT 1' }, /name of its pipe/],
])('refuses %s, and nothing is left of it', async (_, node, message) => {
  const { status, json } = await client.pipe('wrong', [node]);
  expect([status, json.error]).toEqual([400, expect.stringMatching(message)]);
  expect((await client.call('GET /v0/pipes/wrong')).status).toBe(404);
  expect((await client.send('events', [{ tenant_id: 'check', n: 0 }])).status).toBe(200);
});

test('override_datasource is refused in words, copy nodes as not there', async () => {
  const override = await client.pipe('w', [{ ...view('copy'), override_datasource: 'true' } as NodeJson]);
  expect([override.status, override.json.error]).toEqual([
    400,
    expect.stringContaining('not supported by the sandbox'),
  ]);
  expect((await client.pipe('w', [{ ...COUNT, type: 'copy' }])).status).toBe(501);
  expect((await client.pipe('w', [COUNT, view('copy')])).status).toBe(400);
});

test('a name is changed, the id and the view stay; what others read keeps its name', async () => {
  const { json } = await client.pipe('old_name', [
    { name: 'of_acme', sql: "SELECT * FROM events WHERE tenant_id = 'acme'" },
    { ...view('copy'), sql: 'SELECT tenant_id, n FROM of_acme' },
  ]);
  expect(json).toMatchObject({ type: 'materialized', datasource: { name: 'copy' } });
  const put = await client.form('PUT /v0/pipes/old_name', { name: 'new_name', description: 'other' });
  expect(put.json).toMatchObject({ id: json.id, name: 'new_name', description: 'other' });
  await client.send('events', [
    { tenant_id: 'acme', n: 40 },
    { tenant_id: 'other', n: 41 },
  ]);
  expect(await client.rows('SELECT n FROM copy')).toEqual([{ n: 40 }]);
  expect((await client.form('PUT /v0/pipes/new_name', { name: 'usage' })).status).toBe(400);
  await client.pipe('base', [{ name: 'b', sql: 'SELECT 1 AS one' }]);
  await client.pipe('on_base', [{ name: 'o', sql: 'SELECT one FROM base' }]);
  expect((await client.form('PUT /v0/pipes/base', { name: 'base2' })).status).toBe(409);
  expect((await client.call('DELETE /v0/pipes/base')).status).toBe(409);
  expect((await client.call('DELETE /v0/pipes/on_base')).status).toBe(204);
  expect((await client.call('DELETE /v0/pipes/base')).status).toBe(204);
  const target = await client.call('DELETE /v0/datasources/copy');
  expect([target.status, target.json.error]).toEqual([409, expect.stringContaining('new_name')]);
  expect((await client.call('DELETE /v0/pipes/new_name')).status).toBe(204);
  await client.send('events', [{ tenant_id: 'acme', n: 42 }]);
  expect(await client.rows('SELECT n FROM copy')).toEqual([{ n: 40 }]);
  expect((await client.call('DELETE /v0/datasources/copy')).status).toBe(204);
  expect((await client.call('DELETE /v0/pipes/new_name')).status).toBe(404);
});

test('two views fill one table, by the name or the id of it', async () => {
  const { json: both } = await client.call('GET /v0/datasources/both');
  await client.pipe('small', [view('both', 'n < 10')]);
  await client.pipe('large', [view(both.id, 'n >= 10')]);
  await client.send('events', [
    { tenant_id: 'two', n: 9 },
    { tenant_id: 'two', n: 10 },
  ]);
  expect(await client.rows('SELECT n FROM both ORDER BY n')).toEqual([{ n: 9 }, { n: 10 }]);
  await client.call('DELETE /v0/pipes/small');
  await client.send('events', [
    { tenant_id: 'two', n: 8 },
    { tenant_id: 'two', n: 11 },
  ]);
  expect(await client.rows('SELECT n FROM both ORDER BY n')).toEqual([{ n: 9 }, { n: 10 }, { n: 11 }]);
});

test('a view replaced by force changes at one instant, while rows arrive', async () => {
  await client.pipe('replaced', [view('forced')]);
  let sent = 0;
  let done = false;
  const sending = (async () => {
    while (!done) {
      await client.send('events', [{ tenant_id: 'force', n: sent }]);
      sent += 1;
    }
  })();
  for (const target of ['forced_too', 'forced', 'forced_too']) {
    expect((await client.pipe('replaced', [view(target)], '?force=true')).status).toBe(200);
  }
  done = true;
  await sending;
  const [{ c } = {}] = await client.rows(
    `SELECT count() AS c FROM (SELECT * FROM forced UNION ALL SELECT * FROM forced_too) WHERE tenant_id = 'force'`,
  );
  expect([Number(c), sent > 0]).toEqual([sent, true]);
});

test('nodes are added, changed and deleted', async () => {
  await client.pipe('nodes', [COUNT]);
  const added = await client.call('POST /v0/pipes/nodes/nodes?name=extra&description=more', {
    body: 'SELECT 1 AS one',
  });
  expect(added.json).toMatchObject({ name: 'extra', sql: 'SELECT 1 AS one', description: 'more' });
  const formed = await client.form('POST /v0/pipes/nodes/nodes', { sql: 'SELECT one FROM extra' });
  expect(formed.json.name).toBe('nodes_2');
  const changed = await client.call(`PUT /v0/pipes/nodes/nodes/${added.json.id}?name=renamed`, {
    body: 'SELECT 2 AS one',
  });
  // What reads it by its old name would break.
  expect(changed.status).toBe(400);
  const put = await client.call(`PUT /v0/pipes/nodes/nodes/${added.json.id}`, { body: 'SELECT 2 AS one' });
  expect(put.json).toMatchObject({ id: added.json.id, sql: 'SELECT 2 AS one' });
  expect((await client.call('DELETE /v0/pipes/nodes/nodes/extra')).status).toBe(400);
  expect((await client.call('DELETE /v0/pipes/nodes/nodes/nodes_2')).status).toBe(204);
  const renamed = await client.form('PUT /v0/pipes/nodes/nodes/extra', { name: 'renamed' });
  expect(renamed.json).toMatchObject({ id: added.json.id, name: 'renamed' });
  expect((await client.call('DELETE /v0/pipes/nodes/nodes/renamed')).status).toBe(204);
  expect((await client.call('DELETE /v0/pipes/nodes/nodes/counted')).status).toBe(400);
  expect((await client.call('PUT /v0/pipes/nodes/nodes/nothing', { body: 'SELECT 1' })).status).toBe(404);
  expect((await client.call('POST /v0/pipes/nothing/nodes', { body: 'SELECT 1' })).status).toBe(404);
  const live = await client.form('PUT /v0/pipes/nodes/nodes/counted', { sql: 'SELECT 5 AS c' });
  expect([live.status, live.json.node_type]).toEqual([200, 'endpoint']);
  expect((await client.call('GET /v0/pipes/nodes.json')).json.data).toEqual([{ c: 5 }]);
});

test('publishing a node un-publishes another', async () => {
  await client.pipe('shown', [COUNT, { name: 'other', sql: 'SELECT 3 AS three' }]);
  const published = await client.call('POST /v0/pipes/shown/nodes/other/endpoint');
  expect(published.json.endpoint).toBe(published.json.nodes[1].id);
  expect((await client.call('GET /v0/pipes/shown.json')).json.data).toEqual([{ three: 3 }]);
  const hidden = await client.call(`DELETE /v0/pipes/shown/nodes/${published.json.endpoint}/endpoint`);
  expect([hidden.status, hidden.json.endpoint]).toEqual([200, null]);
  expect((await client.call('GET /v0/pipes/shown.json')).status).toBe(404);
});

test('a node is materialized and unlinked', async () => {
  await client.pipe('link', [
    { name: 'first', sql: 'SELECT tenant_id, n FROM events' },
    { name: 'second', sql: "SELECT tenant_id, n FROM first WHERE tenant_id = 'link'" },
  ]);
  const node = '/v0/pipes/link/nodes/second';
  expect((await client.form(`POST ${node}/materialization`, { datasource: 'nothing' })).status).toBe(400);
  const linked = await client.form(`POST ${node}/materialization`, { datasource: 'linked' });
  expect([linked.status, linked.json.type]).toEqual([200, 'materialized']);
  await client.send('events', [{ tenant_id: 'link', n: 1 }]);
  for (const name of ['first', 'second']) {
    const refused = await client.call(`PUT /v0/pipes/link/nodes/${name}`, { body: 'SELECT 1' });
    expect([refused.status, refused.json.error]).toEqual([400, expect.stringContaining('unlink')]);
  }
  expect((await client.call(`POST ${node}/endpoint`)).status).toBe(400);
  expect((await client.call('POST /v0/pipes/link/nodes/first/endpoint')).status).toBe(400);
  expect((await client.call(`DELETE ${node}`)).status).toBe(400);
  expect((await client.call(`DELETE ${node}/materialization`)).status).toBe(204);
  await client.send('events', [{ tenant_id: 'link', n: 2 }]);
  expect(await client.rows('SELECT n FROM linked')).toEqual([{ n: 1 }]);
  expect((await client.call('PUT /v0/pipes/link/nodes/first', { body: 'SELECT 1' })).status).toBe(400);
  expect((await client.call('DELETE /v0/datasources/linked')).status).toBe(204);
});
