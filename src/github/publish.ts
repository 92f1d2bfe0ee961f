// Writes secrets so that a run killed at any request is repaired by the next: announce in the ledger, write, verify, settle the ledger.
import type { Secret } from '../secret.ts';
import type { SecretChanges } from './changes.ts';
import type { Client } from './client.ts';
import { type Entries, type Entry, fingerprint, type Jwt, type LedgerRead } from './ledger.ts';
import { changeLedger, entriesOf, type OurEntries } from './ledger-variable.ts';
import {
  deleteSecret,
  listSecretNames,
  type PublicKey,
  publicKeyOf,
  type Target,
  targetName,
  writeSecret,
} from './secrets.ts';

/** The value of one secret to write. */
export interface Issued {
  readonly value: Secret;
  /** For a JWT, what the ledger keeps of it. */
  readonly jwt: Jwt | null;
}

export interface Publication {
  readonly client: Client;
  readonly fleet: string;
  readonly target: Target;
  /** As read when the changes were made. */
  readonly ledger: LedgerRead;
  readonly changes: SecretChanges;
  /** By secret name. A write without a value here is left out: its token could not be made. */
  readonly issued: ReadonlyMap<string, Issued>;
}

/** What became of one write or delete. */
export type SecretOutcome =
  | { readonly kind: 'written' | 'deleted'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly sentence: string };

export interface Published {
  readonly outcomes: readonly SecretOutcome[];
  /** What went wrong without failing a secret. */
  readonly notices: readonly string[];
}

/** Never throws for what GitHub refuses, and never forgets what succeeded. Without anything to do it sends nothing. */
export async function publishSecrets(publication: Publication): Promise<Published> {
  const { changes, issued } = publication;
  const writes = changes.writes.filter(({ name }) => issued.has(name));
  if (writes.length + changes.deletes.length + changes.forgotten.length === 0)
    return { outcomes: [], notices: [] };
  const entries = entriesOf(publication.ledger, targetName(publication.target));
  const announced = new Map<string, Entry>();
  for (const { name, tenant } of writes) {
    const entry = entries.get(name) ?? { fingerprint: null, jwt: null };
    announced.set(name, { ...entry, tenant, pending: true });
  }
  const names = [...writes, ...changes.deletes].map(({ name }) => name);
  if (writes.length > 0) {
    const written = await changed(publication, announced);
    if (!written.ok) return { outcomes: allFailed(names, written.failure.sentence), notices: [] };
  }
  const outcomes = await writeAndDelete(
    publication,
    writes.map(({ name }) => name),
  );
  return settle(publication, { announced, outcomes });
}

const changed = ({ client, fleet, target, ledger }: Publication, ours: OurEntries) =>
  changeLedger(client, { fleet, target: targetName(target), ours, first: ledger });

/** One after the other; a refused token would be refused again, so the rest is not tried. */
async function writeAndDelete(
  publication: Publication,
  writes: readonly string[],
): Promise<readonly SecretOutcome[]> {
  const { client, target, changes } = publication;
  const deletes = changes.deletes.map(({ name }) => name);
  const key = writes.length === 0 ? null : await publicKeyOf(client, target);
  if (key !== null && !key.ok) return allFailed([...writes, ...deletes], key.failure.sentence);
  const outcomes: SecretOutcome[] = [];
  const todo = [
    // Deletes first: they make room under GitHub's limit.
    ...deletes.map((name) => ({ name, kind: 'deleted' as const })),
    ...writes.map((name) => ({ name, kind: 'written' as const })),
  ];
  for (const [index, { name, kind }] of todo.entries()) {
    const answer =
      kind === 'written' && key !== null
        ? await writeOne(publication, { name, publicKey: key.value })
        : await deleteSecret(client, target, name);
    if (answer.ok) outcomes.push({ kind, name });
    else outcomes.push({ kind: 'failed', name, sentence: answer.failure.sentence });
    if (!answer.ok && (answer.failure.status === 401 || answer.failure.status === 403)) {
      const rest = todo.slice(index + 1).map((each) => each.name);
      return [...outcomes, ...allFailed(rest, `not tried: ${answer.failure.sentence}`)];
    }
  }
  return outcomes;
}

function writeOne(
  { client, target, issued }: Publication,
  { name, publicKey }: { readonly name: string; readonly publicKey: PublicKey },
) {
  const value = issued.get(name)?.value;
  if (value === undefined) throw new Error(`no value for ${name}`);
  return writeSecret(client, { target, name, value, publicKey });
}

const allFailed = (names: readonly string[], sentence: string): SecretOutcome[] =>
  names.map((name) => ({ kind: 'failed', name, sentence }));

/** Looks which names are really there, and makes the ledger say so. */
async function settle(
  publication: Publication,
  at: { readonly announced: Entries; readonly outcomes: readonly SecretOutcome[] },
): Promise<Published> {
  const { client, target, changes } = publication;
  const notices: string[] = [];
  const listed = await listSecretNames(client, target);
  if (!listed.ok) notices.push(`the secrets were not verified: ${listed.failure.sentence}`);
  const present = listed.ok ? new Set(listed.value) : null;
  const outcomes = at.outcomes.map((outcome) => verify(outcome, present));
  const ours = settled(publication, { announced: at.announced, outcomes, present });
  for (const name of changes.forgotten) ours.set(name, null);
  const written = await changed(publication, ours);
  if (!written.ok) notices.push(`the next run writes these secrets again: ${written.failure.sentence}`);
  return { outcomes, notices };
}

/** What the ledger is to say of each name that was tried. */
function settled(
  { issued }: Publication,
  {
    announced,
    outcomes,
    present,
  }: {
    readonly announced: Entries;
    readonly outcomes: readonly SecretOutcome[];
    readonly present: ReadonlySet<string> | null;
  },
): Map<string, Entry | null> {
  const ours = new Map<string, Entry | null>(announced);
  for (const { kind, name } of outcomes) {
    const value = issued.get(name);
    const entry = announced.get(name);
    if (kind === 'deleted') ours.set(name, null);
    else if (kind === 'written' && value !== undefined && entry !== undefined) {
      ours.set(name, {
        ...entry,
        fingerprint: fingerprint(name, value.value),
        jwt: value.jwt,
        pending: false,
      });
    } else if (kind === 'failed' && entry?.fingerprint === null && present?.has(name) === false) {
      // Never came to be: the name must not stay ours, somebody else may take it.
      ours.set(name, null);
    }
  }
  return ours;
}

function verify(outcome: SecretOutcome, present: ReadonlySet<string> | null): SecretOutcome {
  if (outcome.kind !== 'written' || present === null || present.has(outcome.name)) return outcome;
  const sentence = `could not write the secret ${outcome.name}: GitHub accepted it, but does not list it`;
  return { kind: 'failed', name: outcome.name, sentence };
}
