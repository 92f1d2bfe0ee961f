// One request and its answer, with the body read up to a limit.
import { StringDecoder } from 'node:string_decoder';
import type { Dispatcher } from 'undici';
import type { Outgoing, Reply } from './call.ts';
import type { Timing } from './retry.ts';

export interface Answer extends Reply {
  /** The limit in bytes that the body goes beyond, and only its beginning was read; null when all of it was. */
  readonly beyond: number | null;
  readonly timing: Timing;
  /** Verbatim; null when the server does not say. */
  readonly rateLimitRemaining: string | null;
}

/** Takes the body of an answer as it comes. */
export interface Collector {
  add(text: string): void;
  /** Characters that it keeps as text. */
  readonly held: number;
}

/** Makes one for each answer that is no error, whose `text` is empty then. */
export type Collect = () => Collector;

/** V8 holds little more in a string, and a piece more has to fit. */
const MAX_TEXT = 511 * 1024 * 1024;

/** Of an answer that is an error: a refused deployment may list every file of a large fleet. */
const MAX_ERROR_BYTES = 16 * 1024 * 1024;

/** Throws what undici throws when there is no answer, or not all of it. */
export async function exchange(
  dispatcher: Dispatcher,
  outgoing: Outgoing,
  { collect, maxBytes }: { collect: Collect | null; maxBytes: number },
): Promise<Answer> {
  const { statusCode: status, headers, body } = await dispatcher.request(outgoing);
  const header = (name: string) => [headers[name]].flat()[0] ?? null;
  const answer = {
    status,
    timing: { retryAfter: header('retry-after'), rateLimitReset: header('x-ratelimit-reset') },
    rateLimitRemaining: header('x-ratelimit-remaining'),
  };
  if (collect !== null && isSuccess(status)) {
    return { ...answer, text: '', beyond: await readBody(body, collect(), maxBytes) };
  }
  const all = new Text();
  const most = Math.min(maxBytes, isSuccess(status) ? MAX_TEXT : MAX_ERROR_BYTES);
  const beyond = await readBody(body, all, most);
  return { ...answer, text: all.text, beyond };
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Decoded as it comes, so that no more than one copy of what is large is there at a time. Gives the limit that stopped it. */
async function readBody(
  body: AsyncIterable<unknown>,
  collector: Collector,
  maxBytes: number,
): Promise<number | null> {
  const decoder = new StringDecoder('utf8');
  let size = 0;
  for await (const piece of body) {
    if (!(piece instanceof Uint8Array)) throw new TypeError('a body is made of bytes');
    collector.add(decoder.write(piece.subarray(0, maxBytes - size)));
    size += piece.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (size > maxBytes) return maxBytes;
    if (collector.held > MAX_TEXT) return MAX_TEXT;
  }
  collector.add(decoder.end());
  return null;
}

class Text implements Collector {
  text = '';

  add(text: string): void {
    this.text += text;
  }

  get held(): number {
    return this.text.length;
  }
}
