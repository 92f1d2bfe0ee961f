// Buckets over a real port: what is in them, what rewrites them, and what repairs them.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bucketName, bucketOf } from '../../src/github/buckets.ts';
import { publishedAt } from '../../src/secrets/vault.ts';
import { DAY, type Keeper, NOW, openKeeper } from './keeper.ts';

const LEDGER = 'TINYBIRD_TENANTS_LEDGER_USAGE';
const packed = { layout: 'packed' } as const;
const HOURS = 3_600;

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

const bucketFor = (id: string): string => bucketName('T_', bucketOf(id));
const inBucket = (id: string): Record<string, Record<string, string>> =>
  JSON.parse(keeper.github.secrets.get(bucketFor(id)) ?? 'null');
const changes = () =>
  keeper.github.requests.flatMap(({ method, path, status }) => {
    const name = /secrets\/(\w+)$/.exec(path)?.[1];
    return method === 'GET' || name === undefined || status >= 400 ? [] : [`${method} ${name}`];
  });

/** Ids that share a bucket, the first of them with `id`. */
function mates(id: string, count: number): string[] {
  const found = [id];
  for (let n = 0; found.length < count; n += 1)
    if (bucketOf(`mate-${n}`) === bucketOf(id)) found.push(`mate-${n}`);
  return found;
}

function list(...ids: readonly string[]): void {
  keeper.list = ids.map((id) => ({ id, has: 'static' }));
  for (const id of ids) keeper.give(id);
}

test('a bucket is a line of JSON by tenant and role, whatever tenants are called', async () => {
  const ids = ['__proto__', 'a "b"\n', '7', '10', 'ünï', 'constructor'];
  keeper.list = ids.map((id) => ({ id, has: 'both' }));
  for (const id of ids) keeper.give(id);
  const { report, masked } = await keeper.run(packed);
  expect(report).toMatchObject({ failed: [], layout: { name: 'packed' } });
  for (const id of ids) {
    const text = keeper.github.secrets.get(bucketFor(id)) ?? '';
    expect(text).not.toContain('\n');
    const roles = new Map(Object.entries(new Map(Object.entries(JSON.parse(text))).get(id) ?? {}));
    expect(roles.get('read')).toBe(`p.value-of-${id}`);
    expect(roles.get('jwt')).toMatch(/^eyJ/);
    expect(new Map(Object.entries(report.names)).get(id)).toEqual({
      jwt: bucketFor(id),
      read: bucketFor(id),
    });
  }
  expect(masked).toHaveLength(12);
  expect(masked.some((value) => value.startsWith('{'))).toBe(false);
  expect(changes()).toHaveLength(new Set(ids.map(bucketFor)).size);
});

test('one tenant more rewrites one secret and says whose value is new; nothing to do masks nothing', async () => {
  const [first = '', second = '', third = ''] = mates('acme', 3);
  list(first, second, 'globex');
  await keeper.run(packed);
  const before = changes().length;
  list(first, second, 'globex', third);
  const { report } = await keeper.run({
    ...packed,
    fresh: ['mate_1_read', `${third.replace('-', '_')}_read`],
  });
  expect(changes().slice(before)).toEqual([`PUT ${bucketFor('acme')}`]);
  expect(Object.keys(inBucket('acme')).sort()).toEqual([first, second, third].sort());
  expect(report.names).toEqual({ [third]: { read: bucketFor('acme') } });
  const again = await keeper.run(packed);
  expect(again).toMatchObject({ masked: [], report: { written: [], due: 0 } });
  expect(changes()).toHaveLength(before + 1);
});

test('a tenant that goes leaves its bucket; the last one takes it along', async () => {
  const [first = '', second = ''] = mates('acme', 2);
  list(first, second);
  await keeper.run(packed);
  keeper.list = [
    { id: first, has: 'static' },
    { id: second, has: 'static', state: 'suspended' },
  ];
  await keeper.run(packed);
  expect(Object.keys(inBucket('acme'))).toEqual([first]);
  keeper.list = [
    { id: first, has: 'static', state: 'removed' },
    { id: second, has: 'static', state: 'suspended' },
  ];
  expect((await keeper.run(packed)).report.deleted).toEqual([bucketFor('acme')]);
  expect(keeper.github.secrets.size).toBe(0);
});

test('a line that vanishes takes nothing: its value stays until it is pruned', async () => {
  const [first = '', second = '', third = ''] = mates('acme', 3);
  list(first, second);
  await keeper.run(packed);
  keeper.list = [
    { id: first, has: 'static' },
    { id: third, has: 'static' },
  ];
  keeper.give(third);
  await keeper.run(packed);
  expect(Object.keys(inBucket('acme')).sort()).toEqual([first, second, third].sort());
  keeper.tokens.delete(`${second.replace('-', '_')}_read`);
  await keeper.run({ ...packed, prune: true });
  expect(Object.keys(inBucket('acme')).sort()).toEqual([first, third].sort());
});

