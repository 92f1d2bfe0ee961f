// The ledger: one repository variable per fleet that says which secrets are ours and what they hold, by fingerprint. Never a value.
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { bad, ok, type Result } from '../errors.ts';
import type { Secret } from '../secret.ts';

/** What is known of one secret of ours. */
export interface Entry {
  /** Null for a bucket, which many tenants share. */
  readonly tenant: string | null;
  /** Of the value; of a bucket, of its static values. Null until it has been written once. */
  readonly fingerprint: string | null;
  readonly jwt: Jwt | null;
  /** A write was announced; whether it happened is not known. */
  readonly pending: boolean;
  /** Null where there is no static token, or nobody remembers. */
  readonly switched: Switched | null;
}

export interface Jwt {
  /** Hash of the claims without their times; of a bucket, of all its JWTs'. */
  readonly claims: string;
  /** Seconds since 1970; of a bucket, of the first one that ends. */
  readonly expires: number;
  /** Of a bucket: which JWTs those are (digest.ts). */
  readonly digest?: string;
  /** Of a bucket whose JWTs do not end together: when the last one does. */
  readonly latest?: number;
}

/** Which of the tokens of a role are in it: those of which time, and since when. */
export interface Switched {
  /** The greatest time in a name of its static tokens, Unix seconds; 0 when none has one. */
  readonly slot: number;
  /** When it was first written with that, Unix seconds. */
  readonly since: number;
}

/** By secret name. */
export type Entries = ReadonlyMap<string, Entry>;

/** By target: `repository` or `environment:NAME`. */
export type Ledger = ReadonlyMap<string, Entries>;

/** `unknown` is never a reason to delete or to overwrite. */
export type LedgerRead =
  | { readonly kind: 'present'; readonly ledger: Ledger }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** 48 KB a variable: https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
const MOST_BYTES = 48 * 1024;
const FINGERPRINT_CHARACTERS = 16;
const VERSION = 1;

/** Bound to the name, so that equal values do not look equal. 96 bits: it only has to notice a change. */
export function fingerprint(name: string, value: Secret): string {
  const digest = createHash('sha256').update(`${name}\0${value.reveal()}`).digest('base64url');
  return digest.slice(0, FINGERPRINT_CHARACTERS);
}

/**
 * `[tenant, fingerprint, [claims, expires, digest, latest] or null, 1 while pending, slot, since]`, without what is not
 * there at the end: short, because 48 KB must hold hundreds.
 */
const EncodedEntry = z.tuple([
  z.string().nullable(),
  z.string().nullable(),
  z.tuple([z.string(), z.int(), z.string().optional(), z.int().optional()]).nullable(),
  z.union([z.literal(0), z.literal(1)]),
  z.int().optional(),
  z.int().optional(),
]);
const Encoded = z.strictObject({
  v: z.literal(VERSION),
  fleet: z.string(),
  targets: z.record(z.string(), z.record(z.string(), EncodedEntry)),
});

/** Compact JSON, the same bytes for the same ledger; an error when it is larger than a variable may be. */
export function encodeLedger(fleet: string, ledger: Ledger): Result<string> {
  const targets = Object.fromEntries(
    byName(ledger).map(([target, entries]) => [
      target,
      Object.fromEntries(byName(entries).map(([name, entry]) => [name, encodeEntry(entry)])),
    ]),
  );
  const text = JSON.stringify({ v: VERSION, fleet, targets });
  const bytes = Buffer.byteLength(text);
  if (bytes <= MOST_BYTES) return ok(text);
  const message = `the ledger of ${fleet} would be ${bytes} bytes, a GitHub variable holds ${MOST_BYTES}: use fewer secrets, or \`tokens-file\``;
  return bad({ file: 'secrets', message });
}

const encodeEntry = ({
  tenant,
  fingerprint,
  jwt,
  pending,
  switched,
}: Entry): z.input<typeof EncodedEntry> => [
  tenant,
  fingerprint,
  jwt === null ? null : encodeJwt(jwt),
  pending ? 1 : 0,
  ...(switched === null ? ([] as const) : ([switched.slot, switched.since] as const)),
];

function encodeJwt({ claims, expires, digest, latest }: Jwt): [string, number, string?, number?] {
  if (digest === undefined) return [claims, expires];
  return latest === undefined ? [claims, expires, digest] : [claims, expires, digest, latest];
}

const byName = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** The ledger in a variable's text, or why it cannot be trusted. */
export function decodeLedger(fleet: string, text: string): LedgerRead {
  const parsed = Encoded.safeParse(parseJson(text));
  if (!parsed.success) {
    return { kind: 'unknown', reason: 'it is damaged, or a newer version wrote it' };
  }
  if (parsed.data.fleet !== fleet) {
    return { kind: 'unknown', reason: `it belongs to the fleet ${JSON.stringify(parsed.data.fleet)}` };
  }
  const targets = Object.entries(parsed.data.targets).map(
    ([target, entries]) =>
      [target, new Map(Object.entries(entries).map(([name, row]) => [name, entryOf(row)]))] as const,
  );
  return { kind: 'present', ledger: new Map(targets) };
}

const entryOf = ([tenant, fingerprint, jwt, pending, slot, since]: z.output<typeof EncodedEntry>): Entry => ({
  tenant,
  fingerprint,
  jwt: jwt === null ? null : jwtOf(jwt),
  pending: pending === 1,
  switched: slot === undefined || since === undefined ? null : { slot, since },
});

const jwtOf = ([claims, expires, digest, latest]: NonNullable<z.output<typeof EncodedEntry>[2]>): Jwt => ({
  claims,
  expires,
  ...(digest === undefined ? {} : { digest }),
  ...(latest === undefined ? {} : { latest }),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
