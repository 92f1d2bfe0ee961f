// The JWTs that are out, as far as the ledger tells: whole of a secret of its own, by a digest of a bucket.
import { BUCKETS, bucketOf } from '../github/buckets.ts';
import { type Claimed, claimsOfAll, readDigest } from '../github/digest.ts';
import type { Entries, Entry } from '../github/ledger.ts';

/** A JWT that the list asks for. */
export interface WantedJwt extends Claimed {
  readonly tenant: string;
  /** Seconds. */
  readonly ttl: number;
}

/** A JWT that the list does not ask for, but may have: of a tenant that is suspended or removed. */
export type FormerJwt = Pick<WantedJwt, 'tenant' | 'name'>;

export interface Outstanding {
  readonly tenant: string;
  /** It says what the list says. */
  readonly same: boolean;
  /** That it does is certain, not only likely. */
  readonly proven: boolean;
  /** What is known of its claims. */
  readonly claims: string;
  /** Unix seconds; at the latest, where that is all that is known. */
  readonly expires: number;
}

export interface InBucket {
  /** By token's name. */
  readonly jwts: ReadonlyMap<string, Outstanding>;
  /** Others, of tenants that vanished from the list. */
  readonly strangers: number;
  /** Until the last of them has ended, Unix seconds; null without any. */
  readonly until: number | null;
}

export const EMPTY_BUCKET: InBucket = { jwts: new Map(), strangers: 0, until: null };

/** By number of the bucket; of those that have an entry with JWTs. */
export function jwtsInBuckets(
  entries: Entries,
  nameOf: (bucket: number) => string,
  { wanted, former }: { wanted: readonly WantedJwt[]; former: readonly FormerJwt[] },
): Map<number, InBucket> {
  const found = new Map<number, InBucket>();
  const [wantedIn, formerIn] = [byBucket(wanted), byBucket(former)];
  for (const bucket of new Set([...wantedIn.keys(), ...formerIn.keys(), ...numbersIn(entries, nameOf)])) {
    const entry = entries.get(nameOf(bucket));
    if (entry?.tenant !== null || entry.jwt === null) continue;
    const sides = { wanted: wantedIn.get(bucket) ?? [], former: formerIn.get(bucket) ?? [] };
    found.set(bucket, inBucket(entry.jwt, sides));
  }
  return found;
}

const byBucket = <T extends { readonly tenant: string }>(all: readonly T[]): Map<number, T[]> =>
  Map.groupBy(all, ({ tenant }) => bucketOf(tenant));

const numbersIn = (entries: Entries, nameOf: (bucket: number) => string): number[] =>
  entries.size === 0
    ? []
    : Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => entries.has(nameOf(bucket)));

function inBucket(
  out: NonNullable<Entry['jwt']>,
  { wanted, former }: { wanted: readonly WantedJwt[]; former: readonly FormerJwt[] },
): InBucket {
  const digest = readDigest(out.digest ?? '');
  const latest = out.latest ?? out.expires;
  const present = wanted.flatMap((jwt) => {
    const row = digest.row(jwt);
    return row === null ? [] : [{ jwt, ...row }];
  });
  // The one hash over all of them decides; a row of a few characters only tells which one it was.
  if (present.length === digest.count && claimsOfAll(present.map(({ jwt }) => jwt)) === out.claims) {
    const shortest = Math.min(...present.map(({ jwt }) => jwt.ttl));
    const jwts = present.map(({ jwt: { name, tenant, claims, ttl } }) => {
      const known = { tenant, claims, same: true, proven: true, expires: out.expires - shortest + ttl };
      return [name, known] as const;
    });
    return { jwts: new Map(jwts), strangers: 0, until: latest };
  }
  const left = former.filter(({ name }) => digest.has(name));
  const strangers = Math.max(0, digest.count - present.length - left.length);
  const hidden = strangers + left.length === 0 && present.every(({ same }) => same);
  const jwts = new Map<string, Outstanding>();
  for (const { jwt, same: alike, text } of present) {
    const same = alike && !hidden;
    const claims = same ? jwt.claims : `~${text}`;
    const proven = same && digest.telling;
    jwts.set(jwt.name, { tenant: jwt.tenant, same, proven, claims, expires: same ? out.expires : latest });
  }
  for (const { name, tenant } of left)
    jwts.set(name, { tenant, same: false, proven: false, claims: '~', expires: latest });
  return { jwts, strangers, until: latest };
}
