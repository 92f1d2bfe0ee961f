// Writes secrets so that a run killed at any request is repaired by the next: announce in the ledger, write, verify, settle the ledger.
import type { Secret } from '../secret.ts';
import type { SecretChanges } from './changes.ts';
import type { Client } from './client.ts';
import type { Entries, Entry, LedgerRead } from './ledger.ts';
import { changeLedger, entriesOf, type OurEntries } from './ledger-variable.ts';
import { inOrder, type Step } from './order.ts';
import {
  deleteSecret,
  listSecretNames,
  type PublicKey,
  publicKeyOf,
  type Target,
  targetName,
  writeSecret,
} from './secrets.ts';

/** The value of one secret to write, and what the ledger is to say of it. */
export interface Issued {
  readonly value: Secret;
  readonly entry: Omit<Entry, 'pending'>;
}

export interface Publication {
  readonly client: Client;
  readonly fleet: string;
  readonly target: Target;
  /** As read when the changes were made. */
  readonly ledger: LedgerRead;
  /** Names that were there then. */
  readonly existing: readonly string[];
  readonly changes: SecretChanges;
  /** By secret name. A write without a value here is left out: its token could not be made. */
  readonly issued: ReadonlyMap<string, Issued>;
  /** Told after each write and each deletion. */
  readonly progress?: (done: number, all: number) => void;
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
  const steps = inOrder({
    writes: writes.map(({ name }) => name),
    deletes: changes.deletes,
    unchanged: changes.unchanged,
    existing: new Set(publication.existing),
  });
  if (steps.length + changes.forgotten.length === 0) return { outcomes: [], notices: [] };
  const entries = entriesOf(publication.ledger, targetName(publication.target));
  const announced = new Map<string, Entry>();
  for (const { name, tenant } of writes) {
    const entry = entries.get(name) ?? { fingerprint: null, jwt: null, switched: null };
    announced.set(name, { ...entry, tenant, pending: true });
  }
  if (writes.length > 0) {
    const written = await changed(publication, announced);
    if (!written.ok) return { outcomes: allFailed(steps, written.failure.sentence), notices: [] };
  }
  const outcomes = await writeAndDelete(publication, steps);
  return settle(publication, { announced, outcomes });
}

const changed = ({ client, fleet, target, ledger }: Publication, ours: OurEntries) =>
  changeLedger(client, { fleet, target: targetName(target), ours, first: ledger });

/** One after the other; a refused token would be refused again, so the rest is not tried. */
async function writeAndDelete(
  publication: Publication,
  steps: readonly Step[],
): Promise<readonly SecretOutcome[]> {
  const { client, target, changes, progress } = publication;
  const writes = steps.some(({ kind }) => kind === 'written');
  const key = writes ? await publicKeyOf(client, target) : null;
  if (key !== null && !key.ok) return allFailed(steps, key.failure.sentence);
  const outcomes: SecretOutcome[] = [];
  const there = new Set(changes.unchanged);
  for (const [index, { name, kind, after }] of steps.entries()) {
    // What could not be moved stays where it is.
    if (!after.every((home) => there.has(home))) continue;
    const answer =
      kind === 'written' && key !== null
        ? await writeOne(publication, { name, publicKey: key.value })
        : await deleteSecret(client, target, name);
    if (answer.ok) outcomes.push({ kind, name });
    else outcomes.push({ kind: 'failed', name, sentence: answer.failure.sentence });
    if (answer.ok) there.add(name);
    progress?.(index + 1, steps.length);
    if (!answer.ok && (answer.failure.status === 401 || answer.failure.status === 403)) {
      return [...outcomes, ...allFailed(steps.slice(index + 1), `not tried: ${answer.failure.sentence}`)];
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

const allFailed = (steps: readonly Step[], sentence: string): SecretOutcome[] =>
  steps.map(({ name }) => ({ kind: 'failed', name, sentence }));

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
      ours.set(name, { ...value.entry, pending: false });
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
