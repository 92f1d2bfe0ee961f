// Sends one call until it is answered or given up.
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { Redact } from '../redact.ts';
import { advise } from './advice.ts';
import { ApiError, type Cause, MAX_READ_FOR_PEOPLE, summarise } from './api-error.ts';
import { type Call, type Outgoing, outgoingOf, pathOf, type Reply } from './call.ts';
import { type Answer, type Collect, exchange, isSuccess } from './exchange.ts';
import type { Limit } from './limit.ts';
import { type NetworkFailure, readNetworkError } from './network.ts';
import type { Pace } from './pace.ts';
import { decide, type Failure, isTransient, MAX_TOTAL_WAIT_MS, seconds } from './retry.ts';

/** What all callers of one server have in common. */
export interface Server {
  readonly origin: string;
  readonly dispatcher: Dispatcher;
  readonly limit: Limit;
  readonly pace: Pace;
  readonly clock: Clock;
  /** [0, 1) */
  readonly random: () => number;
  /** Largest body of an answer. */
  readonly maxBytes: number;
}

export interface Caller {
  readonly server: Server;
  /** The header's value. */
  readonly authorization: string;
  /** What the token says of its region, for the advice. */
  readonly region: string | null;
  readonly redact: Redact;
}

/** A place under the limit is held while waiting for the next attempt: a busy server is not asked more often. Throws ApiError. */
export async function send(caller: Caller, call: Call, collect: Collect | null = null): Promise<Reply> {
  const { clock, random } = caller.server;
  const outgoing = outgoingOf(call, { origin: caller.server.origin, authorization: caller.authorization });
  const idempotent = call.method === 'GET' || call.idempotent === true;
  let waitedMs = 0;
  for (let attempt = 1; ; attempt++) {
    const tried = await tryOnce(caller, call, { outgoing, collect });
    if (tried.got === 'answer') heed(caller.server.pace, call, tried.answer);
    if (tried.got === 'answer' && isReply(call, tried.answer)) return replyOf(caller, call, tried.answer);
    const failure = failureOf(tried);
    const decision = decide({ idempotent, attempt, waitedMs, failure, now: clock.now(), random: random() });
    if (!decision.retry) throw givenUp(caller, call, { tried, attempts: attempt });
    const pauseMs = pauseOf(caller.server.pace, call, { failure, afterMs: decision.afterMs });
    waitedMs += pauseMs;
    await clock.sleep(pauseMs);
  }
}

/** The last call that the server took for now: the next one of its class waits. A 429 says the same more precisely. */
function heed(pace: Pace, call: Call, { status, timing, rateLimitRemaining }: Answer): void {
  if (call.class === undefined || status === 429 || rateLimitRemaining?.trim() !== '0') return;
  pace.empty(call.class, Math.min(seconds(timing.rateLimitReset) ?? 0, MAX_TOTAL_WAIT_MS));
}

/** After a 429 the whole class waits, so that the calls behind this one do not run into it too. */
function pauseOf(
  pace: Pace,
  call: Call,
  { failure, afterMs }: { failure: Failure; afterMs: number },
): number {
  if (call.class === undefined || failure.kind !== 'status' || failure.status !== 429) return afterMs;
  pace.empty(call.class, afterMs);
  return pace.again(call.class);
}

type Tried =
  | { readonly got: 'answer'; readonly answer: Answer }
  | { readonly got: 'error'; readonly network: NetworkFailure; readonly error: unknown };

async function tryOnce(
  { server }: Caller,
  call: Call,
  { outgoing, collect }: { outgoing: Outgoing; collect: Collect | null },
): Promise<Tried> {
  const maxBytes = Math.min(server.maxBytes, call.maxBytes ?? server.maxBytes);
  try {
    return { got: 'answer', answer: await exchange(server.dispatcher, outgoing, { collect, maxBytes }) };
  } catch (error) {
    return { got: 'error', network: readNetworkError(error), error };
  }
}

const failureOf = (tried: Tried): Failure =>
  tried.got === 'answer'
    ? { kind: 'status', status: tried.answer.status, timing: tried.answer.timing }
    : { kind: 'network', fault: tried.network.fault };

const isReply = (call: Call, { status, text }: Reply): boolean =>
  isSuccess(status) || call.accept?.({ status, text }) === true;

function replyOf(caller: Caller, call: Call, { status, text, beyond }: Answer): Reply {
  if (beyond === null) return { status, text };
  const said = `more than ${beyond.toLocaleString('en')} bytes`;
  throw apiError(caller, call, { cause: { kind: 'answer', problem: 'too-large', status, said } });
}

function givenUp(
  caller: Caller,
  call: Call,
  { tried, attempts }: { tried: Tried; attempts: number },
): ApiError {
  const transient = isTransient(failureOf(tried));
  if (tried.got === 'error') {
    const failure = { ...tried.network, detail: caller.redact(tried.network.detail) };
    return apiError(caller, call, {
      cause: { kind: 'network', failure },
      attempts,
      transient,
      error: tried.error,
    });
  }
  const { status, text } = tried.answer;
  const said = summarise(caller.redact(text.slice(0, MAX_READ_FOR_PEOPLE)));
  return apiError(caller, call, { cause: { kind: 'status', status, said }, attempts, transient });
}

interface Why {
  readonly cause: Cause;
  readonly attempts?: number;
  readonly transient?: boolean;
  readonly error?: unknown;
}

/** `cause.said` is shown as it is: take tokens out first. */
export function apiError(caller: Caller, call: Call, why: Why): ApiError {
  const { cause, attempts = 1, transient = false, error } = why;
  const path = pathOf(call);
  const advice = advise(cause, { path, host: caller.server.origin, region: caller.region, attempts });
  return new ApiError({ method: call.method, path, cause, advice, transient }, { cause: error });
}