test('a run for one tenant keeps what the others have, and does not give them what is new', async () => {
  const [first = '', second = '', third = ''] = mates('acme', 3);
  list(first, second);
  await keeper.run(packed);
  keeper.list = [
    { id: first, has: 'static' },
    { id: second, has: 'static', state: 'suspended' },
    { id: third, has: 'both' },
  ];
  keeper.give(first, 'p.refreshed');
  await keeper.run({ ...packed, only: [first] });
  expect(inBucket('acme')).toEqual({
    [first]: { read: 'p.refreshed' },
    [second]: { read: `p.value-of-${second}` },
  });
});

test('a value that cannot be read leaves the bucket as it is, by name', async () => {
  const [first = '', second = '', third = ''] = mates('acme', 3);
  list(first, second, 'globex');
  await keeper.run(packed);
  const before = keeper.github.secrets.get(bucketFor('acme'));
  list(first, second, third, 'globex', 'hooli');
  keeper.give(second, null);
  const { report } = await keeper.run(packed);
  expect(report.failed).toMatchObject([
    {
      name: bucketFor('acme'),
      error: expect.stringContaining(`${second}/read has no value that could be read`),
    },
  ]);
  expect(keeper.github.secrets.get(bucketFor('acme'))).toBe(before);
  expect(report.written).toEqual([bucketFor('hooli')]);
  keeper.give(second);
  expect((await keeper.run(packed)).report).toMatchObject({ failed: [], written: [bucketFor('acme')] });
});

test('a refused write names the bucket and whose values it should have got', async () => {
  list(...mates('acme', 8));
  const put = 'PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}';
  keeper.github.fail(put, { status: 422, message: 'no' });
  const { report } = await keeper.run(packed);
  expect(report.failed).toMatchObject([
    { name: bucketFor('acme'), error: expect.stringMatching(/values of acme\/read, .* and 3 more$/) },
  ]);
  expect((await keeper.run(packed)).report).toMatchObject({ failed: [], written: [bucketFor('acme')] });
});

test.each(['packed', 'per-tenant'] as const)(
  '%s: what others did is noticed and repaired',
  async (layout) => {
    list('acme', 'globex');
    keeper.github.addSecret('T_FOREIGN', 'x');
    await keeper.run({ layout });
    const ours = [...keeper.github.secrets.keys()].filter((name) => name !== 'T_FOREIGN');
    const [one = '', other = ''] =
      layout === 'packed' ? ['acme', 'globex'].map(bucketFor) : ['T_ACME_READ', 'T_GLOBEX_READ'];
    expect(ours.sort()).toEqual([one, other].sort());
    // Refreshed elsewhere.
    keeper.give('acme', 'p.refreshed');
    expect((await keeper.run({ layout })).report.written).toEqual([one]);
    expect(keeper.github.secrets.get(one)).toContain('p.refreshed');
    // Deleted by hand.
    keeper.github.removeSecret(other);
    expect((await keeper.run({ layout })).report.written).toEqual([other]);
    // The ledger is lost: nobody knows whose they are.
    keeper.github.removeVariable(LEDGER);
    for (const found of [{ layout }, layout === 'packed' ? {} : { layout }]) {
      const lost = await keeper.run(found);
      expect(lost.report.failed.map(({ name }) => name).sort()).toEqual([one, other].sort());
      expect(lost.report.written).toEqual([]);
    }
    expect((await keeper.run({ layout, adopt: true })).report).toMatchObject({
      failed: [],
      written: expect.arrayContaining([one, other]),
    });
    expect((await keeper.run({ layout })).report.due).toBe(0);
    // Somebody else's.
    keeper.list = [...keeper.list, { id: 'hooli', has: 'static' }];
    keeper.give('hooli');
    const third = layout === 'packed' ? bucketFor('hooli') : 'T_HOOLI_READ';
    keeper.github.addSecret(third, 'theirs');
    expect((await keeper.run({ layout })).report.failed).toMatchObject([{ name: third }]);
    expect(keeper.github.secrets.get(third)).toBe('theirs');
    expect(keeper.github.secrets.get('T_FOREIGN')).toBe('x');
  },
);

test('a damaged ledger is written anew by `adopt`, JWTs included', async () => {
  keeper.list = [{ id: 'acme', has: 'both' }];
  keeper.give('acme');
  await keeper.run(packed);
  keeper.github.setVariable(LEDGER, '{');
  expect((await keeper.run(packed)).report.failed).toHaveLength(1);
  expect((await keeper.run({ ...packed, adopt: true })).report.failed).toEqual([]);
  expect((await keeper.run(packed)).report.due).toBe(0);
});

