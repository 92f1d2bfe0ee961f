// What an apply to a Classic workspace does when something fails, when an earlier one did not end, and when others are in the way.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report/report.ts';
import { type Fault, type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { changesIn } from '../laws/kill.ts';
import { type Lane, openLane } from '../laws/lane.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ generation: 'classic' });
});
afterAll(() => sandbox[Symbol.asyncDispose]());
afterEach(() => sandbox.reset());

const listOf = (...lines: readonly string[]): string =>
  `fleet: usage\ntenants:\n${lines.map((line) => `  - { id: ${line} }\n`).join('')}`;
const IDS = ['acme', 'globex', 'hooli'];
const POPULATION = 'POST /v0/pipes/*/nodes/*/population';
const PASSES: Fault = { delayMs: 0 };
const FAILS: Fault = { status: 400, body: { error: 'planted' } };

let lanes = 0;
/** With the project there, and two rows of each tenant in the landing table. */
async function landed(sets: Readonly<Record<string, string>> = {}): Promise<Lane> {
  lanes += 1;
  const lane = await openLane(sandbox, `apply_${lanes}`);
  await lane.ground.write(sets);
  await lane.run(listOf('nobody, template: own-token, state: removed'));
  await lane.insert(IDS);
  await lane.insert(IDS);
  return lane;
}

const resultsOf = (report: Report | null): Record<string, string> =>
  Object.fromEntries(
    (report?.outcomes ?? []).map((outcome) => [
      outcome.key,
      outcome.result === 'failed'
        ? outcome.error
        : outcome.result === 'skipped'
          ? outcome.because
          : 'applied',
    ]),
  );
const notApplied = (report: Report | null) =>
  Object.fromEntries(Object.entries(resultsOf(report)).filter(([, result]) => result !== 'applied'));

async function applied(lane: Lane, list: string): Promise<void> {
  const { report } = await lane.run(list);
  expect([report?.stop, notApplied(report)]).toEqual([null, {}]);
  expect(changesIn((await lane.run(list)).passed)).toEqual([]);
}

const namesIn = async (lane: Lane): Promise<string[]> => [...(await lane.ground.files()).keys()].sort();
const EACH_ONCE = (lane: Lane) => Array.from({ length: lane.inserted }, (_, i) => i + 1);
const expectWhole = async (lane: Lane, id: string) =>
  expect(await lane.rows(`${id}_usage_events`, id)).toEqual(EACH_ONCE(lane));

/** What others make: a form to a route. */
async function post(lane: Lane, path: string, body: URLSearchParams | string): Promise<void> {
  const headers = {
    authorization: `Bearer ${lane.ground.account.adminToken}`,
    'content-type': typeof body === 'string' ? 'application/json' : 'application/x-www-form-urlencoded',
  };
  const answer = await fetch(sandbox.url + path, { method: 'POST', body: String(body), headers });
  expect([path, answer.status, answer.ok ? '' : await answer.text()]).toEqual([path, 200, '']);
}
const pipeOf = (name: string, description = '') =>
  JSON.stringify({ name, description, nodes: [{ name: `${name}_0`, sql: 'SELECT 1 AS one' }] });

test('what fails keeps back what needs it, and deletions, and nobody else', async () => {
  await using lane = await landed({
    'sets/broken/set.yaml': 'extends: table\n',
    'sets/broken/usage_events.datasource.hbs':
      'SCHEMA >\n    `tenant_id` String\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "missing"\n',
  });
  await applied(lane, listOf('hooli, template: table'));
  const { report } = await lane.run(
    listOf('acme, template: table', 'globex, template: broken', 'hooli, template: table, state: removed'),
  );
  const planned = report?.plan.steps.flatMap(({ changes }) => changes.map(({ key }) => key)).sort();
  expect(report?.outcomes.map(({ key }) => key).sort()).toEqual(planned);
  const skipped = (what: string) => `it needs ${what}, which is not there`;
  const kept = 'nothing is deleted after a failure in the same run';
  expect(notApplied(report)).toEqual({
    'datasource/globex_usage_events': expect.stringContaining('missing'),
    'pipe/globex_usage_events_mv': skipped('globex_usage_events'),
    'pipe/globex_usage_by_day': skipped('globex_usage_events'),
    'pipe/globex_usage_this_month': skipped('globex_usage_events'),
    'token/globex_read': skipped('globex_usage_by_day'),
    'datasource/hooli_usage_events': kept,
    'pipe/hooli_usage_events_mv': kept,
    'pipe/hooli_usage_by_day': kept,
    'pipe/hooli_usage_this_month': kept,
  });
  expect([...(await lane.ground.tokens()).keys()]).toEqual(['acme_read']);
  await expectWhole(lane, 'acme');
});

