// Jobs: what runs longer than its request, told by /v0/jobs.
import { randomUUID } from 'node:crypto';
import { SandboxError } from './state.ts';
import type { Job, Workspace } from './workspace.ts';
import { stamp, type World } from './world.ts';

/** Runs `work` in the background; what it gives is added to the job's details. */
export function startJob(
  world: World,
  workspace: Workspace,
  job: { kind: string; details: Record<string, unknown>; work: () => Promise<Record<string, unknown>> },
): Job {
  const now = stamp(world);
  const started: Job = {
    id: randomUUID(),
    kind: job.kind,
    status: 'working',
    createdAt: now,
    updatedAt: now,
    details: job.details,
  };
  workspace.jobs.set(started.id, started);
  const finish = (status: Job['status'], details: Record<string, unknown>): void => {
    started.status = status;
    started.details = { ...started.details, ...details };
    started.updatedAt = stamp(world);
  };
  const running = job.work().then(
    (details) => finish('done', details),
    (error: unknown) => finish('error', { error: error instanceof Error ? error.message : String(error) }),
  );
  workspace.background = Promise.all([workspace.background, running]).then(() => undefined);
  return started;
}

export function demandJob(workspace: Workspace, id: string): Job {
  const job = workspace.jobs.get(id);
  if (job === undefined) throw new SandboxError(404, `Job '${id}' not found`);
  return job;
}

export const describeJob = (world: World, job: Job): Record<string, unknown> => ({
  id: job.id,
  job_id: job.id,
  kind: job.kind,
  status: job.status,
  created_at: job.createdAt,
  started_at: job.createdAt,
  updated_at: job.updatedAt,
  is_cancellable: false,
  job_url: `${world.url}/v0/jobs/${job.id}`,
  ...job.details,
});
