// Where things stand: what is asked for, what is live, and the plan between them. Taken anew whenever the workspace moved.
import { setImmediate } from 'node:timers/promises';
import { unwrap } from './errors.ts';
import type { Handout } from './handout.ts';
import { liveOf, readLists } from './live.ts';
import type { Desired, Live, LiveJwt, Plan } from './model.ts';
import { type Builds, buildsOf, NO_BUILDS } from './plan/builds.ts';
import { keepLines } from './plan/carriers.ts';
import { plan } from './plan/plan.ts';
import { desiredOf, type Sources } from './sources.ts';
import type { Connection } from './tinybird/connect.ts';
import { liveJwts, secretNames } from './vault.ts';

export interface Situation {
  readonly desired: readonly Desired[];
  readonly live: Live;
  readonly plan: Plan;
  /** The views that a Classic apply makes; none on Forward, which makes them itself. */
  readonly builds: Builds;
  /** By token's name: the name of its secret; empty when no secrets are written. */
  readonly names: ReadonlyMap<string, string>;
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
  /** Nothing but tokens that are due. */
  readonly renewOnly: boolean;
  /** Unix seconds. */
  readonly now: number;
}

export async function lookAt(asked: Asked): Promise<Situation> {
  const { sources, connection, handout, only, prune, adopt, now } = asked;
  const { fleet } = sources;
  const { generation } = connection.workspace;
  // The workspace answers while everything is rendered; when rendering stops the run, nobody waits for the answers.
  const reading = readLists(connection.reader);
  reading.catch(() => {});
  await setImmediate();
  const { resources: all, notes: frozen } = unwrap(desiredOf(sources, generation));
  const { vault } = handout;
  const wanted = vault !== null && vault.ledger.kind !== 'unknown' ? all : all.filter((one) => !isJwt(one));
  const names = vault === null ? NO_NAMES : unwrap(secretNames(wanted, fleet, asked.secretPrefix));
  const jwts = vault === null ? NO_JWTS : liveJwts(vault, names, asked.secretPrefix);
  const live = liveOf(await reading, { generation, fleet }, jwts);
  const unplanned = all.length - wanted.length;
  const notes = unplanned === 0 || handout.tokensFile !== null ? frozen : [...frozen, leftOut(unplanned)];
  const desired = keepLines({ desired: wanted, live, fleet, only, prune });
  const made = plan({ desired, live, fleet, only, prune, adopt, now });
  const builds = generation === 'classic' ? buildsOf({ plan: made, desired, live }) : NO_BUILDS;
  return { desired, live, names, notes, plan: made, builds };
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();
const NO_JWTS: ReadonlyMap<string, LiveJwt> = new Map();

const leftOut = (n: number): string =>
  `${n} short-lived ${n === 1 ? 'token is' : 'tokens are'} not part of this plan: without \`secrets-token\` it cannot be told which are out`;

export const isJwt = ({ resource }: Desired): boolean => resource.kind === 'token' && resource.via === 'jwt';
