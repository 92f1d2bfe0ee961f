// The law: kill the process at any request, run again: the same end state. Here for runs that add, change, suspend, bring back and remove.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AFTER, BEFORE } from './fleet.ts';
import { changesIn, type Moment, runUntil } from './kill.ts';
import { type LawStage, setLawStage } from './stage.ts';

let at: LawStage;
beforeAll(async () => {
  at = await setLawStage();
});
afterAll(() => at[Symbol.asyncDispose]());

test('there and back, killed at each of their changes', { timeout: 900_000 }, async () => {
  await at.run(BEFORE);
  const there = await undisturbed(AFTER);
  const back = await undisturbed(BEFORE);
  const most = Math.max(there.changes, back.changes);
  // Each trial starts where the one before has ended, so the two ways take turns. After one change is before the next.
  for (let change = 1; change <= most; change += 1) {
    await killed(there, { change: Math.min(change, there.changes), when: 'before' });
    await killed(back, { change: Math.min(change, back.changes), when: 'after' });
  }
});

type Way = Awaited<ReturnType<typeof undisturbed>>;

async function undisturbed(list: string) {
  const { end, passed } = await at.run(list);
  expect(end.exitCode).toBe(0);
  const state = await at.snapshot();
  expect(state.deployments).toBe(1);
  return { list, state, changes: changesIn(passed).length };
}

async function killed({ list, state }: Way, moment: Moment): Promise<void> {
  await runUntil(at, list, moment);
  const { end } = await at.run(list);
  const reached = { moment, exitCode: end.exitCode, ...(await at.snapshot()) };
  expect(reached).toEqual({ moment, exitCode: 0, ...state });
}
