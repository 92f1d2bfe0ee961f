// Which layout is chosen and why, what names collide, and in which order secrets are written and deleted.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bucketName, bucketNames, bucketOf, bucketText } from '../../src/github/buckets.ts';
import type { Entry } from '../../src/github/ledger.ts';
import { inOrder } from '../../src/github/order.ts';
import { type Desired, keyOf } from '../../src/model.ts';
import { type Choice, chooseLayout, ownNames } from '../../src/secrets/layout.ts';
import fc from '../properties.ts';

const entry = (tenant: string | null): Entry => ({
  ...{ tenant, fingerprint: 'f', jwt: null, pending: false, switched: null },
});
const range = (count: number, of: (n: number) => string): string[] =>
  Array.from({ length: count }, (_, n) => of(n));

describe('chooseLayout', () => {
  const base: Choice = {
    ...{ asked: 'auto', entries: new Map(), existing: [], names: [], prefix: 'T_', tokensOnly: false },
    stays: () => false,
  };
  const ours = (count: number) =>
    new Map(range(count, (n) => `T_${n}_READ`).map((name) => [name, entry('t')]));
  const cases: readonly [string, Partial<Choice>, string][] = [
    ['a first run', { names: range(3, (n) => `T_${n}`) }, 'per-tenant: 3 secrets fit'],
    ['one', { names: ['T_A'], existing: ['X'] }, 'per-tenant: 1 secret fits beside 1 other'],
    [
      'one too many',
      { names: range(98, (n) => `T_${n}`), existing: ['X', 'Y', 'Z'] },
      'packed: 98 secrets beside 3 others would be more than the 100 that GitHub allows',
    ],
    [
      'as many as fit',
      { names: range(97, (n) => `T_${n}`), existing: ['X', 'Y', 'Z'] },
      'per-tenant: 97 secrets fit beside 3 others',
    ],
    [
      'ours that go make room',
      { names: range(50, (n) => `T_NEW_${n}`), existing: [...ours(60).keys()], entries: ours(60) },
      'per-tenant: 50 secrets fit',
    ],
    [
      'ours that stay take room',
      {
        names: range(50, (n) => `T_NEW_${n}`),
        existing: [...ours(60).keys()],
        entries: ours(60),
        stays: () => true,
      },
      'packed: 110 secrets would be more than the 100 that GitHub allows',
    ],
    [
      'what is packed stays packed',
      { names: ['T_A'], entries: new Map([['T_BUCKET_07', entry(null)]]), existing: ['T_BUCKET_07'] },
      'packed: as it is; `auto` does not go back by itself',
    ],
    [
      'a lost ledger beside buckets',
      { names: ['T_A'], existing: ['T_BUCKET_07'] },
      'packed: as it is; `auto` does not go back by itself',
    ],
    ['as asked', { asked: 'packed', names: ['T_A'] }, 'packed: as `secret-layout` says'],
    [
      'a schedule moves nothing',
      { asked: 'packed', names: ['T_A'], entries: ours(1), existing: ['T_0_READ'], tokensOnly: true },
      'per-tenant: as it is; only an apply moves values',
    ],
  ];
  test.each(cases)('%s', (_, changes, said) => {
    const { layout, why } = chooseLayout({ ...base, ...changes });
    expect(`${layout}: ${why}`).toBe(said);
  });
});

describe('buckets', () => {
  test('the bucket is the first byte of SHA-256 modulo 64', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (id) => {
        const byte = Number.parseInt(createHash('sha256').update(id).digest('hex').slice(0, 2), 16);
        expect(bucketOf(id)).toBe(byte % 64);
      }),
    );
    expect([bucketName('t_', 7), bucketNames('T_').length]).toEqual(['T_BUCKET_07', 64]);
  });

  test('the text is JSON on one line, the same in whatever order', () => {
    const text = fc.string({ unit: 'grapheme' });
    const values = fc.uniqueArray(fc.record({ tenant: text, role: text, value: text }), {
      selector: ({ tenant, role }) => JSON.stringify([tenant, role]),
    });
    fc.assert(
      fc.property(values, (all) => {
        const packed = bucketText(all);
        expect(bucketText(all.toReversed())).toBe(packed);
        expect(packed).not.toMatch(/[\r\n]/);
        const read = new Map(Object.entries<Record<string, string>>(JSON.parse(packed)));
        for (const { tenant, role, value } of all)
          expect(new Map(Object.entries(read.get(tenant) ?? {})).get(role)).toBe(value);
      }),
    );
  });

  test('a name that is also that of a bucket is refused', () => {
    const resource = {
      kind: 'token',
      name: 'bucket_07',
      via: 'static',
      scopes: [],
      ttl: 0,
      rps: null,
    } as const;
    const desired: Desired = {
      ...{
        key: keyOf('token', 'bucket_07'),
        resource,
        tenant: 'bucket',
        set: 's',
        role: '07',
        sha: '',
        from: 's',
      },
    };
    const fleet = { name: 'usage', workspace: null, tenants: [] };
    expect(ownNames([desired], fleet, 'T_')).toMatchObject({
      problems: [{ message: expect.stringContaining("for bucket's 07 and the layout `packed`") }],
    });
  });
});

describe('inOrder', () => {
  const gone = (name: string, homes?: readonly string[]) => ({
    name,
    expires: null,
    ...(homes ? { homes } : {}),
  });
  const told = (asked: Parameters<typeof inOrder>[0]) =>
    inOrder(asked).map(
      ({ kind, name, after }) => `${kind} ${name}${after.length > 0 ? ` after ${after.join()}` : ''}`,
    );

  test('what nobody needs goes first, what moves goes last', () => {
    const deletes = [gone('MOVED', ['B']), gone('OLD')];
    expect(told({ writes: ['B'], deletes, unchanged: [], existing: new Set(['MOVED', 'OLD']) })).toEqual([
      'deleted OLD',
      'written B',
      'deleted MOVED after B',
    ]);
  });

  test('a full place makes room one by one, with what has its new home already', () => {
    const full = new Set(['M1', 'M2', 'M3', ...range(97, (n) => `X${n}`)]);
    const deletes = [gone('M3', ['B2']), gone('M1', ['B1']), gone('M2', ['B1'])];
    expect(told({ writes: ['B1', 'B2'], deletes, unchanged: [], existing: full })).toEqual([
      'deleted M3',
      'written B1',
      'deleted M1 after B1',
      'written B2',
      'deleted M2 after B1',
    ]);
  });

  test('what has no new home stays', () => {
    expect(
      told({ writes: [], deletes: [gone('M', ['B'])], unchanged: [], existing: new Set(['M', 'B']) }),
    ).toEqual([]);
    expect(
      told({ writes: [], deletes: [gone('M', ['B'])], unchanged: ['B'], existing: new Set(['M', 'B']) }),
    ).toEqual(['deleted M after B']);
  });
});