describe('a token that loses and gains', () => {
  const opening = (...pipes: readonly string[]) =>
    `kind: static\nscopes:\n${pipes.map((pipe) => `  - PIPES:READ {{resource "${pipe}"}}\n`).join('')}`;
  const setOf = (name: string, ...pipes: readonly string[]) => ({
    [`sets/${name}/set.yaml`]: 'description: Some\n',
    [`sets/${name}/read.token.hbs`]: opening(...pipes),
    ...Object.fromEntries(
      pipes.map((pipe) => [
        `sets/${name}/${pipe}.pipe.hbs`,
        `NODE n_${pipe}\nSQL >\n    SELECT count() AS ${pipe} FROM events WHERE tenant_id = {{sql id}}\n\nTYPE endpoint\n`,
      ]),
    ),
  });

  test.each([
    ['keeps what stays until the rest is there', 'both', ['acme_two'], ['acme_three', 'acme_two']],
    ['is made anew when nothing stays', 'other', undefined, ['acme_three']],
  ])('%s', async (_, template, between, whole) => {
    await using lane = await landed({
      ...setOf('first', 'one', 'two'),
      ...setOf('both', 'two', 'three'),
      ...setOf('other', 'three'),
    });
    await applied(lane, listOf('acme, template: first'));
    const seen: (string[] | undefined)[] = [];
    const done = async ({ method, path }: { method: string; path: string }) => {
      const first = seen.length === 0 && method !== 'GET';
      if (first || (method !== 'GET' && path.startsWith('/v0/tokens'))) {
        seen.push((await lane.ground.tokens()).get('acme_read')?.sort());
      }
    };
    const { report } = await lane.run(listOf(`acme, template: ${template}`), { watch: { done } });
    expect(seen).toEqual([between, whole]);
    expect(notApplied(report)).toEqual({});
  });
});

test('a table that two views fill is read when both have brought their history', async () => {
  const view = (type: string) =>
    `NODE own_${type}\nSQL >\n    SELECT tenant_id, '${type}' AS event_type, response, timestamp, inserted_at FROM events WHERE tenant_id = {{sql id}}\n\nTYPE materialized\nDATASOURCE {{resource "usage_events"}}\n`;
  await using lane = await landed({
    'sets/two/set.yaml': 'extends: table\n',
    'sets/two/usage_events_mv.pipe.hbs': view('one'),
    'sets/two/usage_other_mv.pipe.hbs': view('two'),
  });
  const list = listOf('acme, template: two');
  // The second view is refused, then its population, each in a run of its own.
  sandbox.fail('POST /v0/pipes', { ...PASSES, times: 2 });
  sandbox.fail('POST /v0/pipes', FAILS);
  sandbox.fail(POPULATION, PASSES);
  sandbox.fail(POPULATION, FAILS);
  await lane.run(list);
  const { report } = await lane.run(list);
  expect(Object.keys(notApplied(report)).sort()).toEqual([
    'pipe/acme_usage_by_day',
    'pipe/acme_usage_other_mv',
    'pipe/acme_usage_this_month',
    'token/acme_read',
  ]);
  await lane.insert(IDS);
  await applied(lane, list);
  const twice = EACH_ONCE(lane).flatMap((n) => [n, n]);
  expect(await lane.rows('acme_usage_events', 'acme')).toEqual(twice);
});

