// Static tokens as the workspace lists them, and JWTs made by it.
import * as z from 'zod';
import type { Scope } from '../model.ts';
import { Secret } from '../secret.ts';
import type { Client } from './http.ts';
import type { JwtRequest, LiveToken } from './ports.ts';

const text = z.string().nullish();

/** Anything shorter, or of other characters, is no value: to have it masked would blot out ordinary words. */
const VALUE = /^[\w.=-]{32,}$/;

const TokenShape = z.object({
  // Stands in outputs and reports.
  id: z.string().regex(/^[\w-]+$/),
  name: z.string(),
  description: text,
  // Wrapped while parsing, so that no object of ours ever holds the bare value. A reduced view leaves it out.
  token: text.transform((value) => (value && VALUE.test(value) ? new Secret(value) : null)),
  scopes: z.array(z.object({ type: z.string(), resource: text, filter: text })).nullish(),
  origin: z.object({ type: text }).nullish(),
});

const LIST = { member: 'tokens', item: TokenShape.transform(tokenOf) };

export const readTokens = (client: Client): Promise<LiveToken[]> =>
  client.list({ method: 'GET', path: '/v0/tokens' }, LIST);

function tokenOf({ id, name, description, token, scopes, origin }: z.infer<typeof TokenShape>): LiveToken {
  return {
    id,
    name,
    description: description ?? '',
    value: token,
    scopes: (scopes ?? []).map(({ type, resource, filter }) => ({
      type,
      resource: resource || null,
      filter: filter || null,
    })),
    origin: origin?.type ?? null,
  };
}

/** By name or id. The new value is in the answer, and is not kept; sent twice, the second one counts. */
export async function refreshToken(client: Client, token: string): Promise<void> {
  await client.send({
    method: 'POST',
    path: `/v0/tokens/${encodeURIComponent(token)}/refresh`,
    idempotent: true,
    class: 'token',
  });
}

const MintedShape = z.object({
  token: z
    .string()
    .regex(VALUE)
    .transform((value) => new Secret(value)),
});

export async function mintJwt(client: Client, { name, expiresAt, scopes, rps }: JwtRequest): Promise<Secret> {
  const json = { name, scopes: scopes.map(scopeJson), ...(rps === null ? {} : { limits: { rps } }) };
  const minted = await client.json(
    {
      method: 'POST',
      path: '/v0/tokens/',
      query: { expiration_time: expiresAt },
      body: { json },
      // The server stores nothing for a JWT.
      idempotent: true,
    },
    MintedShape,
  );
  return minted.token;
}

const scopeJson = ({ type, resource, filter, fixedParams }: Scope) => ({
  type,
  resource,
  ...(filter === undefined ? {} : { filter }),
  ...(fixedParams === undefined ? {} : { fixed_params: fixedParams }),
});
