// Which token follows which and which may go, as a table: every reason to wait, and the one way to end.
import { describe, expect, test } from 'vitest';
import type { DraftToken } from '../../src/declared.ts';
import type { LiveToken, Tenant } from '../../src/model.ts';
import { rotationNotes } from '../../src/report/rotation.ts';
import { oldTokens, overdue, retire, type Turn, turn, without } from '../../src/rotation/rotation.ts';
import { firstOf, isSlot, liveSlots, slotName, slotsOf, slotTime } from '../../src/rotation/slots.ts';

const T = Date.parse('2026-11-22T05:09:40Z') / 1000;
const DAY = 86_400;

const tenant = (id: string): Tenant => ({
  id,
  slug: id,
  set: 's',
  vars: {},
  state: 'active',
  at: { file: 'tenants.yaml', line: 1, column: 1 },
});
const draft = (id: string, over: Partial<DraftToken['token']> = {}): DraftToken => ({
  role: 'read',
  tenant: tenant(id),
  from: 's/read.token.hbs',
  allowWide: null,
  allow: [],
  token: {
    kind: 'token',
    name: `${id}_read`,
    via: 'static',
    scopes: [{ type: 'PIPES:READ', resource: `${id}_usage` }],
    ttl: 0,
    rps: null,
    ...over,
  },
});
const live = (...names: readonly string[]): LiveToken[] =>
  names.map((name) => ({ id: name, name, description: '', value: null, scopes: [], origin: null }));

const ALL: Turn = { tenants: null, olderThan: null, atOnce: false };
const NONE: ReadonlySet<string> = new Set();
const turned = (
  names: readonly string[],
  asked: Turn | null,
  {
    generation = 'forward' as 'forward' | 'classic',
    held = NONE,
    tokens = [draft('acme'), draft('globex')],
  } = {},
) => turn(tokens, { live: live(...names), generation, now: T, turn: asked, held });

test('a name says when its token was made, and which one it follows', () => {
  const name = slotName('acme_read', T);
  expect(name).toBe('acme_read__20261122050940');
  expect([slotTime(name), firstOf(name), isSlot(name)]).toEqual([T, 'acme_read', true]);
  expect([slotTime('acme_read'), firstOf('acme_read'), isSlot('acme_read')]).toEqual([0, 'acme_read', false]);
  expect(slotTime('acme_read__20269999999999')).toBe(0);
});

test('the newest is current, whatever the order of the list', () => {
  const slots = liveSlots(
    new Set(['acme_read']),
    live('acme_read', slotName('acme_read', T), slotName('acme_read', T - 5), slotName('other_read', T)),
  );
  expect([...slots]).toEqual([
    [
      'acme_read',
      { current: slotName('acme_read', T), retiring: [slotName('acme_read', T - 5), 'acme_read'] },
    ],
  ]);
  expect(slotsOf(slots, 'globex_read')).toEqual({ current: 'globex_read', retiring: [] });
});

describe('the next token', () => {
  const next = slotName('acme_read', T);

  test.for<[string, readonly string[], Turn | null, Record<string, readonly string[]>]>([
    ['nobody asked', ['acme_read', 'globex_read'], null, {}],
    ['all', ['acme_read', 'globex_read'], ALL, { next: [next, slotName('globex_read', T)] }],
    ['one', ['acme_read', 'globex_read'], { ...ALL, tenants: new Set(['acme']) }, { next: [next] }],
    ['none is there', ['globex_read'], { ...ALL, tenants: new Set(['acme']) }, {}],
    [
      'one before still works',
      ['acme_read', slotName('acme_read', T - DAY)],
      { ...ALL, tenants: new Set(['acme']) },
      {},
    ],
    [
      'too young',
      [slotName('acme_read', T - DAY)],
      { ...ALL, tenants: new Set(['acme']), olderThan: 2 * DAY },
      {},
    ],
    [
      'old enough',
      [slotName('acme_read', T - 2 * DAY)],
      { ...ALL, tenants: new Set(['acme']), olderThan: 2 * DAY },
      { next: [next] },
    ],
    [
      'of unknown age',
      ['acme_read'],
      { tenants: new Set(['acme']), olderThan: 99_999 * DAY, atOnce: false },
      { next: [next] },
    ],
    [
      'in the same second',
      [next],
      { ...ALL, tenants: new Set(['acme']) },
      { next: [slotName('acme_read', T + 1)] },
    ],
    [
      'at once, with one before it',
      ['acme_read', slotName('acme_read', T - DAY)],
      { ...ALL, tenants: new Set(['acme']), atOnce: true },
      { next: [next], replaced: [slotName('acme_read', T - DAY), 'acme_read'] },
    ],
  ])('%s', ([, names, asked, expected]) => {
    const { rotation } = turned(names, asked);
    const told = Object.entries(rotation).filter(([, set]) => set.size > 0);
    expect(Object.fromEntries(told.map(([name, set]) => [name, [...set]]))).toEqual(expected);
  });

  test('at once on Classic is another value under the same name', () => {
    const names = ['acme_read', slotName('acme_read', T - DAY)];
    const asked = { ...ALL, tenants: new Set(['acme']), atOnce: true };
    const { rotation, slots } = turned(names, asked, { generation: 'classic' });
    expect([...rotation.refreshed]).toEqual([names[1]]);
    expect([...rotation.retired]).toEqual(['acme_read']);
    expect(slotsOf(slots, 'acme_read')).toEqual({ current: names[1], retiring: [] });
  });

  test('JWTs have no slots, held roles stay', () => {
    const tokens = [draft('acme', { via: 'jwt' }), draft('globex')];
    const { slots, rotation } = turned(['globex_read'], ALL, { tokens, held: new Set(['globex_read']) });
    expect([slots.size, rotation.next.size]).toEqual([0, 0]);
  });
});

