// What is left out of a large fleet, and what is not.
import { expect, test } from 'vitest';
import type { Tenant } from '../../src/model.ts';
import { sampleOf } from '../../src/verify/sample.ts';
import { tenantOf } from '../sets/rendered.ts';

const fleet = (count: number, set = 'own-token'): Tenant[] =>
  Array.from({ length: count }, (_, nth) => tenantOf(set, `${set}-${nth}`, `t${nth}`));

const watches = (rounds: ReturnType<typeof sampleOf>['rounds'], tenant: Tenant, other: Tenant): boolean =>
  rounds.some(({ rows, watched }) => watched.has(tenant) && rows.has(other));

test.each([
  [1, false],
  [2, false],
  [7, false],
  [16, false],
  [40, true],
])(
  'of %i tenants each one is watched while each other one gets rows (exhaustive: %s)',
  (count, exhaustive) => {
    const tenants = fleet(count);
    const { panel, rounds, said } = sampleOf(tenants, exhaustive);
    expect([panel.size, said]).toEqual([count, []]);
    for (const { rows, watched } of rounds) expect(rows.intersection(watched).size).toBe(0);
    for (const one of tenants) {
      for (const other of tenants) if (one !== other) expect(watches(rounds, one, other)).toBe(true);
    }
  },
);

test('of many, each one is watched while each of the panel gets rows, and the panel while the others do', () => {
  const tenants = [...fleet(200), ...fleet(2, 'own-table')];
  const { panel, rounds, said } = sampleOf(tenants, false);
  expect([...panel].map(({ id }) => id)).toEqual([
    'own-token-0',
    'own-token-99',
    'own-token-199',
    'own-table-0',
    'own-table-1',
  ]);
  expect(said).toHaveLength(2);
  for (const { rows, watched } of rounds) expect(rows.intersection(watched).size).toBe(0);
  for (const one of tenants) {
    for (const other of panel) {
      if (one === other) continue;
      expect(watches(rounds, one, other)).toBe(true);
      expect(watches(rounds, other, one)).toBe(true);
    }
  }
});
