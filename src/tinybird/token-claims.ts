// What the middle part of a static token says about itself. Not a secret: it names the workspace, the token and the region.
import * as z from 'zod';
import type { Secret } from '../secret.ts';

export interface TokenClaims {
  /** The workspace's id; of a user token the user's. */
  readonly workspace: string;
  readonly id: string | null;
  /** Key of the region, e.g. `us_east`. */
  readonly region: string | null;
}

const Claims = z.object({ u: z.string().min(1), id: z.string().nullish(), host: z.string().nullish() });

/** Null for anything that is not `p.<base64url JSON>.<signature>` with a `u` in it, JWTs included. */
export function claimsOf(token: Secret): TokenClaims | null {
  const payload = /^p\.([\w-]+=*)\.[\w-]+=*$/.exec(token.reveal().trim())?.[1];
  if (payload === undefined) return null;
  try {
    const claims = Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return { workspace: claims.u, id: claims.id ?? null, region: claims.host ?? null };
  } catch {
    return null;
  }
}
