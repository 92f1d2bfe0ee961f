// What a secret should hold, and whether it still does.
import { assertNever } from '../errors.ts';
import type { Entry } from './ledger.ts';

/** A secret that should be there. */
export type WantedSecret = {
  readonly name: string;
  /** It has to be written again, whatever the ledger says. */
  readonly renew?: boolean;
} & (
  | {
      readonly via: 'static';
      readonly tenant: string;
      /** Null while the token has not been made yet. */
      readonly fingerprint: string | null;
      /** When the token was made, as its name says it, Unix seconds; 0 or absent for a role's first one. */
      readonly slot?: number;
    }
  | {
      readonly via: 'jwt';
      readonly tenant: string;
      readonly claims: string;
      /** Seconds a fresh one lives. */
      readonly ttl: number;
    }
  | WantedBucket
);

/** A secret that tenants share. */
export interface WantedBucket {
  readonly name: string;
  readonly renew?: boolean;
  readonly via: 'bucket';
  readonly tenant: null;
  /** Of its static values; null while they are not all known. */
  readonly fingerprint: string | null;
  readonly slot: number;
  /** Whether its JWTs are those that are out, and the shortest life of a fresh one; null without any. */
  readonly jwts: { readonly same: boolean; readonly ttl: number | null };
  /** Why this run cannot write it; null when it can. */
  readonly barred: string | null;
}

type Freshness = 'changed' | 'renewal' | 'unchanged';

/** What the ledger says it holds, against what it should. */
export function freshness(
  wanted: WantedSecret,
  { entry, now }: { readonly entry: Entry; readonly now: number },
): Freshness {
  switch (wanted.via) {
    case 'static':
      if (entry.jwt === null && entry.fingerprint === wanted.fingerprint) return 'unchanged';
      return isRotated(wanted.slot, entry) ? 'renewal' : 'changed';
    case 'jwt':
      if (entry.jwt?.claims !== wanted.claims) return 'changed';
      return isDue(entry.jwt.expires, wanted.ttl, now) ? 'renewal' : 'unchanged';
    case 'bucket': {
      const { ttl, same } = wanted.jwts;
      if (entry.jwt !== null && ttl !== null && isDue(entry.jwt.expires, ttl, now)) return 'renewal';
      if (wanted.fingerprint !== entry.fingerprint && isRotated(wanted.slot, entry)) return 'renewal';
      return same && wanted.fingerprint === entry.fingerprint ? 'unchanged' : 'changed';
    }
    default:
      return assertNever(wanted);
  }
}

const isDue = (expires: number, ttl: number, now: number): boolean => expires - now <= ttl / 3;

/** It is to hold the token that follows the one it holds. */
const isRotated = (slot: number | undefined, { switched }: Entry): boolean =>
  (slot ?? 0) > (switched?.slot ?? 0);

/** What a killed renewal left is a renewal, so that the next schedule ends it. */
export function unfinished(wanted: WantedSecret, entry: Entry): 'renewal' | 'unfinished' {
  switch (wanted.via) {
    case 'static':
      return isRotated(wanted.slot, entry) ? 'renewal' : 'unfinished';
    case 'jwt':
      return entry.jwt?.claims === wanted.claims ? 'renewal' : 'unfinished';
    case 'bucket':
      return entry.fingerprint === null ? 'unfinished' : 'renewal';
    default:
      return assertNever(wanted);
  }
}
