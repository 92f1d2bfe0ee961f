// Which secrets to write and to delete: what they should hold against what the ledger says they do.

import { bucketName, bucketNames, bucketOf, bucketText } from '../github/buckets.ts';
import { type SecretChanges, type SecretDeletion, secretChanges } from '../github/changes.ts';
import { fingerprint } from '../github/ledger.ts';
import { targetName } from '../github/secrets.ts';
import type { WantedSecret } from '../github/wanted.ts';
import type { Desired, Fleet, Live } from '../model.ts';
import { slotTime } from '../rotation/slots.ts';
import { Secret } from '../secret.ts';
import { type Content, contentsOf, outBuckets, type Part } from './contents.ts';
import type { StaticPart } from './holdings.ts';
import type { Keeping } from './keeping.ts';
import { ownName } from './layout.ts';
import { entriesOf, type Vault } from './vault.ts';

export interface SecretsAsked {
  readonly desired: readonly Desired[];
  readonly live: Live;
  readonly fleet: Fleet;
  readonly keeping: Keeping;
  /** Ids of the only tenants to touch; null for all. */
  readonly only: ReadonlySet<string> | null;
  readonly prune: boolean;
  readonly adopt: boolean;
  /** Only what the tokens need by themselves. */
  readonly tokensOnly: boolean;
  /** Names of JWTs that are to be minted again, however long they live. */
  readonly renewed: ReadonlySet<string>;
  /** Names of JWTs that this run cannot mint. */
  readonly heldBack: ReadonlySet<string>;
  /** What is not there by now will not come. */
  readonly afterwards: boolean;
  /** Unix seconds. */
  readonly now: number;
}

export interface SecretsDue {
  readonly changes: SecretChanges;
  /** By name of the secret. */
  readonly contents: ReadonlyMap<string, Content>;
}

export function secretsDue(vault: Vault, asked: SecretsAsked): SecretsDue {
  const entries = entriesOf(vault);
  const { layout, prefix, former } = asked.keeping;
  const after = layout === 'packed' ? afterPacking : afterUnpacking;
  const all = contentsOf({ ...asked, layout, prefix, former, entries });
  const contents = new Map(all.map((content) => [content.name, content]));
  const changes = secretChanges({
    wanted: all.filter(isHeld).map((content) => wantedOf(content, asked.renewed)),
    unwanted: after(vault, asked, all),
    ledger: vault.ledger,
    target: targetName(vault.target),
    existing: vault.existing,
    adopt: asked.adopt,
    now: asked.now,
  });
  return { changes: asked.tokensOnly ? ofTokens(changes, contents) : changes, contents };
}

/** A bucket of JWTs that cannot be made again is left to their end. */
const isHeld = ({ parts, barred }: Content): boolean => parts.length > 0 || barred !== null;

function wantedOf(
  { name, tenant, parts, same, barred }: Content,
  renewed: ReadonlySet<string>,
): WantedSecret {
  const renew = parts.some((part) => part.kind === 'jwt' && renewed.has(part.name));
  const statics = parts.filter((part) => part.kind === 'static');
  const ttls = parts.flatMap((part) => (part.kind === 'jwt' ? [part.ttl] : []));
  const slot = slotOf(parts) ?? 0;
  if (tenant === null) {
    const jwts = { same, ttl: ttls.length > 0 ? Math.min(...ttls) : null };
    return {
      name,
      tenant,
      via: 'bucket',
      fingerprint: staticsPrint(name, statics),
      slot,
      jwts,
      barred,
      renew,
    };
  }
  const [part] = parts;
  if (part?.kind === 'jwt') return { name, tenant, via: 'jwt', claims: part.claims, ttl: part.ttl, renew };
  const value = part?.value ?? null;
  return { name, tenant, via: 'static', fingerprint: value === null ? null : fingerprint(name, value), slot };
}

/** Of a bucket; null while a value is not known. */
export function staticsPrint(name: string, parts: readonly StaticPart[]): string | null {
  const values = parts.flatMap(({ tenant, role, value }) =>
    value === null ? [] : [{ tenant, role, value: value.reveal() }],
  );
  return values.length < parts.length ? null : fingerprint(name, new Secret(bucketText(values)));
}

