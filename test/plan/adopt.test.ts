// What adopting takes over and what it leaves: a data source that has rows is never replaced.
import { expect, test } from 'vitest';
import { withMarker } from '../../src/datafile/marker.ts';
import { parseDatafile } from '../../src/datafile/parse.ts';
import type { Datafile } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import { type Desired, keyOf, type LiveResource } from '../../src/model.ts';
import { type PlanInput, plan } from '../../src/plan/plan.ts';
import { EMPTY, fleetOf, tenant } from './world.ts';

const table = (columns: string, options = 'ENGINE_SORTING_KEY "id"'): Datafile =>
  file('acme_rows.datasource', `SCHEMA >\n    ${columns}\n\nENGINE "MergeTree"\n${options}\n`);
const view = (sql: string, target = 'acme_rows'): Datafile =>
  file('acme_fill.pipe', `NODE fill\nSQL >\n    ${sql}\n\nTYPE materialized\nDATASOURCE ${target}\n`);
const file = (name: string, text: string): Datafile => unwrap(parseDatafile(name, text));

const ROWS = table('`id` Int64, `n` Int64');
const VIEW = view('SELECT id, n FROM landing');

const desired = (datafile: Datafile): Desired => ({
  key: keyOf(datafile.kind, datafile.name),
  resource: withMarker(datafile, { fleet: 'usage', tenant: 'acme', set: 'set', sha: 'new' }),
  tenant: 'acme',
  set: 'set',
  role: null,
  sha: 'new',
  from: 'set',
});

const live = (datafile: Datafile, rows: number | null): LiveResource => ({
  key: keyOf(datafile.kind, datafile.name),
  id: `t_${datafile.name}`,
  name: datafile.name,
  datafile,
  rows,
  unfaithful: null,
  updatedAt: '',
});

function planned(wanted: readonly Datafile[], there: readonly LiveResource[], more: Partial<PlanInput> = {}) {
  const { steps, conflicts } = plan({
    desired: wanted.map(desired),
    live: { ...EMPTY, resources: there },
    fleet: fleetOf([tenant('acme')]),
    only: null,
    prune: true,
    adopt: true,
    now: 0,
    ...more,
  });
  const changes = steps.flatMap((step) => step.changes.map(({ action, key }) => `${action} ${key}`));
  return {
    changes,
    conflicts: conflicts.map(({ key, why }) => `${key}: ${why.split('. ')[0]}`),
    whys: conflicts.map(({ why }) => why),
    adopting: conflicts.flatMap(({ adopting }) => adopting?.action ?? []),
  };
}

const refused = (why: string) => ({ changes: [], conflicts: [`datasource/acme_rows: ${why}`] });
const TAKEN = { changes: ['update datasource/acme_rows'], conflicts: [] };

test.each([
  ['the same', ROWS, 48_210, TAKEN],
  ['a column more', table('`id` Int64, `n` Int64, `m` String'), 48_210, TAKEN],
  [
    'a column less',
    table('`id` Int64'),
    48_210,
    refused('it holds 48,210 rows, and it cannot get what the list wants with them (columns)'),
  ],
  [
    'another type',
    table('`id` Int64, `n` String'),
    1,
    refused('it holds 1 row, and it cannot get what the list wants with them (columns)'),
  ],
  [
    'another sorting key',
    table('`id` Int64, `n` Int64', 'ENGINE_SORTING_KEY "n"'),
    2,
    refused('it holds 2 rows, and it cannot get what the list wants with them (engine)'),
  ],
  [
    'another key, and nobody says how many rows',
    table('`id` Int64, `n` Int64', 'ENGINE_SORTING_KEY "n"'),
    null,
    refused('it holds rows, nobody says how many, and it cannot get what the list wants with them (engine)'),
  ],
  ['another key of an empty one', table('`id` Int64, `n` Int64', 'ENGINE_SORTING_KEY "n"'), 0, TAKEN],
])('a data source: %s', (_, wanted, rows, result) => {
  expect(planned([wanted], [live(ROWS, rows)])).toMatchObject(result);
  const without = planned([wanted], [live(ROWS, rows)], { adopt: false });
  const taken = result.conflicts.length === 0;
  expect(without.conflicts).toEqual(['datasource/acme_rows: it exists and carries no marker of ours']);
  expect(without.adopting).toEqual(taken ? ['update'] : []);
  expect(without.whys.join().includes('`adopt` would not take it: it holds')).toBe(!taken);
});

test('what is ours already is not adopted', () => {
  const ours = withMarker(ROWS, { fleet: 'usage', tenant: 'acme', set: 'set', sha: 'old' });
  expect(planned([table('`id` Int64')], [live(ours, 3)])).toMatchObject(TAKEN);
});

test('a new view would fill a table anew that has rows', () => {
  expect(planned([ROWS, VIEW], [live(ROWS, 5)])).toMatchObject({
    changes: ['create pipe/acme_fill'],
    conflicts: [
      'datasource/acme_rows: it holds 5 rows, and acme_fill, which is new or changes, would fill it anew from history',
    ],
  });
  expect(planned([ROWS, VIEW], [live(ROWS, 0)]).conflicts).toEqual([]);
  const skipping = table('`id` Int64, `n` Int64', 'ENGINE_SORTING_KEY "id"\nBACKFILL skip');
  expect(planned([skipping, VIEW], [live(ROWS, 5)]).conflicts).toEqual([]);
});

test('a table and the view that fills it are taken over together, as they are', () => {
  expect(planned([ROWS, VIEW], [live(ROWS, 5), live(VIEW, null)])).toMatchObject({
    changes: ['update datasource/acme_rows', 'update pipe/acme_fill'],
    conflicts: [],
  });
});

test('a view that fills somebody’s table is not taken over to fill it anew, or to leave it', () => {
  const others = file('old.datasource', 'SCHEMA >\n    `id` Int64, `n` Int64\n');
  const there = [live(others, 9), live(view('SELECT id, n FROM landing', 'old'), null)];
  const { changes, conflicts } = planned([ROWS, VIEW], there);
  expect(changes).toEqual(['create datasource/acme_rows']);
  expect(conflicts).toEqual([
    'pipe/acme_fill: it fills old, which holds 9 rows and would be filled anew (target)',
  ]);
  expect(planned([VIEW], [live(others, 0), there[1] ?? live(VIEW, null)]).conflicts).toEqual([]);
});
