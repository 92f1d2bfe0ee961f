// So many at a time, first come first served, whatever becomes of the work.

import { expect, test } from 'vitest';
import { createLimit } from '../../src/tinybird/limit.ts';
import fc from '../properties.ts';

test('never more than the limit, never less while work is waiting, started in order, also when used again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.scheduler(),
      fc.array(fc.array(fc.boolean()), { maxLength: 3 }),
      async (most, scheduler, waves) => {
        const limit = createLimit(most);
        for (const fates of waves) {
          const started: number[] = [];
          let ended = 0;
          const work = (fails: boolean, i: number) => async () => {
            started.push(i);
            await scheduler.schedule(Promise.resolve());
            ended++;
            if (fails) throw new Error('failed');
          };
          const settled = Promise.allSettled(fates.map((fails, i) => limit(work(fails, i))));
          while (scheduler.count() > 0) {
            expect(scheduler.count()).toBe(Math.min(most, fates.length - ended));
            await scheduler.waitOne();
            await new Promise(setImmediate);
          }
          expect((await settled).map(({ status }) => status === 'rejected')).toEqual(fates);
          expect(started).toEqual(fates.map((_, i) => i));
        }
      },
    ),
    { numRuns: 50 },
  );
});
