// A value that others know: what ends at once, what cannot, what that does to everybody else, and that a killed run is completed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Generation } from '../../src/model.ts';
import type { Report } from '../../src/report/report.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { changesIn, type Moment, stopAt } from '../laws/kill.ts';
import { type Lane, openLane } from '../laws/lane.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const LIST = `fleet: usage
tenants:
  - { id: acme, template: own-endpoints, vars: { event_types: [login] } }
  - { id: globex, template: own-endpoints, vars: { event_types: [login] } }
  - { id: stark, template: own-token }
  - { id: wayne, template: own-token }
`;
const NAMES = ['ACME', 'GLOBEX', 'STARK', 'WAYNE'].map((name) => `TINYBIRD_TENANT_${name}_READ`);
const [ACME = '', GLOBEX = '', STARK = '', WAYNE = ''] = NAMES;

const ENDPOINTS: Readonly<Record<string, string>> = {
  [ACME]: 'acme_usage_by_day',
  [GLOBEX]: 'globex_usage_by_day',
  [STARK]: 'usage_by_day',
  [WAYNE]: 'usage_by_day',
};

async function statuses(values: ReadonlyMap<string, string>): Promise<Record<string, number>> {
  const asked = NAMES.map(async (name): Promise<[string, number]> => {
    const tenant = name.split('_')[2]?.toLowerCase() ?? '';
    const address = `${sandbox.url}/v0/pipes/${ENDPOINTS[name]}.json?tenant=${tenant}&token=${values.get(name)}`;
    return [name, (await fetch(address)).status];
  });
  return Object.fromEntries(await Promise.all(asked));
}

const ALL_WORK = Object.fromEntries(NAMES.map((name) => [name, 200]));

let lanes = 0;
async function started(generation: Generation): Promise<Lane> {
  lanes += 1;
  const lane = await openLane(sandbox, `leak_${lanes}`, generation);
  const { report } = await lane.run(LIST);
  expect([report?.stop, report?.secrets.failed]).toEqual([null, []]);
  expect(await statuses(lane.secrets)).toEqual(ALL_WORK);
  return lane;
}

async function rotate(lane: Lane, inputs: Record<string, string>): Promise<Report> {
  // A JWT that ends in the same second is the same JWT.
  const now = () => Date.now() + 5_000;
  const { report } = await lane.run(LIST, { now, inputs: { command: 'rotate', ...inputs } });
  if (report === null) throw new Error('the run was killed');
  return report;
}

const changed = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  NAMES.filter((name) => before.get(name) !== after.get(name));

describe.for<Generation>(['forward', 'classic'])('one value, on %s', (generation) => {
  const LEAKED = { tenant: 'acme', now: 'true' };

  test('ends, and its successor is in the secret', async () => {
    await using lane = await started(generation);
    const before = new Map(lane.secrets);
    const report = await rotate(lane, LEAKED);
    expect([report.stop, report.secrets.written]).toEqual([null, [ACME]]);
    expect(changed(before, lane.secrets)).toEqual([ACME]);
    expect(await statuses(before)).toEqual({ ...ALL_WORK, [ACME]: 403 });
    expect(await statuses(lane.secrets)).toEqual(ALL_WORK);
  });

  test('killed at every request and started again', async () => {
    const requests = await (async () => {
      await using lane = await started(generation);
      const { passed } = await lane.run(LIST, { inputs: { command: 'rotate', ...LEAKED } });
      return changesIn(passed).length;
    })();
    for (let change = 1; change <= requests; change += 1) {
      await using lane = await started(generation);
      const before = new Map(lane.secrets);
      const moment: Moment = { change, when: 'after' };
      await stopAt(lane, LIST, moment, { inputs: { command: 'rotate', ...LEAKED } });
      await rotate(lane, LEAKED);
      expect([change, await statuses(before)]).toEqual([change, { ...ALL_WORK, [ACME]: 403 }]);
      expect([change, await statuses(lane.secrets)]).toEqual([change, ALL_WORK]);
    }
  });
});

describe('a JWT', () => {
  /** As ADMIN, but not the token that signs. */
  async function operator(lane: Lane): Promise<Record<string, string>> {
    const body = new URLSearchParams({ name: 'ops', scope: 'ADMIN' });
    const answer = await lane.ground.ask('/v0/tokens', { method: 'POST', body });
    return { 'tinybird-token': ((await answer.json()) as { token: string }).token };
  }

  test('cannot be ended alone: it is minted again, and what would end it is told', async () => {
    await using lane = await started('forward');
    const before = new Map(lane.secrets);
    const report = await rotate(lane, { tenant: 'stark', now: 'true' });
    expect(report.stop).toBeNull();
    expect(changed(before, lane.secrets)).toEqual([STARK]);
    expect(await statuses(before)).toEqual(ALL_WORK);
    const told = report.notes.find((note) => note.startsWith('stark_read')) ?? '';
    expect(told).toMatch(/a JWT cannot be ended alone, the old ones work until \d{4}-/);
    expect(told).toContain('every JWT of the workspace is refused at once');
  });

  test('without now, it is minted again like any other token', async () => {
    await using lane = await started('forward');
    const before = new Map(lane.secrets);
    expect((await rotate(lane, { tenant: 'stark,acme' })).stop).toBeNull();
    expect(changed(before, lane.secrets)).toEqual([ACME, STARK]);
    expect(await statuses(before)).toEqual(ALL_WORK);
  });

  const ALL = { tenant: 'stark', now: 'true', 'all-jwts': 'true' };

  test('ends with all others, which are minted again', async () => {
    await using lane = await started('forward');
    const before = new Map(lane.secrets);
    const report = await rotate(lane, { ...ALL, ...(await operator(lane)) });
    expect([report.stop, report.secrets.failed]).toEqual([null, []]);
    expect(changed(before, lane.secrets)).toEqual([STARK, WAYNE]);
    expect(await statuses(before)).toEqual({ ...ALL_WORK, [STARK]: 403, [WAYNE]: 403 });
    expect(await statuses(lane.secrets)).toEqual(ALL_WORK);
    expect(report.notes.join('\n')).toContain('2 JWTs of this list are minted again');
  });

  test('killed at every request, it is completed by the next apply or the same command', async () => {
    const inputs = async (lane: Lane): Promise<Record<string, string>> => ({
      command: 'rotate',
      ...ALL,
      ...(await operator(lane)),
    });
    const requests = await (async () => {
      await using lane = await started('forward');
      return changesIn((await lane.run(LIST, { inputs: await inputs(lane) })).passed);
    })();
    const refresh = requests.findIndex((request) => request.includes('/refresh')) + 1;
    expect(refresh).toBeGreaterThan(0);
    for (let change = 1; change <= requests.length; change += 1) {
      await using lane = await started('forward');
      const before = new Map(lane.secrets);
      const given = await inputs(lane);
      await stopAt(lane, LIST, { change, when: 'after' }, { inputs: given });
      if (change >= refresh) {
        const { report } = await lane.run(LIST, {
          inputs: { 'tinybird-token': given['tinybird-token'] ?? '' },
        });
        expect(report?.stop).toBeNull();
      } else await lane.run(LIST, { inputs: given });
      expect([change, await statuses(before)]).toEqual([change, { ...ALL_WORK, [STARK]: 403, [WAYNE]: 403 }]);
      expect([change, await statuses(lane.secrets)]).toEqual([change, ALL_WORK]);
    }
  });

  test.for<[string, Record<string, string>, RegExp]>([
    ['with the very token that signs', {}, /works with the very token that signs the JWTs/],
    ['without now', { now: 'false' }, /say `now` as well/],
    ['in an apply', { command: 'apply' }, /are for the command rotate/],
    ['of nobody', { tenant: '', 'all-jwts': 'false' }, /say whose tokens/],
    ['with nowhere to put them', { secrets: 'none', operator: 'true' }, /would have nowhere to go/],
  ])('is refused %s, and nothing is sent', async ([, over, says]) => {
    await using lane = await started('forward');
    const before = await lane.snapshot();
    const given = { ...ALL, ...(over.operator === undefined ? {} : await operator(lane)), ...over };
    sandbox.reset();
    const said = await rotate(lane, given).then(
      ({ stop }) => stop?.message ?? '',
      (error: Error) => error.message,
    );
    expect(said).toMatch(says);
    expect(said).toContain('Nothing was sent');
    expect(sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    if (over.operator === undefined) expect(await lane.snapshot()).toEqual(before);
  });
});
