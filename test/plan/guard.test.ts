// What a run refuses, whatever the list says: the whole text of each refusal, and what comes close without being refused.
import { describe, expect, test } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import type { Datafile } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import {
  type Allowance,
  type Change,
  type Desired,
  type Fleet,
  keyOf,
  type Live,
  type LiveResource,
  type Plan,
  type Tenant,
} from '../../src/model.ts';
import { guard, guardNotes, type Policy } from '../../src/plan/guard.ts';
import { plan } from '../../src/plan/plan.ts';
import { EMPTY, fleetOf, liveOf, desiredOf as rendered, tenant } from './world.ts';

const NOW = Date.parse('2026-11-01T12:00:00Z') / 1000;
const POLICY: Policy & { now: number } = { maxRemovals: 5, prune: false, planChecksum: null, now: NOW };

const planned = (
  { desired, live, fleet }: { desired: readonly Desired[]; live: Live; fleet: Fleet },
  prune = false,
): Plan => plan({ desired, live, fleet, only: null, prune, adopt: false, now: NOW });

const told = (world: { plan: Plan; live: Live }, fleet: Fleet, policy: Partial<Policy> = {}): string => {
  const stop = guard(world, fleet, { ...POLICY, ...policy });
  return stop === null ? 'passes' : `${stop.stop} (exit ${stop.exitCode}): ${stop.message}`;
};

describe('removals', () => {
  const ids = Array.from({ length: 12 }, (_, n) => `t${String(n).padStart(2, '0')}`);
  const all = fleetOf(ids.map((id) => tenant(id)));
  const live = liveOf(rendered(all));
  const listed = (tenants: readonly Tenant[], policy: Partial<Policy> = {}): string => {
    const fleet = fleetOf(tenants);
    const made = planned({ desired: rendered(fleet), live, fleet }, policy.prune);
    return told({ plan: made, live }, fleet, policy);
  };
  const without = (n: number) => ids.slice(n).map((id) => tenant(id));
  const removing = (n: number) => ids.map((id, nth) => tenant(id, nth < n ? 'removed' : 'active'));

  test('one line that disappears is no broken list, whether prune is on or off', () => {
    expect(listed(without(1))).toBe('passes');
    expect(listed(without(1), { prune: true })).toBe('passes');
  });
  test('two of twelve are', () => {
    const message =
      'shrunken-list (exit 2): The list lost 2 of the 12 tenants that are live (16.7%, more than 10%): t00, t01. A list that shrinks this much is usually a broken one, so nothing was sent. To remove tenants, keep their lines and write `state: removed`.';
    expect(listed(without(2))).toBe(message);
    expect(listed(without(2), { prune: true })).toBe(message);
  });
  test('five that the list removes pass, six do not, and the rows are counted', () => {
    expect(listed(removing(5))).toBe('passes');
    expect(listed(removing(6))).toBe(
      'max-removals (exit 2): This run would remove 6 tenants, and 42 rows with them, 1 more than `max-removals: 5` allows: t00, t01, t02, t03, t04, t05. Nothing was sent. If all of them are to go, raise `max-removals` for this run; or remove fewer at a time: the input `tenant` says which.',
    );
    expect(listed(removing(1), { maxRemovals: 0 })).toMatch(
      /would remove 1 tenant, and 7 rows with them, 1 more/,
    );
  });

  const one = fleetOf([tenant('acme')]);
  const deletion = (change: Partial<Change & { action: 'delete' }>): string => {
    const whole: Change = {
      action: 'delete',
      key: 'datasource/acme_rows',
      tenant: 'acme',
      hazards: ['loses-data'],
      before: { id: 't_1', sha: 'x' },
      why: 'removed',
      ...change,
    };
    const made = planned({ desired: rendered(one), live: liveOf(rendered(one)), fleet: one });
    return told({ plan: { ...made, steps: [{ name: 'remove', changes: [whole] }] }, live }, one);
  };
  test.each<[string, Partial<Change & { action: 'delete' }>]>([
    ['of a tenant that the list keeps', {}],
    ['by a prune that nobody asked for', { why: 'pruned' }],
    ['because of a suspension', { why: 'suspended' }],
    ['of a pipe', { key: 'pipe/acme_usage' }],
    ['of what is nobody’s', { tenant: null }],
  ])('a deletion that neither the list nor prune says is refused: %s', (_, change) => {
    expect(deletion(change)).toMatch(/^unsaid-removal \(exit 2\)/);
  });
  test('its text; a token that goes is no such deletion', () => {
    expect(deletion({})).toBe(
      'unsaid-removal (exit 2): The plan deletes 1 resource that neither `state: removed` nor `prune` says: datasource/acme_rows of acme. Nothing was sent. To remove a tenant, write `state: removed` on its line; to remove what the list no longer asks for, set `prune: true`.',
    );
    expect(deletion({ key: 'token/acme_read', why: 'suspended' })).toBe('passes');
  });
  test('a plan with another checksum is not applied', () => {
    expect(listed(removing(0), { planChecksum: 'f00' })).toMatch(
      /^plan-changed \(exit 1\): The plan is not the one that was asked for: `plan-checksum` is f00, the plan's is /,
    );
  });
});

