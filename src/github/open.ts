// Opens GitHub with one of the two tokens that a run may have.
import type { Inputs } from '../inputs.ts';
import { type Client, createClient } from './client.ts';
import type { Context } from './context.ts';

/** Null when that token is not given. */
export function openClient(
  inputs: Inputs,
  { repository, apiUrl }: Context,
  tokenInput: 'github-token' | 'secrets-token',
): Client | null {
  const token = inputs[tokenInput];
  if (token === null) return null;
  return createClient({ token, tokenInput, repository, apiUrl });
}
