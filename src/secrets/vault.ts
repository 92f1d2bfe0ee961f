// Where token values are kept: which secrets there are, and what the ledger says of them.

import { Stop } from '../errors.ts';
import type { Client } from '../github/client.ts';
import type { Context } from '../github/context.ts';
import type { Entries, LedgerRead } from '../github/ledger.ts';
import { entriesOf as entriesAt, readLedger } from '../github/ledger-variable.ts';
import { openClient } from '../github/open.ts';
import { listSecretNames, type Target, targetName } from '../github/secrets.ts';
import type { Inputs } from '../inputs.ts';
import type { Layout } from './layout.ts';

export interface Vault {
  readonly client: Client;
  readonly target: Target;
  readonly ledger: LedgerRead;
  /** Of all secrets there, ours or not; upper case. */
  readonly existing: readonly string[];
  /** As asked for. */
  readonly layout: Layout | 'auto';
}

/** The target that the inputs ask for, or why there is none. */
export function secretsTarget(
  inputs: Inputs,
  context: Context | null,
): { target: Target } | { none: string | null } {
  const { secrets } = inputs;
  const token = inputs['secrets-token'];
  if (secrets.kind === 'none') return { none: null };
  if (secrets.kind === 'auto' && token === null) {
    return { none: 'token values are not stored: `secrets-token` is not given' };
  }
  if (token === null || context === null) {
    const what = token === null ? '`secrets-token` is not given' : 'this is not a GitHub Actions job';
    throw new Stop(
      'bad-input',
      `input secrets: secrets cannot be written, because ${what}. Write \`secrets: none\`, or give what is missing.`,
    );
  }
  return {
    target:
      secrets.kind === 'environment'
        ? { kind: 'environment', environment: secrets.name }
        : { kind: 'repository' },
  };
}

export async function openVault(
  inputs: Inputs,
  context: Context,
  at: { target: Target; fleet: string },
): Promise<Vault> {
  const client = await openClient(inputs, context, 'secrets-token');
  if (client === null) throw new Error('a vault needs secrets-token; secretsTarget checks that');
  const [ledger, names] = await Promise.all([
    readLedger(client, at.fleet),
    listSecretNames(client, at.target),
  ]);
  if (!names.ok) throw new Stop('request-failed', `${capital(names.failure.sentence)}. Nothing was sent.`);
  return { client, target: at.target, ledger, existing: names.value, layout: inputs['secret-layout'] };
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export const entriesOf = ({ ledger, target }: Pick<Vault, 'ledger' | 'target'>): Entries =>
  entriesAt(ledger, targetName(target));

/**
 * Unix seconds since when the secret (a tenant's own, or its bucket) holds a token of at least that slot; null when it
 * does not, or nobody knows.
 */
export function publishedAt(vault: Vault, secretName: string, slot: number): number | null {
  const entry = entriesOf(vault).get(secretName);
  if (entry === undefined || entry.pending || !vault.existing.includes(secretName)) return null;
  return entry.switched !== null && entry.switched.slot >= slot ? entry.switched.since : null;
}
