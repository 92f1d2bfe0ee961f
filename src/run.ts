// The story of a run, top to bottom; the only file that knows every phase.
import { carryOut } from './apply/apply.ts';
import { compareWithBase } from './base.ts';
import type { Clock } from './clock.ts';
import { driftNotes, driftOf, renewalsOf } from './drift.ts';
import { Stop } from './errors.ts';
import type { Context } from './github/context.ts';
import { mode } from './github/mode.ts';
import { openHandout } from './handout.ts';
import { refuseSuperseded } from './head.ts';
import type { Inputs } from './inputs.ts';
import type { Outcome } from './model.ts';
import { guard } from './plan/guard.ts';
import { publish, secretsPlan } from './publish.ts';
import { type Mode, type Report, reportOf } from './report/report.ts';
import { type Asked, lookAt, type Situation } from './situation.ts';
import { onlyTenants, readSources } from './sources.ts';
import type { Surroundings } from './surroundings.ts';
import { connect } from './tinybird/connect.ts';

/**
 * Reads, plans, guards, applies, hands out. Throws a Stop for what keeps it from making a plan; from then on a reason
 * to stop is part of the report, with everything that was learned and done before it.
 */
export async function run(inputs: Inputs, at: Surroundings): Promise<Report> {
  const does = decide(inputs, at);
  const sources = await readSources(inputs, at.shippedSets);
  const only = onlyTenants(inputs.tenant ?? dispatched(at.context), sources.fleet);
  const token = inputs['tinybird-token'];
  if (token === null) return compareWithBase({ inputs, at, sources, only, does });

  await using connection = await connect({
    host: inputs['tinybird-host'],
    token,
    tokensToken: inputs['tinybird-tokens-token'],
    pin: inputs.workspace ?? sources.fleet.workspace,
    concurrency: inputs.concurrency,
    clock: at.clock,
    env: at.env,
  });
  const handout = await openHandout(inputs, at, { fleet: sources.fleet.name, does });
  const asked: Asked = {
    sources,
    connection,
    handout,
    only,
    renewOnly: does === 'renew',
    ...policyOf(inputs),
    now: seconds(at.clock),
  };
  const situation = await lookAt(asked);
  const drifted = driftOf(situation.plan).length > 0;
  const told = { fleet: sources.fleet, workspace: connection.workspace, mode: does, drift: drifted };
  const notes = [...handout.notes, ...situation.notes];
  const secrets = secretsPlan(asked, situation);
  const stop = refusal(inputs, situation, asked) ?? (await freshness(inputs, at, does));
  if (stop !== null || does === 'plan') {
    return reportOf({ ...told, plan: situation.plan, secrets, stop, notes });
  }
  const carried = await carryOut(asked, does === 'renew' ? renewing(situation) : situation, {
    policy: policyOf(inputs),
    timeout: inputs['deploy-timeout'],
    ...at,
  });
  const handed = await publish(asked, carried, at);
  const drift = does === 'renew' ? drifted : handed.stop !== null || !handed.outcomes.every(isApplied);
  const seen = does === 'renew' ? driftNotes(situation.plan) : [];
  return reportOf({ ...told, drift, ...carried, ...handed, notes: [...notes, ...seen, ...handed.notes] });
}

/** A renewal takes nothing away: what must not be applied must not let tokens run out either. */
const refusal = (inputs: Inputs, { plan }: Situation, { sources, renewOnly }: Asked): Stop | null =>
  renewOnly ? null : guard(plan, sources.fleet, policyOf(inputs));

const isApplied = ({ result }: Outcome): boolean => result === 'applied';

const freshness = (inputs: Inputs, { context }: Surroundings, does: Mode): Promise<Stop | null> =>
  does === 'plan' ? Promise.resolve(null) : refuseSuperseded(inputs, context);

/** A schedule renews and changes nothing else. */
const renewing = (situation: Situation): Situation => ({ ...situation, plan: renewalsOf(situation.plan) });

function decide(inputs: Inputs, { context, say }: Surroundings): Mode {
  const { command } = inputs;
  if (context === null) return command === 'apply' ? 'apply' : 'plan';
  const decided = mode(context, command);
  switch (decided.mode) {
    case 'plan':
    case 'apply':
    case 'renew':
      say(`This run ${DOES[decided.mode]}: ${decided.reason}`);
      return decided.mode;
    case 'rotate':
    case 'verify':
      throw new Stop(
        'not-yet',
        `The command ${decided.mode} is not yet supported by this version. Nothing was sent.`,
      );
    case 'refused':
      throw new Stop('bad-input', `${decided.reason}. Nothing was sent.`);
  }
}

const DOES = { plan: 'only plans', apply: 'applies', renew: 'only renews' } as const;

/** A sign-up system names tenants; the list says what they are. */
const dispatched = (context: Context | null): readonly string[] | null =>
  context?.event === 'repository_dispatch' ? context.tenants : null;

const policyOf = (inputs: Inputs) => ({
  prune: inputs.prune,
  adopt: inputs.adopt,
  maxRemovals: inputs['max-removals'],
  planChecksum: inputs['plan-checksum'],
  secretPrefix: inputs['secret-prefix'],
});

const seconds = (clock: Clock): number => Math.floor(clock.now() / 1000);
