// What a reviewer must read before anything else: data that goes, whoever it belongs to.
import { expect, it } from 'vitest';
import type { Change, Plan } from '../../src/model.ts';
import { rungs } from '../../src/report/markdown.ts';
import { reportOf } from '../../src/report/report.ts';
import { fleetOf } from '../plan/world.ts';

const EMPTY: Plan = {
  steps: [],
  unchanged: 0,
  orphans: [],
  liveTenants: ['acme'],
  foreign: 0,
  conflicts: [],
  checksum: '0',
};

const goes = (tenant: string | null): Change => ({
  action: 'delete',
  key: 'datasource/acme_old',
  tenant,
  hazards: ['loses-data'],
  before: { id: 't_1', sha: '1' },
  why: 'pruned',
  rows: 1234,
});

const summary = (change: Change): string => {
  const acme = { id: 'acme', slug: 'acme', set: 'own-table', vars: {}, state: 'active' as const };
  const fleet = fleetOf([{ ...acme, at: { file: 'tenants.yaml', line: 1, column: 1 } }]);
  const plan: Plan = { ...EMPTY, steps: [{ name: 'remove', changes: [change] }] };
  const report = reportOf({ fleet, mode: 'plan', workspace: null, plan, notes: [], stop: null, drift: true });
  return rungs(report, { run: null, base: null, head: null }, 10_000).at(-1) ?? '';
};

it('warns of a data source that goes although its tenant stays', () => {
  expect(summary(goes('acme'))).toContain('⚠️ `acme_old` goes: 1 data source with 1,234 rows (pruned)');
});

it('warns of data that goes with a file of the project', () => {
  expect(summary(goes(null))).toContain('⚠️ `acme_old` goes');
});
