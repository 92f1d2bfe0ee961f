// From one layout to the other, killed at any change, and whatever else may happen: nothing is lost, and nothing of others is touched.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bucketName, bucketNames, bucketOf } from '../../src/github/buckets.ts';
import type { Layout } from '../../src/secrets/layout.ts';
import fc from '../properties.ts';
import { type Keeper, type Listed, NOW, openKeeper } from './keeper.ts';

let keeper: Keeper;
beforeAll(async () => {
  keeper = await openKeeper();
});
afterEach(() => {
  expect(keeper.github.violations).toEqual([]);
  keeper.github.reset();
  keeper.forget();
});
afterAll(() => keeper[Symbol.asyncDispose]());

const LIST: readonly Listed[] = [
  { id: 'acme', has: 'both' },
  { id: 'Globex-Corp', has: 'static' },
  { id: 'stark', has: 'jwt' },
];

function start(list: readonly Listed[] = LIST): void {
  keeper.list = list;
  for (const { id, has } of list) if (has !== 'jwt') keeper.give(id);
}

/** By tenant and role, wherever it is; of a JWT whose it is. */
function held(): Record<string, string> {
  const buckets = new Set(bucketNames('T_'));
  const found: Record<string, string> = {};
  const keep = (key: string, value: string) => {
    found[key] = value.replace(/(eyJ\.\w+)\.\d+/, '$1');
  };
  for (const [name, value] of keeper.github.secrets) {
    if (!name.startsWith('T_')) continue;
    if (!buckets.has(name)) keep(name, value);
    else
      for (const [tenant, roles] of Object.entries<Record<string, string>>(JSON.parse(value)))
        for (const [role, one] of Object.entries(roles))
          keep(`T_${tenant.replace('-', '_')}_${role}`.toUpperCase(), one);
  }
  return found;
}

const bucketsOf = (...ids: readonly string[]) =>
  [...new Set(ids.map((id) => bucketName('T_', bucketOf(id))))].sort();
const names = () => [...keeper.github.secrets.keys()].sort();

test('there and back: the same values, in the other secrets', async () => {
  start();
  await keeper.run();
  const values = held();
  expect(names()).toEqual(['T_ACME_JWT', 'T_ACME_READ', 'T_GLOBEX_CORP_READ', 'T_STARK_JWT']);
  const there = await keeper.run({ layout: 'packed' });
  expect(there.report).toMatchObject({ failed: [], deleted: expect.arrayContaining(['T_ACME_READ']) });
  expect(names()).toEqual(bucketsOf('acme', 'Globex-Corp', 'stark'));
  expect(held()).toEqual(values);
  // What is packed stays packed.
  expect((await keeper.run()).report).toMatchObject({ due: 0, layout: { name: 'packed' } });
  await keeper.run({ layout: 'per-tenant' });
  expect(names()).toEqual(['T_ACME_JWT', 'T_ACME_READ', 'T_GLOBEX_CORP_READ', 'T_STARK_JWT']);
  expect(held()).toEqual(values);
  expect((await keeper.run()).report).toMatchObject({ due: 0, layout: { name: 'per-tenant' } });
});

test('what a vanished tenant has comes along', async () => {
  start();
  await keeper.run();
  keeper.list = LIST.slice(1);
  await keeper.run({ layout: 'packed' });
  // A JWT cannot be minted for nobody: it stays where it is.
  expect(held()).toMatchObject({ T_ACME_READ: 'p.value-of-acme', T_ACME_JWT: 'eyJ.acme_jwt' });
  expect(names()).toEqual(['T_ACME_JWT', ...bucketsOf('acme', 'Globex-Corp', 'stark')].sort());
  await keeper.run({ layout: 'per-tenant' });
  expect(names()).toEqual(['T_ACME_JWT', 'T_ACME_READ', 'T_GLOBEX_CORP_READ', 'T_STARK_JWT']);
  expect((await keeper.run()).report.due).toBe(0);
});

