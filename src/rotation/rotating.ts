// The tokens of this run's roles: which follows which, asked for or found; and which older ones go, once nobody uses them.
import type { Declared } from '../declared.ts';
import { Stop } from '../errors.ts';
import type { Inputs } from '../inputs.ts';
import {
  type Change,
  type Desired,
  type LiveJwt,
  type LiveToken,
  nameOf,
  type Plan,
  type Rotation,
} from '../model.ts';
import { NO_BUILDS } from '../plan/builds.ts';
import { changesIn, isRenewal } from '../plan/steps.ts';
import { rotationNotes } from '../report/rotation.ts';
import { publishedAt } from '../secrets/vault.ts';
import type { Asked, Situation } from '../situation.ts';
import { oldTokens, overdue, retire, type Turn, turn, type Uses, without } from './rotation.ts';
import { firstOf, type RoleSlots, slotTime } from './slots.ts';

export interface RotateAsked {
  /** Null when this run makes no next tokens; older ones may go all the same. */
  readonly turn: Turn | null;
  /** Seconds that an older token works at least beside the one that follows. */
  readonly grace: number;
  /** An older token goes although it is used, or nobody can tell. */
  readonly force: boolean;
  /** Every JWT of the workspace ends, and those of the list are minted again. */
  readonly allJwts: boolean;
}

/** Other runs make no next tokens, and retire older ones all the same. */
export function rotateOf(inputs: Inputs, isAsked: boolean, tenants: ReadonlySet<string> | null): RotateAsked {
  const olderThan = inputs['older-than'];
  const { grace, force } = inputs;
  const allJwts = inputs['all-jwts'];
  if ((inputs.now || allJwts) && !isAsked) {
    throw new Stop('bad-input', '`now` and `all-jwts` are for the command rotate. Nothing was sent.');
  }
  if (allJwts && !inputs.now) {
    throw new Stop('bad-input', 'all-jwts: it ends JWTs at once, so say `now` as well. Nothing was sent.');
  }
  if (!isAsked) return { turn: null, grace, force, allJwts };
  if (tenants === null && olderThan === null) {
    throw new Stop(
      'bad-input',
      'rotate: say whose tokens: `tenant` (ids), `older-than` (such as 90d; 0d for all), or both. Nothing was sent.',
    );
  }
  return { turn: { tenants, olderThan, atOnce: inputs.now }, grace, force, allJwts };
}

export interface Rotating {
  readonly slots: RoleSlots;
  readonly rotation: Rotation;
  readonly notes: readonly string[];
}

export interface Found {
  readonly live: readonly LiveToken[];
  readonly tokens: Declared['tokens'];
  /** By name of a role's first token: roles that are not to be rotated now. */
  readonly held: ReadonlySet<string>;
  /** By token's name, the name of its secret. */
  readonly namesIn: (slots: RoleSlots) => ReadonlyMap<string, string>;
}

/** One request more when there is a token whose grace is over, none otherwise. */
export async function rotating(asked: Asked, { live, tokens, held, namesIn }: Found): Promise<Rotating> {
  const { only, now, handout, connection } = asked;
  const { grace, force } = asked.rotate;
  const { generation } = connection.workspace;
  const turned = turn(tokens, { live, generation, now, turn: asked.rotate.turn, held });
  const old = oldTokens(tokens, turned.slots, { rotation: turned.rotation, only });
  const { vault, tokensFile } = handout;
  const made = turned.rotation.next.size + turned.rotation.refreshed.size;
  const unstored = vault === null && tokensFile === null ? made : 0;
  const names = old.length === 0 ? NO_NAMES : namesIn(turned.slots);
  const since = (name: string): number | null =>
    vault === null ? slotTime(name) : publishedAt(vault, names.get(name) ?? '', slotTime(name));
  const { due, waits } = overdue(old, { grace, now, publishedAt: since });
  const uses = due.length === 0 || force ? NO_USES : await usesSince(asked, due);
  const { retired, waits: used } = retire(due, uses, force);
  return {
    slots: without(turned.slots, retired),
    rotation: { ...turned.rotation, retired: turned.rotation.retired.union(retired) },
    notes: rotationNotes({ ...turned, held, waits: [...waits, ...used], unstored }),
  };
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();
const NO_USES: Uses = new Map();

async function usesSince({ connection }: Asked, due: readonly { readonly since: number }[]): Promise<Uses> {
  try {
    const uses = await connection.reader.tokenUses(Math.min(...due.map(({ since }) => since)));
    return new Map(uses.map((use) => [use.name, use]));
  } catch (error) {
    if (error instanceof Stop) return { unknown: error.message };
    throw error;
  }
}

/** Tokens that a run which only rotates does not make, by their role's first: what they open is not as the list says. */
export function heldBack(plan: Plan, desired: readonly Desired[], { next }: Rotation): Set<string> {
  const waiting = new Set(waitingIn(plan).map(({ key }) => firstOf(nameOf(key))));
  return new Set(
    desired.flatMap(({ resource }) => {
      if (resource.kind !== 'token' || !next.has(resource.name)) return [];
      const first = firstOf(resource.name);
      return waiting.has(first) || resource.scopes.some((scope) => waiting.has(scope.resource))
        ? [first]
        : [];
    }),
  );
}

/** JWTs that are asked for: each is minted again, and the old one works until it ends. */
export function renewedBy(
  { rotate, now }: Asked,
  desired: readonly Desired[],
  jwts: ReadonlyMap<string, LiveJwt>,
): Set<string> {
  const { turn: asked } = rotate;
  if (asked === null) return new Set();
  return new Set(
    desired.flatMap(({ resource, tenant }) => {
      if (resource.kind !== 'token' || resource.via !== 'jwt' || tenant === null) return [];
      const jwt = jwts.get(resource.name);
      const age = jwt === undefined ? 0 : resource.ttl - (jwt.expires - now);
      if (rotate.allJwts) return [resource.name];
      const isMeant = (asked.tenants?.has(tenant) ?? true) && age >= (asked.olderThan ?? 0);
      return isMeant ? [resource.name] : [];
    }),
  );
}

/** Nothing but tokens; what waits for an apply stays as it lives, with the project files that it is about. */
export function tokensOf(situation: Situation): Situation {
  const { whole, desired } = situation;
  const waiting = new Set(waitingIn(whole).map(({ key }) => key));
  const steps = whole.steps.map(({ name, changes }) => ({ name, changes: changes.filter(isRenewal) }));
  return {
    ...situation,
    plan: { ...whole, steps: steps.filter(({ changes }) => changes.length > 0) },
    desired: desired.filter(({ key, resource }) => resource.kind === 'token' || !waiting.has(key)),
    builds: NO_BUILDS,
  };
}

/** What is left to an apply. */
const waitingIn = (plan: Plan): Change[] => changesIn(plan).filter((change) => !isRenewal(change));
