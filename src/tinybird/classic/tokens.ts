// Static tokens of a Classic workspace.
import { ApiError } from '../api-error.ts';
import { type Form, formOf } from '../call.ts';
import type { Client } from '../http.ts';
import type { LiveScope, StaticToken } from '../ports.ts';
import { readTokens } from '../tokens.ts';

/** In the body: a token of many scopes would not fit into an address. Its value is in the answer, and is not kept. */
export async function createToken(client: Client, token: StaticToken): Promise<void> {
  const form = [...formOf({ name: token.name }), ...tokenForm(token)];
  await client.send({ method: 'POST', path: '/v0/tokens', body: { form }, class: 'token' });
}

export async function updateToken(client: Client, token: StaticToken): Promise<void> {
  const form = tokenForm(token);
  await client.send({
    method: 'PUT',
    path: pathOf(token.name),
    body: { form },
    idempotent: true,
    class: 'token',
  });
}

function tokenForm({ name, description, scopes }: StaticToken): Form {
  // An empty list could mean "as they are" to the server, and the token would go on opening what it opened.
  if (scopes.length === 0) throw new Error(`the token ${name} has no scopes: delete it instead`);
  return [...formOf({ description }), ...scopes.map((scope) => ['scope', scopeText(scope)] as const)];
}

/** `TYPE`, `TYPE:resource` or `TYPE:resource:filter`; the filter is all that follows, colons included. */
const scopeText = ({ type, resource, filter }: LiveScope): string =>
  [type, resource, filter].filter((part) => part !== null).join(':');

export async function deleteToken(client: Client, name: string): Promise<void> {
  try {
    await client.send({
      method: 'DELETE',
      path: pathOf(name),
      accept: ({ status }) => status === 404,
      idempotent: true,
      class: 'token',
    });
  } catch (error) {
    // What is gone and what is forbidden get the same 403.
    const gone = error instanceof ApiError && error.status === 403 && (await isGone(client, name));
    if (!gone) throw error;
  }
}

/** Only a list that shows an administrator's token with its value is whole: what others see may leave tokens out. */
async function isGone(client: Client, name: string): Promise<boolean> {
  const tokens = await readTokens(client).catch((error: unknown) => {
    if (error instanceof ApiError) return [];
    throw error;
  });
  const whole = tokens.some(
    ({ value, scopes }) => value !== null && scopes.some(({ type }) => type === 'ADMIN' || type === 'TOKENS'),
  );
  return whole && tokens.every((token) => token.name !== name);
}

const pathOf = (name: string): string => `/v0/tokens/${encodeURIComponent(name)}`;
