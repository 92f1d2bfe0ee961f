// Token values: static ones in the shape of Tinybird's (`p.<payload>.<signature>`), and JWTs signed with the text of the workspace admin token.
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Scope } from '../model.ts';
import { SandboxError } from './state.ts';

/** A fresh static value: `u` is the workspace (or the user) it belongs to, `id` the token. */
export function mintValue(owner: { u: string; id: string }, key: string): string {
  const payload = encode({ ...owner, host: 'local' });
  return `p.${payload}.${hmac(`${payload}.${randomUUID()}`, key)}`;
}

const JwtScope = z.object({
  type: z.enum(['PIPES:READ', 'DATASOURCES:READ', 'DATASOURCES:APPEND']),
  resource: z.string().min(1),
  fixed_params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  filter: z.string().optional(),
});

/** What `POST /v0/tokens/?expiration_time=` takes. */
export const JwtRequest = z.object({
  name: z.string().min(1),
  scopes: z.array(JwtScope).min(1),
  limits: z.object({ rps: z.number().optional() }).nullish(),
});
export type JwtRequest = z.infer<typeof JwtRequest>;

const JwtClaims = JwtRequest.extend({ workspace_id: z.string(), exp: z.number() });
export type JwtClaims = z.infer<typeof JwtClaims>;

export function signJwt(claims: JwtClaims, key: string): string {
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${hmac(text, key)}`;
}

/** The workspace that a JWT says it belongs to, unverified; null when the value is no JWT. */
export function workspaceOfJwt(value: string): string | null {
  const claims = z.object({ workspace_id: z.string() }).safeParse(decode(value.split('.')[1] ?? ''));
  return value.startsWith('eyJ') && claims.success ? claims.data.workspace_id : null;
}

/** The claims of a JWT that is signed with `key` and has not expired; 403 otherwise. The header's `alg` is never trusted. */
export function verifyJwt(value: string, key: string, nowMs: number): JwtClaims {
  const [head = '', body = '', signature = ''] = value.split('.');
  const expected = Buffer.from(hmac(`${head}.${body}`, key));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw invalidToken(value);
  const claims = JwtClaims.safeParse(decode(body));
  if (!claims.success) throw invalidToken(value);
  if (claims.data.exp * 1000 <= nowMs) throw invalidToken(value, 'Token has expired');
  return claims.data;
}

export const scopesOfJwt = (claims: JwtRequest): Scope[] =>
  claims.scopes.map(({ type, resource, filter, fixed_params }) => ({
    type,
    resource,
    ...(filter === undefined ? {} : { filter }),
    ...(fixed_params === undefined ? {} : { fixedParams: fixed_params }),
  }));

/** Tinybird echoes the value as Python prints bytes; clients must redact it, so the sandbox does the same. */
export function invalidToken(value: string, why = ''): SandboxError {
  return new SandboxError(403, `invalid authentication token. Invalid token b'${value}': ${why}`, {
    documentation: 'https://docs.tinybird.co/api-reference/overview#authentication',
  });
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const hmac = (text: string, key: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
