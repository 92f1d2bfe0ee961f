// The law: kill the process at any request, run again: the same end state as if nothing had happened. Here for a first run.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BEFORE } from './fleet.ts';
import { changesIn, type Moment, runUntil, stopAt } from './kill.ts';
import { openLane } from './lane.ts';
import { type LawStage, setLawStage } from './stage.ts';

let at: LawStage;
beforeAll(async () => {
  at = await setLawStage();
});
afterAll(() => at[Symbol.asyncDispose]());

const THERE = {
  deployments: 1,
  ledger: { TINYBIRD_TENANT_ACME_READ: 'acme, static, right' },
  secrets: { TINYBIRD_TENANT_ACME_READ: 'acme_read answers 200' },
};

test('a first run, stopped at each of its changes', { timeout: 900_000 }, async () => {
  const { sandbox } = at.stage;
  const { undisturbed, requests } = await (async () => {
    await using lane = await openLane(sandbox, 'undisturbed', 'forward');
    const { report, passed } = await lane.run(BEFORE);
    expect(report?.stop).toBeNull();
    return { undisturbed: await lane.snapshot(), requests: changesIn(passed) };
  })();
  expect(undisturbed).toMatchObject(THERE);
  // After one change is before the next, so only the first is also stopped before anything came of it.
  const moments: Moment[] = [
    { change: 1, when: 'before' },
    ...requests.map((_, index): Moment => ({ change: index + 1, when: 'after' })),
  ];
  for (const [nth, moment] of moments.entries()) {
    await using lane = await openLane(sandbox, `stopped_${nth}`, 'forward');
    await stopAt(lane, BEFORE, moment);
    const { report } = await lane.run(BEFORE);
    const state = { moment, stop: report?.stop ?? null, ...(await lane.snapshot()) };
    expect(state).toEqual({ moment, stop: null, ...undisturbed });
  }
});

test('the built action, killed while it stages, promotes and writes secrets', async () => {
  await at.anew();
  const { end, passed } = await at.run(BEFORE);
  expect(end.exitCode).toBe(0);
  const undisturbed = await at.snapshot();
  expect(undisturbed).toMatchObject(THERE);
  const nth = (part: string): number => changesIn(passed).findIndex((request) => request.includes(part)) + 1;
  const changes = [nth('/v1/deploy?'), nth('set-live'), nth('/actions/secrets/')];
  expect(changes.every((change) => change > 0)).toBe(true);
  for (const change of changes) {
    await at.anew();
    await runUntil(at, BEFORE, { change, when: 'after' });
    const again = await at.run(BEFORE);
    const state = { change, exitCode: again.end.exitCode, ...(await at.snapshot()) };
    expect(state).toEqual({ change, exitCode: 0, ...undisturbed });
  }
});
