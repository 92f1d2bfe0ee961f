// The law: kill the process at any request, run again: the same end state as if nothing had happened. Here for a first run.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BEFORE } from './fleet.ts';
import { changesIn, type Moment, runUntil } from './kill.ts';
import { type LawStage, setLawStage } from './stage.ts';

type Trial = Moment & { readonly request: string };

let at: LawStage;
beforeAll(async () => {
  at = await setLawStage();
});
afterAll(() => at[Symbol.asyncDispose]());

test('a first run, killed at each of its changes', { timeout: 900_000 }, async () => {
  await at.anew();
  const { end, passed } = await at.run(BEFORE);
  expect(end.exitCode).toBe(0);
  const undisturbed = await at.snapshot();
  expect(undisturbed).toMatchObject({
    deployments: 1,
    ledger: { TINYBIRD_TENANT_ACME_READ: 'acme, static, right' },
    secrets: { TINYBIRD_TENANT_ACME_READ: 'acme_read answers 200' },
  });
  // After one change is before the next, so only the first is also killed before anything came of it.
  const after = changesIn(passed).map(
    (request, index): Trial => ({ request, change: index + 1, when: 'after' }),
  );
  const moments: Trial[] = [{ request: after[0]?.request ?? '', change: 1, when: 'before' }, ...after];
  for (const moment of moments) {
    await at.anew();
    await runUntil(at, BEFORE, moment);
    const again = await at.run(BEFORE);
    const state = { moment, exitCode: again.end.exitCode, ...(await at.snapshot()) };
    expect(state).toEqual({ moment, exitCode: 0, ...undisturbed });
  }
});