test('a bucket stays while it has a JWT that this run cannot mint', async () => {
  start();
  await keeper.run({ layout: 'packed' });
  keeper.list = LIST.map((one) => ({ ...one, says: 'more' }));
  await keeper.run({ layout: 'per-tenant', only: ['acme'] });
  expect(names()).toEqual(['T_ACME_JWT', 'T_ACME_READ', ...bucketsOf('stark'), 'T_GLOBEX_CORP_READ'].sort());
  await keeper.run({ layout: 'per-tenant' });
  expect(names()).toEqual(['T_ACME_JWT', 'T_ACME_READ', 'T_GLOBEX_CORP_READ', 'T_STARK_JWT']);
});

test('what could not be moved stays where it is', async () => {
  start();
  await keeper.run();
  const values = held();
  const put = 'PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}';
  keeper.github.fail(put, { status: 422, message: 'no' });
  const { report } = await keeper.run({ layout: 'packed' });
  expect(report.failed).toHaveLength(1);
  expect(held()).toEqual(values);
  expect(names().filter((name) => !bucketNames('T_').includes(name))).not.toEqual([]);
  await keeper.run({ layout: 'packed' });
  expect(held()).toEqual(values);
  expect(names()).toEqual(bucketsOf('acme', 'Globex-Corp', 'stark'));
});

test.each<[Layout, Layout]>([
  ['per-tenant', 'packed'],
  ['packed', 'per-tenant'],
])('from %s to %s, killed at any change: the next run ends it', async (from, to) => {
  let kills = 0;
  for (let killed = true; killed; kills += 1) {
    keeper.github.reset();
    keeper.github.addSecret('T_FOREIGN', 'x');
    start();
    await keeper.run({ layout: from });
    const values = held();
    killed = await keeper.run({ layout: to, kill: kills + 1 }).then(
      () => false,
      () => true,
    );
    const { report } = await keeper.run({ layout: to });
    expect(report.failed).toEqual([]);
    expect(held()).toEqual(values);
    expect(names().filter((name) => bucketNames('T_').includes(name))).toHaveLength(
      to === 'packed' ? bucketsOf('acme', 'Globex-Corp', 'stark').length : 0,
    );
    expect((await keeper.run({ layout: to })).report.due).toBe(0);
  }
  expect(kills).toBeGreaterThan(8);
});

test('where there is no room for both, no more goes first than has to', async () => {
  const ids = Array.from({ length: 97 }, (_, n) => `t-${n}`);
  for (const name of ['A', 'B', 'C']) keeper.github.addSecret(name, 'x');
  start(ids.map((id) => ({ id, has: 'static' })));
  await keeper.run();
  expect(keeper.github.secrets.size).toBe(100);
  const values = held();
  const sent = keeper.github.requests.length;
  start([...ids, 'one-more'].map((id) => ({ id, has: 'static' })));
  const { report } = await keeper.run();
  expect(report).toMatchObject({
    failed: [],
    layout: {
      name: 'packed',
      why: '98 secrets beside 3 others would be more than the 100 that GitHub allows',
    },
  });
  expect(held()).toEqual({ ...values, T_ONE_MORE_READ: 'p.value-of-one-more' });
  // A secret that goes before its value is in a bucket is one that nobody could read meanwhile.
  const there = new Set(values ? Object.keys(values) : []);
  let early = 0;
  const written = new Set<string>();
  for (const { method, path } of keeper.github.requests.slice(sent)) {
    const name = /secrets\/(\w+)$/.exec(path)?.[1] ?? '';
    if (method === 'PUT') written.add(name);
    const id = name.slice(2, -5).toLowerCase().replace('_', '-');
    if (method === 'DELETE' && there.has(name) && !written.has(bucketName('T_', bucketOf(id)))) early += 1;
  }
  expect(early).toBe(1);
});