/** A workspace from files: `events` and what starts with `shared` is the project's, all else acme's. */
type Files = Readonly<Record<string, string>>;
const TTL = (text: string): string => `ENGINE_TTL "${text}"\n`;
const table = (columns = '`tenant_id` String, `n` Int32', more = '', key = 'tenant_id'): string =>
  `SCHEMA >\n    ${columns}\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "${key}"\n${more}`;
const view = (sql = 'SELECT tenant_id, n FROM events', target = 'acme_rows'): string =>
  `NODE own\nSQL >\n    ${sql}\n\nTYPE materialized\nDATASOURCE ${target}\n`;
const endpoint = (sql: string): string => `NODE own\nSQL >\n    ${sql}\n\nTYPE endpoint\n`;

const WIDER = '`tenant_id` String, `n` Int64';
const GROWN = '`tenant_id` String, `n` Int32, `more` String';
const FILES: Files = {
  'events.datasource': table(),
  'acme_rows.datasource': table(),
  'acme_mv.pipe': view(),
};

const isShared = (name: string): boolean => /^(?:events|shared)/.test(name);
const fileOf = ([name, text]: readonly [string, string]): Datafile => unwrap(parseDatafile(name, text));

function wantedOf(files: Files, allow: readonly Allowance[]): Desired[] {
  return Object.entries(files).map((file) => {
    const resource = fileOf(file);
    const own = !isShared(resource.name);
    return {
      key: keyOf(resource.kind, resource.name),
      resource: own ? marked(resource, file[1]) : resource,
      tenant: own ? 'acme' : null,
      set: own ? 'own-table' : null,
      role: null,
      sha: own ? shaOf(file[1]) : '',
      from: 'x',
      ...(allow.length > 0 ? { allow } : {}),
    };
  });
}

const shaOf = (text: string): string => String(text.length) + text.replace(/\W/g, '').slice(-40);
const marked = (file: Datafile, text: string): Datafile => ({
  ...file,
  description: `[tinybird-tenants fleet=usage tenant=acme set=own-table sha=${shaOf(text)}]`,
});

function heldOf(files: Files): LiveResource[] {
  return Object.entries(files).map((file): LiveResource => {
    const datafile = fileOf(file);
    return {
      key: keyOf(datafile.kind, datafile.name),
      id: `t_${datafile.name}`,
      name: datafile.name,
      datafile: isShared(datafile.name) ? datafile : marked(datafile, file[1]),
      rows: datafile.kind === 'datasource' ? 48_210 : null,
      unfaithful: null,
      updatedAt: '',
    };
  });
}

interface Case {
  readonly held?: Files;
  readonly wanted: Files;
  readonly allow?: readonly Allowance[];
  readonly live?: Partial<Live>;
  /** Live, and pruned. */
  readonly gone?: Files;
}
const acme: Tenant = { ...tenant('acme'), at: { file: 'tenants.yaml', line: 7, column: 9 } };

function judged({ held = {}, wanted, allow = [], live: more = {}, gone = {} }: Case) {
  const fleet = fleetOf([acme]);
  const live: Live = { ...EMPTY, resources: heldOf({ ...FILES, ...held, ...gone }), ...more };
  const made = planned({ desired: wantedOf({ ...FILES, ...held, ...wanted }, allow), live, fleet }, true);
  const losing = made.steps
    .flatMap(({ changes }) => changes)
    .flatMap(({ key, hazards, rows }) =>
      hazards.includes('loses-data') ? [`${key} ${rows ?? 'rows'}`] : [],
    );
  return {
    losing,
    said: told({ plan: made, live }, fleet, { prune: true }),
    notes: guardNotes({ plan: made, live }, NOW),
  };
}

