// Applies a plan to a Forward workspace: check, deploy, wait, promote, remove the old one; one deployment a step.
import { poll } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { Change, Outcome } from '../model.ts';
import { changesOf, type Deployment, deployedSteps, deploymentOf, type World } from '../plan/calls.ts';
import type { DeployAnswer, Deployment as LiveDeployment, UploadFile } from '../tinybird/ports.ts';
import { blame, unexpected } from './answer.ts';
import { type Deployer, sweep, takeSlot } from './slot.ts';
import type { Texts } from './upload.ts';

export interface Applied {
  readonly outcomes: readonly Outcome[];
  readonly deploymentId: string | null;
  /** The workspace moved under us: read it, plan, and go on from there. */
  readonly again: boolean;
}

interface Run {
  readonly world: World;
  readonly deployer: Deployer;
  readonly texts: Texts;
  /** Tenants whose files the server refused, with what it said. */
  readonly refused: Map<string, string>;
  readonly outcomes: Outcome[];
  deploymentId: string | null;
}

export async function applyForward(world: World, deployer: Deployer, texts: Texts): Promise<Applied> {
  const run: Run = { world, deployer, texts, refused: new Map(), outcomes: [], deploymentId: null };
  const steps = deployedSteps(world.plan);
  if (steps.length === 0) await sweep(deployer);
  for (const step of steps) {
    if (step === 'remove' && run.outcomes.some(({ result }) => result === 'failed')) {
      settle(run, changesOf(world.plan, step), {
        result: 'skipped',
        because: 'nothing is deleted after a failure in the same run',
      });
      continue;
    }
    const slot = await takeSlot(deployer, deploymentOf(world, step, new Set(run.refused.keys())).expected);
    if (slot.kind === 'moved') return { ...run, again: true };
    if (slot.kind === 'ours') {
      deployer.say(`Continuing deployment ${slot.deployment.id}, left by an earlier run`);
      await promote(run, slot.deployment.id, slot.liveId);
      return { ...run, again: true };
    }
    if ((await deployStep(run, step, slot.liveId)) === 'moved') return { ...run, again: true };
  }
  return { ...run, again: false };
}

type StepEnd = 'done' | 'moved';

/** One step, as often as it takes: each round leaves out the tenants that the server refused in the one before. */
async function deployStep(run: Run, step: Deployment['step'], liveId: string | null): Promise<StepEnd> {
  for (;;) {
    const deployment = deploymentOf(run.world, step, new Set(run.refused.keys()));
    if (deployment.changes.length === 0) return 'done';
    const files = await run.texts.files(deployment.uploads);
    const checked = await run.deployer.writer.deploy(files, {
      check: true,
      destructive: deployment.destructive,
    });
    const verdict = judge(run, deployment, checked);
    if (verdict === 'unchanged') settle(run, deployment.changes, { result: 'applied' });
    if (verdict === 'failed' || verdict === 'unchanged') return 'done';
    if (verdict === 'moved') return 'moved';
    if (verdict === 'refused') continue;
    const end = await stage(run, deployment, { files, liveId });
    if (end !== 'refused') return end;
  }
}

type Verdict = 'good' | 'unchanged' | 'refused' | 'failed' | 'moved';

function judge(run: Run, deployment: Deployment, answer: DeployAnswer): Verdict {
  switch (answer.result) {
    case 'no_changes':
      return 'unchanged';
    case 'success': {
      const extra = unexpected(answer.names, deployment);
      if (extra === null) return 'good';
      throw new Stop('server-refused', extra);
    }
    case 'failed':
      return answer.inProgress ? 'moved' : refuse(run, deployment, answer.errors);
  }
}

/** Puts the tenants back whose files were refused; without anybody to blame, the whole step has failed. */
function refuse(run: Run, deployment: Deployment, errors: Parameters<typeof blame>[1]): 'refused' | 'failed' {
  const { tenants, rest } = blame(deployment, errors);
  if (tenants.size === 0) {
    settle(run, deployment.changes, { result: 'failed', error: rest });
    return 'failed';
  }
  for (const [tenant, error] of tenants) {
    run.deployer.say(`Tenant ${tenant} was refused and stays as it is: ${error}`);
    run.refused.set(tenant, error);
    const own = deployment.changes.filter((change) => change.tenant === tenant);
    settle(run, own, { result: 'failed', error });
  }
  return 'refused';
}

async function stage(
  run: Run,
  deployment: Deployment,
  { files, liveId }: { files: UploadFile[]; liveId: string | null },
): Promise<StepEnd | 'refused'> {
  const { deployer } = run;
  deployer.say(`Deploying ${deployment.changes.length} changes (${files.length} files)`);
  const answer = await deployer.writer.deploy(files, { check: false, destructive: deployment.destructive });
  const verdict = judge(run, deployment, answer);
  if (verdict === 'moved' || verdict === 'refused') return verdict;
  if (verdict === 'failed') return 'done';
  if (answer.result === 'success' && answer.deployment !== null) {
    const ended = await ready(deployer, answer.deployment.id);
    if (ended.phase === 'failed') {
      await deployer.writer.removeDeployment(ended.id);
      const errors =
        ended.errors.length > 0 ? ended.errors : [{ file: null, message: `deployment ${ended.id} failed` }];
      return refuse(run, deployment, errors) === 'refused' ? 'refused' : 'done';
    }
    if ((await promote(run, ended.id, liveId)) === 'moved') return 'moved';
  }
  settle(run, deployment.changes, { result: 'applied' });
  return 'done';
}

async function ready({ reader, clock, deadline }: Deployer, id: string): Promise<LiveDeployment> {
  const ended = await poll(clock, deadline, async () => {
    const now = await reader.deployment(id);
    if (now === null || now.phase === 'gone') {
      throw new Stop(
        'failed',
        `Deployment ${id} was deleted by somebody else while it was being prepared. Run again.`,
      );
    }
    return now.phase === 'ready' || now.phase === 'failed' || now.live ? now : undefined;
  });
  if (ended !== 'timeout') return ended;
  throw new Stop(
    'failed',
    `Deployment ${id} was not ready within \`deploy-timeout\`. It stays staged; the next run continues it. Raise \`deploy-timeout\` if it holds a lot of history to backfill.`,
  );
}

/** The live deployment must still be the one we started from; otherwise our files would undo somebody's work. */
async function promote(run: Run, id: string, liveId: string | null): Promise<StepEnd> {
  const { reader, writer, say } = run.deployer;
  const current = await ready(run.deployer, id);
  if (current.phase === 'failed') {
    await writer.removeDeployment(id);
    return 'moved';
  }
  if (!current.live) {
    const now = (await reader.deployments()).find((one) => one.live)?.id ?? null;
    if (now !== liveId) {
      say(`Deployment ${now} went live meanwhile: discarding ${id} and planning again`);
      await writer.removeDeployment(id);
      return 'moved';
    }
    await writer.setLive(id);
  }
  run.deploymentId = id;
  if (liveId !== null && liveId !== id) await writer.removeDeployment(liveId);
  say(`Deployment ${id} is live`);
  return 'done';
}

type Ending =
  | { result: 'applied' }
  | { result: 'failed'; error: string }
  | { result: 'skipped'; because: string };

function settle(run: Run, changes: readonly Change[], ending: Ending): void {
  for (const { key, tenant, action } of changes) run.outcomes.push({ key, tenant, action, ...ending });
}
