// The one error of the API: what was asked, what came back, what to do.
import { STATUS_CODES } from 'node:http';
import type { ZodError } from 'zod';
import { Stop } from '../errors.ts';
import type { NetworkFailure } from './network.ts';

/** Why there is no usable answer. `said`: the server's words without tokens, at most SAID_MAX characters. */
export type Cause =
  | { readonly kind: 'status'; readonly status: number; readonly said: string }
  | { readonly kind: 'network'; readonly failure: NetworkFailure }
  | {
      readonly kind: 'answer';
      readonly problem: AnswerProblem;
      readonly status: number;
      readonly said: string;
    };

/** What is wrong with an answer that came with a good status. */
export type AnswerProblem = 'not-json' | 'unexpected' | 'too-large';

export interface Failed {
  readonly method: string;
  /** With its query; a token is never part of either. */
  readonly path: string;
  readonly cause: Cause;
  readonly advice: string;
  /** The same request may work later. */
  readonly transient: boolean;
}

export class ApiError extends Stop {
  readonly method: string;
  readonly path: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** What the server said: no tokens, at most SAID_MAX characters, a page summarised. Empty when there was no answer. */
  readonly body: string;
  readonly transient: boolean;
  readonly advice: string;

  constructor(failed: Failed, options: { cause?: unknown } = {}) {
    super('request-failed', readFailed(failed), options);
    this.name = 'ApiError';
    this.method = failed.method;
    this.path = failed.path;
    this.status = failed.cause.kind === 'network' ? null : failed.cause.status;
    this.body = failed.cause.kind === 'network' ? '' : failed.cause.said;
    this.transient = failed.transient;
    this.advice = failed.advice;
  }
}

function readFailed({ method, path, cause, advice }: Failed): string {
  const said = cause.kind === 'network' ? cause.failure.detail : cause.said;
  const words = said === '' ? '.' : ` — ${said.replace(/[.:\s]*$/, '.')}`;
  return `Request failed: ${nameOf(cause)}: ${method} ${path}${words}${advice === '' ? '' : ` ${advice}`}`;
}

function nameOf(cause: Cause): string {
  if (cause.kind === 'answer') return ANSWER_NAMES[cause.problem];
  if (cause.kind === 'status') return [cause.status, STATUS_CODES[cause.status]].filter(Boolean).join(' ');
  return NETWORK_NAMES[cause.failure.fault];
}

const ANSWER_NAMES: Record<AnswerProblem, string> = {
  'not-json': 'the answer is not JSON',
  unexpected: 'the answer has an unexpected form',
  'too-large': 'the answer is too large',
};

const NETWORK_NAMES: Record<NetworkFailure['fault'], string> = {
  refused: 'connection refused',
  unreachable: 'host not reachable',
  'connect-timeout': 'no connection in time',
  'dns-busy': 'host name not resolved',
  reset: 'connection lost',
  timeout: 'no answer in time',
  dns: 'unknown host name',
  tls: 'TLS failure',
  proxy: 'the proxy refused',
  protocol: 'not an HTTP answer',
  unknown: 'no answer',
};

const SAID_MAX = 500;

/** Characters of an answer in which the words for people are looked for. */
export const MAX_READ_FOR_PEOPLE = 64 * 1024;

/** The server's words, for people: the error of a JSON body, the title of an HTML page, else the beginning of the text. */
export function summarise(body: string): string {
  const text = (jsonError(body) ?? pageTitle(body) ?? body).replace(/\s+/g, ' ').trim();
  return text.length > SAID_MAX ? `${text.slice(0, SAID_MAX - 1)}…` : text;
}

/** The first thing that is not as expected. `list`: of which array a part was looked at, and how many of its items come before. */
export function sayIssue(
  error: ZodError,
  list?: { readonly member: string; readonly before: number },
): string {
  const issue = error.issues[0];
  const [index, ...inside] = issue?.path ?? [];
  const path = list === undefined ? issue?.path : [list.member, list.before + Number(index), ...inside];
  return `${path?.join('.') || 'the whole'}: ${issue?.message ?? 'unknown'}`;
}

function jsonError(body: string): string | null {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || !('error' in parsed)) return null;
    return typeof parsed.error === 'string' ? parsed.error : JSON.stringify(parsed.error);
  } catch {
    return null;
  }
}

/** 413, 414, 502 and 504 come from the web server in front, as a page. */
function pageTitle(body: string): string | null {
  if (!/^\s*<(?:!doctype|html|head|body)\b/i.test(body)) return null;
  const title = /<(title|h1)\b[^>]*>([^<]*)<\/\1>/i.exec(body)?.[2]?.trim();
  return title ? `a web page, “${title}”` : 'a web page';
}