describe('a history that was not filled in', () => {
  const LIST = listOf('acme, template: table');

  test.each<[what: string, route: string, faults: readonly Fault[], says: string]>([
    ['because the job was refused', POPULATION, [FAILS], 'planted'],
    ['because the answer was lost', POPULATION, [{ reset: true, after: true }], 'connection lost'],
    [
      'because the job failed',
      'GET /v0/jobs/*',
      [{ status: 200, body: { id: 'x', status: 'error', error: 'Memory limit' } }],
      'The history of acme_usage_events could not be filled in',
    ],
    [
      'because the job is gone',
      'GET /v0/jobs/*',
      [{ status: 404, body: { error: 'not found' } }],
      'which filled acme_usage_events, is gone',
    ],
  ])('%s, is filled in by the next run', async (_, route, faults, says) => {
    await using lane = await landed();
    for (const fault of faults) sandbox.fail(route, fault);
    const { report } = await lane.run(LIST);
    expect(resultsOf(report)['pipe/acme_usage_events_mv']).toContain(says);
    expect([...(await lane.ground.tokens()).keys()]).toEqual([]);
    // The next one is stopped in the middle of tidying up.
    sandbox.fail('DELETE /v0/datasources/*', FAILS);
    await lane.insert(IDS);
    const second = await lane.run(LIST);
    expect(second.report?.stop?.message).toContain('planted');
    await lane.insert(IDS);
    await applied(lane, LIST);
    await expectWhole(lane, 'acme');
  });

  test('of a tenant that has something else that the list does not ask for', async () => {
    await using lane = await landed();
    await applied(lane, listOf('acme, template: own-endpoints, vars: { event_types: [login] }'));
    await lane.ground.write({
      'sets/bare/set.yaml': 'description: Without endpoints\n',
      'sets/bare/usage_events.datasource.hbs':
        'SCHEMA >\n    `tenant_id` String,\n    `response` Int16\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "response"\n',
      'sets/bare/usage_events_mv.pipe.hbs':
        'NODE own\nSQL >\n    SELECT tenant_id, response FROM events WHERE tenant_id = {{sql id}}\n\nTYPE materialized\nDATASOURCE {{resource "usage_events"}}\n',
    });
    sandbox.fail(POPULATION, FAILS);
    await lane.run(listOf('acme, template: bare'));
    await applied(lane, listOf('acme, template: bare'));
    await expectWhole(lane, 'acme');
  });

  test('into a table with other rows, is left as it is', async () => {
    await using lane = await landed({
      'sets/more/set.yaml': 'extends: table\n',
      'sets/more/usage_other_mv.pipe.hbs':
        'NODE own_other\nSQL >\n    SELECT tenant_id, response, timestamp, inserted_at FROM events WHERE tenant_id = {{sql id}}\n\nTYPE materialized\nDATASOURCE {{resource "usage_events"}}\n',
    });
    await applied(lane, LIST);
    sandbox.fail(POPULATION, FAILS);
    await lane.run(listOf('acme, template: more'));
    const before = await lane.ground.files();
    const { report, passed } = await lane.run(listOf('acme, template: more'));
    expect(report?.stop?.message).toMatch(
      /^An earlier run did not finish filling the history of acme_usage_other_mv into acme_usage_events, which holds other rows too/,
    );
    expect(changesIn(passed)).toEqual([]);
    expect(await lane.ground.files()).toEqual(before);
  });

  test('of a tenant that the run is not about, stays', async () => {
    await using lane = await landed();
    const list = listOf('acme, template: table', 'globex, template: table');
    sandbox.fail(POPULATION, { ...FAILS, times: 2 });
    await lane.run(list);
    const { report } = await lane.run(list, { inputs: { tenant: 'acme' } });
    expect(notApplied(report)).toEqual({});
    const files = await lane.ground.files();
    expect(files.get('globex_usage_events_mv.pipe')).toContain('cutoff=');
    await expectWhole(lane, 'acme');
    await applied(lane, list);
    await expectWhole(lane, 'globex');
  });

  test('of a tenant that vanished from the list, stays', async () => {
    await using lane = await landed();
    sandbox.fail(POPULATION, FAILS);
    await lane.run(LIST);
    const before = await lane.ground.files();
    const { passed } = await lane.run(
      listOf('globex, template: own-endpoints, vars: { event_types: [login] }'),
    );
    expect(changesIn(passed).filter((request) => request.startsWith('DELETE'))).toEqual([]);
    for (const [name, text] of before) expect((await lane.ground.files()).get(name)).toBe(text);
  });
});

