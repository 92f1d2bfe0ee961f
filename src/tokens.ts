// Tokens as they are handed out, and the static ones after an apply; their values are Secrets.
import type { Carried } from './apply/apply.ts';
import { Stop } from './errors.ts';
import type { Desired, LiveToken, Outcome } from './model.ts';
import type { Secret } from './secret.ts';
import type { Reader } from './tinybird/ports.ts';

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

export interface TokensNow {
  readonly tokens: readonly LiveToken[];
  /** As given, but a token that should be gone and is still there has not been taken away. */
  readonly outcomes: readonly Outcome[];
  /** Why the tokens are those from before the apply. */
  readonly stop: Stop | null;
}

/** The static tokens after an apply; only there it shows whether access is really gone. */
export async function tokensNow(
  reader: Reader,
  { deploymentId, outcomes, situation }: Carried,
): Promise<TokensNow> {
  const before = { tokens: situation.live.tokens, outcomes };
  if (deploymentId === null && !outcomes.some(isTokenApplied)) return { ...before, stop: null };
  try {
    const tokens = await reader.tokens();
    const names = new Set(tokens.map(({ name }) => `token/${name}`));
    const seen = outcomes.map((outcome): Outcome => {
      if (!isRevoked(outcome) || !names.has(outcome.key)) return outcome;
      const { key, tenant, action } = outcome;
      return { key, tenant, action, result: 'failed', error: STILL_THERE };
    });
    return { tokens, outcomes: seen, stop: null };
  } catch (error) {
    if (error instanceof Stop) return { ...before, stop: error };
    throw error;
  }
}

const isTokenApplied = ({ key, result }: Outcome): boolean =>
  key.startsWith('token/') && result === 'applied';
const isRevoked = (outcome: Outcome): boolean => isTokenApplied(outcome) && outcome.action === 'delete';

const STILL_THERE = 'the token is still there, with all it opens: delete it in the workspace';
