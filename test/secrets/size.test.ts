// How much fits: 10,000 tenants over a real port, and as many JWTs as buckets can hold in a ledger of 48 KB.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketName, bucketOf } from '../../src/github/buckets.ts';
import { digestOf, readDigest, widthFor } from '../../src/github/digest.ts';
import { type Entry, encodeLedger } from '../../src/github/ledger.ts';
import { type Keeper, type Listed, openKeeper } from './keeper.ts';

const LIMIT = 48 * 1024;
const LEDGER = 'TINYBIRD_TENANTS_LEDGER_USAGE';

let keeper: Keeper;
beforeAll(async () => {
  keeper = await openKeeper();
});
afterAll(() => keeper[Symbol.asyncDispose]());

/** As long as Tinybird's: workspace, token and region in the middle, 32 bytes signed. */
function value(): string {
  const said = { u: '00000000-0000-4000-8000-000000000000', id: '00000000-0000-4000-8000-000000000000' };
  const payload = Buffer.from(JSON.stringify({ ...said, host: 'us_east' })).toString('base64url');
  return `p.${payload}.${randomBytes(32).toString('base64url')}`;
}

const writes = (from: number): string[] =>
  keeper.github.requests
    .slice(from)
    .flatMap(({ method, path }) =>
      method === 'GET' || path.includes('/variables') ? [] : [`${method} ${path}`],
    );

test('10,000 tenants: all of it fits, and one more or one less rewrites one secret', async () => {
  const listed = (n: number): Listed => ({ id: `customer-${n}`, has: 'static' });
  keeper.list = Array.from({ length: 10_000 }, (_, n) => listed(n));
  for (const { id } of keeper.list) keeper.give(id, value());
  const { report } = await keeper.run();
  expect(report).toMatchObject({ failed: [], layout: { name: 'packed' } });
  expect(report.written).toHaveLength(64);
  const sizes = [...keeper.github.secrets.values()].map((text) => Buffer.byteLength(text));
  expect(Math.max(...sizes)).toBeLessThan(LIMIT);
  expect(Math.max(...sizes)).toBeGreaterThan(30_000);
  expect(Buffer.byteLength(keeper.github.variables.get(LEDGER) ?? '')).toBeLessThan(6_000);

  let sent = keeper.github.requests.length;
  keeper.list = [...keeper.list, listed(10_000)];
  keeper.give('customer-10000', value());
  await keeper.run();
  expect(writes(sent)).toEqual([
    expect.stringMatching(`PUT .*/${bucketName('T_', bucketOf('customer-10000'))}$`),
  ]);

  sent = keeper.github.requests.length;
  keeper.list = keeper.list.map((one) => (one.id === 'customer-7' ? { ...one, state: 'removed' } : one));
  await keeper.run();
  expect(writes(sent)).toEqual([
    expect.stringMatching(`PUT .*/${bucketName('T_', bucketOf('customer-7'))}$`),
  ]);
  sent = keeper.github.requests.length;
  await keeper.run();
  expect(writes(sent)).toEqual([]);
  expect(keeper.github.violations).toEqual([]);

  keeper.list = Array.from({ length: 20_000 }, (_, n) => listed(n));
  const sum =
    /^The values do not fit into secrets: 20,000 tokens of about 2\d\d bytes each make 64 buckets of 4,\d{3},\d{3} bytes together, T_BUCKET_\d\d alone \d\d,\d{3}; GitHub takes 49,152 a secret\. Ways out: .*Nothing was sent\.$/;
  await expect(keeper.run()).rejects.toMatchObject({ stop: 'quota', message: expect.stringMatching(sum) });
  expect(writes(sent)).toEqual([]);
});

test('the ledger holds 64 buckets with as many JWTs as 48 KB take', () => {
  // The shortest JWT with a workspace and a scope has some 400 bytes, and its tenant and role stand before it.
  const most = Math.floor(LIMIT / 430);
  const jwts = Array.from({ length: most }, (_, n) => ({
    name: `customer_${n}_read`,
    claims: `${n}`.repeat(4),
  }));
  const digest = digestOf(jwts);
  const entry: Entry = {
    tenant: null,
    fingerprint: 'x'.repeat(16),
    jwt: { claims: 'x'.repeat(16), expires: 1_800_000_000, digest, latest: 1_800_000_001 },
    pending: true,
    switched: { slot: 1_800_000_000, since: 1_800_000_000 },
  };
  const entries = Array.from({ length: 64 }, (_, n) => [bucketName('TINYBIRD_TENANT_', n), entry] as const);
  const text = encodeLedger('usage', new Map([['environment:production', new Map(entries)]]));
  expect(text.ok && Buffer.byteLength(text.value)).toBeLessThan(LIMIT);
  const read = readDigest(digest);
  expect(read.count).toBe(most);
  for (const jwt of jwts) expect(read.row(jwt)).toMatchObject({ same: true });
});

test('fewer JWTs are told apart better, and from 48 bits on a row is enough', () => {
  expect([1, 20, 50, 51, 114, 500].map(widthFor)).toEqual([13, 13, 8, 7, 2, 2]);
  expect(readDigest(digestOf([{ name: 'a', claims: 'x' }]))).toMatchObject({ count: 1, telling: true });
  const many = Array.from({ length: 60 }, (_, n) => ({ name: `n${n}`, claims: 'x' }));
  expect(readDigest(digestOf(many)).telling).toBe(false);
  expect(readDigest('').count + readDigest('?x').count).toBe(0);
});