/** The greatest time of its static tokens, Unix seconds; null without any. */
export function slotOf(parts: readonly Part[]): number | null {
  const slots = parts.flatMap((part) => (part.kind === 'static' ? [slotTime(part.name)] : []));
  return slots.length > 0 ? slots.reduce((one, other) => Math.max(one, other)) : null;
}

/** What waits for an apply is left to it, and so is what needs a value that is not there yet. */
function ofTokens(changes: SecretChanges, contents: ReadonlyMap<string, Content>): SecretChanges {
  const isStatic = (name: string): boolean =>
    contents.get(name)?.parts.every((part) => part.kind === 'static' && part.value !== null) ?? false;
  return {
    ...changes,
    writes: changes.writes.filter(
      ({ name, reason }) =>
        reason === 'renewal' || (reason !== 'new' && reason !== 'adopted' && isStatic(name)),
    ),
    deletes: [],
    conflicts: changes.conflicts.filter(({ renewal }) => renewal),
    forgotten: [],
  };
}

type Unwanted = Pick<SecretDeletion, 'name' | 'homes'>;

/** Whose tenant the list has, or that may be pruned. A tenant that merely vanished keeps its secrets, as it keeps its data. */
function mayGo({ fleet, only, prune }: SecretsAsked): (tenant: string) => boolean {
  const listed = new Set(fleet.tenants.map(({ id }) => id));
  return (tenant) => (only?.has(tenant) ?? true) && (listed.has(tenant) || prune);
}

function afterPacking(vault: Vault, asked: SecretsAsked, contents: readonly Content[]): Unwanted[] {
  const { prefix } = asked.keeping;
  const may = mayGo(asked);
  const moved = new Set(contents.flatMap(({ parts }) => parts.map(({ name }) => ownName(prefix, name))));
  const ours = new Set(bucketNames(prefix));
  const empty = new Set(contents.filter((content) => isOver(content, asked)).map(({ name }) => name));
  return [...entriesOf(vault)].flatMap(([name, { tenant }]): Unwanted[] => {
    if (tenant !== null) {
      if (moved.has(name)) return [{ name, homes: [bucketName(prefix, bucketOf(tenant))] }];
      return may(tenant) ? [{ name }] : [];
    }
    if (ours.has(name)) return empty.has(name) ? [{ name }] : [];
    // Of another prefix.
    return asked.only === null ? [{ name, homes: [bucketName(prefix, numberOf(name))] }] : [];
  });
}

/** Nothing in it, and nothing that still works was. */
const isOver = ({ parts, barred, dropped }: Content, { prune, now }: SecretsAsked): boolean =>
  parts.length === 0 && barred === null && (prune || dropped.strangers === 0 || (dropped.until ?? 0) <= now);

function afterUnpacking(vault: Vault, asked: SecretsAsked, contents: readonly Content[]): Unwanted[] {
  const may = mayGo(asked);
  const { prefix, former } = asked.keeping;
  const entries = entriesOf(vault);
  const homes = Map.groupBy(contents, ({ tenant }) => bucketOf(tenant ?? ''));
  const out = outBuckets({ ...asked, entries, prefix, former });
  const wanted = new Set(asked.desired.map(({ resource }) => resource.name));
  return [...entries].flatMap(([name, { tenant }]): Unwanted[] => {
    if (tenant !== null) return may(tenant) ? [{ name }] : [];
    const number = numberOf(name);
    const own = (homes.get(number) ?? []).map((home) => home.name);
    const isLeft = (token: string) => wanted.has(token) && !own.includes(ownName(prefix, token));
    // A JWT of a tenant that the run is not about stays where it is.
    return [...(out.get(number)?.jwts.keys() ?? [])].some(isLeft) ? [] : [{ name, homes: own }];
  });
}

const numberOf = (name: string): number => Number(/BUCKET_(\d\d)$/.exec(name)?.[1] ?? 0);
