// The law: after every single request of an apply, an insert for all tenants still succeeds and loses no row.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AFTER, BEFORE, IDS } from './fleet.ts';
import { type LawStage, setLawStage } from './stage.ts';

let at: LawStage;
beforeAll(async () => {
  at = await setLawStage();
});
afterAll(() => at[Symbol.asyncDispose]());

let inserts = 0;

/** One row for each tenant, through the Events API, as the product's backend does it. */
async function insert(): Promise<void> {
  inserts += 1;
  const { url, adminToken } = at.stage.sandbox;
  const rows = IDS.map((id) =>
    JSON.stringify({
      tenant_id: id,
      event_type: 'login',
      response: inserts,
      timestamp: '2026-11-21 00:00:00',
    }),
  );
  const answer = await fetch(`${url}/v0/events?name=events&wait=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}` },
    body: rows.join('\n'),
  });
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { successful_rows: IDS.length, quarantined_rows: 0 },
  ]);
}

/** How often each of a tenant's inserts is in a table: every one of them exactly once. */
const found = (table: string, id: string) =>
  at.stage.sandbox.count(
    `SELECT countDistinct(response) * (count() = countDistinct(response)) FROM ${table} WHERE tenant_id = '${id}'`,
  );

test('an apply that adds, changes, suspends and removes, there and back', async () => {
  await at.run(BEFORE);
  for (const list of [AFTER, BEFORE, AFTER]) {
    const before = inserts;
    const { end, passed } = await at.run(list, { watch: { done: insert } });
    expect(end.exitCode).toBe(0);
    expect(inserts - before).toBe(passed.length);
    expect(passed.some(({ path }) => path.includes('set-live'))).toBe(true);
    for (const id of IDS) expect(await found('events', id)).toBe(inserts);
    expect(await found('acme_usage_events', 'acme')).toBe(inserts);
    // Made by one of these runs, while rows came in: filled from history, and nothing twice.
    if (list === AFTER) expect(await found('wayne_usage_events', 'wayne')).toBe(inserts);
  }
});
