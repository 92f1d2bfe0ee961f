// plan(desired, live): every difference, in steps, with a checksum. Pure; it cannot write, and it never sees a token value.

import type { Grant } from '../datafile/types.ts';
import { assertNever } from '../errors.ts';
import type { Change, Conflict, Desired, Fleet, Live, LiveToken, Orphan, Plan, Resource } from '../model.ts';
import { desiredVerdict, type Fact, liveVerdict, type Verdict } from './files.ts';
import { ownership } from './owned.ts';
import { checksumOf, inSteps } from './steps.ts';
import { goneVerdict, jwtVerdict, staticVerdict } from './tokens.ts';

export interface PlanInput {
  readonly desired: readonly Desired[];
  readonly live: Live;
  readonly fleet: Fleet;
  /** Ids of the only tenants that may change; null for all. The project is always looked at. */
  readonly only: ReadonlySet<string> | null;
  readonly prune: boolean;
  readonly adopt: boolean;
  /** Unix seconds; decides only whether a JWT is due. */
  readonly now: number;
}

export function plan(input: PlanInput): Plan {
  const facts = factsOf(input);
  const verdicts = [...fileVerdicts(input, facts), ...tokenVerdicts(input, facts)];
  const changes: Change[] = [];
  const orphans: Orphan[] = [];
  const conflicts: Conflict[] = [];
  let unchanged = 0;
  let foreign = 0;
  for (const verdict of verdicts) {
    switch (verdict.kind) {
      case 'change':
        changes.push(verdict.change);
        break;
      case 'orphan':
        orphans.push(verdict.orphan);
        break;
      case 'conflict':
        conflicts.push(verdict.conflict);
        break;
      case 'unchanged':
        unchanged += 1;
        break;
      case 'foreign':
        foreign += 1;
        break;
      default:
        assertNever(verdict);
    }
  }
  const liveTenants = new Set([...input.live.jwts.values()].map((jwt) => jwt.tenant));
  for (const { owner } of facts.values()) if (owner.kind === 'ours') liveTenants.add(owner.marker.tenant);
  return {
    steps: inSteps(changes),
    unchanged,
    orphans: orphans.sort((one, other) => (one.key < other.key ? -1 : 1)),
    conflicts: conflicts.sort((one, other) => (one.key < other.key ? -1 : 1)),
    liveTenants: [...liveTenants].sort(),
    foreign,
    checksum: checksumOf(changes),
  };
}

function factsOf({ live, fleet }: PlanInput): Map<string, Fact> {
  const ownerOf = ownership(fleet);
  return new Map(live.resources.map((resource) => [resource.name, { resource, owner: ownerOf(resource) }]));
}

function fileVerdicts(input: PlanInput, facts: ReadonlyMap<string, Fact>): Verdict[] {
  const verdicts: Verdict[] = [];
  const named = new Set<string>();
  for (const after of input.desired) {
    if (after.resource.kind === 'token') continue;
    named.add(after.resource.name);
    if (inScope(input, after.tenant)) {
      verdicts.push(desiredVerdict(after, facts.get(after.resource.name), input.adopt));
    }
  }
  const tenants = new Map(input.fleet.tenants.map((tenant) => [tenant.id, tenant]));
  for (const [name, fact] of facts) {
    if (named.has(name)) continue;
    const tenant = fact.owner.kind === 'ours' ? fact.owner.marker.tenant : null;
    const verdict = liveVerdict(fact, tenants.get(tenant ?? ''), input.prune);
    if (verdict.kind !== 'change' || inScope(input, tenant)) verdicts.push(verdict);
  }
  return verdicts;
}

function tokenVerdicts(input: PlanInput, facts: ReadonlyMap<string, Fact>): Verdict[] {
  const { live, desired, prune } = input;
  const verdicts: Verdict[] = [];
  const wanted = new Set(desired.flatMap(({ resource }) => grantsOf(resource).map((grant) => grant.token)));
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  const shared = new Set(desired.flatMap(({ tenant, resource }) => (tenant === null ? [resource.name] : [])));
  for (const after of desired) {
    if (after.resource.kind !== 'token') continue;
    const { name, via } = after.resource;
    wanted.add(name);
    if (!inScope(input, after.tenant)) continue;
    const found = tokens.get(name);
    verdicts.push(
      via === 'jwt'
        ? jwtVerdict(after, live.jwts.get(name), input.now)
        : staticVerdict(
            after,
            found,
            found !== undefined && belongs(found, { facts, shared, tenant: after.tenant }),
          ),
    );
  }
  const tenants = new Map(input.fleet.tenants.map((tenant) => [tenant.id, tenant]));
  for (const gone of goneTokens(live, facts)) {
    if (wanted.has(gone.name)) continue;
    const verdict = goneVerdict(gone, tenants.get(gone.tenantId), prune);
    if (verdict.kind !== 'change' || inScope(input, gone.tenantId)) verdicts.push(verdict);
  }
  return verdicts;
}

/** Tokens of ours by their carriers (static) or by the ledger (JWT). */
function* goneTokens(live: Live, facts: ReadonlyMap<string, Fact>) {
  for (const token of live.tokens) {
    const tenantId = carrierTenant(token, facts);
    if (tenantId !== null) yield { name: token.name, id: token.id, sha: token.id, tenantId };
  }
  for (const [name, jwt] of live.jwts) yield { name, id: name, sha: jwt.claims, tenantId: jwt.tenant };
}

/** The one tenant whose marked resources the token opens, if it opens nothing else and is named like them. */
function carrierTenant(token: LiveToken, facts: ReadonlyMap<string, Fact>): string | null {
  let tenant: string | null = null;
  for (const { resource } of token.scopes) {
    const owner = facts.get(resource ?? '')?.owner;
    if (owner?.kind !== 'ours' || !token.name.startsWith(`${owner.slug}_`)) return null;
    if (tenant !== null && tenant !== owner.marker.tenant) return null;
    tenant = owner.marker.tenant;
  }
  return tenant;
}

function belongs(
  token: LiveToken,
  at: { facts: ReadonlyMap<string, Fact>; shared: ReadonlySet<string>; tenant: string | null },
): boolean {
  return token.scopes.every(({ resource }) => {
    const owner = at.facts.get(resource ?? '')?.owner;
    return at.shared.has(resource ?? '') || (owner?.kind === 'ours' && owner.marker.tenant === at.tenant);
  });
}

// A TOKEN line may also stand in a template or a project file; such a token lives and dies with its file.
const grantsOf = (resource: Resource): readonly Grant[] => (resource.kind === 'token' ? [] : resource.grants);

const inScope = (input: PlanInput, tenant: string | null): boolean =>
  input.only === null || tenant === null || input.only.has(tenant);
