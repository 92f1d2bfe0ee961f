// What nobody has to fear, in thousands of workspaces that many hands have been in.

import { describe, expect, it } from 'vitest';
import type { Change, Plan } from '../../src/model.ts';
import { deployedSteps, deploymentOf } from '../../src/plan/calls.ts';
import fc from '../properties.ts';
import { type Scene, sceneOf, scenes } from './scene.ts';

const RUNS = { numRuns: 600 };
const NOBODY = { refused: new Set<string>(), drifted: new Set<string>() };
const ORDER = ['revoke', 'apply', 'tokens', 'remove'];

const changesOf = ({ steps }: Plan): Change[] => steps.flatMap(({ changes }) => changes);
const isToken = ({ key }: Change): boolean => key.startsWith('token/');

const law = (says: string, holds: (scene: Scene) => void): void =>
  it(says, () => {
    fc.assert(
      fc.property(scenes, (choices) => holds(sceneOf(choices))),
      RUNS,
    );
  });

describe('in any workspace', () => {
  law('nothing of others is ever in a change, unless it is unmarked, desired and to be adopted', (scene) => {
    for (const { key, action } of changesOf(scene.plan)) {
      if (!scene.foreign.has(key)) continue;
      expect([key, action]).toEqual([key, 'update']);
      expect(scene.adopt).toBe(true);
      expect(scene.unmarked).toContain(key);
      expect(scene.desired.map((one) => one.key)).toContain(key);
    }
  });

  law('no change is about a tenant that the run is not about', ({ plan, only }) => {
    for (const { tenant } of changesOf(plan)) expect(only === null || only.has(tenant ?? '')).toBe(true);
  });

  law('nothing goes without consent: the list says so, or it is to be pruned', (scene) => {
    const states = new Map(scene.fleet.tenants.map(({ id, state }) => [id, state]));
    for (const change of changesOf(scene.plan)) {
      if (change.action !== 'delete') continue;
      const state = states.get(change.tenant ?? '');
      if (state === 'removed' || (scene.prune && state !== 'suspended' && !isToken(change))) continue;
      expect([change.key, isToken(change)]).toEqual([change.key, true]);
      expect(state !== undefined || scene.prune).toBe(true);
      expect(scene.desired.map(({ key }) => key)).not.toContain(change.key);
    }
  });

  law('access is taken away first, data and endpoints last', ({ plan, generation }) => {
    const names = plan.steps.map(({ name }) => name);
    expect(names).toEqual(ORDER.filter((name) => names.some((one) => one === name)));
    for (const { name, changes } of plan.steps) {
      for (const change of changes) {
        expect(change.action === 'delete' && !isToken(change)).toBe(name === 'remove');
        if (isToken(change) && change.hazards.includes('revokes-access')) {
          // A JWT cannot be taken away.
          const isJwt = generation === 'forward' && change.key.endsWith('_app');
          expect(name).toBe(isJwt ? 'tokens' : 'revoke');
        }
      }
    }
  });

  law('every change has its one place, and so its one outcome', ({ plan, desired, live, generation }) => {
    const keys = changesOf(plan).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    if (generation === 'classic') return;
    const carried = deployedSteps(plan).flatMap(
      (step) => deploymentOf({ plan, desired, live }, step, NOBODY).changes,
    );
    const minted = plan.steps.filter(({ name }) => name === 'tokens').flatMap(({ changes }) => changes);
    const placed = [...carried, ...minted].map(({ key }) => key);
    expect(placed.sort()).toEqual(keys.sort());
  });

  law('after an apply nothing is left to do, and what others have is as it was', (scene) => {
    // Conflicts stop a run before anything is sent.
    if (scene.plan.conflicts.length > 0) return;
    const then = scene.afterwards();
    expect(changesOf(then.plan)).toEqual([]);
    const there = new Map(then.live.resources.map((resource) => [resource.key, resource]));
    const taken = new Set(changesOf(scene.plan).map(({ key }) => key));
    for (const resource of scene.live.resources) {
      if (!scene.foreign.has(resource.key) || taken.has(resource.key)) continue;
      expect(there.get(resource.key)).toEqual(resource);
    }
  });

  law(
    'what is edited under our marker is planned, and what is only written in another way is not',
    (scene) => {
      const changes = new Map(changesOf(scene.plan).map((change) => [change.key, change]));
      for (const { drift, key } of changes.values()) if (drift) expect(scene.edited).toContain(key);
      const wanted = new Map(scene.desired.map((one) => [one.key as string, one.tenant ?? '']));
      for (const key of scene.edited) {
        const tenant = wanted.get(key);
        if (tenant === undefined || scene.foreign.has(key) || scene.only?.has(tenant) === false) continue;
        expect([...changes.keys()]).toContain(key);
      }
    },
  );
});
