// What is sent again, when, and what never is.

import { describe, expect, test } from 'vitest';
import type { NetworkFault } from '../../src/tinybird/network.ts';
import {
  type Attempt,
  decide,
  type Failure,
  isTransient,
  MAX_ATTEMPTS,
  MAX_NETWORK_ATTEMPTS,
  MAX_TOTAL_WAIT_MS,
} from '../../src/tinybird/retry.ts';
import fc from '../properties.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const silent = { retryAfter: null, rateLimitReset: null };
const status = (
  code: number,
  timing: Partial<typeof silent | Record<keyof typeof silent, string>> = {},
): Failure => ({
  kind: 'status',
  status: code,
  timing: { ...silent, ...timing },
});
const network = (fault: NetworkFault): Failure => ({ kind: 'network', fault });
const first = (failure: Failure, rest: Partial<Attempt> = {}): Attempt => ({
  idempotent: true,
  attempt: 1,
  waitedMs: 0,
  failure,
  now: NOW,
  random: 0.5,
  ...rest,
});

describe('whether', () => {
  test.each([
    [429, true, true],
    [502, true, false],
    [503, true, false],
    [504, true, false],
    [598, true, false],
    [599, true, false],
    [400, false, false],
    [401, false, false],
    [403, false, false],
    [404, false, false],
    [408, false, false],
    [409, false, false],
    [413, false, false],
    [500, false, false],
    [501, false, false],
  ])('%i: GET %s, POST %s', (code, get, post) => {
    expect(decide(first(status(code))).retry).toBe(get);
    expect(decide(first(status(code), { idempotent: false })).retry).toBe(post);
    expect(isTransient(status(code))).toBe(get);
  });

  test.each<[NetworkFault, boolean, boolean]>([
    ['refused', true, true],
    ['unreachable', true, true],
    ['connect-timeout', true, true],
    ['dns-busy', true, true],
    ['reset', true, false],
    ['timeout', true, false],
    ['dns', false, false],
    ['tls', false, false],
    ['proxy', false, false],
    ['protocol', false, false],
    ['unknown', false, false],
  ])('%s: GET %s, POST %s', (fault, get, post) => {
    expect(decide(first(network(fault))).retry).toBe(get);
    expect(decide(first(network(fault), { idempotent: false })).retry).toBe(post);
    expect(isTransient(network(fault))).toBe(get);
  });
});

describe('when', () => {
  const wait = (failure: Failure, rest: Partial<Attempt> = {}) => {
    const decision = decide(first(failure, rest));
    return decision.retry ? decision.afterMs : null;
  };

  test.each([
    ['seconds', { retryAfter: '7' }, 7000],
    ['zero seconds', { retryAfter: '0' }, 0],
    ['a date', { retryAfter: 'Thu, 01 Jan 2026 00:00:20 GMT' }, 20_000],
    ['a date in the past', { retryAfter: 'Wed, 31 Dec 2025 23:00:00 GMT' }, 0],
    ['Retry-After before X-RateLimit-Reset', { retryAfter: '7', rateLimitReset: '3' }, 7000],
    ['X-RateLimit-Reset', { rateLimitReset: '3' }, 3000],
    ['nonsense, then X-RateLimit-Reset', { retryAfter: 'soon', rateLimitReset: '3' }, 3000],
    ['nonsense', { retryAfter: '-5' }, 375],
    ['a number that Date would take', { retryAfter: '1.5' }, 375],
    ['a reset of zero', { rateLimitReset: '0' }, 375],
    ['a reset as an epoch', { rateLimitReset: '1767225600' }, 375],
    ['nothing', {}, 375],
  ])('429 with %s', (_name, timing, expected) => {
    expect(wait(status(429, timing))).toBe(expected);
  });

  test('X-RateLimit-Reset counts for a 429 only', () => {
    expect(wait(status(503, { rateLimitReset: '3' }))).toBe(375);
    expect(wait(status(503, { retryAfter: '3' }))).toBe(3000);
  });

  test('doubles up to half a minute, half of it random', () => {
    const waits = [1, 2, 3, 7, 9].map((attempt) => wait(status(503), { attempt, random: 0 }));
    expect(waits).toEqual([250, 500, 1000, 15_000, 15_000]);
    expect(wait(status(503), { attempt: 9, random: 0.999_999 })).toBe(30_000);
  });

  test('ten attempts at an answer, four at a connection, also without waiting', () => {
    const now = status(429, { retryAfter: '0' });
    expect([9, 10].map((attempt) => wait(now, { attempt }))).toEqual([0, null]);
    expect([3, 4].map((attempt) => decide(first(network('reset'), { attempt })).retry)).toEqual([
      true,
      false,
    ]);
  });

  test('a server that wants more patience than we have is not asked again', () => {
    expect(wait(status(429, { retryAfter: '301' }))).toBe(null);
    expect(wait(status(429, { retryAfter: '300' }))).toBe(300_000);
    expect(wait(status(429, { retryAfter: '300' }), { waitedMs: 1 })).toBe(null);
  });
});

describe('laws', () => {
  const faults: NetworkFault[] = ['refused', 'reset', 'timeout', 'dns-busy', 'tls', 'unknown'];
  const header = fc.oneof(fc.constant(null), fc.nat({ max: 120 }).map(String), fc.string());
  const failure = fc.oneof(
    fc
      .record({
        retryAfter: header,
        rateLimitReset: header,
        code: fc.constantFrom(400, 403, 429, 500, 502, 503, 599),
      })
      .map(({ code, ...timing }): Failure => ({ kind: 'status', status: code, timing })),
    fc.constantFrom(...faults).map(network),
  );
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('it ends: bounded attempts, bounded waiting, whatever the server says', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.record({ failure, random })), fc.boolean(), (stream, idempotent) => {
        let waitedMs = 0;
        let attempt = 1;
        for (const draw of stream) {
          const decision = decide({ ...draw, idempotent, attempt, waitedMs, now: NOW });
          if (!decision.retry) break;
          expect(decision.afterMs).toBeGreaterThanOrEqual(0);
          waitedMs += decision.afterMs;
          attempt++;
        }
        expect(waitedMs).toBeLessThanOrEqual(MAX_TOTAL_WAIT_MS);
        expect(attempt).toBeLessThanOrEqual(Math.max(MAX_ATTEMPTS, MAX_NETWORK_ATTEMPTS));
      }),
    );
  });

  test('what may not be sent twice is not, unless the server refused it or it never left', () => {
    fc.assert(
      fc.property(failure, random, (each, draw) => {
        const { retry } = decide(first(each, { idempotent: false, random: draw }));
        const safe =
          each.kind === 'status' ? each.status === 429 : ['refused', 'dns-busy'].includes(each.fault);
        if (retry) expect(safe).toBe(true);
      }),
    );
  });

  test('when the server names a time, chance has no say', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), random, (seconds, draw) => {
        const attempt = first(status(429, { retryAfter: String(seconds) }), { random: draw });
        expect(decide(attempt)).toEqual({ retry: true, afterMs: seconds * 1000 });
      }),
    );
  });
});