test('what cannot fit is refused before anything is sent, with the sum and the ways out', async () => {
  for (let n = 0; n < 60; n += 1) keeper.github.addSecret(`OTHER_${n}`, 'x');
  start(Array.from({ length: 300 }, (_, n) => ({ id: `t-${n}`, has: 'static' as const })));
  const sum =
    /^repository holds 60 secrets and \d+ more are wanted, which makes 1\d\d; GitHub allows 100\. .*environment:NAME.*tokens-file.*mintToken.*Nothing was sent\.$/;
  await expect(keeper.run()).rejects.toMatchObject({ stop: 'quota', message: expect.stringMatching(sum) });
  await expect(keeper.run({ layout: 'per-tenant' })).rejects.toMatchObject({
    stop: 'quota',
    message: expect.stringContaining('Ways out: `secret-layout: packed`'),
  });
  expect(keeper.github.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('nothing of others is ever written or deleted', { timeout: 120_000 }, async () => {
  const id = fc.constantFrom('acme', 'globex', 'hooli', 'stark', 'wayne');
  const listed = fc.record({
    id,
    has: fc.constantFrom('static' as const, 'jwt' as const, 'both' as const),
    state: fc.constantFrom('active' as const, 'active' as const, 'suspended' as const, 'removed' as const),
    says: fc.constantFrom('x', 'y'),
  });
  const step = fc.record({
    list: fc.uniqueArray(listed, { selector: (one) => one.id, maxLength: 4 }),
    layout: fc.constantFrom('auto' as const, 'packed' as const, 'per-tenant' as const),
    only: fc.option(fc.uniqueArray(id, { minLength: 1, maxLength: 2 })),
    prune: fc.boolean(),
    tokensOnly: fc.boolean(),
    kill: fc.option(fc.integer({ min: 1, max: 9 })),
    /** Of whatever is there, by hand. */
    removes: fc.option(fc.nat(5)),
    loses: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    hours: fc.integer({ min: 0, max: 20 }),
  });
  const taken = fc.uniqueArray(
    fc.constantFrom('T_ACME_READ', 'T_HOOLI_JWT', bucketsOf('globex')[0] ?? '', 'T_X'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 4 }), taken, async (steps, foreign) => {
      keeper.github.reset();
      keeper.forget();
      for (const name of foreign) keeper.github.addSecret(name, 'theirs');
      keeper.github.setVariable('THEIRS', 'x');
      keeper.github.setVariable('TINYBIRD_TENANTS_LEDGER_OTHER', '{}');
      let now = NOW;
      for (const { list, removes, loses, hours, kill, only, ...doing } of steps) {
        now += hours * 3_600;
        start(list);
        const gone = [...keeper.github.secrets.keys()].filter((name) => !foreign.includes(name))[
          removes ?? 99
        ];
        if (gone !== undefined) keeper.github.removeSecret(gone);
        if (loses) keeper.github.removeVariable('TINYBIRD_TENANTS_LEDGER_USAGE');
        // Once the ledger is lost, what is there is nobody's.
        const others = loses
          ? new Map(keeper.github.secrets)
          : new Map(foreign.map((name) => [name, 'theirs']));
        const sent = keeper.github.requests.length;
        const limits = { ...(kill === null ? {} : { kill }), ...(only === null ? {} : { only }) };
        await keeper.run({ ...doing, ...limits, now }).catch((error: unknown) => {
          if (!(error instanceof Error) || error.message !== 'killed') throw error;
        });
        for (const [name, value] of others) expect(keeper.github.secrets.get(name)).toBe(value);
        expect(keeper.github.variables.get('THEIRS')).toBe('x');
        expect(keeper.github.variables.get('TINYBIRD_TENANTS_LEDGER_OTHER')).toBe('{}');
        for (const { method, path } of keeper.github.requests.slice(sent)) {
          if (method === 'GET') continue;
          const name = path.slice(path.lastIndexOf('/') + 1);
          expect(others.has(name)).toBe(false);
          if (path.includes('/variables/')) expect(name).toBe('TINYBIRD_TENANTS_LEDGER_USAGE');
        }
      }
    }),
    { numRuns: 30 },
  );
});
