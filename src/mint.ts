// Mints JWTs: those that the plan makes or renews and, for a tokens file, all of them.
import type { Carried } from './apply/apply.ts';
import type { Clock } from './clock.ts';
import { type Desired, nameOf, type Outcome, type Token } from './model.ts';
import { changesOf } from './plan/calls.ts';
import { isRenewal } from './plan/steps.ts';
import { claimsHash } from './plan/tokens.ts';
import { type Asked, isJwt } from './situation.ts';
import { desiredOf } from './sources.ts';
import type { Minter } from './tinybird/ports.ts';
import type { Issued } from './tokens.ts';

export interface Minting {
  readonly clock: Clock;
  /** Names of JWTs that secrets need which are written for another reason. */
  readonly needed: ReadonlySet<string>;
}

/** JWTs that the plan makes or renews, that secrets need and, for a tokens file, all of them: a JWT cannot be read back. */
export async function mintDue(
  asked: Asked,
  { plan, outcomes, situation }: Carried,
  { clock, needed }: Minting,
): Promise<Minted> {
  const planned = changesOf(plan, 'tokens');
  const due = new Map<Desired['key'], { desired: Desired; action: Outcome['action'] }>();
  for (const change of planned)
    if (change.action !== 'delete') due.set(change.key, { desired: change.after, action: change.action });
  const inFile = asked.handout.tokensFile !== null ? allJwts(asked) : [];
  const held = heldBack({ plan, outcomes }, [...situation.desired, ...inFile]);
  const inSecrets = situation.desired.filter((one) => isJwt(one) && needed.has(one.resource.name));
  for (const desired of [...inFile, ...inSecrets])
    if (!due.has(desired.key)) due.set(desired.key, { desired, action: 'update' });
  const may = [...due.values()].filter(
    ({ desired: { resource } }) => needed.has(resource.name) || !held.has(resource.name),
  );
  const { issued, outcomes: minted } = await mint(may, { writer: asked.connection.writer, clock });
  const byKey = new Map(minted.map((outcome) => [outcome.key, outcome]));
  const settled = planned.map(({ key, tenant, action }): Outcome => {
    if (action === 'delete') return { key, tenant, action, result: 'applied' };
    return (
      byKey.get(key) ?? {
        key,
        tenant,
        action,
        result: 'skipped',
        because: 'a change that it depends on was not carried out',
      }
    );
  });
  const extra = minted.filter(
    ({ key, result }) => result === 'failed' && !planned.some((change) => change.key === key),
  );
  return { issued, outcomes: [...settled, ...extra] };
}

/**
 * Names of JWTs that would open what was not carried out. A renewal opens what the old one did: a tenant that was refused
 * keeps its access.
 */
export function heldBack(
  { plan, outcomes }: Pick<Carried, 'plan' | 'outcomes'>,
  desired: readonly Desired[],
): ReadonlySet<string> {
  const undone = undoneOf(outcomes);
  const unready = unreadyOf(outcomes);
  const renewed = new Set(
    changesOf(plan, 'tokens')
      .filter(isRenewal)
      .map(({ key }) => key),
  );
  const held = desired
    .filter(isJwt)
    .filter((one) => !renewed.has(one.key) && (undone.has(one.tenant) || opens(one, unready)));
  return new Set(held.map(({ resource }) => resource.name));
}

/** Names of what is not there, or not as the list wants it. */
const unreadyOf = (outcomes: readonly Outcome[]): Set<string> =>
  new Set(outcomes.flatMap(({ key, result }) => (result === 'applied' ? [] : [nameOf(key)])));

const opens = ({ resource }: Desired, names: ReadonlySet<string>): boolean =>
  resource.kind === 'token' && resource.scopes.some((scope) => names.has(scope.resource));

function allJwts({ sources, connection, only }: Asked): Desired[] {
  const all = desiredOf(sources, connection.workspace.generation);
  if (!all.ok) return [];
  return all.value.resources.filter((one) => isJwt(one) && (only === null || only.has(one.tenant ?? '')));
}

/** Tenants whose changes were not all carried out. */
export const undoneOf = (outcomes: readonly Outcome[]): Set<string | null> =>
  new Set(outcomes.flatMap(({ tenant, result }) => (result === 'applied' ? [] : [tenant])));

export interface Minted {
  readonly issued: readonly Issued[];
  readonly outcomes: readonly Outcome[];
}

/** Mints the given JWTs; one that fails does not keep the others back. */
async function mint(
  due: readonly { readonly desired: Desired; readonly action: Outcome['action'] }[],
  { writer, clock }: { writer: Minter; clock: Clock },
): Promise<Minted> {
  const now = Math.floor(clock.now() / 1000);
  const results = await Promise.all(
    due.map(async ({ desired, action }) => {
      const { key, tenant } = desired;
      try {
        const issued = await mintOne(desired, { writer, now });
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
  { writer, now }: { writer: Minter; now: number },
): Promise<Issued[]> {
  if (resource.kind !== 'token' || tenant === null || role === null) return [];
  const expires = now + resource.ttl;
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
