// The story of a run from the moment that list and workspace are known (start.ts), top to bottom; the only file that knows every phase.
import { carryOut, historyNotes, refusalOf } from './apply/apply.ts';
import type { Clock } from './clock.ts';
import { driftNotes, hasDrift } from './drift.ts';
import type { Stop } from './errors.ts';
import { ended, follow } from './follow.ts';
import { refuseSuperseded } from './head.ts';
import type { Inputs } from './inputs.ts';
import { lint } from './lint/lint.ts';
import { provenNow, proverFor } from './live-proof/proving.ts';
import type { Outcome } from './model.ts';
import { guardNotes } from './plan/guard.ts';
import { publish, secretsPlan } from './publish.ts';
import { type Mode, type Report, reportOf, type Told } from './report/report.ts';
import { objection, type Review, reviewOf } from './reviewed.ts';
import { rotateOf } from './rotation/rotating.ts';
import { endJwts, signingRefusal } from './rotation/signing.ts';
import { openHandout } from './secrets/handout.ts';
import { type Asked, lookAt, type Situation } from './situation.ts';
import type { Started } from './start.ts';
import type { Surroundings } from './surroundings.ts';

export { compareWithBase } from './base.ts';

/**
 * Plans, guards, applies, hands out. Throws a Stop for what keeps it from making a plan; from then on a reason to stop is
 * part of the report, with everything that was learned and done before it.
 */
export async function run(inputs: Inputs, at: Surroundings, started: Started): Promise<Report> {
  const { does, sources, only, connection } = started;
  const handout = await openHandout(inputs, at, { fleet: sources.fleet.name, does });
  const asked: Asked = {
    sources,
    connection,
    handout,
    // All of them have to be minted again, whoever's was leaked.
    only: inputs['all-jwts'] ? null : only,
    tokensOnly: does === 'renew' || does === 'rotate',
    rotate: rotateOf(inputs, does === 'rotate', only),
    ...policyOf(inputs),
    now: seconds(at.clock),
  };
  const situation = await lookAt(asked);
  const told = {
    fleet: sources.fleet,
    workspace: connection.workspace,
    mode: does,
    drift: hasDrift(situation.whole),
    findings: asked.tokensOnly ? [] : lint(sources, connection.workspace.generation),
  };
  if (does === 'verify') return reportOf({ ...told, ...(await provenNow(asked, situation, at)) }, at.redact);
  const secrets = secretsPlan(asked, situation);
  const refused = refusal(inputs, situation, asked) ?? (await freshness(inputs, at, does));
  const review = await reviewOf({ inputs, at, refused, ...told, ...situation });
  const notes = [...review.notes, ...notesOn(asked, situation)];
  const stop = refused ?? objection(review, situation.plan);
  if (stop !== null || does === 'plan') {
    return ended(review, reportOf({ ...told, plan: situation.plan, secrets, stop, notes }, at.redact));
  }
  return await follow(review, () => applied(asked, situation, { inputs, at, review, told, notes }));
}

const notesOn = (asked: Asked, situation: Situation): string[] => [
  ...asked.handout.notes,
  ...situation.notes,
  ...historyNotes(situation),
  ...guardNotes(situation, asked.now),
];

/** Carries the plan out and hands out what it makes. */
async function applied(asked: Asked, situation: Situation, decided: Decided): Promise<Report> {
  const { inputs, at, review, told, notes } = decided;
  const { tokensOnly } = asked;
  const prover = inputs.verify ? proverFor(asked, at) : null;
  const carried = await carryOut(asked, situation, {
    policy: policyOf(inputs),
    objection: (plan) => objection(review, plan),
    prover,
    timeout: inputs['deploy-timeout'],
    ...at,
  });
  const ended =
    asked.rotate.allJwts && carried.stop === null ? [await endJwts(asked, carried.situation)] : [];
  const handed = await publish(asked, carried, at);
  const drift = tokensOnly ? told.drift : handed.stop !== null || !handed.outcomes.every(isApplied);
  const seen = tokensOnly ? driftNotes(situation.whole) : [];
  const all = [...notes, ...seen, ...carried.notes, ...ended, ...handed.notes];
  const proof = prover?.proof ?? null;
  return reportOf({ ...told, drift, ...carried, ...handed, proof, notes: all }, at.redact);
}

interface Decided {
  readonly inputs: Inputs;
  readonly at: Surroundings;
  readonly review: Review;
  readonly told: Pick<Told, 'fleet' | 'workspace' | 'mode' | 'drift' | 'findings'>;
  readonly notes: readonly string[];
}

/** What must not be applied must not let tokens run out either, nor keep a leaked one alive. */
const refusal = (inputs: Inputs, situation: Situation, asked: Asked): Stop | null =>
  asked.rotate.allJwts
    ? signingRefusal(situation, asked, [inputs['tinybird-token'], inputs['tinybird-tokens-token']])
    : asked.tokensOnly
      ? null
      : refusalOf(asked, situation, policyOf(inputs));

const isApplied = ({ result }: Outcome): boolean => result === 'applied';

const freshness = (inputs: Inputs, { context }: Surroundings, does: Mode): Promise<Stop | null> =>
  does === 'plan' ? Promise.resolve(null) : refuseSuperseded(inputs, context);

const policyOf = (inputs: Inputs) => ({
  prune: inputs.prune,
  adopt: inputs.adopt,
  maxRemovals: inputs['max-removals'],
  planChecksum: inputs['plan-checksum'],
  secretPrefix: inputs['secret-prefix'],
});

const seconds = (clock: Clock): number => Math.floor(clock.now() / 1000);
