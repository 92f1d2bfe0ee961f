// The law: stop a run at any request, run again: the same end state. Here for runs that add, change, suspend, bring back and remove.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { AFTER, BEFORE } from './fleet.ts';
import { changesIn, type Moment, stopAt } from './kill.ts';
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

test('there and back, stopped at each of their changes', { timeout: 900_000 }, async () => {
  await lane.run(BEFORE);
  const there = await undisturbed(AFTER);
  const back = await undisturbed(BEFORE);
  const most = Math.max(there.changes, back.changes);
  // Each trial starts where the one before has ended, so the two ways take turns. After one change is before the next.
  for (let change = 1; change <= most; change += 1) {
    await stopped(there, { change: Math.min(change, there.changes), when: 'before' });
    await stopped(back, { change: Math.min(change, back.changes), when: 'after' });
  }
});

type Way = Awaited<ReturnType<typeof undisturbed>>;

async function undisturbed(list: string) {
  const { report, passed } = await lane.run(list);
  expect(report?.stop).toBeNull();
  const state = await lane.snapshot();
  expect(state.deployments).toBe(1);
  return { list, state, changes: changesIn(passed).length };
}

async function stopped({ list, state }: Way, moment: Moment): Promise<void> {
  await stopAt(lane, list, moment);
  const { report } = await lane.run(list);
  const reached = { moment, stop: report?.stop ?? null, ...(await lane.snapshot()) };
  expect(reached).toEqual({ moment, stop: null, ...state });
}
