// Isolation shown around a promotion on real ClickHouse: what is proven goes live, what is not is discarded or swapped back.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report/report.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Passing, Watch } from '../laws/gate.ts';
import { type Lane, openLane } from '../laws/lane.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.reset());
afterAll(async () => sandbox[Symbol.asyncDispose]());

const LINES = {
  acme: '{ id: acme, template: own-table }',
  globex: '{ id: globex, template: own-endpoints, vars: { event_types: [login] } }',
  stark: '{ id: stark, template: own-token }',
  other: '{ id: other, template: own-token }',
};
const BARE = ['one', 'two'].map(
  (id) => `  - { id: ${id}, template: own-endpoints, vars: { event_types: [login] } }\n`,
);
const listOf = (...ids: readonly (keyof typeof LINES)[]): string =>
  `fleet: usage\ntenants:\n${ids.map((id) => `  - ${LINES[id]}\n`).join('')}`;
const ALL = listOf('acme', 'globex', 'stark', 'other');
const inputs = { verify: 'true' };

/** The project is live and has rows of everybody. */
async function filled(name: string, generation: 'forward' | 'classic' = 'forward'): Promise<Lane> {
  const lane = await openLane(sandbox, name, generation);
  const { report } = await lane.run(listOf('other'), { inputs });
  expect(report?.stop).toBe(null);
  expect(report?.proof?.notes).toEqual([
    'the tables that all share have no rows yet: nothing is shown of what answers count',
  ]);
  for (let nth = 0; nth < 3; nth += 1) await lane.insert(['acme', 'globex', 'stark', 'other']);
  return lane;
}

async function edit({ ground }: Lane, file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(ground.folder, file), 'utf8');
  expect(text).toContain(from);
  await ground.write({ [file]: text.replaceAll(from, to) });
}

const open = (lane: Lane) =>
  edit(
    lane,
    'sets/own-endpoints/usage_by_day.pipe.hbs',
    'tenant_id = {{sql id}}',
    '(tenant_id = {{sql id}} OR 1)',
  );
/** The deployment whose set-live is asked for. */
const promoting = ({ method, path }: Passing): boolean => method === 'POST' && path.endsWith('/set-live');

interface Deployed {
  readonly id: string;
  readonly live: boolean;
}

async function deployments({ ground }: Lane): Promise<Deployed[]> {
  const answer = (await (await ground.ask('/v1/deployments')).json()) as {
    deployments: (Deployed & { status: string })[];
  };
  const there = answer.deployments.filter(({ status }) => !status.startsWith('delet'));
  return there.map(({ id, live }) => ({ id, live }));
}

const outcomesOf = (report: Report | null, id: string): string[] => [
  ...new Set(report?.outcomes.filter(({ tenant }) => tenant === id).map(({ result }) => result)),
];

describe.each(['forward', 'classic'] as const)('on %s', (generation) => {
  test('what is right is shown to be, and its values are handed out', async () => {
    await using lane = await filled(`right_${generation}`, generation);
    const { report } = await lane.run(ALL, { inputs });
    const { leaks, refusedOwn, moved, notes, notTried, tenants, answered } = report?.proof ?? {};
    expect({ leaks, refusedOwn, moved, notes, notTried, tenants }).toEqual({
      leaks: [],
      refusedOwn: [],
      moved: [],
      notes: [],
      notTried: [],
      tenants: generation === 'forward' ? 3 : 4,
    });
    // Two endpoints each, on Forward on staging and again live; on Classic own-token also reads the landing table.
    expect(answered).toBe(generation === 'forward' ? 12 : 10);
    expect([...lane.secrets.keys()].sort()).toEqual(
      ['ACME', 'GLOBEX', 'OTHER', 'STARK'].map((slug) => `TINYBIRD_TENANT_${slug}_READ`),
    );
    const everything = JSON.stringify([report, lane.ground.said]);
    for (const value of lane.secrets.values()) expect(everything).not.toContain(value);
  });
});

