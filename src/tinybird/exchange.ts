// One request and its answer, with the body read up to a limit.
import { StringDecoder } from 'node:string_decoder';
import type { Dispatcher } from 'undici';
import type { Outgoing, Reply } from './call.ts';
import type { Timing } from './retry.ts';

export interface Answer extends Reply {
  /** The body was longer than the limit, and `text` is its beginning. */
  readonly cut: boolean;
  readonly timing: Timing;
  /** Verbatim; null when the server does not say. */
  readonly rateLimitRemaining: string | null;
}

/** Of an answer that is an error: a refused deployment may list every file of a large fleet. */
const MAX_ERROR_BYTES = 16 * 1024 * 1024;

/** Throws what undici throws when there is no answer, or not all of it. */
export async function exchange(
  dispatcher: Dispatcher,
  outgoing: Outgoing,
  maxBytes: number,
): Promise<Answer> {
  const { statusCode: status, headers, body } = await dispatcher.request(outgoing);
  const read = await readBody(body, isSuccess(status) ? maxBytes : Math.min(maxBytes, MAX_ERROR_BYTES));
  const header = (name: string) => [headers[name]].flat()[0] ?? null;
  return {
    status,
    ...read,
    timing: { retryAfter: header('retry-after'), rateLimitReset: header('x-ratelimit-reset') },
    rateLimitRemaining: header('x-ratelimit-remaining'),
  };
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

async function readBody(
  body: AsyncIterable<unknown>,
  maxBytes: number,
): Promise<{ text: string; cut: boolean }> {
  // Decoded as it comes, so that no more than one copy of a large list is held at a time.
  const decoder = new StringDecoder('utf8');
  let text = '';
  let size = 0;
  for await (const piece of body) {
    if (!(piece instanceof Uint8Array)) throw new TypeError('a body is made of bytes');
    text += decoder.write(piece.subarray(0, maxBytes - size));
    size += piece.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (size > maxBytes) break;
  }
  return { text: text + decoder.end(), cut: size > maxBytes };
}
