// Which secrets to write, to delete or to leave alone: pure, from what is wanted, what the ledger says and which names exist.
import type { Entries, Entry, LedgerRead } from './ledger.ts';
import { freshness, unfinished, type WantedSecret } from './wanted.ts';

export type WriteReason =
  /** No such secret, none in the ledger. */
  | 'new'
  /** Another value, or other claims. */
  | 'changed'
  /** A third of its life or less is left, or another token of its role follows it. */
  | 'renewal'
  /** A killed run announced it. */
  | 'unfinished'
  /** In the ledger, but somebody deleted it. */
  | 'missing'
  /** Somebody else's, taken over on request. */
  | 'adopted';

export interface SecretChanges {
  readonly writes: readonly {
    readonly name: string;
    readonly tenant: string | null;
    readonly reason: WriteReason;
  }[];
  readonly deletes: readonly SecretDeletion[];
  readonly conflicts: readonly SecretConflict[];
  readonly unchanged: readonly string[];
  /** Unwanted, ours, and gone already: only the ledger still has them. */
  readonly forgotten: readonly string[];
}

export interface SecretDeletion {
  readonly name: string;
  /** Until when a JWT that was in it works, seconds since 1970; null for a static token. */
  readonly expires: number | null;
  /** Secrets that its values move to: it goes once they are written, or when there is no room for them beside it. */
  readonly homes?: readonly string[];
}

export interface SecretConflict {
  readonly name: string;
  readonly reason: string;
  /** A renewal is what cannot be done. */
  readonly renewal?: true;
}

export interface SecretsAsked {
  readonly wanted: readonly WantedSecret[];
  /** Names that must go. Whatever is neither wanted nor unwanted stays: a run for one tenant must not touch the others. */
  readonly unwanted: readonly (string | Pick<SecretDeletion, 'name' | 'homes'>)[];
  readonly ledger: LedgerRead;
  /** The target's entries are looked up under this name, e.g. `repository`. */
  readonly target: string;
  readonly existing: readonly string[];
  /** Take over secrets that the ledger does not know. */
  readonly adopt: boolean;
  /** Seconds since 1970. */
  readonly now: number;
}

const NO_ENTRIES: Entries = new Map();

export function secretChanges(asked: SecretsAsked): SecretChanges {
  const { ledger, wanted, adopt } = asked;
  if (ledger.kind === 'unknown' && !adopt) {
    const reason = `the ledger cannot be read: ${ledger.reason}`;
    const conflicts = wanted.map(({ name }) => ({ name, reason }));
    return { writes: [], deletes: [], conflicts, unchanged: [], forgotten: [] };
  }
  const entries = ledger.kind === 'present' ? (ledger.ledger.get(asked.target) ?? NO_ENTRIES) : NO_ENTRIES;
  const existing = new Set(asked.existing.map((name) => name.toUpperCase()));
  const names = new Set(wanted.map(({ name }) => name));
  const unwanted = asked.unwanted
    .map((one) => (typeof one === 'string' ? { name: one } : one))
    .filter(({ name }) => entries.has(name) && !names.has(name));
  const decided = wanted.map((secret) => {
    const known = { entry: entries.get(secret.name), exists: existing.has(secret.name) };
    return decision(secret, { ...known, adopt, now: asked.now });
  });
  return {
    writes: decided.flatMap(({ write }) => write ?? []),
    deletes: unwanted
      .filter(({ name }) => existing.has(name))
      .map((one) => ({ ...one, expires: endOf(entries.get(one.name)) })),
    conflicts: decided.flatMap(({ conflict }) => conflict ?? []),
    unchanged: decided.flatMap(({ unchanged }) => unchanged ?? []),
    forgotten: unwanted.flatMap(({ name }) => (existing.has(name) ? [] : [name])),
  };
}

const endOf = (entry: Entry | undefined): number | null => entry?.jwt?.latest ?? entry?.jwt?.expires ?? null;

const CONFLICT =
  'a secret of this name exists and is not in the ledger, so it is somebody else’s: delete it, choose another `secret-prefix`, or set `adopt`';

interface Decision {
  readonly write?: SecretChanges['writes'][number];
  readonly conflict?: SecretConflict;
  readonly unchanged?: string;
}

function decision(wanted: WantedSecret, known: Known): Decision {
  const { name, tenant } = wanted;
  const decided = decide(wanted, known);
  if (decided === 'conflict') return { conflict: { name, reason: CONFLICT } };
  if (decided === 'unchanged') return { unchanged: name };
  if (wanted.via !== 'bucket' || wanted.barred === null) return { write: { name, tenant, reason: decided } };
  const conflict = { name, reason: wanted.barred };
  return { conflict: decided === 'renewal' ? { ...conflict, renewal: true } : conflict };
}

interface Known {
  readonly entry: Entry | undefined;
  readonly exists: boolean;
  readonly adopt: boolean;
  readonly now: number;
}

function decide(wanted: WantedSecret, known: Known): WriteReason | 'conflict' | 'unchanged' {
  const { entry, exists } = known;
  if (entry === undefined) {
    if (!exists) return 'new';
    return known.adopt ? 'adopted' : 'conflict';
  }
  if (entry.pending) return unfinished(wanted, entry);
  if (!exists) return 'missing';
  return wanted.renew === true ? 'renewal' : freshness(wanted, { entry, now: known.now });
}
