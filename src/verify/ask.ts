// One request with one token, its answer, and the line that repeats it in a shell.
import type { Clock } from '../clock.ts';
import type { Secret } from '../secret.ts';

export interface Question {
  /** Data source, quarantine, pipe or part of the API. */
  readonly resource: string;
  /** Id of the tenant that it belongs to; null when all share it, or nobody has it. */
  readonly owner: string | null;
  /**
   * `own`: has to answer. `rows`: may answer with own rows alone. `list`: may name what is the tenant's or shared. `closed`:
   * must not answer. `change`: must not be accepted.
   */
  readonly wants: 'own' | 'rows' | 'list' | 'closed' | 'change';
  readonly method: 'GET' | 'POST';
  /** With query. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export const isAnswered = ({ status }: Answer): boolean => status >= 200 && status < 300;

export interface Server {
  readonly url: string;
  readonly clock: Clock;
}

const TRIES = 8;

export async function ask({ url, clock }: Server, token: Secret, question: Question): Promise<Answer> {
  const { method, path, body } = question;
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        ...(body === undefined ? {} : { 'content-type': body.type }),
      },
      ...(body === undefined ? {} : { body: body.text }),
    });
    const answer = { status: response.status, text: await response.text() };
    if (answer.status !== 429 || tries === TRIES) return answer;
    // A token's own limit of requests a second.
    await clock.sleep(1_000 - (clock.now() % 1_000));
  }
}

const SHOWN = 300;
const TOKENS = /\bp\.eyJ[\w.-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;

/** Status and the beginning of the answer, without the token that some errors repeat. */
export const shown = ({ status, text }: Answer): string =>
  `${status} ${text.replace(TOKENS, '***').slice(0, SHOWN)}`;

export function curlOf({ method, path, body }: Question): string {
  const sent =
    body === undefined
      ? ''
      : ` -H ${quoted(`Content-Type: ${body.type}`)} --data-binary ${quoted(body.text)}`;
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  return `curl -s${verb} -H "Authorization: Bearer $TOKEN"${sent} "$TINYBIRD_HOST${path}"`;
}

/** On one line: bash and zsh read `$'…\n'`. */
function quoted(text: string): string {
  if (!/[\r\n]/.test(text)) return `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = text
    .replace(/[\\']/g, String.raw`\$&`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\n', String.raw`\n`);
  return `$'${escaped}'`;
}

/** `/path?a=1&b=2`; a name may come several times. The query has nothing that a shell would read. */
export function pathOf(path: string, params: readonly (readonly [string, string])[] = []): string {
  if (params.length === 0) return path;
  const query = new URLSearchParams();
  for (const [name, value] of params) query.append(name, value);
  return `${path}?${query.toString()}`;
}

/** Sums of fractions depend on the order in which they are added. */
const DIGITS = 9;
/** What is left of a sum that should be none. */
const NOTHING = 1e-9;

const rounded = (_: string, value: unknown): unknown => {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Math.abs(value) < NOTHING ? 0 : Number(value.toPrecision(DIGITS));
};

/** What an answer says, without what differs from one time to the next: order, timing, the last digits of fractions. */
export function contentOf({ status, text }: Answer): string {
  if (!text.startsWith('{')) return `${status} ${text}`;
  try {
    const { data }: { data?: unknown } = JSON.parse(text, rounded);
    if (!Array.isArray(data)) return `${status}`;
    return `${status} ${data
      .map((row) => JSON.stringify(row))
      .sort()
      .join('\n')}`;
  } catch {
    return `${status} ${text}`;
  }
}

/** Several at a time; `work` ends early by throwing. */
export async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

const AT_A_TIME = 8;