test('a view that came too late brings nothing twice', async () => {
  await using lane = await landed();
  sandbox.fail('POST /v0/pipes', { delayMs: 600 });
  let late = 0;
  const done = async ({ method, path }: { method: string; path: string }) => {
    if (method !== 'POST' || !path.startsWith('/v0/pipes') || late > 0) return;
    late += 1;
    await lane.insert(IDS);
  };
  const { report, passed } = await lane.run(listOf('acme, template: table'), { watch: { done } });
  expect(notApplied(report)).toEqual({});
  await expectWhole(lane, 'acme');
  expect(changesIn(passed).filter((request) => request === 'POST /v0/datasources')).toHaveLength(2);
});

test('a workspace whose views follow names: the swap is undone, and the next run says it again', async () => {
  await using lane = await landed();
  await applied(lane, listOf('acme, template: table'));
  const before = await lane.ground.files();
  const changed = listOf('acme, template: table, vars: { version: 2 }');
  // As if the names, and with them the views, had changed twice.
  sandbox.fail('POST /v0/datasources/exchange', { status: 200, body: {}, times: 2 });
  const { report, passed } = await lane.run(changed);
  expect(resultsOf(report)['pipe/acme_usage_events_mv']).toMatch(
    /so the swap was undone\. The old table serves as before/,
  );
  expect(changesIn(passed).filter((request) => request.includes('exchange'))).toHaveLength(2);
  for (const [name, text] of before) expect((await lane.ground.files()).get(name)).toBe(text);
  sandbox.reset();
  await applied(lane, changed);
  await expectWhole(lane, 'acme');
});

test('what others have beside ours stays', async () => {
  await using lane = await landed();
  const theirs = '[tinybird-tenants fleet=other tenant=acme set=table sha=1 cutoff=5]';
  const misnamed = '[tinybird-tenants fleet=usage tenant=acme set=table sha=1 cutoff=5]';
  await post(lane, '/v0/pipes', pipeOf('theirs__next'));
  await post(lane, '/v0/pipes', pipeOf('acme_usage_by_day__next'));
  await post(lane, '/v0/pipes', pipeOf('acme_old__fill', theirs));
  await post(lane, '/v0/pipes', pipeOf('copy__fill', misnamed));
  const form = { name: 'acme_old__next', schema: '`a` String', description: theirs };
  await post(
    lane,
    '/v0/datasources',
    new URLSearchParams({ ...form, engine: 'MergeTree', engine_sorting_key: 'a' }),
  );
  const before = await lane.ground.files();
  await applied(lane, listOf('acme, template: table'));
  await applied(lane, listOf('acme, template: table, vars: { version: 2 }'));
  for (const [name, text] of before)
    expect([name, (await lane.ground.files()).get(name)]).toEqual([name, text]);
  await expectWhole(lane, 'acme');
});

test('more than was planned is nobody’s decision', async () => {
  await using lane = await landed();
  const globex = 'globex, template: own-endpoints, vars: { event_types: [login] }';
  await applied(lane, listOf(globex, 'hooli, template: own-token'));
  // Once access has been taken away, the plan is begun.
  const list = listOf('acme, template: table', globex, 'hooli, template: own-token, state: suspended');
  sandbox.fail(POPULATION, FAILS);
  await lane.run(listOf('acme, template: table', globex, 'hooli, template: own-token'));
  // Somebody deletes a pipe while the leftovers are cleared away.
  const done = async ({ method, path }: { method: string; path: string }) => {
    if (method !== 'DELETE' || !path.startsWith('/v0/datasources')) return;
    await lane.ground.ask('/v0/pipes/globex_usage_by_day', { method: 'DELETE' });
  };
  const { report } = await lane.run(list, { watch: { done } });
  expect(report?.stop?.message).toContain(
    'more would change now than was planned: create pipe/globex_usage_by_day',
  );
  expect(await namesIn(lane)).not.toContain('acme_usage_events.datasource');
  await applied(lane, list);
  await expectWhole(lane, 'acme');
});
