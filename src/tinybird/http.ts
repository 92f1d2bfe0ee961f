// The one HTTP client for Tinybird: authentication, limits on requests, retries, limits on bodies, errors that read well.
import type { Dispatcher } from 'undici';
import type * as z from 'zod';
import { type Clock, systemClock } from '../clock.ts';
import { assertNever, Stop, unwrap } from '../errors.ts';
import { createRedactor, type Redact } from '../redact.ts';
import type { Secret } from '../secret.ts';
import { type ApiError, MAX_READ_FOR_PEOPLE, sayIssue, summarise } from './api-error.ts';
import type { Call, Reply } from './call.ts';
import type { Collect } from './exchange.ts';
import { parseHost } from './host.ts';
import { createLimit } from './limit.ts';
import { collectList, type Listed, type ListOf } from './list.ts';
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
  /** Largest body of an answer, in any case. */
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
  /** For answers that grow with the workspace. */
  list<T>(call: Call, of: ListOf<T>): Promise<T[]>;
  /** Null for a 404, and when the answer is no such list. */
  findList<T>(call: Call, of: ListOf<T>): Promise<T[] | null>;
  /** Milliseconds until so many more calls of a class can have left, behind those that wait already. */
  eta(of: CallClass, calls: number): number;
  /** The same client, limits included, with another token. */
  as(token: Secret): Client;
}

/** Seven times what it takes to list the pipes of 100,000 tenants: a server that goes on for ever is left. */
const MAX_BYTES = 2 * 1024 ** 3;

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
  const sendLimited = async (call: Call, collect: Collect | null = null) => {
    // Before a place is taken: calls of other classes use it meanwhile.
    if (call.class !== undefined) await server.pace.turn(call.class);
    return server.limit(() => send(caller, call, collect));
  };
  const sendForList = async <T>(call: Call, of: ListOf<T>) => {
    let collector = collectList(of);
    // What broke off is left to the collector that it went to.
    const { status } = await sendLimited(call, () => (collector = collectList(of)));
    return { status, collector };
  };
  return {
    host: server.origin,
    redact: caller.redact,
    send: (call) => sendLimited(call),
    json: async (call, shape) => parseReply(caller, call, { reply: await sendLimited(call), shape }),
    find: async (call, shape) => {
      const reply = await sendLimited(or404(call));
      return reply.status === 404 ? null : parseReply(caller, call, { reply, shape });
    },
    list: async (call, of) => {
      const { status, collector } = await sendForList(call, of);
      return itemsOf(caller, call, { status, listed: collector.end() });
    },
    findList: async (call, of) => {
      const { status, collector } = await sendForList(or404(call), of);
      const listed = status === 404 ? null : collector.end();
      return listed === null || listed.form === 'other' ? null : itemsOf(caller, call, { status, listed });
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

const or404 = (call: Call): Call => ({ ...call, accept: ({ status }) => status === 404 });

function parseReply<T>(
  caller: Caller,
  call: Call,
  { reply, shape }: { reply: Reply; shape: z.ZodType<T> },
): T {
  const { status, text } = reply;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The cause is left out: it quotes the text.
    throw notJson(caller, call, { status, text });
  }
  // One answer, of which little is looked at: code made for the shape would take longer to make than it saves.
  const parsed = shape.safeParse(json, { jitless: true });
  if (parsed.success) return parsed.data;
  throw unexpected(caller, call, { status, said: sayIssue(parsed.error) });
}

function itemsOf<T>(
  caller: Caller,
  call: Call,
  { status, listed }: { status: number; listed: Listed<T> },
): T[] {
  switch (listed.form) {
    case 'list':
      return listed.items;
    case 'other':
      throw unexpected(caller, call, { status, said: listed.said });
    case 'not-json':
      throw notJson(caller, call, { status, text: listed.beginning });
    default:
      return assertNever(listed);
  }
}

function notJson(caller: Caller, call: Call, { status, text }: Reply): ApiError {
  const said = summarise(caller.redact(text.slice(0, MAX_READ_FOR_PEOPLE)));
  return apiError(caller, call, { cause: { kind: 'answer', problem: 'not-json', status, said } });
}

const unexpected = (caller: Caller, call: Call, { status, said }: { status: number; said: string }) =>
  apiError(caller, call, { cause: { kind: 'answer', problem: 'unexpected', status, said } });
