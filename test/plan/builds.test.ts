// Which views a Classic apply makes, how, and what it refuses because rows would be lost or there twice.
import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { marked } from '../../src/datafile/marker.ts';
import { parseDatafile } from '../../src/datafile/parse.ts';
import type { Datafile } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import { type Backfill, type Desired, keyOf, type LiveResource } from '../../src/model.ts';
import { buildsOf } from '../../src/plan/builds.ts';
import { plan } from '../../src/plan/plan.ts';
import { EMPTY, fleetOf, tenant } from './world.ts';

/** A file of acme's, or of the project when it belongs to nobody. */
interface File {
  readonly name: string;
  readonly text: string;
  readonly ours?: false;
}

const COLUMNS = '`tenant_id` String, `n` Int32';
const table = (name: string, columns = COLUMNS, more = ''): File => ({
  name: `${name}.datasource`,
  text: `SCHEMA >\n    ${columns}\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "tenant_id"\n${more}`,
});
const view = (name: string, sql = 'SELECT tenant_id, n FROM events', target = 'acme_rows'): File => ({
  name: `${name}.pipe`,
  text: `NODE own\nSQL >\n    ${sql}\n\nTYPE materialized\nDATASOURCE ${target}\n`,
});
const endpoint = (name: string): File => ({
  name: `${name}.pipe`,
  text: 'NODE own\nSQL >\n    SELECT 1 AS one\n\nTYPE endpoint\n',
});
const INGESTED = '`tenant_id` String, `n` Int32, `at` DateTime64(3) DEFAULT now64(3)';
const EVENTS: File = { ...table('events', INGESTED), ours: false };
const PLAIN: File = { ...table('events', COLUMNS), ours: false };
const FORGETFUL: File = { ...table('events', INGESTED, 'ENGINE_TTL "at + toIntervalDay(1)"\n'), ours: false };

const read = ({ name, text }: File): Datafile => unwrap(parseDatafile(name, text));
const shaOf = ({ text }: File): string => hash('sha256', text).slice(0, 16);
const markerOf = (sha: string, cutoff?: number) =>
  marked('', { fleet: 'usage', tenant: 'acme', set: 's', sha, ...(cutoff === undefined ? {} : { cutoff }) });

const desiredOf =
  (backfill: Backfill) =>
  (file: File): Desired => {
    const datafile = read(file);
    const own = file.ours !== false;
    return {
      key: keyOf(datafile.kind, datafile.name),
      resource: own ? { ...datafile, description: markerOf(shaOf(file)) } : datafile,
      tenant: own ? 'acme' : null,
      set: own ? 's' : null,
      role: null,
      sha: own ? shaOf(file) : '',
      from: 'x',
      ...(own ? { backfill } : {}),
    };
  };

type Held = File & { readonly rows?: number | null; readonly cutoff?: number; readonly stranger?: true };
function liveOf(file: Held): LiveResource {
  const datafile = read(file);
  const mark = file.ours === false || file.stranger ? '' : markerOf(shaOf(file), file.cutoff);
  return {
    key: keyOf(datafile.kind, datafile.name),
    id: `t_${datafile.name}`,
    name: datafile.name,
    datafile: { ...datafile, description: mark },
    rows: datafile.kind === 'datasource' ? (file.rows ?? 5) : null,
    unfaithful: null,
    updatedAt: '',
  };
}

interface World {
  readonly wanted: readonly File[];
  readonly held: readonly Held[];
  readonly beside?: readonly Held[];
  readonly backfill?: Backfill;
}

function built({ wanted, held, beside = [], backfill = 'exact' }: World) {
  const desired = wanted.map(desiredOf(backfill));
  const live = { ...EMPTY, resources: held.map(liveOf), beside: beside.map(liveOf) };
  const fleet = fleetOf([tenant('acme')]);
  const planned = plan({ desired, live, fleet, only: null, prune: false, adopt: true, now: 0 });
  return buildsOf({ plan: planned, desired, live });
}

const howOf = (world: World) => {
  const { byKey, refusals } = built(world);
  expect(refusals).toEqual([]);
  return [...byKey].map(
    ([key, { how, fresh, filling }]) => `${key} ${how}${fresh ? ' fresh' : ''} ${filling.kind}`,
  );
};

const ROWS = table('acme_rows');
const OTHER = table('acme_other');
const MV = view('acme_mv');
const CHANGED = view('acme_mv', 'SELECT tenant_id, n + 1 AS n FROM events');

