// The ledger's text, and what may be written and deleted on its word.

import { describe, expect, test } from 'vitest';
import { secretChanges } from '../../src/github/changes.ts';
import {
  decodeLedger,
  type Entries,
  type Entry,
  encodeLedger,
  fingerprint,
  type Ledger,
} from '../../src/github/ledger.ts';
import { ledgerName, secretCollisions, secretName } from '../../src/github/names.ts';
import type { WantedSecret } from '../../src/github/wanted.ts';
import { Secret } from '../../src/secret.ts';
import fc from '../properties.ts';

const NOW = 1_800_000_000;
const TTL = 86_400;
const entry = (changes: Partial<Entry> = {}): Entry => ({
  tenant: 'acme',
  fingerprint: 'f1',
  jwt: null,
  pending: false,
  switched: null,
  ...changes,
});
const ledgerOf = (entries: Readonly<Record<string, Entry>>) =>
  ({ kind: 'present', ledger: new Map([['repository', new Map(Object.entries(entries))]]) }) as const;
const asked = {
  wanted: [],
  unwanted: [],
  ledger: { kind: 'absent' },
  target: 'repository',
  existing: [],
  adopt: false,
  now: NOW,
} as const;
const stored = (name: string, fingerprint: string | null = 'f1'): WantedSecret => ({
  name,
  tenant: 'acme',
  via: 'static',
  fingerprint,
});
const minted = (name: string, claims = 'c1'): WantedSecret => ({
  name,
  tenant: 'acme',
  via: 'jwt',
  claims,
  ttl: TTL,
});

