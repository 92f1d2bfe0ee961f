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
  const moments = [momentsOf(there.changes), momentsOf(back.changes)] as const;
  const most = Math.max(...moments.map(({ length }) => length));
  // Each trial starts where the one before has ended, so the two ways take turns; both send the same requests, so each takes its half.
  for (let nth = 0; nth < most; nth += 2) {
    await stopped(there, moments[0][nth]);
    await stopped(back, moments[1][nth + 1]);
  }
});

/** Before the first change, and after each. What a check was asked nobody keeps: after one is before the next. */
const momentsOf = (changes: readonly string[]): Moment[] => [
  { change: 1, when: 'before' },
  ...changes.flatMap((request, index): Moment[] =>
    request.includes('?check=true') ? [] : [{ change: index + 1, when: 'after' }],
  ),
];

type Way = Awaited<ReturnType<typeof undisturbed>>;

async function undisturbed(list: string) {
  const { report, passed } = await lane.run(list);
  expect(report?.stop).toBeNull();
  const state = await lane.snapshot();
  expect(state.deployments).toBe(1);
  return { list, state, changes: changesIn(passed) };
}

/** Where the other way has one moment more, this one is only gone. */
async function stopped({ list, state }: Way, moment: Moment | undefined): Promise<void> {
  if (moment !== undefined) await stopAt(lane, list, moment);
  const { report } = await lane.run(list);
  const reached = { moment, stop: report?.stop ?? null, ...(await lane.snapshot()) };
  expect(reached).toEqual({ moment, stop: null, ...state });
}
