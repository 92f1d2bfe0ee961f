// The ledger where it is kept: a variable of the repository.
import { readProblem } from '../errors.ts';
import type { Client } from './client.ts';
import type { Answer } from './failure.ts';
import { decodeLedger, encodeLedger, type Ledger, type LedgerRead } from './ledger.ts';
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