test('JWTs of a bucket are minted together, renewed by the first that ends, and told apart', async () => {
  const [first = '', second = '', third = ''] = mates('acme', 3);
  const jwtOf = (id: string) => `${id.replace('-', '_')}_jwt`;
  keeper.list = [
    { id: first, has: 'jwt' },
    { id: second, has: 'jwt', ttl: 6 * HOURS },
  ];
  await keeper.run(packed);
  const unchanged = await keeper.run({ ...packed, now: NOW + 3 * HOURS });
  expect(unchanged.report.due).toBe(0);
  expect([...unchanged.jwts.values()].map(({ expires }) => expires - NOW)).toEqual([DAY, 6 * HOURS]);
  // A third of six hours is left.
  const due = await keeper.run({ ...packed, now: NOW + 4 * HOURS, tokensOnly: true });
  expect(due.due.changes.writes).toMatchObject([{ reason: 'renewal' }]);
  expect(due.masked).toHaveLength(2);
  keeper.list = [
    { id: first, has: 'jwt', says: 'more' },
    { id: second, has: 'jwt', ttl: 6 * HOURS },
    { id: third, has: 'jwt' },
  ];
  const changed = await keeper.run({ ...packed, now: NOW + 5 * HOURS });
  const claims = [first, second, third].map((id) => changed.jwts.get(jwtOf(id))?.claims.length);
  // Changed, unchanged, not there yet.
  expect(claims).toEqual([17, 16, undefined]);
  keeper.list = [
    { id: first, has: 'jwt', state: 'suspended' },
    { id: second, has: 'jwt', ttl: 6 * HOURS },
  ];
  const gone = await keeper.run({ ...packed, now: NOW + 5 * HOURS });
  expect(gone.jwts.get(jwtOf(first))).toMatchObject({ tenant: first, expires: NOW + 5 * HOURS + DAY });
  expect(gone.notices).toEqual([expect.stringContaining('1 JWT that the list does not ask for any more')]);
  expect(Object.keys(inBucket('acme'))).toEqual([second]);
});

test('the JWT of a vanished line stays until its bucket is written, or it is pruned', async () => {
  const [first = '', second = ''] = mates('acme', 2);
  keeper.list = [
    { id: first, has: 'jwt' },
    { id: second, has: 'jwt' },
  ];
  await keeper.run(packed);
  keeper.list = keeper.list.slice(0, 1);
  expect((await keeper.run(packed)).report.due).toBe(0);
  expect((await keeper.run({ ...packed, prune: true })).report.written).toEqual([bucketFor('acme')]);
  expect(Object.keys(inBucket('acme'))).toEqual([first]);
});

test('a run for one tenant mints the JWTs of others only as they are out', async () => {
  const [first = '', second = '', third = ''] = mates('acme', 3);
  keeper.list = [
    { id: first, has: 'jwt' },
    { id: second, has: 'jwt' },
  ];
  await keeper.run(packed);
  keeper.list = [...keeper.list, { id: third, has: 'jwt' }];
  expect((await keeper.run({ ...packed, only: [third] })).report).toMatchObject({
    failed: [],
    written: [bucketFor('acme')],
  });
  expect(Object.keys(inBucket('acme'))).toHaveLength(3);
  keeper.list = [
    { id: first, has: 'jwt', says: 'more' },
    { id: second, has: 'jwt', says: 'less' },
    { id: third, has: 'jwt' },
  ];
  const { report } = await keeper.run({ ...packed, only: [first] });
  expect(report.failed).toMatchObject([
    { error: expect.stringMatching(/^the JWT jwt of mate-\d+ .* run without `tenant`$/) },
  ]);
  expect((await keeper.run({ ...packed, only: ['globex'] })).report.failed).toEqual([]);
  const renewal = await keeper.run({ ...packed, tokensOnly: true, now: NOW + DAY });
  expect(renewal.report.failed).toMatchObject([
    { error: expect.stringContaining('only an apply may change it') },
  ]);
  expect((await keeper.run(packed)).report).toMatchObject({ failed: [], written: [bucketFor('acme')] });
});

test('a run for one tenant takes no JWT of others away', async () => {
  const [first = '', second = ''] = mates('acme', 2);
  keeper.list = [
    { id: first, has: 'jwt' },
    { id: second, has: 'jwt' },
  ];
  await keeper.run(packed);
  keeper.list = [
    { id: first, has: 'jwt', says: 'more' },
    { id: second, has: 'jwt', state: 'suspended' },
  ];
  const limited = await keeper.run({ ...packed, only: [first] });
  expect(limited.report.failed).toMatchObject([
    { error: expect.stringContaining(`of ${second} would be gone, and this run is not about that tenant`) },
  ]);
  expect((await keeper.run({ ...packed, only: [first, second] })).report.failed).toEqual([]);
});