const token = (name: string, resource: string) => ({
  id: name,
  name,
  description: '',
  value: null,
  origin: null,
  scopes: [{ type: 'DATASOURCES:APPEND', resource, filter: null }],
});
const ROWS = 'acme_rows.datasource';
const MV = 'acme_mv.pipe';
const DAYS = (n: number): string => TTL(`ts + toIntervalDay(${n})`);
const TIMED = '`tenant_id` String, `ts` DateTime';
const kept = (ttl: string): Files => ({ [ROWS]: table(TIMED, ttl) });

describe('rows are not lost', () => {
  test.each<[string, Case]>([
    ['by a new column', { wanted: { [ROWS]: table(GROWN) } }],
    ['by a schema that a view fills from a table that keeps its rows', { wanted: { [ROWS]: table(WIDER) } }],
    [
      'nor through a pipe of the project',
      {
        held: {
          'shared_clean.pipe': endpoint('SELECT tenant_id, n FROM events'),
          [MV]: view('SELECT * FROM shared_clean'),
        },
        wanted: { [ROWS]: table(WIDER) },
      },
    ],
    ['by another query of the view', { wanted: { [MV]: view('SELECT tenant_id, n + 1 AS n FROM events') } }],
    [
      'by a schema with a FORWARD_QUERY',
      {
        wanted: {
          'events.datasource': `${table(WIDER)}\nFORWARD_QUERY >\n    SELECT tenant_id, toInt64(n) AS n\n`,
        },
      },
    ],
    ['by a longer TTL', { held: kept(DAYS(90)), wanted: kept(DAYS(365)) }],
    ['by the same TTL in other words', { held: kept(DAYS(90)), wanted: kept(TTL('ts + INTERVAL 90 DAY')) }],
    ['by a TTL that goes', { held: kept(DAYS(90)), wanted: kept('') }],
    ['by a description', { wanted: { [ROWS]: `DESCRIPTION >\n    Other\n\n${table()}` } }],
    [
      'on Classic by a view that is new to a table: it adds to what is there',
      {
        held: { 'events.datasource': table(TIMED, DAYS(1)) },
        wanted: { 'acme_mv2.pipe': view('SELECT tenant_id, n FROM events') },
        live: { beside: [] },
      },
    ],
  ])('%s', (_, world) => {
    const { losing, said } = judged(world);
    expect(losing).toEqual([]);
    expect(said).toBe('passes');
  });
});

