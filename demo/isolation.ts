// Does every token, as it lies in the repository's secrets, open exactly its own tenant's rows, and nobody else's endpoint?

import type { Stage } from './stage.ts';
import { type DemoTenant, EVENT_TYPES } from './tenants.ts';

export interface Isolation {
  readonly answered: number;
  readonly refused: number;
  /** One sentence each. */
  readonly leaks: readonly string[];
  readonly wrong: readonly string[];
}

const AT_A_TIME = 16;

export async function tryAll(stage: Stage, tenants: readonly DemoTenant[]): Promise<Isolation> {
  const expected = await countsByTenant(stage);
  const found = { answered: 0, refused: 0, leaks: [] as string[], wrong: [] as string[] };
  const tries = tenants.flatMap((tenant) => {
    const own = () => tryOwn(stage, tenant, expected, found);
    return [
      own,
      ...tenants
        .filter((other) => other !== tenant)
        .map((other) => () => tryOther(stage, { tenant, other }, found)),
    ];
  });
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (let next = tries.pop(); next !== undefined; next = tries.pop()) await next();
    }),
  );
  return found;
}

/** Straight from ClickHouse: tenant → type → rows. */
async function countsByTenant({ sandbox }: Stage): Promise<(tenant: DemoTenant) => Promise<number>> {
  return ({ id, eventTypes }) => {
    const types = (eventTypes ?? EVENT_TYPES).map((type) => `'${type}'`).join();
    return sandbox.count(`SELECT count() FROM events WHERE tenant_id = '${id}' AND event_type IN (${types})`);
  };
}

type Found = { answered: number; refused: number; leaks: string[]; wrong: string[] };

async function tryOwn(
  stage: Stage,
  tenant: DemoTenant,
  expected: (tenant: DemoTenant) => Promise<number>,
  found: Found,
) {
  const rows = await askOwn(stage, tenant);
  const want = await expected(tenant);
  if (rows === want) found.answered += 1;
  else found.wrong.push(`${tenant.id} read ${rows} rows of its ${want}`);
}

/** Somebody else's endpoint must refuse; a shared one must not give somebody else's rows. */
async function tryOther(
  stage: Stage,
  { tenant, other }: { tenant: DemoTenant; other: DemoTenant },
  found: Found,
) {
  const endpoint = endpointOf(other);
  const token = tokenOf(stage, tenant);
  if (endpoint !== null) {
    const rows = await ask(stage, endpoint, token);
    if (rows === null) found.refused += 1;
    else found.leaks.push(`${tenant.id} read ${rows} rows of ${other.id}`);
    return;
  }
  const asked = await ask(stage, `usage_by_day`, token, { tenant: other.id });
  const own = tenant.set === 'own-token' ? await askOwn(stage, tenant) : null;
  // A JWT answers with its own rows whatever is asked for; the rows that a Classic filter leaves of another's are none.
  if (asked === null || asked === 0 || asked === own) found.refused += 1;
  else found.leaks.push(`${tenant.id} read ${asked} rows of ${other.id} by naming it`);
}

/** The shared endpoints want to know the tenant where the token does not fix it. */
const askOwn = (stage: Stage, tenant: DemoTenant): Promise<number | null> =>
  ask(stage, endpointOf(tenant) ?? 'usage_by_day', tokenOf(stage, tenant), { tenant: tenant.id });

export const tokenOf = ({ github }: Stage, { id }: DemoTenant): string =>
  github.secrets.get(`TINYBIRD_TENANT_${id.toUpperCase()}_READ`) ?? '';

const endpointOf = ({ id, set }: DemoTenant): string | null =>
  set === 'own-token' ? null : `${id}_usage_by_day`;

/** Events that the endpoint counts, or null when it refuses. */
export async function ask(
  { sandbox }: Stage,
  endpoint: string,
  token: string,
  params: Record<string, string> = {},
): Promise<number | null> {
  const query = new URLSearchParams(params);
  const answer = await fetch(`${sandbox.url}/v0/pipes/${endpoint}.json?${query.toString()}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = (await answer.json()) as { data?: { events: number }[] };
  if (answer.status === 403) return null;
  if (!answer.ok) throw new Error(`${endpoint} answered ${answer.status}: ${JSON.stringify(body)}`);
  return (body.data ?? []).reduce((sum, row) => sum + Number(row.events), 0);
}
