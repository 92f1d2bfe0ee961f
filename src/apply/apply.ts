// Carries a plan out, as often as the workspace moves under it, until every planned change has its one outcome.
import type { Clock } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { Change, Outcome, Plan } from '../model.ts';
import { guard, type Policy } from '../plan/guard.ts';
import { because } from '../report/report.ts';
import { type Asked, lookAt, type Situation } from '../situation.ts';
import { type Applied, applyForward } from './forward.ts';
import { liveTexts } from './upload.ts';

export interface ApplyOptions {
  readonly policy: Policy;
  readonly clock: Clock;
  /** How long to wait for deployments, milliseconds. */
  readonly timeout: number;
  readonly say: (line: string) => void;
}

export interface Carried {
  readonly plan: Plan;
  /** Of everything but JWTs, which are minted when values are handed out. */
  readonly outcomes: readonly Outcome[];
  readonly deploymentId: string | null;
  /** The last one that was read: after the apply when the workspace moved meanwhile. */
  readonly situation: Situation;
  readonly stop: Stop | null;
}

// Each round begins with a workspace that somebody else changed; this many in a row are a fight, not a coincidence.
const ROUNDS = 10;

export async function carryOut(asked: Asked, first: Situation, options: ApplyOptions): Promise<Carried> {
  const { clock, timeout, say } = options;
  const deadline = clock.now() + timeout;
  const { reader, writer } = asked.connection;
  const outcomes: Outcome[] = [];
  let situation = first;
  let plan = first.plan;
  let deploymentId: string | null = null;
  const carried = (stop: Stop | null): Carried => {
    return {
      plan,
      outcomes: complete({ plan, last: situation.plan, outcomes, stop }),
      deploymentId,
      situation,
      stop,
    };
  };
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const texts = liveTexts(reader, asked.sources.project);
      const applied: Applied = await applyForward(situation, { reader, writer, clock, deadline, say }, texts);
      for (const outcome of applied.outcomes) outcomes.push(outcome);
      deploymentId = applied.deploymentId ?? deploymentId;
      if (!applied.again) return carried(applied.stop);
      situation = await lookAt(asked);
      // Nothing of the first plan has been carried out: what stands now is the plan.
      if (outcomes.length === 0 && deploymentId === null) plan = situation.plan;
      // Once a part is carried out, the rest has a checksum of its own: it must be a part of what was planned.
      const begun = plan !== situation.plan;
      const policy = begun ? { ...options.policy, planChecksum: null } : options.policy;
      const refusal =
        guard(situation.plan, asked.sources.fleet, policy) ?? (begun ? more(plan, situation.plan) : null);
      if (refusal !== null) return carried(refusal);
    }
    return carried(
      new Stop(
        'failed',
        `Other deployments went live ${ROUNDS} times while this run was applying. Serialise them with a concurrency group, then run again.`,
      ),
    );
  } catch (error) {
    if (error instanceof Stop) return carried(error);
    throw error;
  }
}

/** Changes that were not planned would be nobody's decision, and in no report. */
function more(planned: Plan, now: Plan): Stop | null {
  const known = new Set(changesOf(planned).map(({ action, key }) => `${action} ${key}`));
  const extra = changesOf(now).filter(({ action, key }) => !known.has(`${action} ${key}`));
  if (extra.length === 0) return null;
  const shown = extra.slice(0, SHOWN).map(({ action, key }) => `${action} ${key}`);
  return new Stop(
    'plan-changed',
    `The workspace changed while this run was applying, so that more would change now than was planned: ${shown.join(', ')}${extra.length > SHOWN ? ', …' : ''}. What was done stays done; run again for the rest.`,
  );
}
const SHOWN = 10;

/** One outcome per planned change, also for those that a killed run of ours had staged, or that were never reached. */
function complete(at: {
  plan: Plan;
  last: Plan;
  outcomes: readonly Outcome[];
  stop: Stop | null;
}): Outcome[] {
  const settled = new Map(at.outcomes.map((outcome) => [outcome.key, outcome]));
  const open = new Set(changesOf(at.last).map(({ key }) => key));
  return changesOf(at.plan).map(({ key, tenant, action }): Outcome => {
    const outcome = settled.get(key);
    if (outcome !== undefined) return outcome;
    if (!open.has(key)) return { key, tenant, action, result: 'applied' };
    const why = at.stop === null ? 'its tenant was refused before' : because(at.stop);
    return { key, tenant, action, result: 'skipped', because: why };
  });
}

const changesOf = (plan: Plan): Change[] =>
  plan.steps.flatMap(({ name, changes }) => (name === 'tokens' ? [] : changes));