describe('on Forward', () => {
  test('a leak on staging is discarded: what was live stays live, and nothing is handed out', async () => {
    await using lane = await filled('staged');
    await open(lane);
    const before = await deployments(lane);
    const { report, passed } = await lane.run(ALL, { inputs });
    expect(report?.stop?.name).toBe('not-proven');
    expect(report?.stop?.message).toMatch(
      /^Isolation could not be shown on deployment \d+ before it went live: globex\/read on globex_usage_by_day: the answer is not what its own rows alone would give\. It was discarded, and what was live stays live\.$/,
    );
    expect(passed.some(promoting)).toBe(false);
    expect(await deployments(lane)).toEqual(before);
    expect(outcomesOf(report, 'globex')).toEqual(['skipped']);
    expect([...lane.secrets.keys()]).toEqual(['TINYBIRD_TENANT_OTHER_READ']);
    expect(report?.proof?.leaks[0]?.curl).toMatch(
      /"\$TINYBIRD_HOST\/v0\/pipes\/globex_usage_by_day\.json\?__tb__deployment=\d+"$/,
    );
  });

  test('a filter that is gone from every file of the only set: the rows themselves say whose they are', async () => {
    await using lane = await filled('bare');
    await lane.insert(['one', 'two']);
    for (const file of ['usage_by_day', 'usage_this_month'])
      await edit(lane, `sets/own-endpoints/${file}.pipe.hbs`, 'tenant_id = {{sql id}}', '1');
    const list = `fleet: usage\ntenants:\n  - { id: other, template: own-token, state: suspended }\n${BARE.join('')}`;
    const { report } = await lane.run(list, { inputs });
    expect(report?.stop?.name).toBe('not-proven');
    const leaks = report?.proof?.leaks.map(({ tenant, kind, resource }) => `${tenant} ${kind} ${resource}`);
    expect(leaks).toEqual(
      expect.arrayContaining(['one counts one_usage_by_day', 'two counts two_usage_by_day']),
    );
  });

  test('what answers on staging and no longer when it is live is swapped back', async () => {
    await using lane = await filled('swapped');
    const before = await deployments(lane);
    const done: Watch['done'] = (passing) => {
      if (promoting(passing))
        sandbox.fail('GET /v0/pipes/acme_usage_by_day.json', {
          times: 9,
          status: 403,
          body: { error: 'no' },
        });
    };
    const { report, passed } = await lane.run(ALL, { inputs, watch: { done } });
    const live = before.find((one) => one.live)?.id;
    expect(report?.stop?.message).toMatch(
      new RegExp(
        `^Isolation could not be shown after deployment \\d+ had gone live: acme/read is refused by acme_usage_by_day, which is its own: 403 .* Deployment ${live} is live again, and \\d+ was discarded\\.$`,
      ),
    );
    expect(passed.filter(promoting).map(({ path }) => path)).toHaveLength(2);
    expect(await deployments(lane)).toEqual(before);
    expect(
      await lane.ground
        .tokens()
        .then((tokens) => [...tokens.keys()].filter((name) => /acme|globex/.test(name))),
    ).toEqual([]);
    expect([...lane.secrets.keys()]).toEqual(['TINYBIRD_TENANT_OTHER_READ']);
    sandbox.reset();
    expect((await lane.run(ALL, { inputs })).report?.stop).toBe(null);
  });

  test('what nothing can be shown of after it went live is swapped back too', async () => {
    await using lane = await filled('unshown');
    const before = await deployments(lane);
    const done: Watch['done'] = (passing) => {
      if (promoting(passing))
        sandbox.fail('GET /v0/tokens', { times: 1, status: 500, body: { error: 'no' } });
    };
    const { report } = await lane.run(ALL, { inputs, watch: { done } });
    expect(report?.stop?.name).toBe('not-proven');
    expect(report?.stop?.message).toMatch(/had gone live: Request failed: 500 .* is live again/);
    expect(await deployments(lane)).toEqual(before);
    expect([...lane.secrets.keys()]).toEqual(['TINYBIRD_TENANT_OTHER_READ']);
  });

  const withoutAcme = (list: string): string =>
    `${list.replace('{ id: acme,', '{ id: acme, state: suspended,')}  - ${LINES.stark}\n`;

  test.each([true, false])(
    'taking access away goes before what a new JWT has to show (after a run that was killed: %s)',
    async (isKilled) => {
      await using lane = await filled(`revoked_first_${isKilled}`);
      const list = listOf('other', 'acme');
      const stop = new AbortController();
      const done: Watch['done'] = (passing) => void (isKilled && promoting(passing) && stop.abort());
      await lane.run(list, { inputs, stop, watch: { done } });
      expect(await deployments(lane)).toHaveLength(isKilled ? 2 : 1);
      sandbox.fail('GET /v0/pipes/usage_by_day.json', { times: 9, status: 403, body: { error: 'no' } });
      const { report } = await lane.run(withoutAcme(list), { inputs });
      expect(report?.stop?.message).toContain(
        isKilled ? 'what an earlier run has left live' : 'No new JWT is minted',
      );
      const left = [...(await lane.ground.tokens()).keys()];
      expect(left.filter((name) => name.startsWith('acme'))).toEqual([]);
      expect([...lane.secrets.keys()]).not.toContain('TINYBIRD_TENANT_STARK_READ');
    },
  );

  test('rows of shared tables that jump keep it from going live', async () => {
    await using lane = await filled('jump');
    const arrived: Watch['arrived'] = async ({ path }) => {
      if (path.includes('AS+n+FROM+%60events%60') && path.includes('__tb__deployment'))
        sandbox.fail('GET /v0/sql', { times: 1, status: 200, body: { data: [{ n: '2012' }] } });
    };
    const { report } = await lane.run(ALL, { inputs, watch: { arrived } });
    expect(report?.stop?.message).toContain('events jumps from 12 to 2,012 rows');
    expect(report?.proof?.leaks).toEqual([]);
  });

  test('a JWT that would open others’ rows is not minted for the tenant', async () => {
    await using lane = await filled('minted');
    await edit(lane, 'project/endpoints/usage_by_day.pipe', 'tenant_id = {{', '1 OR tenant_id = {{');
    // Somebody deploys it by hand, so that there is nothing left for us to deploy.
    expect((await lane.run(listOf('other'))).report?.stop).toBe(null);
    const { report } = await lane.run(listOf('other', 'stark'), { inputs });
    expect(report?.stop?.message).toMatch(
      /^Isolation could not be shown: stark\/read on usage_by_day: .* No new JWT is minted\.$/,
    );
    expect(outcomesOf(report, 'stark')).toEqual(['skipped']);
    expect([...lane.secrets.keys()]).toEqual(['TINYBIRD_TENANT_OTHER_READ']);
  });

  test('killed before anything was shown of what is live: the next run shows it, and goes no way back by itself', async () => {
    await using lane = await filled('killed');
    const stop = new AbortController();
    const done: Watch['done'] = (passing) => void (promoting(passing) && stop.abort());
    expect((await lane.run(ALL, { inputs, stop, watch: { done } })).report).toBe(null);
    const before = await deployments(lane);
    expect(before).toHaveLength(2);
    sandbox.fail('GET /v0/pipes/acme_usage_by_day.json', { times: 9, status: 403, body: { error: 'no' } });
    const refused = await lane.run(ALL, { inputs });
    expect(refused.report?.stop?.message).toContain(
      'was never retired, and isolation could not be shown: acme/read',
    );
    expect(await deployments(lane)).toEqual(before);
    sandbox.reset();
    const { report } = await lane.run(ALL, { inputs });
    expect(report?.stop).toBe(null);
    expect(report?.proof?.tenants).toBe(4);
    expect(await deployments(lane)).toHaveLength(1);
  });

  test('taking access away waits for no proof', async () => {
    await using lane = await filled('revoked');
    expect((await lane.run(ALL)).report?.stop).toBe(null);
    await open(lane);
    const list = ALL.replace('{ id: acme,', '{ id: acme, state: suspended,');
    const { report } = await lane.run(list, { inputs });
    expect(report?.stop?.name).toBe('not-proven');
    expect([...(await lane.ground.tokens()).keys()].filter((name) => name.startsWith('acme'))).toEqual([]);
  });
});

