// What the ledger keeps of the JWTs in a bucket: one hash over all of them, by which they are judged, and a few characters of each, to tell which one differs.
import { createHash } from 'node:crypto';

export interface Claimed {
  /** The token's. */
  readonly name: string;
  /** Hash of what it says. */
  readonly claims: string;
}

const HASH_CHARACTERS = 16;
const NAME_CHARACTERS = 3;
/**
 * A bucket of 48 KB holds some 110 JWTs, and 64 of these, with what else an entry says, must fit in the 48 KB of a variable:
 * the more JWTs, the fewer characters for the claims of each.
 */
const DIGEST_CHARACTERS = 560;
const FEWEST = 2;
const MOST = 13;
/** 48 bits: from here on a row alone shows that claims are the same. */
const TELLING = 8;

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Identity of all of them together, in whatever order: 96 bits. */
export const claimsOfAll = (jwts: readonly Claimed[]): string =>
  hash(JSON.stringify(jwts.map(({ name, claims }) => [name, claims]).sort(byName))).slice(0, HASH_CHARACTERS);

const byName = ([one = '']: string[], [other = '']: string[]): number => (one < other ? -1 : 1);

/** The width in base 36, then for each JWT its name's characters and as many of its claims. */
export function digestOf(jwts: readonly Claimed[]): string {
  const width = widthFor(jwts.length);
  return (
    width.toString(36) +
    jwts
      .map((jwt) => nameOf(jwt) + claimsOf(jwt, width))
      .sort()
      .join('')
  );
}

export const widthFor = (jwts: number): number =>
  Math.max(FEWEST, Math.min(MOST, Math.floor(DIGEST_CHARACTERS / Math.max(1, jwts)) - NAME_CHARACTERS));

const nameOf = ({ name }: Pick<Claimed, 'name'>): string => hash(name).slice(0, NAME_CHARACTERS);
const claimsOf = ({ name, claims }: Claimed, width: number): string =>
  hash(`${name}\0${claims}`).slice(0, width);

export interface Digest {
  readonly count: number;
  /** Whether equal characters show equal claims. */
  readonly telling: boolean;
  /** What is kept of the claims of a JWT of that name; null when there is none. */
  row(jwt: Claimed): { readonly same: boolean; readonly text: string } | null;
  has(name: string): boolean;
}

/** Of a text that another version wrote, only that nothing in it is known. */
export function readDigest(text: string): Digest {
  const width = Number.parseInt(text.slice(0, 1), 36);
  const size = NAME_CHARACTERS + width;
  const rows = Number.isNaN(width) ? [] : (text.slice(1).match(new RegExp(`.{${size}}`, 'g')) ?? []);
  const byRow = Map.groupBy(rows, (row) => row.slice(0, NAME_CHARACTERS));
  return {
    count: rows.length,
    telling: width >= TELLING,
    row: (jwt) => {
      const own = byRow.get(nameOf(jwt));
      if (own === undefined) return null;
      const wanted = nameOf(jwt) + claimsOf(jwt, width);
      return { same: own.includes(wanted), text: own[0] ?? '' };
    },
    has: (name) => byRow.has(nameOf({ name })),
  };
}