describe('secretChanges', () => {
  test('a first run writes what is new', () => {
    expect(secretChanges({ ...asked, wanted: [stored('A')] })).toEqual({
      writes: [{ name: 'A', tenant: 'acme', reason: 'new' }],
      deletes: [],
      conflicts: [],
      unchanged: [],
      forgotten: [],
    });
  });

  test.each([
    ['equal', entry(), stored('A'), 'unchanged'],
    ['another value', entry(), stored('A', 'f2'), 'changed'],
    ['not made yet', entry(), stored('A', null), 'changed'],
    ['announced by a killed run', entry({ pending: true }), stored('A'), 'unfinished'],
    [
      'a JWT with life left',
      entry({ jwt: { claims: 'c1', expires: NOW + TTL / 2 } }),
      minted('A'),
      'unchanged',
    ],
    [
      'a JWT with a third left',
      entry({ jwt: { claims: 'c1', expires: NOW + TTL / 3 } }),
      minted('A'),
      'renewal',
    ],
    ['a JWT that is over', entry({ jwt: { claims: 'c1', expires: NOW - 1 } }), minted('A'), 'renewal'],
    ['other claims', entry({ jwt: { claims: 'c0', expires: NOW + TTL } }), minted('A'), 'changed'],
    ['static before, JWT now', entry(), minted('A'), 'changed'],
    ['JWT before, static now', entry({ jwt: { claims: 'c1', expires: NOW + TTL } }), stored('A'), 'changed'],
  ])('%s', (_, known, wanted, expected) => {
    const changes = secretChanges({
      ...asked,
      wanted: [wanted],
      ledger: ledgerOf({ A: known }),
      existing: ['A'],
    });
    expect(changes.writes.map(({ reason }) => reason)).toEqual(expected === 'unchanged' ? [] : [expected]);
    expect(changes.unchanged).toEqual(expected === 'unchanged' ? ['A'] : []);
  });

  test('what somebody deleted is written again', () => {
    const changes = secretChanges({ ...asked, wanted: [stored('A')], ledger: ledgerOf({ A: entry() }) });
    expect(changes.writes).toEqual([{ name: 'A', tenant: 'acme', reason: 'missing' }]);
  });

  test("a secret that the ledger does not know is somebody else's, unless adopted", () => {
    const facts = { ...asked, wanted: [stored('A')], ledger: ledgerOf({ B: entry() }), existing: ['a'] };
    expect(secretChanges(facts)).toMatchObject({ writes: [], conflicts: [{ name: 'A' }] });
    expect(secretChanges({ ...facts, adopt: true })).toMatchObject({
      writes: [{ name: 'A', reason: 'adopted' }],
      conflicts: [],
    });
  });

  test('an entry of another target says nothing about this one', () => {
    const facts = {
      ...asked,
      wanted: [stored('A')],
      unwanted: ['B'],
      ledger: ledgerOf({ A: entry(), B: entry() }),
    };
    const changes = secretChanges({ ...facts, target: 'environment:prod', existing: ['A', 'B'] });
    expect(changes).toMatchObject({ writes: [], deletes: [], conflicts: [{ name: 'A' }] });
  });

  test('only what is named and ours is deleted, and it says how long its JWT works', () => {
    const ledger = ledgerOf({
      A: entry(),
      B: entry({ jwt: { claims: 'c', expires: 5 } }),
      GONE: entry(),
      KEPT: entry(),
    });
    const changes = secretChanges({
      ...asked,
      unwanted: ['A', 'B', 'GONE', 'FOREIGN'],
      ledger,
      existing: ['A', 'B', 'KEPT', 'FOREIGN'],
    });
    expect(changes.deletes).toEqual([
      { name: 'A', expires: null },
      { name: 'B', expires: 5 },
    ]);
    expect(changes.forgotten).toEqual(['GONE']);
  });

  test('a name that is wanted and unwanted stays', () => {
    const changes = secretChanges({
      ...asked,
      wanted: [stored('A')],
      unwanted: ['A'],
      ledger: ledgerOf({ A: entry() }),
      existing: ['A'],
    });
    expect(changes).toMatchObject({ deletes: [], unchanged: ['A'] });
  });

  test('an unreadable ledger changes nothing', () => {
    const ledger = { kind: 'unknown', reason: 'it is damaged' } as const;
    const changes = secretChanges({
      ...asked,
      wanted: [stored('A')],
      unwanted: ['B'],
      ledger,
      existing: ['B'],
    });
    expect(changes).toMatchObject({
      writes: [],
      deletes: [],
      conflicts: [{ reason: 'the ledger cannot be read: it is damaged' }],
    });
  });

  test('nothing that the ledger does not know is ever overwritten or deleted', () => {
    const name = fc.constantFrom<string>('A', 'B', 'C', 'D');
    const names = fc.uniqueArray(name);
    fc.assert(
      fc.property(names, names, names, names, fc.boolean(), (wanted, unwanted, known, existing, pending) => {
        const ledger = ledgerOf(Object.fromEntries(known.map((each) => [each, entry({ pending })])));
        const changes = secretChanges({
          ...asked,
          wanted: wanted.map((each) => stored(each)),
          unwanted,
          ledger,
          existing,
        });
        const touched = [...changes.writes, ...changes.deletes].map((each) => each.name);
        for (const each of touched) expect(known.includes(each) || !existing.includes(each)).toBe(true);
        expect(new Set(touched).size).toBe(touched.length);
        const decided = [...changes.writes, ...changes.conflicts].length + changes.unchanged.length;
        expect(decided).toBe(wanted.length);
      }),
    );
  });
});

