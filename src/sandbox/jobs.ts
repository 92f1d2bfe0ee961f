// Jobs: what runs longer than its request, told by /v0/jobs.
import { randomUUID } from 'node:crypto';
import { SandboxError } from './state.ts';
import type { Job, Workspace } from './workspace.ts';
import { stamp, type World } from './world.ts';

type Details = Readonly<Record<string, unknown>>;

export interface Work {
  readonly kind: string;
  readonly details: Details;
  readonly work: () => Promise<Details>;
}

/** Runs `work` in the background; what it gives is added to the job's details. */
export function startJob(world: World, workspace: Workspace, { kind, details, work }: Work): Job {
  const job = newJob(world, workspace, { kind, details, status: 'working', cancel: null });
  run(world, workspace, job, work);
  return job;
}

/** Waits for its `turn`, and can be cancelled until it is done: `work` rejects when the signal aborts. */
export function queueJob(
  world: World,
  workspace: Workspace,
  job: Omit<Work, 'work'> & {
    readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
    readonly work: (signal: AbortSignal) => Promise<Details>;
  },
): Job {
  const cancel = new AbortController();
  const queued = newJob(world, workspace, { ...job, status: 'waiting', cancel });
  run(world, workspace, queued, () =>
    job.turn(async () => {
      cancel.signal.throwIfAborted();
      queued.status = 'working';
      queued.updatedAt = stamp(world);
      return job.work(cancel.signal);
    }),
  );
  return queued;
}

function newJob(
  world: World,
  workspace: Workspace,
  { kind, details, status, cancel }: Pick<Job, 'kind' | 'details' | 'status' | 'cancel'>,
): Job {
  const now = stamp(world);
  const job: Job = { id: randomUUID(), kind, status, createdAt: now, updatedAt: now, details, cancel };
  workspace.jobs.set(job.id, job);
  return job;
}

function run(world: World, workspace: Workspace, job: Job, work: () => Promise<Details>): void {
  const finish = (status: Job['status'], details: Details): void => {
    const cancelled = status === 'error' && job.cancel?.signal.aborted === true;
    job.status = cancelled ? 'cancelled' : status;
    job.details = cancelled ? job.details : { ...job.details, ...details };
    job.updatedAt = stamp(world);
    job.cancel = null;
  };
  const running = work().then(
    (details) => finish('done', details),
    (error: unknown) => finish('error', { error: error instanceof Error ? error.message : String(error) }),
  );
  workspace.background = Promise.all([workspace.background, running]).then(() => undefined);
}

/** 400 for one that cannot be stopped (any more). */
export function cancelJob(world: World, job: Job): void {
  if (job.cancel === null)
    throw new SandboxError(400, `Job '${job.id}' cannot be cancelled: it is ${job.status}`);
  job.status = job.status === 'waiting' ? 'cancelled' : 'cancelling';
  job.updatedAt = stamp(world);
  job.cancel.abort();
}

/** Before a workspace closes or goes: what runs for long would keep it. */
export function stopJobs(workspace: Workspace): void {
  for (const { cancel } of workspace.jobs.values()) cancel?.abort();
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
  is_cancellable: job.cancel !== null,
  job_url: `${world.url}/v0/jobs/${job.id}`,
  ...job.details,
});
