// What a digest of a few characters may say of the JWTs in a bucket, and what it must not.

import { describe, expect, test } from 'vitest';
import { bucketName, bucketOf } from '../../src/github/buckets.ts';
import { claimsOfAll, digestOf, readDigest } from '../../src/github/digest.ts';
import type { Entries, Entry } from '../../src/github/ledger.ts';
import { jwtsInBuckets, type WantedJwt } from '../../src/secrets/outstanding.ts';
import fc from '../properties.ts';

const NOW = 1_800_000_000;
const DAY = 86_400;
const name = (bucket: number): string => bucketName('T_', bucket);

/** All in one bucket. */
const TENANTS = Array.from({ length: 40_000 }, (_, n) => `t${n}`).filter((id) => bucketOf(id) === 5);
const jwt = (nth: number, claims: string, ttl = DAY): WantedJwt => {
  const tenant = TENANTS[nth] ?? '';
  return { tenant, name: `${tenant}_read`, claims, ttl };
};

function entriesFor(out: readonly WantedJwt[]): Entries {
  const ends = out.map(({ ttl }) => NOW + ttl);
  const facts = { claims: claimsOfAll(out), digest: digestOf(out) };
  const entry: Entry = {
    ...{ tenant: null, fingerprint: 'f', pending: false, switched: null },
    jwt: { ...facts, expires: Math.min(...ends), latest: Math.max(...ends) },
  };
  return new Map([[name(5), entry]]);
}

const known = (out: readonly WantedJwt[], wanted: readonly WantedJwt[], former: readonly WantedJwt[] = []) =>
  jwtsInBuckets(entriesFor(out), name, { wanted, former }).get(5);

describe('the JWTs of a bucket', () => {
  test('as they are out: each with its own end', () => {
    const all = [jwt(0, 'a'), jwt(1, 'b', 600)];
    const found = known(all, [...all, jwt(2, 'c')]);
    expect(Object.fromEntries(found?.jwts ?? [])).toEqual({
      [all[0]?.name ?? '']: { tenant: TENANTS[0], claims: 'a', same: true, proven: true, expires: NOW + DAY },
      [all[1]?.name ?? '']: { tenant: TENANTS[1], claims: 'b', same: true, proven: true, expires: NOW + 600 },
    });
  });

  test('one that changed, one that went, and one of nobody in the list', () => {
    const found = known([jwt(0, 'a'), jwt(1, 'b'), jwt(2, 'c')], [jwt(0, 'other')], [jwt(1, 'b')]);
    expect([...(found?.jwts.values() ?? [])].map(({ tenant, same }) => [tenant, same])).toEqual([
      [TENANTS[0], false],
      [TENANTS[1], false],
    ]);
    expect(found).toMatchObject({ strangers: 1, until: NOW + DAY });
  });

  test('what differs is never taken for unchanged, however short the digest', () => {
    const claims = fc.array(fc.nat(3), { minLength: 55, maxLength: 90 });
    fc.assert(
      fc.property(claims, fc.nat(54), (all, changed) => {
        const out = all.map((one, nth) => jwt(nth, String(one)));
        const wanted = all.map((one, nth) => jwt(nth, String(nth === changed ? one + 1 : one)));
        const found = [...(known(out, wanted)?.jwts.values() ?? [])];
        expect(found.some(({ same }) => !same)).toBe(true);
        expect(found.some(({ proven }) => proven)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test('two claims with one digest: all of the bucket is told as changed', () => {
    const rest = Array.from({ length: 109 }, (_, nth) => jwt(nth + 1, 'x'));
    // Twelve bits of each are kept: some four thousand others have one that looks the same.
    const digest = readDigest(digestOf([jwt(0, 'a'), ...rest]));
    const others = Array.from({ length: 60_000 }, (_, n) => `c${n}`);
    const twin = others.find((claims) => digest.row(jwt(0, claims))?.same) ?? '';
    expect(twin).not.toBe('');
    const found = known([jwt(0, 'a'), ...rest], [jwt(0, twin), ...rest]);
    expect([...(found?.jwts.values() ?? [])].every(({ same }) => !same)).toBe(true);
  });
});