describe('rows are lost', () => {
  const FORGETFUL: Files = {
    'events.datasource': table('`tenant_id` String, `n` Int32, `ts` DateTime', DAYS(30)),
  };
  test.each<[string, Case, string]>([
    [
      'by a shorter TTL',
      { held: kept(DAYS(365)), wanted: kept(DAYS(90)) },
      'acme: datasource/acme_rows (48,210 rows): it keeps rows for 365 days, and would keep them for 90 days',
    ],
    [
      'by a TTL where there was none',
      { held: kept(''), wanted: kept(DAYS(90)) },
      'acme: datasource/acme_rows (48,210 rows): it keeps its rows now, and would forget them (TTL ts + toIntervalDay(90))',
    ],
    [
      'by a TTL that cannot be compared',
      { held: kept(DAYS(90)), wanted: kept(TTL('toStartOfMonth(ts) + toIntervalDay(90)')) },
      'acme: datasource/acme_rows (48,210 rows): its TTL is ts + toIntervalDay(90), and would be toStartOfMonth(ts) + toIntervalDay(90), which may be shorter',
    ],
    [
      'by another type where nothing fills the table',
      { wanted: { 'events.datasource': table(WIDER) } },
      'project: datasource/events (48,210 rows): no ALTER makes this change, so that the table is made anew: no view fills it, so that nothing brings its rows back',
    ],
    [
      'by another sorting key where the view’s source forgets',
      { held: FORGETFUL, wanted: { [ROWS]: table(undefined, '', 'n') } },
      'acme: datasource/acme_rows (48,210 rows): no ALTER makes this change, so that the table is made anew: events forgets its rows (TTL), so that acme_mv could not read all of them again',
    ],
    [
      'by another query of the view where its source forgets',
      { held: FORGETFUL, wanted: { [MV]: view('SELECT tenant_id, n + 1 AS n FROM events') } },
      'acme: pipe/acme_mv (48,210 rows): acme_rows is made anew: events forgets its rows (TTL), so that acme_mv could not read all of them again',
    ],
    [
      'by a new view on a table that another filled',
      { held: FORGETFUL, wanted: { 'acme_mv2.pipe': view() } },
      'acme: pipe/acme_mv2 (48,210 rows): acme_rows is made anew: events forgets its rows (TTL), so that acme_mv could not read all of them again',
    ],
    [
      'by another type where something was appended beside the view',
      { wanted: { [ROWS]: table(WIDER) }, live: { tokens: [token('loader', 'acme_rows')] } },
      'acme: datasource/acme_rows (48,210 rows): no ALTER makes this change, so that the table is made anew: the token loader appends to it, and what was appended is in no other table',
    ],
    [
      'by another type with BACKFILL skip',
      { wanted: { [ROWS]: `${table(WIDER)}BACKFILL skip\n` } },
      'acme: datasource/acme_rows (48,210 rows): no ALTER makes this change, so that the table is made anew: it says BACKFILL skip',
    ],
    [
      'in the tables that a remade landing table fills anew',
      {
        held: FORGETFUL,
        wanted: {
          'events.datasource': `${table('`tenant_id` String, `n` Int64, `ts` DateTime', DAYS(30))}\nFORWARD_QUERY >\n    SELECT tenant_id, toInt64(n) AS n, ts\n`,
        },
      },
      'project: datasource/events (48,210 rows): the table that acme_mv fills is then filled anew from it, and it forgets its rows (TTL)',
    ],
  ])('%s', (_, world, line) => {
    const { losing, said } = judged(world);
    expect(losing).toHaveLength(1);
    expect(losing[0]).toMatch(/ 48210$/);
    expect(said).toMatch(
      /^loses-data \(exit 2\): 1 change would lose rows, and nobody has agreed to that:\n/,
    );
    expect(said.split('\n')[1]).toBe(`  ${line}`);
  });

  test('a table and its view that both change lose the rows once', () => {
    const { losing, said } = judged({
      held: FORGETFUL,
      wanted: { [ROWS]: table(WIDER), [MV]: view('SELECT tenant_id, toInt64(n) AS n FROM events') },
    });
    expect(losing).toHaveLength(2);
    expect(said).toMatch(/1 change would lose rows/);
  });
});

describe('allow', () => {
  const shorter: Case = { held: kept(DAYS(365)), wanted: kept(DAYS(90)) };
  const allow = (until: string, hazard: Allowance['hazard'] = 'loses-data'): Allowance[] => [
    { hazard, reason: 'contract says 90 days', until },
  ];
  test('the refusal has the line to write, and where', () => {
    expect(
      judged(shorter).said,
    ).toBe(`loses-data (exit 2): 1 change would lose rows, and nobody has agreed to that:
  acme: datasource/acme_rows (48,210 rows): it keeps rows for 365 days, and would keep them for 90 days
Nothing was sent. If the rows may go, write at tenants.yaml:7 (acme), or for all tenants of the set into set.yaml of own-table:
  allow: [{ hazard: loses-data, reason: "why it may happen", until: 2026-11-15 }]`);
    expect(
      judged({ wanted: { 'events.datasource': table(WIDER) } })
        .said.split('\n')
        .slice(2),
    ).toEqual([
      'Nothing was sent. To keep the rows, give what changes a new role, so that it stands beside the old one; on Forward a FORWARD_QUERY in the data source carries them over.',
      'If the rows may go, write for the project at the top level of the list:',
      '  allow: [{ hazard: loses-data, reason: "why it may happen", until: 2026-11-15 }]',
    ]);
  });
  test('it holds to the end of its last day, and every plan says so', () => {
    const { said, notes, losing } = judged({ ...shorter, allow: allow('2026-11-01') });
    expect(said).toBe('passes');
    expect(losing).toEqual(['datasource/acme_rows 48210']);
    expect(notes).toEqual(['rows may be lost of acme, as allowed until 2026-11-01: contract says 90 days']);
  });
  test('one that has ended says when; one that nothing needs is no problem', () => {
    expect(judged({ ...shorter, allow: allow('2026-10-31') }).said).toMatch(
      /would keep them for 90 days; what allowed it ended on 2026-10-31\n/,
    );
    expect(judged({ wanted: {}, allow: allow('2020-01-01') })).toEqual({
      losing: [],
      said: 'passes',
      notes: [],
    });
  });
  test('another hazard allows nothing', () => {
    expect(judged({ ...shorter, allow: allow('2026-12-31', 'fan-out') }).said).toMatch(/^loses-data/);
  });
});

