// plan(desired, live): every difference, in steps, with a checksum. Pure; it cannot write, and it never sees a token value.

import type { Grant } from '../datafile/types.ts';
import { assertNever } from '../errors.ts';
import type {
  Change,
  Conflict,
  Desired,
  Fleet,
  Live,
  LiveJwt,
  LiveToken,
  Orphan,
  Plan,
  Resource,
  Rotation,
} from '../model.ts';
import { keepRows } from './adopt.ts';
import { type Carriers, carriersOf, tenantOf } from './carriers.ts';
import { desiredVerdict, liveVerdict, type Verdict } from './files.ts';
import { withLosses } from './losses.ts';
import { ownerOf } from './owned.ts';
import { checksumOf, inSteps } from './steps.ts';
import {
  goneVerdict,
  isRunningOut,
  jwtVerdict,
  refreshVerdict,
  rotatedVerdict,
  staticVerdict,
} from './tokens.ts';

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
  /** Absent for none. */
  readonly rotation?: Rotation;
}

export function plan(input: PlanInput, carriers = carriersOf(input)): Plan {
  const { facts } = carriers;
  const verdicts = [...fileVerdicts(input, carriers), ...tokenVerdicts(input, carriers)];
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
  for (const token of input.live.tokens) {
    const owner = ownerOf(token, input.fleet);
    if (owner.kind === 'ours') liveTenants.add(owner.marker.tenant);
  }
  return {
    steps: inSteps(withLosses(changes, input.live)),
    unchanged,
    orphans: orphans.sort((one, other) => (one.key < other.key ? -1 : 1)),
    conflicts: conflicts.sort((one, other) => (one.key < other.key ? -1 : 1)),
    liveTenants: [...liveTenants].sort(),
    foreign,
    checksum: checksumOf(changes),
  };
}

function fileVerdicts(input: PlanInput, { facts, tenants }: Carriers): Verdict[] {
  const verdicts: Verdict[] = [];
  const named = new Set<string>();
  for (const after of input.desired) {
    if (after.resource.kind === 'token') continue;
    named.add(after.resource.name);
    if (inScope(input, after.tenant)) {
      verdicts.push(desiredVerdict(after, facts.get(after.resource.name), input.adopt));
    }
  }
  for (const [name, fact] of facts) {
    if (named.has(name)) continue;
    const tenant = fact.owner.kind === 'ours' ? fact.owner.marker.tenant : null;
    const verdict = liveVerdict(fact, tenants.get(tenant ?? ''), input.prune);
    if (verdict.kind !== 'change' || inScope(input, tenant)) verdicts.push(verdict);
  }
  return keepRows(verdicts, facts);
}

function tokenVerdicts(input: PlanInput, carriers: Carriers): Verdict[] {
  const { live, desired, prune } = input;
  const verdicts: Verdict[] = [];
  const wanted = new Set<string>();
  for (const { resource } of desired) for (const { token } of grantsOf(resource)) wanted.add(token);
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  const isOwn = belonging(input, carriers);
  for (const after of desired) {
    if (after.resource.kind !== 'token') continue;
    const { name, via } = after.resource;
    wanted.add(name);
    if (!inScope(input, after.tenant)) continue;
    if (via === 'jwt') verdicts.push(jwtVerdict(after, live.jwts.get(name), dueIn(input, name)));
    else verdicts.push(roleVerdict(input, after, { live: tokens.get(name), isOwn }));
  }
  for (const gone of goneTokens(live, carriers)) {
    if (wanted.has(gone.name)) continue;
    const why = whyRotated(input, gone.name);
    const verdict =
      why === null
        ? goneVerdict(gone, carriers.tenants.get(gone.tenantId), prune)
        : rotatedVerdict(gone, why);
    if (verdict.kind !== 'change' || inScope(input, gone.tenantId)) verdicts.push(verdict);
  }
  return verdicts;
}

const whyRotated = ({ rotation }: PlanInput, name: string): 'rotated' | 'replaced' | null =>
  rotation?.retired.has(name) ? 'rotated' : rotation?.replaced.has(name) ? 'replaced' : null;

const dueIn =
  ({ rotation, now }: PlanInput, name: string) =>
  (jwt: LiveJwt, ttl: number): boolean =>
    rotation?.renewed.has(name) === true || isRunningOut(jwt, ttl, now);

/** A static token; one that follows another of its role is no change of what the list says. */
function roleVerdict(
  { rotation }: PlanInput,
  after: Desired,
  { live, isOwn }: { live: LiveToken | undefined; isOwn: (token: LiveToken, after: Desired) => boolean },
): Verdict {
  const { name } = after.resource;
  const belongs = live !== undefined && isOwn(live, after);
  if (belongs && rotation?.refreshed.has(name)) return refreshVerdict(after, live);
  const verdict = staticVerdict(after, live, belongs);
  const isNext = verdict.kind === 'change' && rotation?.next.has(name) === true;
  return isNext ? { kind: 'change', change: { ...verdict.change, rotation: true } } : verdict;
}

/** Tokens of ours by their carriers (static) or by the ledger (JWT). */
function* goneTokens(live: Live, carriers: Carriers) {
  for (const token of live.tokens) {
    const tenantId = tenantOf(token, carriers);
    if (tenantId !== null) yield { name: token.name, id: token.id, sha: token.id, tenantId };
  }
  for (const [name, jwt] of live.jwts) yield { name, id: name, sha: jwt.claims, tenantId: jwt.tenant };
}

/**
 * Whether a live token may become the desired one of its name: it says itself whose it is, or all that it opens is the
 * tenant's or the project's, or becomes the tenant's by being adopted.
 */
function belonging({ desired, adopt, fleet }: PlanInput, { facts, shared }: Carriers) {
  const wantedBy = new Map(adopt ? desired.map(({ key, tenant }) => [key, tenant]) : []);
  return (token: LiveToken, { tenant, resource: wanted }: Desired): boolean => {
    const said = ownerOf(token, fleet);
    if (said.kind !== 'unmarked') return said.kind === 'ours' && said.marker.tenant === tenant;
    if (wanted.kind === 'token' && wanted.description !== undefined) return adopt;
    return token.scopes.every(({ resource }) => {
      const fact = facts.get(resource ?? '');
      if (shared.has(resource ?? '')) return true;
      if (fact?.owner.kind === 'unmarked') return adopt && wantedBy.get(fact.resource.key) === tenant;
      return fact?.owner.kind === 'ours' && fact.owner.marker.tenant === tenant;
    });
  };
}

// A TOKEN line may also stand in a template or a project file; such a token lives and dies with its file.
const grantsOf = (resource: Resource): readonly Grant[] => (resource.kind === 'token' ? [] : resource.grants);

const inScope = (input: PlanInput, tenant: string | null): boolean =>
  input.only === null || tenant === null || input.only.has(tenant);