test('on Classic there is no way back: it is said, and no value is handed out', async () => {
  await using lane = await filled('classic_leak', 'classic');
  await open(lane);
  const { report } = await lane.run(ALL, { inputs });
  expect(report?.stop?.message).toMatch(
    /globex\/read on globex_usage_by_day: .* A Classic workspace has no deployment to go back to/,
  );
  expect(outcomesOf(report, 'globex')).toEqual(['failed']);
  expect([...lane.secrets.keys()]).toEqual(['TINYBIRD_TENANT_OTHER_READ']);
  // All of it is applied by now, so that nothing is planned any more.
  const again = await lane.run(ALL, { inputs });
  expect(again.report).toMatchObject({ stop: { name: 'not-proven' }, plan: { steps: [] } });
  expect([...lane.secrets.keys()]).toEqual(['TINYBIRD_TENANT_OTHER_READ']);
  await edit(lane, 'sets/own-endpoints/usage_by_day.pipe.hbs', ' OR 1)', ')');
  expect((await lane.run(ALL, { inputs })).report?.stop).toBe(null);
  expect(lane.secrets.size).toBe(4);
});

describe('of what is live, by itself', () => {
  test('it reads, and says what a hand has opened', async () => {
    await using lane = await filled('live');
    expect((await lane.run(ALL)).report?.stop).toBe(null);
    const right = await lane.run(ALL, { inputs: { command: 'verify' } });
    expect(right.report?.stop).toBe(null);
    expect(right.report).toMatchObject({
      mode: 'verify',
      outcomes: [],
      proof: { tenants: 4, leaks: [], notTried: [] },
    });
    const writes = right.passed.filter(
      ({ method, path }) => method !== 'GET' && !path.startsWith('/v0/tokens'),
    );
    expect(writes).toEqual([]);
    const files = await lane.ground.files();
    const leaky = (files.get('globex_usage_by_day.pipe') ?? '').replace(
      "tenant_id = 'globex'",
      "tenant_id != ''",
    );
    await lane.ground.deploy({ 'globex_usage_by_day.pipe': leaky });
    const { report } = await lane.run(ALL, { inputs: { command: 'verify' } });
    expect(report?.stop?.message).toMatch(
      /^Isolation could not be shown on what is live: globex\/read on .* Nothing was changed\.$/,
    );
  });
});
