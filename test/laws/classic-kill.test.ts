// The law on Classic: stop a run at any request, run again: the same end state, each row once. Here at every request that changes the workspace.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changesIn, runUntil, stopAt } from './kill.ts';
import { type Lane, openLane } from './lane.ts';
import { type LawStage, setLawStage } from './stage.ts';

const LIST = 'fleet: usage\ntenants:\n';
const listOf = (...lines: readonly string[]): string =>
  LIST + lines.map((line) => `  - { ${line} }\n`).join('');

const EMPTY = listOf('id: nobody, template: own-token, state: removed');
/** What sets of endpoints alone send is among what a table sends after its history. */
const NEW = ['id: acme, template: table', 'id: stark, template: own-token'];
const FIRST = listOf(...NEW);
const REMOVED = listOf(...NEW.map((line) => `${line}, state: removed`));

interface Journey {
  readonly what: string;
  /** What one way adds and removes, the other removes and adds. */
  readonly there: string;
  readonly back: string;
  /** After how many of its changes a way is killed. Both ways send the same requests: there the first of these, back the second, and so on. */
  readonly moments: (changes: readonly string[]) => readonly number[];
}

const upTo = (n: number): number[] => Array.from({ length: n + 1 }, (_, i) => i);
const atEach: Journey['moments'] = ({ length }) => upTo(length);

/** A tenant that is added is killed at each of these in the first run. */
const isOfFirstRun = (request: string): boolean =>
  /^POST |^DELETE .*__fill$|^PUT .*_mv$/.test(request) && !request.includes('exchange');

const JOURNEYS: readonly Journey[] = [
  {
    what: 'a view and its table are made anew',
    there: listOf('id: acme, template: table, vars: { version: 2, resorted: true }'),
    back: listOf('id: acme, template: table'),
    moments: atEach,
  },
  {
    what: 'a table is made anew, whose view stays as it is',
    there: listOf('id: acme, template: table, vars: { resorted: true }'),
    back: listOf('id: acme, template: table'),
    // Its requests are those of the one before.
    moments: ({ length }) => [3, length - 3],
  },
  {
    what: 'one is suspended, one removed, one added, one may see more',
    there: listOf(
      'id: stark, template: own-token, state: suspended',
      'id: hooli, template: table, state: removed',
      'id: wayne, template: table',
      'id: globex, template: own-endpoints, vars: { event_types: [login, purchase] }',
    ),
    back: listOf(
      'id: stark, template: own-token',
      'id: hooli, template: table',
      'id: wayne, template: table, state: removed',
      'id: globex, template: own-endpoints, vars: { event_types: [login] }',
    ),
    moments: (changes) => atEach(changes).filter((nth) => !isOfFirstRun(changes[nth - 1] ?? '')),
  },
];
const IDS = ['acme', 'globex', 'stark', 'hooli', 'wayne'];

let at: LawStage;
beforeAll(async () => {
  at = await setLawStage({ generation: 'classic' });
});
afterAll(() => at[Symbol.asyncDispose]());

let lanes = 0;
const laneOf = (): Promise<Lane> => {
  lanes += 1;
  return openLane(at.stage.sandbox, `lane_${lanes}`);
};

interface Way {
  readonly list: string;
  readonly state: object;
  readonly changes: readonly string[];
}

/** The workspace in words, with the rows that each table of a tenant holds. */
async function stateOf(lane: Lane): Promise<object> {
  const snapshot = await lane.snapshot();
  const tables = Object.keys(snapshot.datafiles).filter((name) => name.endsWith('_usage_events'));
  const landed = upTo(lane.inserted).slice(1);
  for (const table of tables)
    expect([table, await lane.rows(table, table.split('_')[0] ?? '')]).toEqual([table, landed]);
  return {
    ...snapshot,
    types: await Promise.all(tables.map(async (table) => [table, await typesIn(lane, table)])),
  };
}

/** What the view made of the rows: all of one version. */
const typesIn = async (lane: Lane, table: string): Promise<unknown> =>
  (await lane.first(`SELECT arraySort(groupUniqArray(event_type)) AS types FROM ${table}`)).types;

