// One step of a scenario, as its folder says it: what happens before, what starts the action, and what is written down.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** Something that others do in the workspace or in the repository's settings. */
const Act = z.union([
  /** Somebody deploys what is live plus the datafiles of a folder of this step; `drop` leaves some out. */
  z.strictObject({
    deploy: z.string().optional(),
    drop: z.array(z.string()).optional(),
    promote: z.boolean(),
  }),
  /** The staged deployment is discarded. */
  z.strictObject({ discard: z.literal(true) }),
  /** Events of tenants, by id, through the Events API. */
  z.strictObject({ events: z.record(z.string(), z.int()) }),
  /** Hours that pass for the JWTs of the ledger. */
  z.strictObject({ hours: z.int() }),
  z.strictObject({ environment: z.string() }),
  z.strictObject({ secret: z.string() }),
]);
export type Act = z.output<typeof Act>;

const Step = z.strictObject({
  /** What the step shows, in one sentence; the first line of its golden file. */
  says: z.string(),
  event: z
    .enum(['push', 'pull_request', 'workflow_dispatch', 'repository_dispatch', 'schedule'])
    .default('push'),
  /** `client_payload` of a repository_dispatch. */
  payload: z.record(z.string(), z.unknown()).optional(),
  inputs: z.record(z.string(), z.string()).default({}),
  /** Only makes the state that the next step starts from: not written down. */
  arrange: z.boolean().default(false),
  before: z.array(Act).default([]),
  /** Once the log has this text. */
  meanwhile: z.strictObject({ log: z.string(), acts: z.array(Act) }).optional(),
  /** The process is killed (SIGKILL) when this request arrives, and the request has no effect. */
  kill: z.string().optional(),
  /** The pull request comes from a fork: no secrets, a token that only reads. */
  fork: z.boolean().default(false),
  /** The pull request is merged, and this is the push that follows. */
  merge: z.boolean().default(false),
  /** Runs for this commit although the branch has moved on. */
  commit: z.string().optional(),
  /** A run that may change things and ends well is started again and must send nothing but GET; a reason here says why not this one. */
  once: z.string().optional(),
  /** The post step runs too. */
  post: z.boolean().default(false),
});
export type Step = z.output<typeof Step>;

/** Files of a step's folder that are not part of the repository. */
export const OWN_FILES = ['step.yaml', 'expected.txt', 'others'];

export async function readStep(folder: string): Promise<Step> {
  return Step.parse(parse(await readFile(join(folder, 'step.yaml'), 'utf8')));
}
