// The law: the second of two equal runs sends nothing but GET; also after a run that was killed and continued.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AFTER, BEFORE } from './fleet.ts';
import { changesIn } from './kill.ts';
import { type LawStage, setLawStage } from './stage.ts';

let at: LawStage;
beforeAll(async () => {
  at = await setLawStage();
});
afterAll(() => at[Symbol.asyncDispose]());

test.each([
  ['the first list', BEFORE],
  ['a list that adds, changes, suspends and removes', AFTER],
  ['the first list again', BEFORE],
])('%s', async (_, list) => {
  const first = await at.run(list);
  expect(changesIn(first.passed)).not.toEqual([]);
  const state = await at.snapshot();
  const second = await at.run(list);
  expect(second.end.exitCode).toBe(0);
  expect(changesIn(second.passed)).toEqual([]);
  expect(second.end.outputs).toMatchObject({ changed: '[]', drift: 'false', 'deployment-id': '' });
  expect(await at.snapshot()).toEqual(state);
});
