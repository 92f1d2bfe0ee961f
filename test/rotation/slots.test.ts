// The law: which tokens a role has by now changes no hash, no checksum, and nothing of what the list asks for.

import { expect, test } from 'vitest';
import { desiredFrom } from '../../src/desired.ts';
import type { Plan, Rotation } from '../../src/model.ts';
import { plan } from '../../src/plan/plan.ts';
import { changesIn, isRenewal } from '../../src/plan/steps.ts';
import { NO_ROTATION } from '../../src/rotation/rotation.ts';
import { NO_SLOTS, type RoleSlots, slotName } from '../../src/rotation/slots.ts';
import { declaredOf, fleetOf, liveOf, tenant } from '../plan/world.ts';
import fc from '../properties.ts';

const IDS = ['acme', 'globex', 'stark'];
const T = Date.parse('2026-11-22T05:09:40Z') / 1000;

/** By id: how many older tokens the role has beside the current one; 0 for the first token alone. */
const histories = fc.record(Object.fromEntries(IDS.map((id) => [id, fc.nat(3)])));

const slotsOf = (older: Readonly<Record<string, number>>): RoleSlots =>
  new Map(
    Object.entries(older).flatMap(([id, n]) => {
      if (n === 0) return [];
      const first = `${id}_read`;
      const names = Array.from({ length: n }, (_, nth) => slotName(first, T - nth));
      const [current, ...retiring] = [...names, first] as const;
      return [[first, { current, retiring }] as const];
    }),
  );

const namesIn = (slots: RoleSlots): string[] =>
  [...slots.values()].flatMap(({ current, retiring }) => [current, ...retiring]);

interface World {
  readonly shapes: Readonly<Record<string, number>>;
  readonly slots: RoleSlots;
}
const fleet = (shapes: World['shapes']) => fleetOf(IDS.map((id) => tenant(id, 'active', shapes[id] ?? 0)));

const planned = (before: World, after: World, rotation: Rotation = NO_ROTATION): Plan => {
  const list = fleet(after.shapes);
  const live = liveOf(desiredFrom(declaredOf(fleet(before.shapes)), before.slots));
  const desired = desiredFrom(declaredOf(list), after.slots);
  return plan({ desired, live, fleet: list, only: null, prune: false, adopt: false, now: 0, rotation });
};

const asked = (made: Plan): string[] =>
  changesIn(made)
    .filter((change) => !isRenewal(change))
    .map(({ action, key }) => `${action} ${key}`);

const shapes = fc.record(Object.fromEntries(IDS.map((id) => [id, fc.nat(2)])));

test('what is live with all its tokens is what the list asks for', () => {
  fc.assert(
    fc.property(shapes, histories, (shape, older) => {
      const world = { shapes: shape, slots: slotsOf(older) };
      expect(changesIn(planned(world, world))).toEqual([]);
    }),
  );
});

test('a change of the list is the same change in the middle of a rotation', () => {
  fc.assert(
    fc.property(shapes, shapes, histories, (before, after, older) => {
      const slots = slotsOf(older);
      const during = planned({ shapes: before, slots }, { shapes: after, slots });
      const without = planned({ shapes: before, slots: NO_SLOTS }, { shapes: after, slots: NO_SLOTS });
      expect([asked(during), during.checksum]).toEqual([asked(without), without.checksum]);
    }),
  );
});

test('the next tokens, and the end of the old ones, are nothing that was reviewed', () => {
  fc.assert(
    fc.property(shapes, shapes, histories, histories, (before, after, older, newer) => {
      const [was, is] = [slotsOf(older), slotsOf(newer)];
      const [live, wanted] = [was, is].map((slots) => {
        const firsts = IDS.map((id) => `${id}_read`).filter((first) => !slots.has(first));
        return new Set([...namesIn(slots), ...firsts]);
      });
      if (live === undefined || wanted === undefined) throw new Error('there are two');
      const rotation = { ...NO_ROTATION, next: wanted.difference(live), retired: live.difference(wanted) };
      const made = planned({ shapes: before, slots: was }, { shapes: after, slots: is }, rotation);
      const without = planned({ shapes: before, slots: NO_SLOTS }, { shapes: after, slots: NO_SLOTS });
      expect([asked(made), made.checksum]).toEqual([asked(without), without.checksum]);
      const turned = changesIn(made).filter(isRenewal);
      expect(new Set(turned.map(({ key }) => key))).toEqual(
        new Set([...live.symmetricDifference(wanted)].map((name) => `token/${name}`)),
      );
    }),
  );
});
