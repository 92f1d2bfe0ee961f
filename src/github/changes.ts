// Which secrets to write, to delete or to leave alone: pure, from what is wanted, what the ledger says and which names exist.
import type { Entries, Entry, LedgerRead } from './ledger.ts';

/** A secret that should be there. */
export type WantedSecret = {
  readonly name: string;
  readonly tenant: string;
} & (
  | {
      readonly via: 'static';
      /** Null while the token has not been made yet. */
      readonly fingerprint: string | null;
    }
  | {
      readonly via: 'jwt';
      readonly claims: string;
      /** Seconds a fresh one lives. */
      readonly ttl: number;
    }
);

export type WriteReason =
  /** No such secret, none in the ledger. */
  | 'new'
  /** Another value, or other claims. */
  | 'changed'
  /** A third of its life or less is left. */
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
    readonly tenant: string;
    readonly reason: WriteReason;
  }[];
  /** `expires`: until when a JWT that was in it works (seconds since 1970); null for a static token. */
  readonly deletes: readonly { readonly name: string; readonly expires: number | null }[];
  readonly conflicts: readonly { readonly name: string; readonly reason: string }[];
  readonly unchanged: readonly string[];
  /** Unwanted, ours, and gone already: only the ledger still has them. */
  readonly forgotten: readonly string[];
}

export interface SecretsAsked {
  readonly wanted: readonly WantedSecret[];
  /** Names that must go. Whatever is neither wanted nor unwanted stays: a run for one tenant must not touch the others. */
  readonly unwanted: readonly string[];
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
  const decided = wanted.map((secret) => ({
    secret,
    decision: decide(secret, {
      entry: entries.get(secret.name),
      exists: existing.has(secret.name),
      ...asked,
    }),
  }));
  const named = (decision: string) =>
    decided.filter((each) => each.decision === decision).map(({ secret }) => secret.name);
  const unwanted = asked.unwanted.filter(
    (name) => entries.has(name) && !wanted.some((each) => each.name === name),
  );
  return {
    writes: decided.flatMap(({ secret: { name, tenant }, decision }) =>
      decision === 'conflict' || decision === 'unchanged' ? [] : [{ name, tenant, reason: decision }],
    ),
    deletes: unwanted
      .filter((name) => existing.has(name))
      .map((name) => ({ name, expires: entries.get(name)?.jwt?.expires ?? null })),
    conflicts: named('conflict').map((name) => ({ name, reason: CONFLICT })),
    unchanged: named('unchanged'),
    forgotten: unwanted.filter((name) => !existing.has(name)),
  };
}

const CONFLICT =
  'a secret of this name exists and is not in the ledger, so it is somebody else’s: delete it, choose another `secret-prefix`, or set `adopt`';

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
  if (entry.pending) return 'unfinished';
  if (!exists) return 'missing';
  return freshness(wanted, { entry, now: known.now });
}

function freshness(
  wanted: WantedSecret,
  { entry, now }: { readonly entry: Entry; readonly now: number },
): 'changed' | 'renewal' | 'unchanged' {
  if (wanted.via === 'static') {
    return entry.jwt === null && entry.fingerprint === wanted.fingerprint ? 'unchanged' : 'changed';
  }
  if (entry.jwt?.claims !== wanted.claims) return 'changed';
  return entry.jwt.expires - now > wanted.ttl / 3 ? 'unchanged' : 'renewal';
}
