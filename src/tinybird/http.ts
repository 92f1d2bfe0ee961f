// The one HTTP client for Tinybird: authentication, limits on requests, retries, limits on bodies, errors that read well.
import type { Dispatcher } from 'undici';
import type * as z from 'zod';
import { type Clock, systemClock } from '../clock.ts';
import { Stop, unwrap } from '../errors.ts';
import { createRedactor, type Redact } from '../redact.ts';
import type { Secret } from '../secret.ts';
import { summarise } from './api-error.ts';
import type { Call, Reply } from './call.ts';
import { parseHost } from './host.ts';
import { createLimit } from './limit.ts';
import { type CallClass, createPace } from './pace.ts';
import { apiError, type Caller, type Server, send } from './send.ts';
import { claimsOf } from './token-claims.ts';

export interface ClientOptions {
  /** Origin of the API, e.g. `https://api.tinybird.co`. Throws a `bad-input` Stop when it is not one. */
  readonly host: string;
  /** Throws a `bad-input` Stop when it cannot be sent. */
  readonly token: Secret;
  /** From `createDispatcher`; shared and closed by whoever made it. */
  readonly dispatcher: Dispatcher;
  /** Requests at a time, at least 1. */
  readonly concurrency: number;
  readonly clock?: Clock;
  /** [0, 1) */
  readonly random?: () => number;
  /** Largest body of an answer. */
  readonly maxBytes?: number;
}

/** All throw ApiError. */
export interface Client {
  /** Origin. */
  readonly host: string;
  /** Takes tokens out of text that came from the server. */
  readonly redact: Redact;
  send(call: Call): Promise<Reply>;
  json<T>(call: Call, shape: z.ZodType<T>): Promise<T>;
  /** Null for a 404. */
  find<T>(call: Call, shape: z.ZodType<T>): Promise<T | null>;
  /** Milliseconds until so many more calls of a class can have left, behind those that wait already. */
  eta(of: CallClass, calls: number): number;
  /** The same client, limits included, with another token. */
  as(token: Secret): Client;
}

/** Just below the longest string that V8 can hold. */
const MAX_BYTES = 512 * 1024 * 1024 - 64;

export function createClient(options: ClientOptions): Client {
  const clock = options.clock ?? systemClock;
  const server: Server = {
    origin: unwrap(parseHost(options.host, 'input tinybird-host')),
    dispatcher: options.dispatcher,
    limit: createLimit(options.concurrency),
    pace: createPace(clock),
    clock,
    random: options.random ?? Math.random,
    maxBytes: options.maxBytes ?? MAX_BYTES,
  };
  return clientWith(server, options.token, []);
}

/** `others`: tokens that are not sent here, but never shown either. */
function clientWith(server: Server, token: Secret, others: readonly Secret[]): Client {
  const caller: Caller = {
    server,
    authorization: bearer(token),
    region: claimsOf(token)?.region ?? null,
    redact: createRedactor([token, ...others]),
  };
  const sendLimited = async (call: Call) => {
    // Before a place is taken: calls of other classes use it meanwhile.
    if (call.class !== undefined) await server.pace.turn(call.class);
    return server.limit(() => send(caller, call));
  };
  return {
    host: server.origin,
    redact: caller.redact,
    send: sendLimited,
    json: async (call, shape) => parseReply(caller, call, { reply: await sendLimited(call), shape }),
    find: async (call, shape) => {
      const reply = await sendLimited({ ...call, accept: ({ status }) => status === 404 });
      return reply.status === 404 ? null : parseReply(caller, call, { reply, shape });
    },
    eta: (of, calls) => server.pace.eta(of, calls),
    as: (other) => clientWith(server, other, [token, ...others]),
  };
}

/** A line end at either side is what a secret gets when it is pasted. */
function bearer(token: Secret): string {
  const value = token.reveal().trim();
  if (value === '') throw new Stop('bad-input', 'The Tinybird token is empty.');
  if (/^[\x21-\x7e]+$/.test(value)) return `Bearer ${value}`;
  throw new Stop('bad-input', 'The Tinybird token holds characters that no token has: copy it again.');
}

function parseReply<T>(
  caller: Caller,
  call: Call,
  { reply, shape }: { reply: Reply; shape: z.ZodType<T> },
): T {
  const { status, text } = reply;
  const unusable = (problem: 'not-json' | 'unexpected', said: string, error?: unknown) =>
    apiError(caller, call, { cause: { kind: 'answer', problem, status, said }, error });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The cause is left out: it quotes the text.
    throw unusable('not-json', summarise(caller.redact(text)));
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw unusable('unexpected', `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'unknown'}`);
}
