// Writes leave one at a time, a pace apart. The clock is the test's.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from '../../src/github/pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

test('tasks start a pace apart, in order, and a slow one is not overtaken', async () => {
  const pace = new Pace(1000);
  const log: string[] = [];
  const task = (name: string, ms: number) =>
    pace.key().schedule({}, async () => {
      log.push(`${name} starts at ${Date.now()}`);
      await new Promise((done) => setTimeout(done, ms));
      log.push(`${name} ends at ${Date.now()}`);
    });
  const all = Promise.all([task('a', 10), task('b', 2500), task('c', 0)]);
  await vi.runAllTimersAsync();
  await all;
  expect(log).toEqual([
    'a starts at 0',
    'a ends at 10',
    'b starts at 1000',
    'b ends at 3500',
    'c starts at 3500',
    'c ends at 3500',
  ]);
});

test('a failed task does not stop the next', async () => {
  const pace = new Pace(0);
  const failed = pace.schedule({}, () => Promise.reject(new Error('no')));
  const next = pace.schedule({}, async () => 'done');
  await expect(failed).rejects.toThrow('no');
  await expect(next).resolves.toBe('done');
});
