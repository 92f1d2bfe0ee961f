// Applies a plan to a Forward workspace, one deployment a step: which steps, with what, and what becomes of each change.
import { assertNever, Stop } from '../errors.ts';
import type { Change, Outcome } from '../model.ts';
import { changesOf, type Deployment, deployedSteps, deploymentOf, type World } from '../plan/calls.ts';
import { firstOf } from '../rotation/slots.ts';
import type { FileMessage, Deployment as LiveDeployment } from '../tinybird/ports.ts';
import { blame } from './answer.ts';
import { land, promote } from './land.ts';
import { hasMoved, mayBeOutdated } from './moved.ts';
import { type Promotion, proveLive, proveMintable, watchedIn } from './promotion.ts';
import { type Deployer, isRotation, sweep, takeSlot } from './slot.ts';
import type { Texts } from './upload.ts';

export interface Applied {
  readonly outcomes: readonly Outcome[];
  readonly deploymentId: string | null;
  /** The workspace moved under us: read it, plan, and go on from there. */
  readonly again: boolean;
  /** What ended it early; what was done before is in the outcomes. */
  readonly stop: Stop | null;
  /** For the reader: what was left as it is. */
  readonly notes: readonly string[];
}

interface Run {
  readonly world: World;
  readonly deployer: Deployer;
  readonly texts: Texts;
  /** Tenants whose files the server refused. */
  readonly refused: Set<string>;
  readonly outcomes: Outcome[];
  readonly notes: Set<string>;
  /** The last one that this run has made live. */
  deploymentId: string | null;
}

export async function applyForward(world: World, deployer: Deployer, texts: Texts): Promise<Applied> {
  const started = { refused: new Set<string>(), outcomes: [], notes: new Set<string>(), deploymentId: null };
  const run: Run = { world, deployer, texts, ...started };
  const ended = (again: boolean, stop: Stop | null): Applied => {
    return { outcomes: run.outcomes, deploymentId: run.deploymentId, again, stop, notes: [...run.notes] };
  };
  try {
    return ended((await takeSteps(run)) === 'moved', null);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return ended(false, error);
  }
}

type StepEnd = 'done' | 'moved';

const NOTHING: ReadonlySet<string> = new Set();

async function takeSteps(run: Run): Promise<StepEnd> {
  const { world, deployer, refused } = run;
  const steps = deployedSteps(world.plan);
  if (steps.length === 0 && (await continueRotation(run))) return 'moved';
  for (const step of steps) {
    if (step === 'remove' && run.outcomes.some(({ result }) => result === 'failed')) {
      settle(run, changesOf(world.plan, step), {
        result: 'skipped',
        because: 'nothing is deleted after a failure in the same run',
      });
      continue;
    }
    const expected = () => deploymentOf(world, step, { refused, drifted: NOTHING }).expected;
    // Taking access away needs the slot, and waits for no proof of what a killed run has left.
    const taker = step === 'revoke' ? { ...deployer, prover: null } : deployer;
    const slot = await takeSlot(taker, { expected, roles: () => rolesOf(world) });
    if (slot.kind === 'moved') return 'moved';
    if (slot.kind === 'ours') {
      await finish(run, {
        ...slot,
        watched: watchedIn({ step, changes: changesOf(world.plan, step) }, world.plan, refused),
      });
      return 'moved';
    }
    // Somebody else went live between two steps: what we have read is older than that.
    if (run.deploymentId !== null && run.deploymentId !== slot.liveId) return 'moved';
    if ((await tryStep(run, step, slot.liveId)) === 'moved') return 'moved';
    if (slot.unproven) await proveLive(deployer.prover);
  }
  // After what takes access away, and before they are minted.
  if (!steps.includes('apply')) await proveMintable(deployer.prover, changesOf(world.plan, 'tokens'));
  return 'done';
}

interface Staged extends Omit<Promotion, 'id'> {
  readonly deployment: LiveDeployment;
}

async function finish(run: Run, { deployment: { id }, liveId, watched }: Staged): Promise<void> {
  run.deployer.say(`Continuing deployment ${id}, left by an earlier run`);
  const landing = await promote(run.deployer, { id, liveId, watched });
  if (landing.kind === 'live') run.deploymentId = landing.id;
}

