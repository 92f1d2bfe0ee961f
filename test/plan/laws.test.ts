// The laws of the plan, each one sentence, over generated worlds.

import { describe, expect, it } from 'vitest';
import type { Change, Fleet, Live, Plan } from '../../src/model.ts';
import { deployedSteps, deploymentOf } from '../../src/plan/calls.ts';
import { plan } from '../../src/plan/plan.ts';
import fc from '../properties.ts';
import { applied, desiredOf, EMPTY, fleetOf, foreignOf, liveOf, present, tenant, worlds } from './world.ts';

const planned = (fleet: Fleet, live: Live, options: { prune?: boolean } = {}): Plan =>
  plan({
    desired: desiredOf(fleet),
    live,
    fleet,
    only: null,
    prune: options.prune ?? false,
    adopt: false,
    now: 0,
  });

const changesOf = (made: Plan): Change[] => made.steps.flatMap((step) => step.changes);

type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never;

function build({ before, after, unmarked, otherFleet }: World) {
  const yesterday = applied(planned(fleetOf(present(before)), EMPTY), EMPTY);
  const others = [...foreignOf(unmarked, null), ...foreignOf(otherFleet, 'billing')];
  const live: Live = { ...yesterday, resources: [...yesterday.resources, ...others] };
  return { fleet: fleetOf(present(after)), live, others };
}

const RUNS = { numRuns: 100 };
const NOBODY = { refused: new Set<string>(), drifted: new Set<string>() };

describe('laws of the plan', () => {
  it('plan(x, x) is empty', () => {
    fc.assert(
      fc.property(worlds, ({ after }) => {
        const fleet = fleetOf(present(after));
        const made = planned(fleet, liveOf(desiredOf(fleet)));
        expect(made.steps).toEqual([]);
        expect(made.conflicts).toEqual([]);
      }),
      RUNS,
    );
  });

  it('after an apply the plan is empty', () => {
    fc.assert(
      fc.property(worlds, fc.boolean(), (world, prune) => {
        const { fleet, live } = build(world);
        const first = planned(fleet, live, { prune });
        const second = planned(fleet, applied(first, live), { prune });
        expect(changesOf(second)).toEqual([]);
      }),
      RUNS,
    );
  });

  it('shuffled input gives the same checksum and the same steps', () => {
    fc.assert(
      fc.property(worlds, fc.integer(), (world, seed) => {
        const { fleet, live } = build(world);
        const shuffled = (list: readonly unknown[]) => list.toSorted((a, b) => mix(a, seed) - mix(b, seed));
        const other = planned(
          { ...fleet, tenants: shuffled(fleet.tenants) as typeof fleet.tenants },
          { ...live, resources: shuffled(live.resources) as typeof live.resources },
        );
        const made = planned(fleet, live);
        expect(other.checksum).toBe(made.checksum);
        expect(other.steps).toEqual(made.steps);
      }),
      RUNS,
    );
  });

  it('nothing unmarked and nothing of another fleet ever appears in a change', () => {
    fc.assert(
      fc.property(worlds, fc.boolean(), (world, prune) => {
        const { fleet, live, others } = build(world);
        const keys = new Set(changesOf(planned(fleet, live, { prune })).map(({ key }) => key));
        for (const { key } of others) expect(keys).not.toContain(key);
      }),
      RUNS,
    );
  });

  it('without prune only the tenants that the list removes lose a resource', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { fleet, live } = build(world);
        const removed = new Set(fleet.tenants.filter(({ state }) => state === 'removed').map(({ id }) => id));
        for (const change of changesOf(planned(fleet, live))) {
          if (change.action === 'delete' && !change.key.startsWith('token/')) {
            expect(removed).toContain(change.tenant);
          }
        }
      }),
      RUNS,
    );
  });

  it('access is taken away first and data is deleted last, in reverse order of need', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { fleet, live } = build(world);
        const made = planned(fleet, live);
        const order = ['revoke', 'apply', 'tokens', 'remove'];
        const names = made.steps.map(({ name }) => order.indexOf(name));
        expect(names).toEqual(names.toSorted((a, b) => a - b));
        for (const { name, changes } of made.steps) {
          for (const change of changes) {
            const deletesFile = change.action === 'delete' && !change.key.startsWith('token/');
            expect(deletesFile).toBe(name === 'remove');
            const revokes = change.key.startsWith('token/') && change.hazards.includes('revokes-access');
            expect(revokes && name !== 'revoke').toBe(false);
          }
        }
        const last = made.steps.find(({ name }) => name === 'remove')?.changes ?? [];
        for (const tenant of new Set(last.map((change) => change.tenant))) {
          const kinds = last.filter((change) => change.tenant === tenant).map(({ key }) => key.split('/')[0]);
          expect(kinds).toEqual(kinds.toSorted((a = '', b = '') => (a < b ? 1 : -1)));
        }
      }),
      RUNS,
    );
  });

  it('every deployment uploads everything that nobody removes', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { fleet, live } = build(world);
        const desired = desiredOf(fleet);
        const made = planned(fleet, live);
        for (const step of deployedSteps(made)) {
          const { uploads, expected } = deploymentOf({ plan: made, desired, live }, step, NOBODY);
          const names = new Set(
            uploads.map((upload) =>
              upload.kind === 'live' ? upload.resource.name : upload.name.replace(/\.\w+$/, ''),
            ),
          );
          expect(names.size).toBe(uploads.length);
          for (const { name } of live.resources) expect(names.has(name)).toBe(!expected.deleted.has(name));
          expect(step === 'remove' || expected.deleted.size === 0).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('a tenant with a slug of its own stays ours when its line is gone, and goes when the list says so', () => {
    const named = { ...tenant('acme'), slug: 'customer_1' };
    const live = liveOf(desiredOf(fleetOf([named])));
    const other = tenant('globex');
    const vanished = planned(fleetOf([other]), live);
    expect(vanished.orphans.map(({ key }) => key)).toEqual([
      'datasource/customer_1_rows',
      'pipe/customer_1_usage',
      'token/customer_1_read',
    ]);
    expect(vanished.liveTenants).toEqual(['acme']);
    // Removed under another slug than the one it lives under: it is still the tenant that goes.
    const gone = planned(fleetOf([tenant('acme', 'removed'), other]), live);
    const deleted = changesOf(gone).filter(({ action }) => action === 'delete');
    expect(deleted.map(({ key }) => key).sort()).toEqual(vanished.orphans.map(({ key }) => key));
  });

  it('a refused tenant is uploaded as it lives, or not at all', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { fleet, live } = build(world);
        const desired = desiredOf(fleet);
        const made = planned(fleet, live);
        const refused = new Set(fleet.tenants.map(({ id }) => id));
        for (const step of deployedSteps(made)) {
          const { uploads, changes } = deploymentOf({ plan: made, desired, live }, step, {
            ...NOBODY,
            refused,
          });
          expect(changes.every(({ tenant }) => !refused.has(tenant ?? ''))).toBe(true);
          expect(uploads).toHaveLength(live.resources.length);
        }
      }),
      RUNS,
    );
  });
});

/** A reproducible number from a value and a seed, to shuffle with. */
function mix(value: unknown, seed: number): number {
  let state = seed | 0;
  for (const char of JSON.stringify(value)) state = (Math.imul(state, 31) + char.charCodeAt(0)) | 0;
  return state;
}
