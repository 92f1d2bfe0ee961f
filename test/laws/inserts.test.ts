// The law: after every single request of an apply, an insert for all tenants still succeeds and loses no row.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { AFTER, BEFORE, IDS } from './fleet.ts';
import type { Passing } from './gate.ts';
import { type Lane, openLane } from './lane.ts';

let sandbox: Sandbox;
let lane: Lane;
beforeAll(async () => {
  sandbox = await startSandbox();
  lane = await openLane(sandbox, 'usage', 'forward');
});
afterAll(async () => {
  await lane[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

/** Numbers of all inserts: each is to be in a table once. */
const landed = (): number[] => Array.from({ length: lane.inserted }, (_, nth) => nth + 1);

async function expectWhole(table: string, id: string): Promise<void> {
  expect([table, id, await lane.rows(table, id)]).toEqual([table, id, landed()]);
}

test('an apply that adds, changes, suspends and removes, there and back', async () => {
  await lane.run(BEFORE);
  for (const list of [AFTER, BEFORE]) {
    const before = lane.inserted;
    let requests = 0;
    // What is asked before the first change leaves everything as it was; from then on the server works between any two.
    const done = async ({ method }: Passing): Promise<void> => {
      if (requests === 0 && method === 'GET') return;
      requests += 1;
      await lane.insert(IDS);
    };
    const { report, passed } = await lane.run(list, { watch: { done } });
    expect([report?.stop, report?.outcomes.filter(({ result }) => result !== 'applied')]).toEqual([null, []]);
    expect(lane.inserted - before).toBe(requests);
    expect(requests).toBe(passed.length - passed.findIndex(({ method }) => method !== 'GET'));
    expect(passed.filter(({ path }) => path.includes('set-live'))).toHaveLength(3);
    for (const id of IDS) await expectWhole('events', id);
    await expectWhole('acme_usage_events', 'acme');
    // Made by this run, while rows came in: filled from history, and nothing twice.
    if (list === AFTER) await expectWhole('wayne_usage_events', 'wayne');
  }
});
