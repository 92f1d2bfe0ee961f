// What started this run: the environment and the event's payload, as a type.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { bad, ok, type Result } from '../errors.ts';
import { type Event, readEvent } from './event.ts';

interface Run {
  /** `owner/name`. */
  readonly repository: string;
  /** The commit that was checked out; for a pull request GitHub's test merge. */
  readonly sha: string;
  /** E.g. `refs/heads/main`, `refs/pull/5/merge`. */
  readonly ref: string;
  readonly eventName: string;
  readonly actor: string;
  /** API root. */
  readonly apiUrl: string;
  /** Page of this run. */
  readonly runUrl: string;
  /** Above 1 when somebody has started this run again. */
  readonly attempt: number;
}

export type Context = Run & Event;

export type Environment = Readonly<Record<string, string | undefined>>;

const EnvironmentSchema = z
  .object({
    GITHUB_REPOSITORY: z.string().regex(/^[^/\s]+\/[^/\s]+$/, 'must be owner/name'),
    GITHUB_SHA: z.string().regex(/^[0-9a-f]{40,64}$/, 'must be a commit'),
    GITHUB_REF: z.string().startsWith('refs/', 'must start with refs/'),
    GITHUB_EVENT_NAME: z.string().min(1),
    GITHUB_ACTOR: z.string().default(''),
    GITHUB_API_URL: z.url().default('https://api.github.com'),
    GITHUB_SERVER_URL: z.url().default('https://github.com'),
    GITHUB_RUN_ID: z.string().default(''),
    GITHUB_RUN_ATTEMPT: z.string().regex(/^\d+$/, 'must be a number').default('1'),
  })
  .transform((env) => ({
    repository: env.GITHUB_REPOSITORY,
    sha: env.GITHUB_SHA,
    ref: env.GITHUB_REF,
    eventName: env.GITHUB_EVENT_NAME,
    actor: env.GITHUB_ACTOR,
    apiUrl: env.GITHUB_API_URL.replace(/\/+$/, ''),
    runUrl: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}/attempts/${env.GITHUB_RUN_ATTEMPT}`,
    attempt: Number(env.GITHUB_RUN_ATTEMPT),
  }));

/** Reads GITHUB_* and the file that GITHUB_EVENT_PATH names. */
export function readContext(environment: Environment): Result<Context> {
  const path = environment.GITHUB_EVENT_PATH;
  if (path === undefined || path === '') {
    return bad({ file: 'GITHUB_EVENT_PATH', message: 'is not set: this is not a GitHub Actions job' });
  }
  let payload: unknown;
  try {
    payload = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return bad({ file: path, message: `the event cannot be read: ${why}` });
  }
  return parseContext(environment, payload);
}

/** The same from a payload that is at hand. */
export function parseContext(environment: Environment, payload: unknown): Result<Context> {
  const run = EnvironmentSchema.safeParse(environment, { jitless: true });
  if (!run.success) {
    return bad(...run.error.issues.map(({ path, message }) => ({ file: path.join('.'), message })));
  }
  const event = readEvent(run.data.eventName, payload);
  return event.ok ? ok({ ...run.data, ...event.value }) : event;
}
