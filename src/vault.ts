// Where token values are kept: which secrets there should be, which there are, and what the ledger says of them.

import { bad, ok, type Problem, type Result, Stop } from './errors.ts';
import { type SecretChanges, secretChanges, type WantedSecret } from './github/changes.ts';
import type { Client } from './github/client.ts';
import type { Context } from './github/context.ts';
import { type Entries, fingerprint, type LedgerRead } from './github/ledger.ts';
import { readLedger } from './github/ledger-variable.ts';
import { secretCollisions, secretName } from './github/names.ts';
import { openClient } from './github/open.ts';
import { listSecretNames, roomFor, type Target, targetName } from './github/secrets.ts';
import type { Inputs } from './inputs.ts';
import type { Desired, Fleet, LiveJwt } from './model.ts';
import { claimsHash } from './plan/tokens.ts';
import type { Issued } from './tokens.ts';

export interface Vault {
  readonly client: Client;
  readonly target: Target;
  readonly ledger: LedgerRead;
  /** Of all secrets there, ours or not; upper case. */
  readonly existing: readonly string[];
}

/** The target that the inputs ask for, or why there is none. */
export function secretsTarget(
  inputs: Inputs,
  context: Context | null,
): { target: Target } | { none: string | null } {
  const { secrets } = inputs;
  const token = inputs['secrets-token'];
  if (secrets.kind === 'none') return { none: null };
  if (secrets.kind === 'auto' && token === null) {
    return { none: 'token values are not stored: `secrets-token` is not given' };
  }
  if (token === null || context === null) {
    const what = token === null ? '`secrets-token` is not given' : 'this is not a GitHub Actions job';
    throw new Stop(
      'bad-input',
      `input secrets: secrets cannot be written, because ${what}. Write \`secrets: none\`, or give what is missing.`,
    );
  }
  return {
    target:
      secrets.kind === 'environment'
        ? { kind: 'environment', environment: secrets.name }
        : { kind: 'repository' },
  };
}

export async function openVault(
  inputs: Inputs,
  context: Context,
  at: { target: Target; fleet: string },
): Promise<Vault> {
  const client = openClient(inputs, context, 'secrets-token');
  if (client === null) throw new Error('a vault needs secrets-token; secretsTarget checks that');
  const [ledger, names] = await Promise.all([
    readLedger(client, at.fleet),
    listSecretNames(client, at.target),
  ]);
  if (!names.ok) throw new Stop('request-failed', `${capital(names.failure.sentence)}. Nothing was sent.`);
  return { client, target: at.target, ledger, existing: names.value };
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** By token's name: the name of its secret. Names that GitHub refuses or that collide are problems. */
export function secretNames(
  desired: readonly Desired[],
  fleet: Fleet,
  prefix: string,
): Result<ReadonlyMap<string, string>> {
  const slugs = new Map(fleet.tenants.map(({ id, slug }) => [id, slug]));
  const problems: Problem[] = [];
  const named: { token: string; name: string; owner: { slug: string; role: string } }[] = [];
  for (const { resource, tenant, role } of desired) {
    if (resource.kind !== 'token' || tenant === null || role === null) continue;
    const owner = { slug: slugs.get(tenant) ?? tenant, role };
    const name = secretName(prefix, owner);
    if (name.ok) named.push({ token: resource.name, name: name.value, owner });
    else problems.push(...name.problems);
  }
  for (const { name, owners } of secretCollisions(named)) {
    const who = owners.map(({ slug, role }) => `${slug}'s ${role}`).join(' and ');
    problems.push({
      file: 'input secret-prefix',
      message: `the secret ${name} is wanted twice: for ${who}. Give one of the tenants another \`slug\``,
    });
  }
  return problems.length > 0 ? bad(...problems) : ok(new Map(named.map(({ token, name }) => [token, name])));
}

/**
 * The JWTs that are out and whose secret is really there. One that a killed run announced, or whose secret was deleted
 * by hand, is not: it is minted again.
 */
export function liveJwts(
  vault: Vault,
  names: ReadonlyMap<string, string>,
  prefix: string,
): Map<string, LiveJwt> {
  const tokens = new Map([...names].map(([token, name]) => [name, token]));
  const existing = new Set(vault.existing);
  const jwts = new Map<string, LiveJwt>();
  for (const [name, { jwt, tenant, pending }] of entriesOf(vault)) {
    if (jwt === null || pending || !existing.has(name)) continue;
    const token = tokens.get(name) ?? name.slice(prefix.length).toLowerCase();
    jwts.set(token, { tenant, claims: jwt.claims, expires: jwt.expires });
  }
  return jwts;
}

const NO_ENTRIES: Entries = new Map();
const entriesOf = ({ ledger, target }: Vault): Entries =>
  (ledger.kind === 'present' ? ledger.ledger.get(targetName(target)) : undefined) ?? NO_ENTRIES;

export interface SecretsWanted {
  readonly desired: readonly Desired[];
  readonly names: ReadonlyMap<string, string>;
  readonly fleet: Fleet;
  /** Ids of the only tenants to touch; null for all. */
  readonly only: ReadonlySet<string> | null;
  /** By token's name; what is not here has no value (yet). */
  readonly issued: ReadonlyMap<string, Issued>;
  readonly prune: boolean;
  readonly adopt: boolean;
  /** Unix seconds. */
  readonly now: number;
}

export function secretsDue(vault: Vault, wanted: SecretsWanted): SecretChanges {
  const { only, names, issued } = wanted;
  const secrets = wanted.desired.flatMap(({ resource, tenant }): WantedSecret[] => {
    const name = names.get(resource.name);
    if (name === undefined || tenant === null || resource.kind !== 'token') return [];
    if (only !== null && !only.has(tenant)) return [];
    if (resource.via === 'jwt')
      return [{ name, tenant, via: 'jwt', claims: claimsHash(resource), ttl: resource.ttl }];
    const value = issued.get(resource.name)?.value ?? null;
    return [{ name, tenant, via: 'static', fingerprint: value === null ? null : fingerprint(name, value) }];
  });
  return secretChanges({
    wanted: secrets,
    unwanted: unwanted(vault, wanted),
    ledger: vault.ledger,
    target: targetName(vault.target),
    existing: vault.existing,
    adopt: wanted.adopt,
    now: wanted.now,
  });
}

/** What waits for an apply is left to it. */
export const onlyRenewals = (changes: SecretChanges): SecretChanges => ({
  ...changes,
  writes: changes.writes.filter(({ reason }) => reason === 'renewal'),
  deletes: [],
  conflicts: [],
  forgotten: [],
});

/** Ours, but nobody's any more. A tenant that merely vanished from the list keeps its secrets, as it keeps its data. */
function unwanted(vault: Vault, { fleet, names, only, prune }: SecretsWanted): string[] {
  const listed = new Set(fleet.tenants.map(({ id }) => id));
  const wantedNames = new Set(names.values());
  return [...entriesOf(vault)].flatMap(([name, { tenant }]) => {
    const may = (only === null || only.has(tenant)) && (listed.has(tenant) || prune);
    return may && !wantedNames.has(name) ? [name] : [];
  });
}

/** Refuses early what GitHub would refuse late: 100 secrets a place. */
export function refuseOverflow(vault: Vault, changes: SecretChanges): void {
  const existing = new Set(vault.existing);
  const more = changes.writes.filter(({ name }) => !existing.has(name)).length;
  const full = roomFor(vault.target, { existing: existing.size - changes.deletes.length, more });
  if (full !== null) throw new Stop('quota', `${full}. Nothing was sent.`);
}