describe('the text of a ledger', () => {
  const entries: fc.Arbitrary<Entries> = fc
    .dictionary(
      fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/),
      fc.record({
        tenant: fc.option(fc.string()),
        fingerprint: fc.option(fc.string()),
        jwt: fc.option(
          fc.oneof(
            fc.record({ claims: fc.string(), expires: fc.nat() }),
            fc.record({ claims: fc.string(), expires: fc.nat(), digest: fc.string() }),
            fc.record({ claims: fc.string(), expires: fc.nat(), digest: fc.string(), latest: fc.nat() }),
          ),
        ),
        pending: fc.boolean(),
        switched: fc.option(fc.record({ slot: fc.nat(), since: fc.nat() })),
      }),
      { maxKeys: 20 },
    )
    .map((rows) => new Map(Object.entries(rows)));

  test('comes back as it went in', () => {
    fc.assert(
      fc.property(entries, entries, (repository, environment) => {
        const ledger: Ledger = new Map([
          ['repository', repository],
          ['environment:prod', environment],
        ]);
        const text = encodeLedger('usage', ledger);
        expect(text.ok && decodeLedger('usage', text.value)).toEqual({ kind: 'present', ledger });
      }),
    );
  });

  test('does not depend on the order of its entries', () => {
    const a: Ledger = new Map([
      [
        'repository',
        new Map([
          ['A', entry()],
          ['B', entry()],
        ]),
      ],
    ]);
    const b: Ledger = new Map([
      [
        'repository',
        new Map([
          ['B', entry()],
          ['A', entry()],
        ]),
      ],
    ]);
    expect(encodeLedger('usage', a)).toEqual(encodeLedger('usage', b));
  });

  test.each([
    ['no JSON', 'oops'],
    ['empty', ''],
    ['another version', '{"v":2,"fleet":"usage","targets":{}}'],
    ['something more', '{"v":1,"fleet":"usage","targets":{},"x":1}'],
    ['a damaged entry', '{"v":1,"fleet":"usage","targets":{"repository":{"A":["acme"]}}}'],
    ["another fleet's", '{"v":1,"fleet":"us-age","targets":{}}'],
  ])('%s is unknown', (_, text) => {
    expect(decodeLedger('usage', text)).toMatchObject({ kind: 'unknown' });
  });

  test('300 JWTs fit, what does not fit is an error', () => {
    const many = (count: number): Ledger =>
      new Map([
        [
          'repository',
          new Map(
            Array.from({ length: count }, (_, index) => [
              `TINYBIRD_TENANT_CUSTOMER_NUMBER_${index}_READ`,
              entry({
                tenant: `customer_number_${index}`,
                fingerprint: 'x'.repeat(16),
                jwt: { claims: 'x'.repeat(16), expires: NOW },
              }),
            ]),
          ),
        ],
      ]);
    expect(encodeLedger('usage', many(300)).ok).toBe(true);
    expect(encodeLedger('usage', many(1000))).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringContaining('a GitHub variable holds 49152') }],
    });
  });

  test('a fingerprint is of the name and the value, and tells neither', () => {
    const value = new Secret('p.eyJ1IjoiYSJ9.sig');
    expect(fingerprint('A', value)).toMatch(/^[\w-]{16}$/);
    expect(fingerprint('A', value)).toBe(fingerprint('A', new Secret('p.eyJ1IjoiYSJ9.sig')));
    expect(fingerprint('A', value)).not.toBe(fingerprint('B', value));
    expect(fingerprint('A', value)).not.toBe(fingerprint('A', new Secret('other')));
  });
});

describe('names', () => {
  test('a secret is named for prefix, tenant and role', () => {
    expect(secretName('TINYBIRD_TENANT_', { slug: 'acme', role: 'read' })).toEqual({
      ok: true,
      value: 'TINYBIRD_TENANT_ACME_READ',
    });
    expect(secretName('', { slug: '_1', role: 'r' })).toEqual({ ok: true, value: '_1_R' });
  });

  test.each([
    ['1_', 'starts with a digit'],
    ['github_', 'starts with GITHUB_'],
    ['MY-', 'has characters other than'],
    ['É', 'has characters other than'],
    ['A\nB', 'has characters other than'],
  ])('the prefix %j is refused', (prefix, why) => {
    expect(secretName(prefix, { slug: 'acme', role: 'read' })).toMatchObject({
      ok: false,
      problems: [{ file: 'input secret-prefix', message: expect.stringContaining(why) }],
    });
  });

  test('two owners of one name are found', () => {
    const owners = [
      { slug: 'acme', role: 'eu_read' },
      { slug: 'acme_eu', role: 'read' },
      { slug: 'globex', role: 'read' },
    ];
    const named = owners.map((owner) => ({ name: `P_${owner.slug}_${owner.role}`, owner }));
    expect(secretCollisions(named)).toEqual([{ name: 'P_ACME_EU_READ', owners: owners.slice(0, 2) }]);
    expect(secretCollisions(named.slice(1))).toEqual([]);
  });

  test('the ledger is named for its fleet', () => {
    expect(ledgerName('usage-eu')).toBe('TINYBIRD_TENANTS_LEDGER_USAGE_EU');
  });
});
