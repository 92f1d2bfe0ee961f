// Work in the background, and the clock by which a workspace does it.
import * as z from 'zod';
import { summarise } from './api-error.ts';
import type { Client } from './http.ts';
import type { Job } from './ports.ts';
import { whole } from './whole.ts';

const JobShape = z.object({
  status: z.string(),
  progress_percentage: z.number().nullish().catch(null),
  error: z.unknown().optional(),
  errors: z.unknown().optional(),
});

export async function readJob(client: Client, id: string): Promise<Job | null> {
  const job = await client.find({ method: 'GET', path: `/v0/jobs/${encodeURIComponent(id)}` }, JobShape);
  if (job === null) return null;
  const phase = PHASES.get(job.status) ?? 'working';
  const error = phase === 'failed' ? summarise(client.redact(reasonOf(job))) : null;
  return { id, phase, progress: job.progress_percentage ?? null, error };
}

/** `waiting`, `working` and `cancelling` still go on. */
const PHASES: ReadonlyMap<string, Job['phase']> = new Map([
  ['done', 'done'],
  ['error', 'failed'],
  ['cancelled', 'failed'],
]);

/** `error` may be no more than `true`, and `errors` is of texts or of objects. */
function reasonOf({ status, error, errors }: z.infer<typeof JobShape>): string {
  const said = [error, errors]
    .flat()
    .filter((each) => typeof each === 'string' || (typeof each === 'object' && each !== null))
    .map((each) => (typeof each === 'string' ? each.trim() : JSON.stringify(each)))
    .filter((each) => each !== '');
  if (said.length > 0) return [...new Set(said)].join(' ');
  return status === 'cancelled' ? 'It was cancelled.' : 'The server gives no reason.';
}

const NowShape = z.object({
  data: z.tuple([z.object({ ms: whole })]),
});

export async function readNow(client: Client): Promise<number> {
  const q = 'SELECT toUnixTimestamp64Milli(now64(3)) AS ms FORMAT JSON';
  const { data } = await client.json({ method: 'GET', path: '/v0/sql', query: { q } }, NowShape);
  return data[0].ms;
}
