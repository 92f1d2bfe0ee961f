// Opens GitHub with one of the two tokens that a run may have.
import type { Inputs } from '../inputs.ts';
import { createDataRedactor } from '../redact.ts';
import { type Client, createClient } from './client.ts';
import type { Context } from './context.ts';

const SECRETS = ['tinybird-token', 'tinybird-tokens-token', 'github-token', 'secrets-token'] as const;

/** Null when that token is not given. */
export function openClient(
  inputs: Inputs,
  { repository, apiUrl }: Context,
  tokenInput: 'github-token' | 'secrets-token',
): Client | null {
  const token = inputs[tokenInput];
  if (token === null) return null;
  const redact = createDataRedactor(SECRETS.flatMap((name) => inputs[name] ?? []));
  return createClient({ token, tokenInput, repository, apiUrl, redact });
}