test('a schedule renews and follows rotated tokens, and leaves the rest to an apply', async () => {
  const [first = '', second = '', third = ''] = mates('acme', 3);
  keeper.list = [
    { id: first, has: 'both' },
    { id: second, has: 'static' },
  ];
  keeper.give(first);
  keeper.give(second);
  await keeper.run(packed);
  keeper.list = [
    { id: first, has: 'both' },
    { id: second, has: 'static', state: 'suspended' },
    { id: third, has: 'both' },
    { id: 'globex', has: 'static' },
  ];
  keeper.give(first, 'p.next', '__20270115080000');
  keeper.give('globex');
  const tokensOnly = { ...packed, tokensOnly: true };
  expect((await keeper.run(tokensOnly)).report.written).toEqual([bucketFor('acme')]);
  expect(inBucket('acme')).toEqual({
    [first]: { jwt: expect.any(String), read: 'p.next' },
    [second]: { read: `p.value-of-${second}` },
  });
  // Killed between the announcement and the write: the next schedule ends it.
  const later = { ...tokensOnly, now: NOW + DAY };
  await expect(keeper.run({ ...later, kill: 2 })).rejects.toThrow('killed');
  const { report, masked } = await keeper.run(later);
  expect([report.written, masked.length]).toEqual([[bucketFor('acme')], 3]);
});

test('a JWT that cannot be minted leaves the bucket as it is; one that was never out is left out', async () => {
  const [first = '', second = ''] = mates('acme', 2);
  keeper.list = [
    { id: first, has: 'jwt' },
    { id: second, has: 'jwt' },
  ];
  const jwt = `${second.replace('-', '_')}_jwt`;
  expect((await keeper.run({ ...packed, unminted: [jwt] })).report.failed).toMatchObject([
    {
      name: bucketFor('acme'),
      error: expect.stringContaining(`the JWTs of ${second}/jwt could not be minted`),
    },
  ]);
  expect((await keeper.run({ ...packed, heldBack: [jwt] })).report.failed).toEqual([]);
  expect(Object.keys(inBucket('acme'))).toEqual([first]);
  expect((await keeper.run(packed)).report.written).toEqual([bucketFor('acme')]);
  expect(Object.keys(inBucket('acme'))).toHaveLength(2);
});

test.each(['packed', 'per-tenant'] as const)(
  '%s: since when a token is where its readers find it',
  async (layout) => {
    const secret = layout === 'packed' ? bucketFor('acme') : 'T_ACME_READ';
    list('acme');
    await keeper.run({ layout });
    const at = async (now: number, slot: number) =>
      publishedAt((await keeper.run({ layout, now })).vault, secret, slot);
    expect(await at(NOW + 5, 0)).toBe(NOW);
    expect(await at(NOW + 5, 1)).toBeNull();
    keeper.give('acme', 'p.next', '__20270115080000');
    const slot = Date.UTC(2027, 0, 15, 8) / 1000;
    expect((await keeper.run({ layout, now: NOW + 10, tokensOnly: true })).report.written).toEqual([secret]);
    expect(await at(NOW + 20, slot)).toBe(NOW + 10);
    keeper.give('acme', 'p.refreshed', '__20270115080000');
    expect((await keeper.run({ layout, now: NOW + 30 })).report.written).toEqual([secret]);
    expect(await at(NOW + 40, slot)).toBe(NOW + 10);
    keeper.github.removeSecret(secret);
    expect(await at(NOW + 50, slot)).toBeNull();
    expect(publishedAt((await keeper.run({ layout })).vault, 'T_NOBODY', 0)).toBeNull();
  },
);

test('writing many tells how far it is', async () => {
  list(...Array.from({ length: 200 }, (_, n) => `tenant-${n}`));
  const { said, report } = await keeper.run(packed);
  expect(report.written.length).toBeGreaterThan(50);
  expect(said[0]).toMatch(/^10 of \d+ secrets written or deleted; about 1 s left$/);
  expect(said.length).toBeLessThan(7);
});

test('in an environment, too', async () => {
  keeper.github.addEnvironment('prod');
  list('acme');
  await keeper.run({ ...packed, target: { kind: 'environment', environment: 'prod' } });
  expect([...keeper.github.environmentSecrets('prod').keys()]).toEqual([bucketFor('acme')]);
  expect(keeper.github.secrets.size).toBe(0);
});
