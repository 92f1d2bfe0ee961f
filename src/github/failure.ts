// What GitHub refused, as one sentence that names the missing permission. Never a token, even when the server echoes it.
import * as z from 'zod';
import type { Redact } from '../redact.ts';

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

export interface Failure {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** GitHub's own words: one line, redacted, cut. */
  readonly said: string;
  /** The whole story: what was tried, what came back, what to do. */
  readonly sentence: string;
}

export interface Attempt {
  readonly what: string;
  readonly permission: string;
  readonly tokenInput: string;
  /** Before anything is cut short. */
  readonly redact: Redact;
}

/** What octokit throws for an answer above 399 and, without `response`, for no answer at all. */
const RequestError = z.object({
  status: z.number(),
  message: z.string(),
  request: z.unknown(),
  response: z.object({ headers: z.record(z.string(), z.unknown()) }).optional(),
});

/** GraphQL refuses with status 200, and octokit throws something else for it. */
const isGraphqlRefusal = (error: unknown): error is Error =>
  error instanceof Error && (error.name === 'GraphqlResponseError' || error.message.startsWith('GraphQL '));

/** Anything but a refused or failed request is a bug and is thrown again. */
export function failureOf(error: unknown, attempt: Attempt): Failure {
  if (isGraphqlRefusal(error)) {
    const said = oneLine(attempt.redact(error.message));
    return { status: 200, said, sentence: `could not ${attempt.what}: GitHub refuses it (${said})` };
  }
  const parsed = RequestError.safeParse(error);
  if (!(error instanceof Error) || !parsed.success) throw error;
  const { response, message } = parsed.data;
  const status = response === undefined ? 0 : parsed.data.status;
  const said = oneLine(attempt.redact(`${message}${codeOf(error)}`));
  const limited = status === 429 || /rate limit/i.test(message) || used(response?.headers);
  return {
    status,
    said,
    sentence: `could not ${attempt.what}: ${because({ status, said, limited }, attempt)}`,
  };
}

function because(
  { status, said, limited }: { readonly status: number; readonly said: string; readonly limited: boolean },
  { tokenInput, permission }: Attempt,
): string {
  if (limited)
    return `GitHub's rate limit for \`${tokenInput}\` is used up (${status} ${said}); run again later`;
  switch (status) {
    case 0:
      return `no answer from GitHub (${said})`;
    case 401:
      return `GitHub does not accept \`${tokenInput}\`, it is wrong or has expired (401 ${said})`;
    case 403:
      return `\`${tokenInput}\` needs the permission \`${permission}\` (403 ${said})`;
    case 404:
      return `there is no such thing, or \`${tokenInput}\` lacks the permission \`${permission}\` and may not see it (404 ${said})`;
    case 422:
      return `GitHub refuses it (422 ${said})`;
    default:
      return `GitHub answered ${status} (${said})`;
  }
}

const used = (headers: Readonly<Record<string, unknown>> = {}): boolean =>
  headers['x-ratelimit-remaining'] === '0';

/** `ECONNRESET` and its like hide in the cause, sometimes two deep. */
function codeOf(error: Error): string {
  let cause: unknown = error.cause;
  while (cause instanceof Error) {
    if ('code' in cause && typeof cause.code === 'string') return ` ${cause.code}`;
    cause = cause.cause;
  }
  return '';
}

const MOST_CHARACTERS = 300;

/** No line break or control character survives: the text may end up in a workflow's log, where a line can be a command. */
function oneLine(text: string): string {
  const plain = text.trimStart().startsWith('<') ? 'an HTML page' : text;
  const line = plain
    .replaceAll(/ - https:\/\/docs\.github\.com\S*/g, '')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ')
    .trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}
