// What each secret should hold: one token, or all tokens of the tenants of a bucket.
import { bucketName, bucketNames, bucketOf } from '../github/buckets.ts';
import type { Entries, Entry } from '../github/ledger.ts';
import type { Desired } from '../model.ts';
import { claimsHash } from '../plan/tokens.ts';
import { type HoldingsAsked, type StaticPart, staticParts } from './holdings.ts';
import { type Layout, ownName } from './layout.ts';
import {
  EMPTY_BUCKET,
  type FormerJwt,
  type InBucket,
  jwtsInBuckets,
  type Outstanding,
  type WantedJwt,
} from './outstanding.ts';

export interface JwtPart extends WantedJwt {
  readonly kind: 'jwt';
  readonly role: string;
}

export type Part = StaticPart | JwtPart;

export interface Content {
  /** The secret's. */
  readonly name: string;
  /** Null for a bucket. */
  readonly tenant: string | null;
  readonly parts: readonly Part[];
  /** Whether its JWTs are those that are out. */
  readonly same: boolean;
  /** JWTs that would be gone if it were written now: of tenants that the list does not have any more. */
  readonly dropped: InBucket;
  /** Why this run cannot write it. */
  readonly barred: string | null;
}

export interface ContentsAsked extends HoldingsAsked {
  readonly layout: Layout;
  readonly prefix: string;
  /** Of this target. */
  readonly entries: Entries;
  readonly former: readonly FormerJwt[];
  /** The list is left as it is: nothing comes, changes or goes but what follows a token or renews it. */
  readonly tokensOnly: boolean;
  /** Names of JWTs that cannot be minted in this run with other claims than those that are out. */
  readonly heldBack: ReadonlySet<string>;
  /** What is not there by now will not come. */
  readonly afterwards: boolean;
}

export function contentsOf(asked: ContentsAsked): Content[] {
  return asked.layout === 'packed' ? bucketsOf(asked) : singlesOf(asked);
}

export function jwtParts(desired: readonly Desired[]): JwtPart[] {
  return desired.flatMap(({ resource, tenant, role }): JwtPart[] => {
    if (resource.kind !== 'token' || resource.via !== 'jwt' || tenant === null || role === null) return [];
    return [
      { kind: 'jwt', tenant, role, name: resource.name, claims: claimsHash(resource), ttl: resource.ttl },
    ];
  });
}

/** By number. */
export const outBuckets = ({
  entries,
  prefix,
  desired,
  former,
}: Pick<ContentsAsked, 'entries' | 'prefix' | 'desired' | 'former'>): Map<number, InBucket> =>
  jwtsInBuckets(entries, (bucket) => bucketName(prefix, bucket), { wanted: jwtParts(desired), former });

function singlesOf(asked: ContentsAsked): Content[] {
  const { desired, only, prefix, entries } = asked;
  // What tenants have in buckets that go must be somewhere.
  const moves = [...entries.values()].some(({ tenant }) => tenant === null);
  const inScope = (tenant: string): boolean => only?.has(tenant) ?? true;
  const out = moves ? outBuckets(asked) : null;
  const statics = keptStatics(asked).filter(
    ({ tenant, isOrphan }) => (inScope(tenant) && !isOrphan) || (moves && !asked.tokensOnly),
  );
  const jwts = jwtParts(desired).filter(
    ({ tenant, name }) => inScope(tenant) || isCertain(out?.get(bucketOf(tenant))?.jwts.get(name)),
  );
  return [...statics, ...jwts].map((part) => ({
    name: ownName(prefix, part.name),
    tenant: part.tenant,
    parts: [part],
    same: true,
    dropped: EMPTY_BUCKET,
    barred: null,
  }));
}

const NOBODY: ReadonlySet<string> = new Set();

const keptStatics = (asked: ContentsAsked): StaticPart[] =>
  staticParts(asked.tokensOnly ? { ...asked, only: NOBODY, prune: false } : asked);

const isCertain = (out: Outstanding | undefined): boolean => out?.same === true && out.proven;

