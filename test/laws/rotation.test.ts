// The law: who picks up the secrets within the grace period sees no refused request through a rotation, wherever it was killed and whatever was pushed meanwhile; afterwards the old values are refused.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bucketName, bucketOf } from '../../src/github/buckets.ts';
import type { Generation } from '../../src/model.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { changesIn, type Moment, stopAt } from './kill.ts';
import { type Lane, openLane, type RunOptions } from './lane.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The sandbox and every run live by this clock. */
let ahead = 0;
const now = () => Date.now() + ahead;
const pass = (ms: number): void => {
  ahead += ms;
};

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ now });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const SET = {
  'sets/one/set.yaml': 'description: One endpoint\n',
  'sets/one/usage.pipe.hbs':
    'NODE usage\nSQL >\n    SELECT count() AS events FROM events WHERE tenant_id = {{sql id}}\n\nTYPE endpoint\n',
  'sets/one/read.token.hbs': 'kind: static\nscopes:\n  - PIPES:READ {{resource "usage"}}\n',
};

const idsOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `t${i}`);
const listOf = (ids: readonly string[]): string =>
  `fleet: usage\ndefaults: { template: one }\ntenants:\n${ids.map((id) => `  - { id: ${id} }\n`).join('')}`;

interface Stage extends AsyncDisposable {
  readonly lane: Lane;
  readonly list: string;
  readonly run: (inputs: Record<string, string>, options?: RunOptions) => Promise<string[]>;
  readonly clients: Clients;
}

let lanes = 0;
async function stageOf(generation: Generation, n: number): Promise<Stage> {
  lanes += 1;
  const lane = await openLane(sandbox, `rotation_${lanes}`, generation);
  await lane.ground.write(SET);
  const ids = idsOf(n);
  const list = listOf(ids);
  const run: Stage['run'] = async (inputs, options = {}) => {
    const { report, passed } = await lane.run(list, { now, inputs, ...options });
    if (report === null) throw new Error('the run was killed');
    expect([report.stop, report.secrets.failed]).toEqual([null, []]);
    return changesIn(passed);
  };
  await run({});
  const clients = new Clients(lane, ids);
  clients.pickUp(() => true);
  return { lane, list, run, clients, [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose]() };
}

/** One for each tenant: holds a value until it looks into the secrets again. */
class Clients {
  readonly #lane: Lane;
  readonly ids: readonly string[];
  readonly held = new Map<string, string>();

  constructor(lane: Lane, ids: readonly string[]) {
    this.#lane = lane;
    this.ids = ids;
  }

  /** What the secrets hold for a tenant, whatever the layout. */
  stored(id: string): string {
    const own = this.#lane.secrets.get(`TINYBIRD_TENANT_${id.toUpperCase()}_READ`);
    if (own !== undefined) return own;
    const bucket = this.#lane.secrets.get(bucketName('TINYBIRD_TENANT_', bucketOf(id))) ?? '{}';
    return (JSON.parse(bucket) as Record<string, { read: string }>)[id]?.read ?? '';
  }

  pickUp(which: (nth: number) => boolean): void {
    for (const [nth, id] of this.ids.entries()) if (which(nth)) this.held.set(id, this.stored(id));
  }

  /** Statuses that are not 200, of a request by everybody. */
  async refused(values: ReadonlyMap<string, string> = this.held): Promise<string[]> {
    const answers = await Promise.all(
      [...values].map(async ([id, value]) => {
        const { status } = await fetch(`${sandbox.url}/v0/pipes/${id}_usage.json?token=${value}`);
        return status === 200 ? [] : [`${id} ${status}`];
      }),
    );
    return answers.flat();
  }
}

/** Whoever has not yet, picks up; then nothing is used any more until the statistics have forgotten. */
async function toTheEnd({ clients, run }: Stage, old: ReadonlyMap<string, string>): Promise<void> {
  const everybody = clients.ids.length;
  for (const part of [0, 1, 2]) {
    pass(7 * HOUR);
    expect(await clients.refused()).toEqual([]);
    clients.pickUp((nth) => nth % 3 === part);
  }
  expect(await clients.refused()).toEqual([]);
  pass(5 * HOUR);
  // Grace is over, and the statistics know that the old ones were used since: nobody is cut off.
  await run({});
  expect([await clients.refused(old), await clients.refused()]).toEqual([[], []]);
  pass(8 * DAY);
  await run({});
  expect(await clients.refused()).toEqual([]);
  expect(await clients.refused(old)).toHaveLength(everybody);
}

const ROTATE = { command: 'rotate', 'older-than': '0d' };

describe.for<Generation>(['forward', 'classic'])('%s', (generation) => {
  test('200 tenants, a push in between', async () => {
    await using stage = await stageOf(generation, 200);
    const { clients, run } = stage;
    const old = new Map(clients.held);
    const sent = await run(ROTATE);
    expect(sent.filter((request) => request.includes('/actions/secrets/')).length).toBeLessThanOrEqual(64);
    expect(clients.ids.filter((id) => clients.stored(id) === old.get(id))).toEqual([]);
    expect(await run({})).toEqual([]);
    expect(await run(ROTATE)).toEqual([]);
    await toTheEnd(stage, old);
    expect(await run({})).toEqual([]);
  });

  test('killed at every request, and continued by what comes next', { timeout: 900_000 }, async () => {
    const few = 3;
    const left = generation === 'forward' ? 1 : 0;
    const requests = await (async () => {
      await using stage = await stageOf(generation, few);
      return (await stage.run(ROTATE)).length;
    })();
    const moments: Moment[] = [
      { change: 1, when: 'before' },
      ...Array.from({ length: requests }, (_, nth): Moment => ({ change: nth + 1, when: 'after' })),
    ];
    // What is staged by then is continued by whatever comes next.
    const cases = moments.flatMap((moment, nth) =>
      (moment.change === 2 ? [true, false] : [nth % 2 === 0]).map((pushed) => ({ ...moment, pushed })),
    );
    for (const moment of cases) {
      await using stage = await stageOf(generation, few);
      const { lane, list, clients, run } = stage;
      const old = new Map(clients.held);
      await stopAt(lane, list, moment, { now, inputs: ROTATE });
      expect([moment, await clients.refused()]).toEqual([moment, []]);
      if (moment.pushed) {
        await run({});
        expect([moment, await clients.refused()]).toEqual([moment, []]);
        expect([moment, (await lane.snapshot()).deployments]).toEqual([moment, left]);
      }
      pass(1_000);
      await run(ROTATE);
      expect([moment, clients.ids.filter((id) => clients.stored(id) === old.get(id))]).toEqual([moment, []]);
      const { tokens } = await lane.snapshot();
      expect([moment, Object.keys(tokens).filter((name) => name.startsWith('t0_read')).length]).toEqual([
        moment,
        2,
      ]);
      clients.pickUp(() => true);
      pass(8 * DAY);
      await run({});
      expect([moment, await clients.refused()]).toEqual([moment, []]);
      expect([moment, (await clients.refused(old)).length]).toEqual([moment, few]);
    }
  });
});
