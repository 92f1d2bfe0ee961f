// Opens GitHub with one of the two tokens that a run may have.
import type { Inputs } from '../inputs.ts';
import { createDataRedactor } from '../redact.ts';
import type { Client } from './client.ts';
import type { Context } from './context.ts';

const SECRETS = ['tinybird-token', 'tinybird-tokens-token', 'github-token', 'secrets-token'] as const;

/** Null when that token is not given. Octokit is loaded here, so that a run without GitHub's tokens never does. */
export async function openClient(
  inputs: Inputs,
  { repository, apiUrl }: Context,
  tokenInput: 'github-token' | 'secrets-token',
): Promise<Client | null> {
  const token = inputs[tokenInput];
  if (token === null) return null;
  const { createClient } = await import('./client.ts');
  const redact = createDataRedactor(SECRETS.flatMap((name) => inputs[name] ?? []));
  return createClient({ token, tokenInput, repository, apiUrl, redact });
}
