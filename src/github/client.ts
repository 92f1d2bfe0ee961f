// The one way to GitHub: octokit with serial, paced writes, waits for rate limits, retries of what is transient, and a failure that reads well.
import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { type ThrottlingOptions, throttling } from '@octokit/plugin-throttling';
import { createDataRedactor, type Redact } from '../redact.ts';
import type { Secret } from '../secret.ts';
import { type Answer, failureOf } from './failure.ts';
import { Pace } from './pace.ts';

export type Octokit = ReturnType<typeof getOctokit>;
type Plugin = Exclude<Parameters<typeof getOctokit>[2], undefined>;

/** GitHub asks for a second between writes: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api */
const PACE_MS = 1000;
/** A server on this machine is the sandbox, which asks for nothing. */
const LOOPBACK_PACE_MS = 10;
/** Comments notify people; GitHub's limit for those is lower. */
const NOTIFICATION_PACES = 3;
const REQUEST_TIMEOUT_MS = 60_000;
/** A longer wait than this is an error: a job should not sleep for an hour. */
const MAX_WAIT_S = 300;
const MAX_WAITS = 3;
/** Asking again changes nothing for these; limits (429) are waited out by the throttling plugin. */
const NOT_RETRIED = [400, 401, 403, 404, 410, 413, 422, 429, 451];

export interface ClientOptions {
  readonly token: Secret;
  /** The input the token came from; errors name it. */
  readonly tokenInput: 'github-token' | 'secrets-token';
  /** `owner/name`. */
  readonly repository: string;
  /** `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise server. Proxies follow HTTPS_PROXY and NO_PROXY. */
  readonly apiUrl: string;
  /** What every text of a request passes, so that no value is sent but as a sealed secret. Default: for the token's own. */
  readonly redact?: Redact;
  /** How long a second of pacing and of waiting lasts, in milliseconds. Default: `defaultPaceMs`. */
  readonly paceMs?: number;
}

export interface Client {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  /** Between two writes, milliseconds. */
  readonly paceMs: number;
  /** Runs one request; what GitHub refuses is a value, not an exception. */
  ask<T>(asked: Asked, request: (octokit: Octokit) => Promise<T>): Promise<Answer<T>>;
}

export interface Asked {
  /** Completes "could not …", e.g. `write the secret X`. */
  readonly what: string;
  /** As GitHub's settings call it, e.g. `Secrets: write`. */
  readonly permission: string;
}

export function createClient(options: ClientOptions): Client {
  const { token, tokenInput, repository } = options;
  const redact = options.redact ?? createDataRedactor([token]);
  const octokit = newOctokit(options, redact);
  const [owner = '', repo = ''] = repository.split('/');
  return {
    octokit,
    owner,
    repo,
    paceMs: options.paceMs ?? defaultPaceMs(options.apiUrl),
    async ask(asked, request) {
      try {
        return { ok: true, value: await request(octokit) };
      } catch (error) {
        return { ok: false, failure: failureOf(error, { ...asked, tokenInput, redact }) };
      }
    },
  };
}

function newOctokit(
  { token, apiUrl, paceMs = defaultPaceMs(apiUrl) }: ClientOptions,
  redact: Redact,
): Octokit {
  const wait = (seconds: number, _options: unknown, _octokit: unknown, retryCount: number): boolean =>
    seconds <= MAX_WAIT_S && retryCount < MAX_WAITS;
  const options = {
    baseUrl: apiUrl.replace(/\/+$/, ''),
    // Octokit warns on the console with text that servers send; nothing reaches the log but through our reports.
    log: { debug: silent, info: silent, warn: silent, error: silent },
    retry: { doNotRetry: NOT_RETRIED, retryAfterBaseValue: paceMs },
    throttle: {
      retryAfterBaseValue: paceMs,
      ...groups(paceMs),
      onRateLimit: wait,
      onSecondaryRateLimit: wait,
    },
  };
  return getOctokit(token.reveal(), options, cleaning(redact), attempts, throttling, retry);
}

/** The plugin's own groups are shared by the whole process: a second client would be paced as the first was told. */
function groups(paceMs: number): Pick<ThrottlingOptions, 'write' | 'notifications'> {
  const paced = { write: new Pace(paceMs), notifications: new Pace(NOTIFICATION_PACES * paceMs) };
  // The type asks for a whole Bottleneck group; the plugin calls `key` and `schedule`.
  return paced as unknown as Pick<ThrottlingOptions, 'write' | 'notifications'>;
}

export function defaultPaceMs(apiUrl: string): number {
  const { hostname } = new URL(apiUrl);
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname) ? LOOPBACK_PACE_MS : PACE_MS;
}

const silent = (): void => {};

/** Where it goes, who asks, and what is sealed or names what sealed it. */
const AS_IT_IS = new Set(['url', 'method', 'baseUrl', 'owner', 'repo', 'encrypted_value', 'key_id']);

/** The runner masks its log, and nothing of what is sent to an API. */
const cleaning =
  (redact: Redact): Plugin =>
  (octokit) => {
    octokit.hook.before('request', (options) => {
      const texts = Object.entries(options).filter(([name]) => !AS_IT_IS.has(name));
      for (const [name, value] of texts)
        if (typeof value === 'string') Object.assign(options, { [name]: redact(value) });
    });
    return {};
  };

/** Innermost: sees every single attempt. */
const attempts: Plugin = (octokit) => {
  octokit.hook.before('request', (options) => {
    options.request = { ...options.request, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
  });
  octokit.hook.error('request', (error) => {
    throw asLimit(error);
  });
  return {};
};

/** GitHub asks to honour any Retry-After; the throttling plugin only does where the text says "secondary rate". */
function asLimit(error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error) || !('response' in error)) return error;
  const limited = error.status === 429 || error.status === 403;
  const headers = (error.response as { headers?: Record<string, unknown> } | undefined)?.headers ?? {};
  if (limited && headers['retry-after'] !== undefined && !/secondary rate/i.test(error.message)) {
    error.message = `${error.message} (secondary rate limit)`;
  }
  return error;
}
