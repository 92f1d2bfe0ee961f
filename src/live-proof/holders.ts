// The values that are tried: real ones of static tokens, and JWTs minted for the purpose, which end after some minutes.
import type { Clock } from '../clock.ts';
import type { Tenant } from '../model.ts';
import { firstOf } from '../rotation/slots.ts';
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

/** What a token opens once it is live, as a JWT with the same scopes. */
export async function stagedHolders(held: readonly Held[], handing: Handing): Promise<Holder[]> {
  return (await Promise.all(held.map((one) => mintedFor(one, handing)))).flat();
}

/** Every value that is live: of a role in rotation there are two. `whole`: whose have to be there by now. */
export async function liveHolders(
  held: readonly Held[],
  handing: Handing,
  whole: (tenant: Tenant) => boolean,
): Promise<Holder[]> {
  const tokens = Map.groupBy(await handing.connection.reader.tokens(), ({ name }) => firstOf(name));
  const found = held.map(async (one): Promise<Holder[]> => {
    if (one.token.via === 'jwt') return mintedFor(one, handing);
    const live = tokens.get(one.token.name) ?? [];
    if (live.length === 0) sayMissing(one, handing, whole(one.tenant));
    const values = live.flatMap(({ value }) => (value === null ? [] : [{ ...one, value }]));
    if (values.length < live.length)
      handing.findings.notTried.add('tokens whose values the token of this run may not see');
    return values;
  });
  return (await Promise.all(found)).flat();
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

async function mintedFor(one: Held, { connection, clock, findings }: Handing): Promise<Holder[]> {
  const { tenant, role, token } = one;
  const scopes = token.scopes.filter(({ type }) => type !== 'DATASOURCES:APPEND');
  // On Classic a JWT opens pipes only.
  const mintable =
    scopes.every(({ type }) => type === 'PIPES:READ') || connection.workspace.generation === 'forward';
  if (scopes.length === 0 || !mintable) return [];
  const expiresAt = Math.floor(clock.now() / 1000) + LIFE_S;
  try {
    const value = await connection.writer.mintJwt({
      name: `${token.name}_verify`,
      expiresAt,
      scopes,
      rps: null,
    });
    return [{ ...one, value }];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    findings.notTried.add(
      `${tenant.id}/${role}: no JWT could be minted for it (${error.status ?? 'no answer'})`,
    );
    return [];
  }
}