function bucketsOf(asked: ContentsAsked): Content[] {
  const statics = Map.groupBy(keptStatics(asked), ({ tenant }) => bucketOf(tenant));
  const jwts = Map.groupBy(jwtParts(asked.desired), ({ tenant }) => bucketOf(tenant));
  const out = outBuckets(asked);
  const touched = touchedBy(asked, [...statics.values(), ...jwts.values()].flat());
  const numbers = new Set([...statics.keys(), ...jwts.keys(), ...out.keys(), ...known(asked)]);
  return [...numbers]
    .filter(touched)
    .sort((one, other) => one - other)
    .map((number) => {
      const there = { statics: statics.get(number) ?? [], jwts: jwts.get(number) ?? [] };
      return bucketContent(asked, { number, ...there, out: out.get(number) ?? EMPTY_BUCKET });
    });
}

function known({ entries, prefix }: ContentsAsked): number[] {
  return bucketNames(prefix).flatMap((name, number) => (entries.has(name) ? [number] : []));
}

/** A run for some tenants looks at their buckets only, unless everything moves. */
function touchedBy({ only, entries, prefix }: ContentsAsked, parts: readonly Part[]) {
  const moves = parts.some(({ name }) => entries.get(ownName(prefix, name))?.tenant != null);
  if (only === null || moves) return () => true;
  const numbers = new Set([...only].map(bucketOf));
  return (number: number): boolean => numbers.has(number);
}

interface Bucket {
  readonly number: number;
  readonly statics: readonly StaticPart[];
  readonly jwts: readonly JwtPart[];
  readonly out: InBucket;
}

function bucketContent(asked: ContentsAsked, { number, statics, jwts, out }: Bucket): Content {
  const { prefix, prune, afterwards } = asked;
  const fates = jwts.map((part) => ({ part, fate: fateOf(asked, part, out) }));
  const held = fates.flatMap(({ part, fate }) => (fate === 'held' ? [part] : []));
  const former = [...out.jwts].filter(([name]) => !jwts.some((part) => part.name === name));
  const barred = [
    ...fates.flatMap(({ fate }) => (typeof fate === 'string' ? [] : [fate.barred])),
    ...former.flatMap(([name, { tenant }]) => strayOf(asked, name, tenant)),
  ];
  const certain = held.every(({ name }) => isCertain(out.jwts.get(name)));
  const same = certain && held.length === out.jwts.size && (out.strangers === 0 || !prune);
  return {
    name: bucketName(prefix, number),
    tenant: null,
    parts: [...statics.filter(({ id }) => id !== null || !afterwards), ...held],
    same,
    dropped: { ...out, jwts: new Map(former) },
    barred: barred[0] ?? null,
  };
}

type Fate = 'held' | 'left-out' | { readonly barred: string };

/** Whether a bucket that is written in this run gets the JWT. */
function fateOf(asked: ContentsAsked, part: JwtPart, { jwts }: InBucket): Fate {
  const { only, tokensOnly, heldBack, entries, prefix } = asked;
  const { tenant, name, role } = part;
  const own = entries.get(ownName(prefix, name));
  const out = jwts.get(name);
  const isOut = out !== undefined || own?.jwt != null;
  const isSame = isCertain(out) || isOwn(own, part);
  const inScope = (only?.has(tenant) ?? true) && !tokensOnly;
  if (isSame || (inScope && !heldBack.has(name))) return 'held';
  if (!isOut) return 'left-out';
  const why = inScope
    ? 'what it needs was not carried out'
    : tokensOnly
      ? 'only an apply may change it'
      : 'this run is not about that tenant: run without `tenant`';
  return {
    barred: `the JWT ${role} of ${tenant} would say something else than the one that is out, and ${why}`,
  };
}

const isOwn = (entry: Entry | undefined, { claims, tenant }: JwtPart): boolean =>
  entry?.jwt?.claims === claims && entry.tenant === tenant;

/** A JWT that the list takes away: this run may not, when it is for others. */
function strayOf({ only, tokensOnly }: ContentsAsked, name: string, tenant: string): string[] {
  if (tokensOnly || (only?.has(tenant) ?? true)) return [];
  return [
    `the JWT ${name} of ${tenant} would be gone, and this run is not about that tenant: run without \`tenant\``,
  ];
}
