// Whether and when a failed request is sent again: one pure decision.
import type { NetworkFault } from './network.ts';

export type Failure =
  | { readonly kind: 'status'; readonly status: number; readonly timing: Timing }
  | { readonly kind: 'network'; readonly fault: NetworkFault };

/** The headers that say when to come back, verbatim. */
export interface Timing {
  readonly retryAfter: string | null;
  readonly rateLimitReset: string | null;
}

export interface Attempt {
  /** Sending it twice does no harm: any GET, and what the caller says. */
  readonly idempotent: boolean;
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds this request has waited so far between its attempts. */
  readonly waitedMs: number;
  readonly failure: Failure;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** [0, 1) */
  readonly random: number;
}

export type Decision = { readonly retry: false } | { readonly retry: true; readonly afterMs: number };

export const MAX_ATTEMPTS = 10;
export const MAX_NETWORK_ATTEMPTS = 4;
export const MAX_TOTAL_WAIT_MS = 5 * 60_000;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** 598 and 599 come from proxies in front of Tinybird: read and connect timeout. */
const TRANSIENT = new Set([429, 502, 503, 504, 598, 599]);

/** Per kind of network fault: may the request have reached the server, and can trying again help at all? */
const NETWORK: Record<NetworkFault, 'not-sent' | 'maybe-sent' | 'final'> = {
  refused: 'not-sent',
  unreachable: 'not-sent',
  'connect-timeout': 'not-sent',
  'dns-busy': 'not-sent',
  reset: 'maybe-sent',
  timeout: 'maybe-sent',
  dns: 'final',
  tls: 'final',
  proxy: 'final',
  protocol: 'final',
  unknown: 'final',
};

/** The same request may work later. */
export const isTransient = (failure: Failure): boolean =>
  failure.kind === 'status' ? TRANSIENT.has(failure.status) : NETWORK[failure.fault] !== 'final';

/** Unknown errors are bugs and surface at once. */
export function decide(attempt: Attempt): Decision {
  if (!mayRepeat(attempt)) return { retry: false };
  const afterMs = serverWait(attempt) ?? backoff(attempt);
  // Not cut short: to come back before the server's time would only use up the next attempt.
  return attempt.waitedMs + afterMs > MAX_TOTAL_WAIT_MS ? { retry: false } : { retry: true, afterMs };
}

function mayRepeat({ failure, idempotent, attempt }: Attempt): boolean {
  if (failure.kind === 'status') {
    if (attempt >= MAX_ATTEMPTS) return false;
    return idempotent ? TRANSIENT.has(failure.status) : failure.status === 429;
  }
  if (attempt >= MAX_NETWORK_ATTEMPTS) return false;
  const sent = NETWORK[failure.fault];
  return sent === 'not-sent' || (sent === 'maybe-sent' && idempotent);
}

/** Milliseconds the server asks for, without jitter; null when it does not say or says nonsense. */
function serverWait({ failure, now }: Attempt): number | null {
  if (failure.kind !== 'status') return null;
  const retryAfter = seconds(failure.timing.retryAfter) ?? until(failure.timing.retryAfter, now);
  if (retryAfter !== null) return retryAfter;
  // A zero here would mean "now", which the 429 contradicts.
  return failure.status === 429 ? seconds(failure.timing.rateLimitReset) || null : null;
}

/** Of a header, in milliseconds; null for nonsense, and for a time of the clock. */
export function seconds(text: string | null): number | null {
  return text !== null && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) * 1000 : null;
}

/** An HTTP date (RFC 9110 §5.6.7), which always begins with the day's name. */
function until(text: string | null, now: number): number | null {
  if (text === null || !/^\s*[A-Z][a-z]{2,8}[, ]/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** Doubles from half a second to half a minute; half of it is random, so that parallel requests spread out. */
function backoff({ attempt, random }: Attempt): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return Math.round(wait / 2 + (wait / 2) * random);
}
