// Proves isolation on data that is live: which tenants, with which tokens, and what came of it.
import type { Clock } from '../clock.ts';
import type { Fleet, Tenant } from '../model.ts';
import { plural } from '../numbers.ts';
import { onlyTenants } from '../read-sources.ts';
import type { Sources } from '../sources.ts';
import type { Connection } from '../tinybird/connect.ts';
import { createLimit } from '../tinybird/limit.ts';
import { Findings } from '../verify/findings.ts';
import { type Ground, groundOf, type Held } from '../verify/ground.ts';
import { matrixOf } from '../verify/matrix.ts';
import { type Proof, sorted } from '../verify/proof.ts';
import { type Chosen, chosenFrom } from './chosen.ts';
import { evidenceFor } from './evidence.ts';
import { holdersOf, liveTokens } from './holders.ts';
import { joined } from './joined.ts';
import type { Where } from './reads.ts';
import { watch } from './steady.ts';
import { tryOthers, tryOwn } from './trial.ts';

export interface Round {
  /** The deployment that is asked; null for what is live. */
  readonly where: Where;
  /** Whose rows are counted beside; null for nobody's. */
  readonly beside: { readonly where: Where } | null;
  /** Ids of new and changed tenants; null for all. */
  readonly tenants: ReadonlySet<string> | null;
  /** And some of the others, as many as there is room for. */
  readonly others?: boolean;
  /** Names of tables that lose rows because somebody allowed it. */
  readonly lossy: ReadonlySet<string>;
  /** Every token of these tenants has to be there by now. */
  readonly whole: boolean;
}

export interface Prover {
  /** Reads, and mints JWTs of some minutes; nothing is written. */
  prove(round: Round): Promise<Proof>;
  /** Of all rounds so far; null when there was none. */
  readonly proof: Proof | null;
}

export interface ProverOptions {
  readonly sources: Sources;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly say: (line: string) => void;
}

export function createProver(options: ProverOptions): Prover {
  let proof: Proof | null = null;
  return {
    prove: async (round) => {
      const found = await prove(options, round);
      proof = proof === null ? found : joined(proof, found);
      return found;
    },
    get proof() {
      return proof;
    },
  };
}

async function prove({ sources, connection, clock, say }: ProverOptions, round: Round): Promise<Proof> {
  const { where, tenants, others = false } = round;
  const { generation } = connection.workspace;
  const chosen = chosenFrom(sources.fleet, { first: tenants, others });
  const only = new Set([...chosen.tried, ...chosen.others].map(({ id }) => id));
  const ground = groundOf(sources, generation, onlyTenants([...only], sources.fleet));
  const findings = new Findings(ground);
  say(
    `Verifying ${plural(chosen.tried.length, 'tenant')} ${where === null ? 'live' : `on deployment ${where}`}`,
  );
  const asked = new Set(chosen.tried);
  const held = ground.tokens.filter(({ tenant }) => asked.has(tenant));
  const isWhole = ({ id }: Tenant): boolean => round.whole && (tenants?.has(id) ?? true);
  const handing = { connection, clock, findings };
  const needed = held.filter(({ tenant, token }) => token.via !== 'jwt' && isWhole(tenant));
  const live = where === null ? await liveTokens(handing, needed) : null;
  const evidence = await evidenceFor(connection.ask, ground, where);
  const names = namesIn(sources.fleet);
  const trial = { ask: connection.ask, clock, ground, evidence, names, where, findings };
  const turn = createLimit(connection.concurrency);
  const tryOne = async (one: Held): Promise<void> => {
    for (const holder of await holdersOf({ ...one, isWhole: isWhole(one.tenant) }, live, handing)) {
      await tryOwn(trial, holder);
      // What is staged refuses nobody yet: the tokens that it refuses are made with it.
      if (where === null && chosen.askers.has(one.tenant)) await tryOthers(trial, holder, chosen.others);
    }
  };
  await Promise.all(held.map((one) => turn(() => tryOne(one))));
  const moved = await movedIn(connection, { ground, findings, round });
  return {
    ...told(chosen, ground, findings),
    fleet: sources.fleet.name,
    moved,
  };
}

function told(chosen: Chosen, ground: Ground, findings: Findings): Omit<Proof, 'fleet' | 'moved'> {
  return {
    generation: ground.generation,
    tried: findings.tried,
    answered: findings.answered,
    leaks: sorted([...findings.leaks.values()]),
    refusedOwn: [...findings.refusedOwn.values()],
    tenants: chosen.tried.length,
    resources: new Set([...findings.asked.values()].flatMap((asked) => [...asked])).size,
    findings: [],
    sampled: chosen.sampled,
    notTried: [...findings.notTried],
    notes: [...findings.notes],
    matrix: matrixOf({ ...ground, tenants: chosen.tried }, findings),
  };
}

/** Ids by id and slug, of everybody in the list. */
const namesIn = ({ tenants }: Fleet): ReadonlyMap<string, string> =>
  new Map(tenants.flatMap(({ id, slug }) => [[id, id] as const, [slug, id] as const]));

interface Counting {
  readonly ground: Ground;
  readonly findings: Findings;
  readonly round: Round;
}

async function movedIn(
  { ask }: Connection,
  { ground, findings, round }: Counting,
): Promise<readonly string[]> {
  const shared = [...ground.datasources.values()].filter(({ tenant }) => tenant === null);
  const { now, moved } = await watch(ask, { ...round, tables: shared.map(({ datafile }) => datafile) });
  if (now.size > 0 && [...now.values()].every((rows) => rows === 0))
    findings.notes.add('the tables that all share have no rows yet: nothing is shown of what answers count');
  return moved;
}
