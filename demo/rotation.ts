// One tenant's token is rotated: what becomes of the old value, and of the new one.
import assert from 'node:assert/strict';
import type { ActionEnd } from '../src/sandbox/github/runner.ts';
import { ask, tokenOf } from './isolation.ts';
import type { Stage } from './stage.ts';
import type { Facts } from './story.ts';
import type { DemoTenant } from './tenants.ts';

/** Without a grace period: a demo does not wait for a day. */
const AT_ONCE = { grace: '0s' };

export async function rotation(stage: Stage, tenant: DemoTenant): Promise<Facts> {
  const endpoint = `${tenant.id}_usage_by_day`;
  const works = async (value: string) => (await ask(stage, endpoint, value)) !== null;
  const old = tokenOf(stage, tenant);
  succeeded(await stage.act('workflow_dispatch', {}, { inputs: { command: 'rotate', tenant: tenant.id } }));
  const next = tokenOf(stage, tenant);
  stage.retired.push(old);
  assert.notEqual(next, old);
  assert.deepEqual([await works(old), await works(next)], [true, true]);
  const waiting = await stage.act('schedule', {}, { inputs: AT_ONCE });
  succeeded(waiting);
  const told = waiting.log.split('\n').find((line) => line.includes('is still used'));
  assert.ok(told !== undefined, waiting.log);
  assert.deepEqual([await works(old), await works(next)], [true, true]);
  succeeded(
    await stage.act('workflow_dispatch', {}, { inputs: { ...AT_ONCE, tenant: tenant.id, force: 'true' } }),
  );
  assert.deepEqual([await works(old), await works(next)], [false, true]);
  return {
    text: `${tenant.id} has a new value; the old one worked beside it while it was used, then it was refused`,
    shown: told.trim(),
  };
}

const succeeded = (end: ActionEnd): void => assert.equal(end.exitCode, 0, end.log);
