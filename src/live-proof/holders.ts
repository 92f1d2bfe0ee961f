// The values that are tried: real ones of static tokens, and JWTs minted for the purpose, which end after some minutes.
import type { Clock } from '../clock.ts';
import type { LiveToken } from '../model.ts';
import { firstOf } from '../rotation/slots.ts';
import type { Secret } from '../secret.ts';
import { ApiError } from '../tinybird/api-error.ts';
import type { Connection } from '../tinybird/connect.ts';
import type { Findings } from '../verify/findings.ts';
import type { Held } from '../verify/ground.ts';
import type { Holder } from './trial.ts';

export interface Handing {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly findings: Findings;
}

const LIFE_S = 600;

/** Values of what is live by the name of the role's first token. */
export type LiveTokens = ReadonlyMap<string, readonly LiveToken[]>;

const TRIES = 3;
const PAUSE_MS = 500;

/** Asked again while one of `needed` is missing: what was promoted a moment ago may not be listed at once. */
export async function liveTokens(
  { connection, clock }: Handing,
  needed: readonly Held[],
): Promise<LiveTokens> {
  for (let tries = 1; ; tries += 1) {
    const tokens = Map.groupBy(await connection.reader.tokens(), ({ name }) => firstOf(name));
    if (tries === TRIES || needed.every(({ token }) => tokens.has(token.name))) return tokens;
    await clock.sleep(PAUSE_MS);
  }
}

/**
 * Every value that is live: of a role in rotation there are two. With `live` null a JWT with the scopes that the token gets.
 * JWTs end soon: to be called right before they are used.
 */
export async function holdersOf(
  { isWhole, ...one }: Omit<Holder, 'value'>,
  live: LiveTokens | null,
  handing: Handing,
): Promise<Holder[]> {
  if (live === null || one.token.via === 'jwt') {
    const value = await mintedFor(one, handing);
    return value === null ? [] : [{ ...one, isWhole, value }];
  }
  const its = live.get(one.token.name) ?? [];
  if (its.length === 0) sayMissing(one, handing, isWhole);
  const holders = its.flatMap(({ value }) => (value === null ? [] : [{ ...one, isWhole, value }]));
  if (holders.length < its.length)
    handing.findings.notTried.add('tokens whose values the token of this run may not see');
  return holders;
}

function sayMissing({ tenant, role, token }: Held, { findings }: Handing, whole: boolean): void {
  if (!whole) return void findings.notTried.add(`${tenant.id}/${role}: the workspace has no such token yet`);
  const why = 'the workspace has no such token';
  findings.refusedOwn.set(`${tenant.id} ${role}`, {
    tenant: tenant.id,
    role,
    resource: token.name,
    why,
    curl: '',
  });
}

async function mintedFor(one: Held, { connection, clock, findings }: Handing): Promise<Secret | null> {
  const { tenant, role, token } = one;
  const scopes = token.scopes.filter(({ type }) => type !== 'DATASOURCES:APPEND');
  // On Classic a JWT opens pipes only.
  const mintable =
    scopes.every(({ type }) => type === 'PIPES:READ') || connection.workspace.generation === 'forward';
  if (scopes.length === 0 || !mintable) return null;
  const expiresAt = Math.floor(clock.now() / 1000) + LIFE_S;
  try {
    return await connection.writer.mintJwt({
      name: `${token.name}_verify`,
      expiresAt,
      scopes,
      rps: null,
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    findings.notTried.add(
      `${tenant.id}/${role}: no JWT could be minted for it (${error.status ?? 'no answer'})`,
    );
    return null;
  }
}
