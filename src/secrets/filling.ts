// The value that one secret is to have, and what the ledger is to say of it.

import { bucketText } from '../github/buckets.ts';
import { claimsOfAll, digestOf } from '../github/digest.ts';
import { type Entry, fingerprint, type Jwt, type Switched } from '../github/ledger.ts';
import type { Issued as Filled } from '../github/publish.ts';
import { grouped } from '../numbers.ts';
import { Secret } from '../secret.ts';
import type { Issued } from '../tokens.ts';
import type { Content, Part } from './contents.ts';
import { slotOf, staticsPrint } from './due.ts';

export interface FillAsked {
  /** JWTs that were minted, by name. */
  readonly minted: ReadonlyMap<string, Issued>;
  /** What the ledger has said so far. */
  readonly before: Entry | undefined;
  /** Unix seconds. */
  readonly now: number;
}

export interface Filling extends Filled {
  readonly values: readonly Secret[];
}

/** The value that a secret is to have, with what the ledger keeps of it; or which values are missing. */
export function fill(content: Content, { minted, now, before }: FillAsked): Filling | { missing: string } {
  const { name, tenant, parts } = content;
  const valued = parts.map((part) => {
    const jwt = part.kind === 'jwt' ? (minted.get(part.name) ?? null) : null;
    return { part, value: part.kind === 'static' ? part.value : (jwt?.value ?? null), jwt: jwt?.jwt ?? null };
  });
  const missing = valued.filter(({ value }) => value === null).map(({ part }) => part);
  if (missing.length > 0 || parts.length === 0) return { missing: missingWords(tenant === null, missing) };
  const values = valued.flatMap(({ value }) => value ?? []);
  const switched = switchedNow(slotOf(parts), { before, now });
  const [only] = valued;
  if (tenant !== null && only !== undefined) {
    const [value = new Secret('')] = values;
    const entry = { tenant, fingerprint: fingerprint(name, value), jwt: only.jwt, switched };
    return { values, value, entry };
  }
  const packed = valued.map(({ part, value }) => ({ ...part, value: value?.reveal() ?? '' }));
  const statics = parts.filter((part) => part.kind === 'static');
  const jwt = jwtOfAll(
    valued.flatMap(({ part, jwt }) => (jwt === null ? [] : [{ name: part.name, ...jwt }])),
  );
  const entry = { tenant: null, fingerprint: staticsPrint(name, statics), jwt, switched };
  return { values, value: new Secret(bucketText(packed)), entry };
}

function missingWords(isBucket: boolean, missing: readonly Part[]): string {
  const readable = 'no value that could be read: give `tinybird-tokens-token` with the scope TOKENS';
  if (!isBucket) return `its token has ${readable}`;
  const kinds = Map.groupBy(missing, ({ kind }) => kind);
  const [hidden = [], unmade = []] = [kinds.get('static'), kinds.get('jwt')];
  return [
    'it was left as it is, because it would lose values',
    ...(hidden.length > 0 ? [`${sampled(hidden)} ${hidden.length === 1 ? 'has' : 'have'} ${readable}`] : []),
    ...(unmade.length > 0 ? [`the JWTs of ${sampled(unmade)} could not be minted`] : []),
  ].join('; ');
}

function switchedNow(
  slot: number | null,
  { before, now }: { readonly before: Entry | undefined; readonly now: number },
): Switched | null {
  if (slot === null) return null;
  return before?.switched?.slot === slot ? before.switched : { slot, since: now };
}

function jwtOfAll(jwts: readonly { name: string; claims: string; expires: number }[]): Jwt | null {
  if (jwts.length === 0) return null;
  const ends = jwts.map(({ expires }) => expires);
  const [expires, latest] = [Math.min(...ends), Math.max(...ends)];
  const all = { claims: claimsOfAll(jwts), expires, digest: digestOf(jwts) };
  return latest === expires ? all : { ...all, latest };
}

const SHOWN = 5;
export const sampled = (parts: readonly Part[]): string =>
  parts
    .slice(0, SHOWN)
    .map(({ tenant, role }) => `${tenant}/${role}`)
    .join(', ') + (parts.length > SHOWN ? ` and ${grouped(parts.length - SHOWN)} more` : '');