/** There is nothing to deploy, but a run that was killed may have staged the next tokens. */
async function continueRotation(run: Run): Promise<boolean> {
  const { liveId, staged } = await sweep(run.deployer);
  if (staged === null || !isRotation(staged, rolesOf(run.world))) return false;
  const watched = { tenants: null, lossy: NOTHING };
  await finish(run, { deployment: staged, liveId, watched });
  return true;
}

const rolesOf = ({ desired }: World): Set<string> =>
  new Set(
    desired.flatMap(({ resource, tenant }) =>
      resource.kind === 'token' && tenant !== null ? [firstOf(resource.name)] : [],
    ),
  );

/** What the server objects to may only be out of date: somebody else went live after we had read. */
async function tryStep(run: Run, step: Deployment['step'], liveId: string | null): Promise<StepEnd> {
  try {
    return await deployStep(run, step, liveId);
  } catch (error) {
    if (mayBeOutdated(error) && (await hasMoved(run.deployer.reader, run.world))) return 'moved';
    throw error;
  }
}

/** One step, as often as it takes: each round heeds what the server said about the one before. */
async function deployStep(run: Run, step: Deployment['step'], liveId: string | null): Promise<StepEnd> {
  const { world, deployer, refused } = run;
  const drifted = new Set<string>();
  for (;;) {
    const deployment = deploymentOf(world, step, { refused, drifted });
    const { changes } = deployment;
    if (changes.length === 0) return 'done';
    const files = await run.texts.files(deployment.uploads);
    const watched = watchedIn(deployment, world.plan, refused);
    const landing = await land(deployer, { deployment, files, liveId, watched });
    switch (landing.kind) {
      case 'live':
        run.deploymentId = landing.id;
        settle(run, changes, { result: 'applied' });
        return 'done';
      case 'unchanged':
        if (changes.every(({ drift }) => drift)) run.notes.add(noDifference(changes));
        settle(run, changes, { result: 'applied' });
        return 'done';
      case 'moved':
        return 'moved';
      case 'drifted':
        for (const name of landing.names) drifted.add(name);
        run.notes.add(leftAlone(landing.names));
        break;
      case 'refused':
        if (putBack(run, deployment, landing.errors)) break;
        if (await hasMoved(deployer.reader, world)) return 'moved';
        settle(run, changes, { result: 'failed', error: blame(deployment, landing.errors).rest });
        return 'done';
      default:
        assertNever(landing);
    }
  }
}

/** What the lists do not tell, so that nobody has planned it: indexes, tags, lines of others' tokens. */
const leftAlone = (names: readonly string[]): string =>
  `changed in the workspace by somebody else, where its lists do not show it, and left like that: ${names.join(', ')}. The next change to a template brings its files back; \`tinybird-tenants render\` shows what they should be`;

const noDifference = (changes: readonly Change[]): string =>
  `the workspace writes ${changes.map(({ key }) => key).join(', ')} in another way than the repository, and sees no difference: nothing was deployed`;

/** Puts the tenants back whose files were refused; false when there is nobody to blame. */
function putBack(run: Run, deployment: Deployment, errors: readonly FileMessage[]): boolean {
  const { tenants } = blame(deployment, errors);
  for (const [tenant, error] of tenants) {
    const left = run.world.plan.liveTenants.includes(tenant) ? 'stays as it is' : 'is left out';
    run.deployer.say(`Tenant ${tenant} was refused and ${left}: ${error}`);
    run.refused.add(tenant);
    const own = deployment.changes.filter((change) => change.tenant === tenant);
    settle(run, own, { result: 'failed', error });
  }
  return tenants.size > 0;
}

type Ending =
  | { result: 'applied' }
  | { result: 'failed'; error: string }
  | { result: 'skipped'; because: string };

function settle(run: Run, changes: readonly Change[], ending: Ending): void {
  for (const { key, tenant, action } of changes) run.outcomes.push({ key, tenant, action, ...ending });
}
