// Where things stand: what is asked for, what is live, and the plan between them. Taken anew whenever the workspace moved.
import { setImmediate } from 'node:timers/promises';
import type { Declared } from './declared.ts';
import { desiredFrom } from './desired.ts';
import { unwrap } from './errors.ts';
import { type Lists, liveOf, readLists } from './live.ts';
import type { Desired, Live, LiveJwt, Plan, Rotation } from './model.ts';
import { type Builds, buildsOf, NO_BUILDS } from './plan/builds.ts';
import { carriersOf, keepLines } from './plan/carriers.ts';
import { plan } from './plan/plan.ts';
import { heldBack, type RotateAsked, renewedBy, rotating, tokensOf } from './rotation/rotating.ts';
import { jwtNotes } from './rotation/signing.ts';
import { NO_SLOTS, type RoleSlots } from './rotation/slots.ts';
import type { Handout } from './secrets/handout.ts';
import { type Keeping, keepingOf, liveJwts, namesOf } from './secrets/keeping.ts';
import { declaredOf, type Sources } from './sources.ts';
import type { Connection } from './tinybird/connect.ts';

export interface Situation {
  readonly desired: readonly Desired[];
  readonly live: Live;
  /** What this run is to do: without what one that only renews and rotates leaves to an apply. */
  readonly plan: Plan;
  /** Everything between what is asked for and what is live. */
  readonly whole: Plan;
  /** The views that a Classic apply makes; none on Forward, which makes them itself. */
  readonly builds: Builds;
  /** By token's name: the name of its secret; empty when no secrets are written. */
  readonly names: ReadonlyMap<string, string>;
  /** How secrets are laid out; null when none are written. */
  readonly keeping: Keeping | null;
  readonly notes: readonly string[];
}

export interface Asked {
  readonly sources: Sources;
  readonly connection: Connection;
  readonly handout: Handout;
  readonly only: ReadonlySet<string> | null;
  readonly prune: boolean;
  readonly adopt: boolean;
  readonly secretPrefix: string;
  /** Nothing but tokens: those that are due, and those that follow others. */
  readonly tokensOnly: boolean;
  readonly rotate: RotateAsked;
  /** Unix seconds. */
  readonly now: number;
}

export async function lookAt(asked: Asked): Promise<Situation> {
  const { sources, connection, handout } = asked;
  const { generation } = connection.workspace;
  // The workspace answers while everything is rendered; when rendering stops the run, nobody waits for the answers.
  const reading = readLists(connection.reader);
  reading.catch(() => {});
  await setImmediate();
  const declared = unwrap(declaredOf(sources, generation));
  const first = desiredFrom(declared, NO_SLOTS);
  const ground = { declared, first, lists: await reading };
  const whole = await lookWith(asked, { ...ground, held: NOBODY });
  const held = asked.tokensOnly ? heldBack(whole.plan, whole.desired, whole.rotation) : NOBODY;
  const { names, keeping, live, desired, plan, unplanned, notes } =
    held.size === 0 ? whole : await lookWith(asked, { ...ground, held });
  const told = unplanned === 0 || handout.tokensFile !== null ? [] : [leftOut(unplanned)];
  const builds = generation === 'classic' ? buildsOf({ plan, desired, live }) : NO_BUILDS;
  const all = {
    desired,
    live,
    names,
    keeping,
    builds,
    plan,
    whole: plan,
    notes: [...declared.notes, ...notes, ...told],
  };
  return asked.tokensOnly ? tokensOf(all) : all;
}

const NOBODY: ReadonlySet<string> = new Set();

interface Ground {
  readonly declared: Declared;
  /** What is desired while every role has its first token. */
  readonly first: readonly Desired[];
  readonly lists: Lists;
  /** Roles that are not to be rotated now. */
  readonly held: ReadonlySet<string>;
}

async function lookWith(asked: Asked, { declared, first, lists, held }: Ground) {
  const { sources, connection, handout, only, prune, adopt, now } = asked;
  const { fleet } = sources;
  const { vault } = handout;
  // A ledger that cannot be read is written anew when others' secrets may be taken over.
  const isPlanned = (one: Desired) =>
    (vault !== null && (vault.ledger.kind !== 'unknown' || adopt)) || !isJwt(one);
  const desiredIn = (slots: RoleSlots) => (slots.size === 0 ? first : desiredFrom(declared, slots));
  const prefix = asked.secretPrefix;
  const keeping =
    vault === null
      ? null
      : keepingOf(vault, {
          desired: first.filter(isPlanned),
          sources,
          prefix,
          prune,
          tokensOnly: asked.tokensOnly,
        });
  const namesIn = (slots: RoleSlots) =>
    keeping === null ? NO_NAMES : namesOf(desiredIn(slots).filter(isPlanned), { fleet, ...keeping });
  const turning = await rotating(asked, { tokens: declared.tokens, live: lists.tokens, held, namesIn });
  const all = desiredIn(turning.slots);
  const wanted = all.filter(isPlanned);
  const names = namesIn(turning.slots);
  const jwts = vault === null || keeping === null ? NO_JWTS : liveJwts(vault, wanted, { fleet, ...keeping });
  const live = liveOf(lists, { generation: connection.workspace.generation, fleet }, jwts);
  const carriers = carriersOf({ desired: wanted, live, fleet });
  const desired = keepLines({ desired: wanted, live, fleet, only, prune }, carriers);
  const rotation: Rotation = { ...turning.rotation, renewed: renewedBy(asked, desired, jwts) };
  const made = plan({ desired, live, fleet, only, prune, adopt, now, rotation }, carriers);
  const unplanned = all.length - wanted.length;
  const notes = [...turning.notes, ...jwtNotes(asked, rotation, jwts)];
  return { names, keeping, live, desired, rotation, plan: made, unplanned, notes };
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();
const NO_JWTS: ReadonlyMap<string, LiveJwt> = new Map();

const leftOut = (n: number): string =>
  `${n} short-lived ${n === 1 ? 'token is' : 'tokens are'} not part of this plan: without \`secrets-token\` it cannot be told which are out`;

export const isJwt = ({ resource }: Desired): boolean => resource.kind === 'token' && resource.via === 'jwt';
