// Whole runs in the layout `packed`: what is in the buckets opens what it should, and a run that was stopped is completed by the next.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketName, bucketOf } from '../../src/github/buckets.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { stopAt } from './kill.ts';
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

const HEAD = 'fleet: usage\ntenants:\n';
const ACME = '  - { id: acme, template: own-endpoints, vars: { event_types: [login] } }\n';
const STARK = '  - { id: stark, template: own-token }\n';
const WAYNE = '  - { id: wayne, template: own-token }\n';
const packed = { 'secret-layout': 'packed' };
const name = (id: string): string => bucketName('TINYBIRD_TENANT_', bucketOf(id));

/** Status of an endpoint asked with each value, by tenant. */
async function opened(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const text of lane.secrets.values()) {
    for (const [id, { read = '' }] of Object.entries<Record<string, string>>(JSON.parse(text))) {
      const pipe = id === 'acme' ? 'acme_usage_this_month' : 'usage_this_month';
      found[id] = (await fetch(`${sandbox.url}/v0/pipes/${pipe}.json?token=${read}`)).status;
    }
  }
  return found;
}

test('from a secret each to buckets, a tenant more, one suspended, nothing to do', async () => {
  await lane.run(HEAD + ACME + STARK);
  expect([...lane.secrets.keys()].sort()).toEqual([
    'TINYBIRD_TENANT_ACME_READ',
    'TINYBIRD_TENANT_STARK_READ',
  ]);
  const planned = await lane.run(HEAD + ACME + STARK, { inputs: { ...packed, command: 'plan' } });
  expect(planned.report?.secrets).toMatchObject({
    due: 4,
    layout: { name: 'packed', why: 'as `secret-layout` says' },
  });
  // The first change announces, the second writes.
  await stopAt(lane, HEAD + ACME + STARK, { change: 4, when: 'after' }, { inputs: packed });
  const moved = await lane.run(HEAD + ACME + STARK, { inputs: packed });
  expect(moved.report).toMatchObject({ stop: null, secrets: { failed: [] } });
  expect([...lane.secrets.keys()].sort()).toEqual([name('acme'), name('stark')].sort());
  expect(await opened()).toEqual({ acme: 200, stark: 200 });

  const added = await lane.run(HEAD + ACME + STARK + WAYNE, { inputs: { tenant: 'wayne' } });
  expect(added.report?.secrets).toMatchObject({ written: [name('wayne')], layout: { name: 'packed' } });
  expect(added.report?.secrets.names).toEqual({ wayne: { read: name('wayne') } });
  expect(await opened()).toEqual({ acme: 200, stark: 200, wayne: 200 });

  const gone = await lane.run(HEAD + ACME + STARK.replace(' }', ', state: suspended }') + WAYNE);
  expect(gone.report?.tenants).toMatchObject([{ id: 'stark', fate: 'suspended', failed: null }]);
  expect(gone.report?.notes).toEqual([
    expect.stringContaining('the JWT stark_read of stark cannot be revoked'),
  ]);
  expect(gone.report?.secrets.deleted).toEqual([name('stark')]);

  const again = await lane.run(HEAD + ACME + STARK.replace(' }', ', state: suspended }') + WAYNE);
  expect(again.report?.plan.steps).toEqual([]);
  expect(again.passed.filter(({ method }) => method !== 'GET')).toEqual([]);
});
