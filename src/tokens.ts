// Token values: read from the workspace after the promotion, or minted; from here on they are Secrets.
import type { Clock } from './clock.ts';
import type { Desired, LiveToken, Outcome, Token } from './model.ts';
import { claimsHash } from './plan/tokens.ts';
import type { Secret } from './secret.ts';
import type { Writer } from './tinybird/ports.ts';

/** One tenant's token as it can be handed out. */
export interface Issued {
  readonly tenant: string;
  readonly role: string;
  readonly name: string;
  /** The workspace's id of it; a JWT is known by its name only. */
  readonly id: string;
  /** Null when the caller's token may not see values. */
  readonly value: Secret | null;
  /** Hash of what it says and when it ends (Unix seconds). */
  readonly jwt: { readonly claims: string; readonly expires: number } | null;
}

/** The static tokens that are desired and live. */
export function staticTokens(desired: readonly Desired[], live: readonly LiveToken[]): Issued[] {
  const tokens = new Map(live.map((token) => [token.name, token]));
  return desired.flatMap(({ resource, tenant, role }): Issued[] => {
    const found =
      resource.kind === 'token' && resource.via === 'static' ? tokens.get(resource.name) : undefined;
    if (found === undefined || tenant === null || role === null) return [];
    return [{ tenant, role, name: found.name, id: found.id, value: found.value, jwt: null }];
  });
}

export interface Minted {
  readonly issued: readonly Issued[];
  readonly outcomes: readonly Outcome[];
}

/** Mints the given JWTs; one that fails does not keep the others back. */
export async function mint(
  due: readonly { readonly desired: Desired; readonly action: Outcome['action'] }[],
  { writer, clock }: { writer: Writer; clock: Clock },
): Promise<Minted> {
  const results = await Promise.all(
    due.map(async ({ desired, action }) => {
      const { key, tenant } = desired;
      try {
        const issued = await mintOne(desired, { writer, clock });
        return { issued, outcome: { key, tenant, action, result: 'applied' as const } };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { issued: [], outcome: { key, tenant, action, result: 'failed' as const, error: message } };
      }
    }),
  );
  return { issued: results.flatMap(({ issued }) => issued), outcomes: results.map(({ outcome }) => outcome) };
}

async function mintOne(
  { resource, tenant, role }: Desired,
  { writer, clock }: { writer: Writer; clock: Clock },
): Promise<Issued[]> {
  if (resource.kind !== 'token' || tenant === null || role === null) return [];
  const expires = Math.floor(clock.now() / 1000) + resource.ttl;
  const value = await writer.mintJwt(requestOf(resource, expires));
  return [
    {
      tenant,
      role,
      name: resource.name,
      id: resource.name,
      value,
      jwt: { claims: claimsHash(resource), expires },
    },
  ];
}

const requestOf = (token: Token, expiresAt: number) => ({
  name: token.name,
  expiresAt,
  scopes: token.scopes,
  rps: token.rps,
});
