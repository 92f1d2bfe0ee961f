// Static tokens as the workspace lists them, and JWTs made by it.
import * as z from 'zod';
import type { Scope } from '../model.ts';
import { Secret } from '../secret.ts';
import type { Client } from './http.ts';
import type { JwtRequest, LiveToken } from './ports.ts';

const text = z.string().nullish();

const TokenShape = z.object({
  id: z.string(),
  name: z.string(),
  description: text,
  // Wrapped while parsing, so that no object of ours ever holds the bare value. A reduced view leaves it out.
  token: text.transform((value) => (value ? new Secret(value) : null)),
  scopes: z.array(z.object({ type: z.string(), resource: text, filter: text })).nullish(),
  origin: z.object({ type: text }).nullish(),
});

const ListShape = z.object({ tokens: z.array(TokenShape) });

export async function readTokens(client: Client): Promise<LiveToken[]> {
  const list = await client.json({ method: 'GET', path: '/v0/tokens' }, ListShape);
  return list.tokens.map(({ id, name, description, token, scopes, origin }) => ({
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
  }));
}

const MintedShape = z.object({
  token: z
    .string()
    .min(1)
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
