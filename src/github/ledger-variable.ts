// The ledger where it is kept: a variable of the repository.
import { isDeepStrictEqual } from 'node:util';
import { readProblem } from '../errors.ts';
import type { Client } from './client.ts';
import type { Answer } from './failure.ts';
import {
  decodeLedger,
  type Entries,
  type Entry,
  encodeLedger,
  type Ledger,
  type LedgerRead,
} from './ledger.ts';
import { ledgerName } from './names.ts';

/** Reads a fleet's ledger. What cannot be read is unknown, which is not the same as absent. */
export async function readLedger(client: Client, fleet: string): Promise<LedgerRead> {
  const { owner, repo } = client;
  const name = ledgerName(fleet);
  const asked = { what: `read the variable ${name}`, permission: 'Variables: read' };
  // The list, not the one variable: a token that may not read variables can get 404 for each, as if there were none.
  const answer = await client.ask(asked, (octokit) =>
    octokit.paginate(octokit.rest.actions.listRepoVariables, { owner, repo, per_page: 30 }),
  );
  if (!answer.ok) return { kind: 'unknown', reason: answer.failure.sentence };
  const variable = answer.value.find((each) => each.name.toUpperCase() === name);
  if (variable === undefined) return { kind: 'absent' };
  const read = decodeLedger(fleet, variable.value);
  return read.kind === 'unknown' ? { ...read, reason: `the variable ${name}: ${read.reason}` } : read;
}

/** By secret name: its new entry, or null when it has none any more. */
export type OurEntries = ReadonlyMap<string, Entry | null>;

export interface LedgerChange {
  readonly fleet: string;
  /** As the ledger writes it. */
  readonly target: string;
  readonly ours: OurEntries;
  /** As it was read when the run began. */
  readonly first: LedgerRead;
}

// Who writes between our reading and our writing is written over, notices it, and writes again.
const TRIES = 5;

/**
 * Changes these entries in whatever the ledger is by now, until it says what we say. Another job of the fleet may write to
 * another environment meanwhile, and a variable has no compare-and-set: what the other one writes and reads back between
 * our reading and our writing, two requests in a row, is lost.
 */
export async function changeLedger(client: Client, change: LedgerChange): Promise<Answer<null>> {
  const { fleet, target, ours, first } = change;
  for (let attempt = 0; ; attempt += 1) {
    const ledger = await readLedger(client, fleet);
    // What was unknown from the start is written anew, because somebody asked for that with `adopt`.
    if (ledger.kind === 'unknown' && first.kind !== 'unknown') {
      const { reason } = ledger;
      return { ok: false, failure: { status: 0, said: reason, sentence: reason } };
    }
    const entries = new Map(entriesOf(ledger, target));
    if (attempt === TRIES || (attempt > 0 && says(entries, ours))) return { ok: true, value: null };
    for (const [name, entry] of ours) {
      if (entry === null) entries.delete(name);
      else entries.set(name, entry);
    }
    const all = ledger.kind === 'present' ? ledger.ledger : [];
    const written = await writeLedger(client, fleet, new Map(all).set(target, entries));
    if (!written.ok) return written;
  }
}

export const entriesOf = (ledger: LedgerRead, target: string): Entries =>
  (ledger.kind === 'present' && ledger.ledger.get(target)) || new Map<string, Entry>();

const says = (entries: Entries, ours: OurEntries): boolean =>
  [...ours].every(([name, entry]) => isDeepStrictEqual(entries.get(name) ?? null, entry));

/** Creates or replaces the variable. */
export async function writeLedger(client: Client, fleet: string, ledger: Ledger): Promise<Answer<null>> {
  const encoded = encodeLedger(fleet, ledger);
  if (!encoded.ok) {
    const sentence = encoded.problems.map(readProblem).join('; ');
    return { ok: false, failure: { status: 0, said: sentence, sentence } };
  }
  const name = ledgerName(fleet);
  const variable = { owner: client.owner, repo: client.repo, name, value: encoded.value };
  const update = (): Promise<Answer<null>> => write(client, 'updateRepoVariable', variable);
  const updated = await update();
  if (updated.ok || updated.failure.status !== 404) return updated;
  const created = await write(client, 'createRepoVariable', variable);
  // There after all: a create whose answer was lost was sent again, or somebody else was faster.
  return !created.ok && created.failure.status === 409 ? update() : created;
}

type Variable = {
  readonly owner: string;
  readonly repo: string;
  readonly name: string;
  readonly value: string;
};

function write(
  client: Client,
  how: 'createRepoVariable' | 'updateRepoVariable',
  variable: Variable,
): Promise<Answer<null>> {
  const asked = { what: `write the variable ${variable.name}`, permission: 'Variables: write' };
  return client.ask(asked, async ({ rest }) => {
    await rest.actions[how](variable);
    return null;
  });
}