describe('a view is made', () => {
  test.each<[string, World, string[]]>([
    [
      'beside, also from a source that forgets rows: the guard has asked before',
      { wanted: [FORGETFUL, ROWS, CHANGED], held: [FORGETFUL, ROWS, MV] },
      ['pipe/acme_mv beside fresh exact', 'datasource/acme_rows beside fresh exact'],
    ],
    ['new, with its table', { wanted: [EVENTS, ROWS, MV], held: [EVENTS] }, ['pipe/acme_mv new fresh exact']],
    [
      'new, onto a table whose history never came',
      { wanted: [EVENTS, ROWS, MV], held: [EVENTS, { ...ROWS, cutoff: 0 }] },
      ['pipe/acme_mv new fresh exact'],
    ],
    [
      'new, onto an empty table',
      { wanted: [EVENTS, ROWS, MV], held: [EVENTS, { ...ROWS, rows: 0 }] },
      ['pipe/acme_mv new exact'],
    ],
    [
      'new, onto a table that another one fills',
      { wanted: [EVENTS, ROWS, MV, view('acme_more')], held: [EVENTS, ROWS, MV] },
      ['pipe/acme_more new exact'],
    ],
    [
      'without history, as the set says',
      { wanted: [EVENTS, ROWS, MV], held: [EVENTS, ROWS], backfill: 'none' },
      ['pipe/acme_mv new none'],
    ],
    [
      'beside, when its SQL changes',
      { wanted: [EVENTS, ROWS, CHANGED], held: [EVENTS, ROWS, MV] },
      ['pipe/acme_mv beside fresh exact', 'datasource/acme_rows beside fresh exact'],
    ],
    [
      'beside, when only its table changes',
      { wanted: [EVENTS, table('acme_rows', '`tenant_id` String, `n` Int64'), MV], held: [EVENTS, ROWS, MV] },
      ['pipe/acme_mv beside fresh exact', 'datasource/acme_rows beside fresh exact'],
    ],
    [
      'not, when its table only grows',
      { wanted: [EVENTS, table('acme_rows', `${COLUMNS}, \`m\` Int32`), MV], held: [EVENTS, ROWS, MV] },
      [],
    ],
    [
      'moved, when it fills another table',
      {
        wanted: [EVENTS, ROWS, OTHER, view('acme_mv', undefined, 'acme_other')],
        held: [EVENTS, ROWS, MV],
      },
      ['pipe/acme_mv moved fresh exact'],
    ],
    [
      'new, while the one that is to take its place stands beside',
      { wanted: [EVENTS, ROWS, MV], held: [EVENTS, ROWS], beside: [view('acme_mv__next')] },
      ['pipe/acme_mv new exact'],
    ],
  ])('%s', (_, world, expected) => {
    expect(howOf(world)).toEqual(expected);
  });
});

const LOSS =
  'it would have to be made anew, and its rows would be lost (loses-data): WHY. Give the changed resource a new role, so that it stands beside the old one';
const TWICE =
  'Give acme_rows a new role as well, so that it is filled anew beside the old one; or write `backfill: none` in set.yaml';

describe('it is refused', () => {
  test.each<[string, World, string]>([
    [
      'when several fill what is to be made anew',
      { wanted: [EVENTS, ROWS, CHANGED, view('acme_more')], held: [EVENTS, ROWS, MV, view('acme_more')] },
      `pipe/acme_mv: ${LOSS.replace('WHY', 'several views fill its table')}`,
    ],
    [
      'when several fill a table that is to be made anew',
      {
        wanted: [EVENTS, table('acme_rows', '`tenant_id` String, `n` Int64'), MV, view('acme_more')],
        held: [EVENTS, ROWS, MV, view('acme_more')],
      },
      `datasource/acme_rows: ${LOSS.replace('WHY', 'several views fill it')}`,
    ],
    [
      'when nothing fills a table that is to be made anew',
      { wanted: [table('acme_rows', '`tenant_id` String, `n` Int64')], held: [ROWS] },
      `datasource/acme_rows: ${LOSS.replace('WHY', 'no view of this list fills it')}`,
    ],
    [
      'when somebody else’s view fills it too',
      { wanted: [EVENTS, ROWS, CHANGED], held: [EVENTS, ROWS, MV, { ...view('theirs'), stranger: true }] },
      `pipe/acme_mv: ${LOSS.replace('WHY', 'theirs, which the list does not ask for, fills its table too')}`,
    ],
    [
      'when the set fills nothing in',
      { wanted: [EVENTS, ROWS, CHANGED], held: [EVENTS, ROWS, MV], backfill: 'none' },
      `pipe/acme_mv: ${LOSS.replace('WHY', 'the set says `backfill: none`')}`,
    ],
    [
      'when it becomes an endpoint',
      { wanted: [EVENTS, ROWS, endpoint('acme_mv')], held: [EVENTS, ROWS, MV] },
      `pipe/acme_mv: ${LOSS.replace('WHY', 'a view cannot become another kind of pipe, nor the other way round')}`,
    ],
    [
      'when an endpoint becomes one',
      { wanted: [EVENTS, ROWS, MV], held: [EVENTS, ROWS, endpoint('acme_mv')] },
      `pipe/acme_mv: ${LOSS.replace('WHY', 'a view cannot become another kind of pipe, nor the other way round')}`,
    ],
    [
      'when its target is nobody’s',
      { wanted: [EVENTS, MV], held: [EVENTS] },
      `pipe/acme_mv: its target acme_rows is not among what the list asks for`,
    ],
    [
      'when its table holds rows that nothing brings any more',
      { wanted: [EVENTS, ROWS, MV], held: [EVENTS, ROWS] },
      `pipe/acme_mv: acme_rows holds rows that no view brings any more, so that its history could be there twice. Delete acme_rows if its rows are in the history; else: ${TWICE}`,
    ],
    [
      'when the view of another name still fills its table',
      { wanted: [EVENTS, ROWS, view('acme_renamed')], held: [EVENTS, ROWS, MV] },
      `pipe/acme_renamed: acme_mv, which the list does not ask for, fills acme_rows too, so that rows could be there twice. ${TWICE}`,
    ],
  ])('%s', (_, world, refusal) => {
    expect(built(world).refusals).toEqual([`  ${refusal}`]);
  });
});

test('when nothing says when a row was ingested, the set is asked what to do instead', () => {
  const { byKey, refusals, questions } = built({ wanted: [PLAIN, ROWS, MV], held: [PLAIN] });
  expect([...byKey.keys(), ...refusals]).toEqual([]);
  expect(questions).toEqual([
    '  pipe/acme_mv, of the set s: events has no column that says when a row was ingested (like `inserted_at DateTime64(3) DEFAULT now64(3)`)',
  ]);
});
