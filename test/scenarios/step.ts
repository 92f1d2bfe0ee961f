// One step of a scenario, as its folder says it: what happens before, what starts the action, and what is written down.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** Something that others do in the workspace or in the repository's settings. */
const Act = z.union([
  /**
   * Somebody deploys what is live plus the datafiles of a folder of this step; `drop` leaves some out, `edit` puts one
   * text in the place of another.
   */
  z.strictObject({
    deploy: z.string().optional(),
    edit: z.record(z.string(), z.tuple([z.string(), z.string()])).optional(),
    drop: z.array(z.string()).optional(),
    promote: z.boolean(),
  }),
  /** The staged deployment is discarded. */
  z.strictObject({ discard: z.literal(true) }),
  /** Rows of any data source, through the Events API. */
  z.strictObject({ rows: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))) }),
  /** Somebody gives a Classic token other scopes in the user interface; the list is the whole new one. */
  z.strictObject({ token: z.string(), scopes: z.array(z.string()) }),
  /** Somebody refreshes a token: another value, the same id. */
  z.strictObject({ refresh: z.string() }),
  /** Whoever holds the static token of that name asks the first endpoint that it opens. */
  z.strictObject({ use: z.string() }),
  /** Events of tenants, by id, through the Events API. */
  z.strictObject({ events: z.record(z.string(), z.int()) }),
  /** Hours that pass for the JWTs of the ledger. */
  z.strictObject({ hours: z.int() }),
  z.strictObject({ environment: z.string() }),
  /**
   * A team's whole workspace (existing.ts), with rows; `project`: its datafiles are the project of the repository as well.
   * `kafka`: one of its data sources is filled from Kafka.
   */
  z.strictObject({ existing: z.enum(['workspace', 'project']), kafka: z.boolean().default(false) }),
  /** Connections of the workspace, by name: the sandbox itself has none. */
  z.strictObject({ connections: z.array(z.string()) }),
  /** A `tb deploy` job deploys a folder of the checkout and nothing else; `refused`: what the server says to that. */
  z.strictObject({
    tb: z.string(),
    destructive: z.boolean().default(false),
    refused: z.string().optional(),
  }),
  /** `tinybird-tenants render --out` into a folder of the checkout. */
  z.strictObject({ render: z.string() }),
  z.strictObject({ secret: z.string() }),
]);
export type Act = z.output<typeof Act>;

const Step = z.strictObject({
  /** What the step shows, in one sentence; the first line of its golden file. */
  says: z.string(),
  /** Of the workspace; only a scenario's first step says it. `both`: played on each, with a golden file each. */
  generation: z.enum(['forward', 'classic', 'both']).optional(),
  event: z
    .enum(['push', 'pull_request', 'workflow_dispatch', 'repository_dispatch', 'schedule'])
    .default('push'),
  /** `client_payload` of a repository_dispatch. */
  payload: z.record(z.string(), z.unknown()).optional(),
  inputs: z.record(z.string(), z.string()).default({}),
  /** What whoever holds a secret asks the endpoints that it opens, e.g. `tenant=acme`; nothing, if there is no such list. */
  asks: z.array(z.string()).default([]),
  /** Only makes the state that the next step starts from: not written down. */
  arrange: z.boolean().default(false),
  before: z.array(Act).default([]),
  /** Once the log has this text. */
  meanwhile: z.strictObject({ log: z.string(), acts: z.array(Act) }).optional(),
  /** The process is killed (SIGKILL) when this request arrives, and the request has no effect. */
  kill: z.string().optional(),
  /** Shipped sets that the repository has a copy of, in `templates/`. */
  shipped: z.array(z.string()).default([]),
  /** The pull request comes from a fork: no secrets, a token that only reads. */
  fork: z.boolean().default(false),
  /** The pull request is merged, and this is the push that follows. */
  merge: z.boolean().default(false),
  /** Runs for this commit although the branch has moved on. */
  commit: z.string().optional(),
  /** A run that may change things and ends well is started again and must send nothing but GET; a reason here says why not this one. */
  once: z.string().optional(),
  /** Whatever is live before is somebody's, the project too: after the run it is what it was. */
  beside: z.boolean().default(false),
  /** The post step runs too. */
  post: z.boolean().default(false),
});
export type Step = z.output<typeof Step>;

/** Files of a step's folder that are not part of the repository. */
export const OWN_FILES = [
  'step.yaml',
  'expected.txt',
  'expected.forward.txt',
  'expected.classic.txt',
  'others',
];

/** A push that changes the list. */
export const plainStep = (says: string): Step => Step.parse({ says });

export function readStep(folder: string): Step {
  return Step.parse(parse(readFileSync(join(folder, 'step.yaml'), 'utf8')));
}