async function undisturbed(lane: Lane, list: string): Promise<Way> {
  const { report, passed } = await lane.run(list);
  expect(report?.stop).toBeNull();
  expect(report?.outcomes.filter(({ result }) => result !== 'applied')).toEqual([]);
  const again = await lane.run(list);
  expect([changesIn(again.passed), again.report?.plan.steps]).toEqual([[], []]);
  return { list, state: await stateOf(lane), changes: changesAt(passed) };
}

const changesAt = (passed: Parameters<typeof changesIn>[0]): string[] =>
  changesIn(passed).filter((request) => request.includes(' /v0/'));

/** Killed after that change of the workspace, or before the first; then repeated to the same end. Without one it is only gone. */
async function killed(lane: Lane, { list, state }: Way, change = Number.POSITIVE_INFINITY): Promise<void> {
  const stop = new AbortController();
  let changes = 0;
  const count = (method: string, path: string): number =>
    method !== 'GET' && path.startsWith('/v0/') ? 1 : 0;
  const first = await lane.run(list, {
    stop,
    watch: {
      arrived: () => {
        if (change === 0) stop.abort();
      },
      done: ({ method, path }) => {
        changes += count(method, path);
        if (changes === change) stop.abort();
      },
    },
  });
  // Timing may spare a run a request; what was not killed must be done.
  const at = { after: change, request: first.passed.at(-1)?.path };
  await lane.insert(IDS);
  const { report } = await lane.run(list);
  expect({ at, stop: report?.stop?.message, state: await stateOf(lane) }).toEqual({
    at,
    stop: undefined,
    state,
  });
}

describe('killed at each of its changes', () => {
  test.concurrent('a first run', async () => {
    await using lane = await laneOf();
    await lane.run(EMPTY);
    await lane.insert(IDS);
    const way = await undisturbed(lane, FIRST);
    expect(way.state).toMatchObject({
      secrets: { TINYBIRD_TENANT_ACME_READ: 'acme_read answers 200' },
      tokens: { stark_read: expect.arrayContaining(["DATASOURCES:READ events tenant_id = 'stark'"]) },
    });
    for (let change = 0; change <= way.changes.length; change += 1) {
      await lane.run(REMOVED);
      await killed(lane, way, change);
    }
    expect(changesIn((await lane.run(FIRST)).passed)).toEqual([]);
  });

  test.concurrent.each(JOURNEYS)('$what', async ({ there, back, moments }) => {
    await using lane = await laneOf();
    await lane.run(EMPTY);
    await lane.insert(IDS);
    const home = await undisturbed(lane, back);
    const away = await undisturbed(lane, there);
    const returned = await undisturbed(lane, back);
    expect(returned.state).toEqual(home.state);
    const [going, returning] = [moments(away.changes), moments(returned.changes)];
    // Each trial starts where the one before has ended, so the two ways take turns.
    for (let nth = 0; nth < Math.max(going.length, returning.length); nth += 2) {
      await killed(lane, away, going[nth]);
      await killed(lane, returned, returning[nth + 1]);
    }
    expect(changesIn((await lane.run(back)).passed)).toEqual([]);
  });
});

test.concurrent('anywhere in a new workspace', async () => {
  const list = listOf('id: acme, template: own-table', 'id: stark, template: own-token');
  const states: object[] = [];
  // Not killed; while the project is made; between the two.
  for (const change of [0, 1, 2]) {
    await using lane = await laneOf();
    if (change > 0) await stopAt(lane, list, { change, when: 'after' });
    expect((await lane.run(list)).report?.stop).toBeNull();
    states.push(await lane.snapshot());
    expect([change, states.at(-1)]).toEqual([change, states[0]]);
    expect(changesIn((await lane.run(list)).passed)).toEqual([]);
  }
});

test('the built action, killed while the history comes', async () => {
  const list = listOf('id: acme, template: own-table', 'id: stark, template: own-token');
  const whole = await at.run(list);
  expect(whole.end.exitCode).toBe(0);
  const state = await at.snapshot();
  const population = changesIn(whole.passed).findIndex((request) => request.includes('/population'));
  expect(population).toBeGreaterThan(0);
  await at.anew();
  await runUntil(at, list, { change: population + 1, when: 'after' });
  const { end } = await at.run(list);
  expect({ exitCode: end.exitCode, ...(await at.snapshot()) }).toEqual({ exitCode: 0, ...state });
  expect(changesIn((await at.run(list)).passed)).toEqual([]);
});