describe('fan-out', () => {
  const source = (n: number, name: string): Files =>
    Object.fromEntries(
      Array.from({ length: n }, (_, nth) => [
        `${name}_${nth}_mv.pipe`,
        view('SELECT tenant_id, n FROM (SELECT * FROM events)', `${name}_rows`),
      ]),
    );
  const run = (held: number, added: number, allow: readonly Allowance[] = []) =>
    judged({ held: source(held, 'shared'), wanted: source(added, 'acme'), allow });
  const allowed: Allowance[] = [{ hazard: 'fan-out', reason: 'inserts are rare', until: '2026-12-31' }];

  test('is noted from 50 views on, everybody’s counted, when the plan adds one', () => {
    // One view is there from the start.
    expect(run(48, 0).notes).toEqual([]);
    expect(run(47, 1).notes).toEqual([]);
    expect(run(48, 1).notes).toEqual([
      'events feeds 50 views: about 85 ms more on every insert (1.7 ms a view, measured); a set without a view of its own, like own-endpoints, adds nothing to it',
    ]);
    expect(run(118, 1).notes[0]).toMatch(/^events feeds 120 views: about 200 ms more on every insert/);
    expect(run(1200, 0).notes).toEqual([]);
  });
  test('is not noted of a data source that the plan adds none to', () => {
    const elsewhere: Files = { 'shared_other.datasource': table() };
    const held = { ...source(60, 'shared'), ...elsewhere };
    const wanted = { 'acme_other_mv.pipe': view('SELECT tenant_id, n FROM shared_other', 'acme_rows2') };
    expect(judged({ held, wanted }).notes).toEqual([]);
    const changed = { [MV]: view('SELECT tenant_id, n + 1 AS n FROM events') };
    expect(judged({ held, wanted: changed }).notes).toEqual([]);
  });
  test('counts through nodes and pipes, and not what the plan deletes', () => {
    const nodes = `NODE first\nSQL >\n    SELECT * FROM shared_clean\n\n${view('SELECT tenant_id, n FROM first', 'acme_rows2')}`;
    const held = {
      ...source(48, 'shared'),
      'shared_clean.pipe': endpoint('SELECT tenant_id, n FROM events'),
    };
    const wanted = { 'acme_nodes.pipe': nodes };
    expect(judged({ held, wanted }).notes[0]).toMatch(/^events feeds 50 views/);
    expect(
      judged({ held: { ...held, ...source(48, 'shared') }, wanted, gone: source(9, 'acme') }).notes[0],
    ).toMatch(/^events feeds 50 views/);
  });
  test('is refused from 500 on, with the numbers, the set and the line', () => {
    expect(run(497, 1).said).toBe('passes');
    expect(
      run(497, 2).said,
    ).toBe(`fan-out (exit 2): events would feed 500 views, 2 of them new, and more than 499 need consent: about 850 ms more on every insert (1.7 ms a view, measured). Nothing was sent. Give the tenants a set without a view of its own, like own-endpoints; or, if every insert may take that long, write into set.yaml of own-table:
  allow: [{ hazard: fan-out, reason: "why it may happen", until: 2026-11-15 }]`);
  });
  test('unless the set allows it; a plan that adds none passes', () => {
    const { said, notes } = run(1100, 2, allowed);
    expect(said).toBe('passes');
    expect(notes).toEqual([
      'events feeds 1,103 views: about 1.9 s more on every insert (1.7 ms a view, measured), as allowed until 2026-12-31: inserts are rare',
    ]);
    expect(run(600, 0).said).toBe('passes');
  });
});

describe('quotas', () => {
  const tables = (n: number, name: string): Files =>
    Object.fromEntries(Array.from({ length: n }, (_, nth) => [`${name}_${nth}.datasource`, table()]));
  test('more than 100 data sources are a note, with both numbers, when the plan adds one', () => {
    // Two are there from the start.
    expect(judged({ held: tables(97, 'shared'), wanted: tables(1, 'acme') }).notes).toEqual([]);
    expect(judged({ held: tables(97, 'shared'), wanted: tables(2, 'acme') }).notes).toEqual([
      'the workspace would hold 101 data sources, 99 are there now; Tinybird allows 100 unless it has raised the limit for you',
    ]);
    expect(judged({ held: tables(120, 'shared'), wanted: {} }).notes).toEqual([]);
  });
});