describe('the old token', () => {
  const current = slotName('acme_read', T - DAY);
  const tokens = [draft('acme')];
  const use = {
    name: 'acme_read',
    requests: 3,
    last: T - 10,
    pipes: ['acme_usage'],
    agents: ['curl/8', '@everyone\n'],
  };
  const { slots, rotation } = turned(['acme_read', current], null, { tokens });
  const [old] = oldTokens(tokens, slots, { rotation, only: null });
  if (old === undefined) throw new Error('there is an old token');
  const since = T - DAY;
  const due = [{ ...old, since }];

  test.for<[string, number | null, object]>([
    ['not handed out', null, { waits: ['unpublished'] }],
    ['one second before the end of its grace', T - DAY + 1, { waits: ['grace'] }],
    ['at the end of its grace', T - DAY, { due: ['acme_read'] }],
  ])('%s', ([, at, expected]) => {
    const { due: found, waits } = overdue([old], { grace: DAY, now: T, publishedAt: () => at });
    const told = { due: found.map(({ name }) => name), waits: waits.map(({ why }) => why) };
    expect(told).toEqual({ due: [], waits: [], ...expected });
  });

  test.for<[string, Parameters<typeof retire>, object]>([
    ['unused', [due, new Map(), false], { retired: ['acme_read'] }],
    [
      'used before it was followed',
      [due, new Map([['acme_read', { ...use, last: since - 1 }]]), false],
      { retired: ['acme_read'] },
    ],
    ['used since', [due, new Map([['acme_read', use]]), false], { waits: ['used'] }],
    [
      'in the very second',
      [due, new Map([['acme_read', { ...use, last: since }]]), false],
      { waits: ['used'] },
    ],
    ['used, and forced', [due, new Map([['acme_read', use]]), true], { retired: ['acme_read'] }],
    ['nobody can tell', [due, { unknown: '403' }, false], { waits: ['unknown'] }],
    ['nobody can tell, and forced', [due, { unknown: '403' }, true], { retired: ['acme_read'] }],
    ['it may append', [[{ ...old, since, appends: true }], new Map(), false], { waits: ['appends'] }],
  ])('%s', ([, asked, expected]) => {
    const { retired, waits } = retire(...asked);
    expect({ retired: [...retired], waits: waits.map(({ why }) => why) }).toEqual({
      retired: [],
      waits: [],
      ...expected,
    });
  });

  test('only of the tenants that the run is about, and never while its successor is still to be made', () => {
    expect(oldTokens(tokens, slots, { rotation, only: new Set(['globex']) })).toEqual([]);
    expect(
      oldTokens(tokens, slots, { rotation: { ...rotation, next: new Set([current]) }, only: null }),
    ).toEqual([]);
  });

  test('what goes leaves the others', () => {
    const before = slotsOf(slots, 'acme_read');
    const left = without(slots, new Set(['acme_read']));
    expect(slotsOf(left, 'acme_read')).toEqual({ current: before.current, retiring: [] });
  });

  test('is told in sentences, with who uses it, and no more than a few', () => {
    const { waits } = retire(due, new Map([['acme_read', use]]), false);
    const many = Array.from({ length: 9 }, () => waits).flat();
    const notes = rotationNotes({
      absent: ['a/read'],
      begun: ['b/read'],
      held: new Set(['c_read']),
      waits: many,
      unstored: 2,
    });
    expect(notes).toMatchInlineSnapshot(`
      [
        "2 new values are stored nowhere: hand them out before the old tokens go (\`tinybird-tenants token show TENANT/ROLE --reveal\`)",
        "nothing to rotate for a/read: there is no token yet, an apply makes it",
        "not rotated: c_read, because what it opens has changes that wait for an apply. Apply first, then rotate",
        "the rotation of b/read goes on: the token before the current one still works. \`now\` ends it at once",
        "the old token acme_read of acme/read is still used: 3 requests since its successor was handed out, the last one 2026-11-22T05:09:30Z (acme_usage, by curl/8, @everyone?). It works on; \`force\` retires it all the same",
        "the old token acme_read of acme/read is still used: 3 requests since its successor was handed out, the last one 2026-11-22T05:09:30Z (acme_usage, by curl/8, @everyone?). It works on; \`force\` retires it all the same",
        "the old token acme_read of acme/read is still used: 3 requests since its successor was handed out, the last one 2026-11-22T05:09:30Z (acme_usage, by curl/8, @everyone?). It works on; \`force\` retires it all the same",
        "the old token acme_read of acme/read is still used: 3 requests since its successor was handed out, the last one 2026-11-22T05:09:30Z (acme_usage, by curl/8, @everyone?). It works on; \`force\` retires it all the same",
        "the old token acme_read of acme/read is still used: 3 requests since its successor was handed out, the last one 2026-11-22T05:09:30Z (acme_usage, by curl/8, @everyone?). It works on; \`force\` retires it all the same",
        "and 4 old tokens more are still used",
      ]
    `);
  });
});
