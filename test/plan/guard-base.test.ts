// An unknown base of the list (a force push, a branch that is new, no GitHub at all) is never a reason to delete anything.
import { expect, test } from 'vitest';
import { compareWithBase } from '../../src/base.ts';
import { unwrap } from '../../src/errors.ts';
import { parseInputs } from '../../src/inputs.ts';
import { EMPTY_PROJECT } from '../../src/project.ts';
import { readSets } from '../templates/made.ts';
import { fleetOf, tenant } from './world.ts';

const NOTHING_AROUND = {
  context: null,
  clock: { now: () => 0, sleep: () => Promise.resolve() },
  say: () => {},
  redact: (text: string) => text,
  mask: () => {},
  leaves: () => {},
  env: {},
  cwd: '.',
  shippedSets: 'datafiles-templates',
};

test('with prune and tenants to remove, everything is shown as new', async () => {
  const inputs = unwrap(parseInputs((name) => (name === 'prune' ? 'true' : '')));
  const active = { ...tenant('acme'), set: 'own-table', vars: {} };
  const removed = { ...tenant('hooli', 'removed'), set: 'own-table', vars: {} };
  const sources = {
    fleet: fleetOf([active, removed]),
    sets: unwrap(await readSets('datafiles-templates')),
    project: EMPTY_PROJECT,
  };
  const report = await compareWithBase({ inputs, at: NOTHING_AROUND, sources, only: null, does: 'plan' });
  const actions = report.plan.steps.flatMap(({ changes }) => changes.map(({ action }) => action));
  expect(new Set(actions)).toEqual(new Set(['create']));
  expect(report.plan.orphans).toEqual([]);
  expect(report.notes.join('\n')).toMatch(
    /the base of the list is unknown \(.*\): everything is shown as new/,
  );
});
