// Calls that the server counts leave as fast as it takes them, and no faster. No test here waits.

import { describe, expect, test } from 'vitest';
import { createClassicWriter } from '../../src/tinybird/classic.ts';
import { afterTurn, createPace, emptied, type Rate, turnAt } from '../../src/tinybird/pace.ts';
import type { ClassicWriter } from '../../src/tinybird/ports.ts';
import fc from '../properties.ts';
import { connect, createStillClock, type Handler, reply, startServer } from './server.ts';

describe('turns', () => {
  function start() {
    const clock = createStillClock();
    const pace = createPace(clock);
    const left: number[] = [];
    const go = async () => {
      await pace.turn('create-datasource');
      left.push(clock.now());
    };
    return { clock, pace, left, go };
  }

  test('1,000 creations: 25 at once, then one each 2.4 s', async () => {
    const { clock, pace, left, go } = start();
    const all = Promise.all(Array.from({ length: 1000 }, go));
    expect(pace.eta('create-datasource', 0)).toBe(975 * 2400);
    await clock.passAll();
    await all;
    expect(left).toEqual(Array.from({ length: 1000 }, (_, i) => Math.max(0, i - 24) * 2400));
  });

  test('a minute without any fills the bucket again, and no more than that', async () => {
    const { clock, pace, left, go } = start();
    await Promise.all(Array.from({ length: 25 }, go));
    const later = clock.sleep(600_000).then(() => {
      expect(pace.eta('create-datasource', 26)).toBe(2400);
      return Promise.all(Array.from({ length: 26 }, go));
    });
    await clock.passAll();
    await later;
    expect(left.slice(25)).toEqual([...Array.from({ length: 25 }, () => 600_000), 602_400]);
  });

  test('emptied while calls wait: they wait on, then leave one by one', async () => {
    const { clock, pace, left, go } = start();
    const all = Promise.all(Array.from({ length: 27 }, go));
    await new Promise(setImmediate);
    pace.empty('create-datasource', 30_000);
    await clock.passAll();
    await all;
    expect(left.slice(24)).toEqual([0, 30_000, 32_400]);
  });

  test('a refused call goes before those that wait', async () => {
    const { clock, pace, left, go } = start();
    const all = Promise.all(Array.from({ length: 26 }, go));
    await new Promise(setImmediate);
    pace.empty('create-datasource', 30_000);
    expect([pace.again('create-datasource'), pace.again('create-datasource')]).toEqual([30_000, 32_400]);
    await clock.passAll();
    await all;
    expect(left.at(-1)).toBe(34_800);
  });

  test('classes do not wait for each other; one without a known number does not wait at all', async () => {
    const { pace } = start();
    pace.empty('create-datasource', 30_000);
    await Promise.all(Array.from({ length: 100 }, () => pace.turn('pipe')));
    expect(pace.eta('pipe', 100)).toBe(0);
    pace.empty('pipe', 1000);
    expect([pace.eta('pipe', 0), pace.eta('pipe', 100), pace.eta('token', 1)]).toEqual([0, 1000, 0]);
  });
});

describe('laws', () => {
  const rate = fc.record({
    burst: fc.integer({ min: 1, max: 30 }),
    intervalMs: fc.integer({ min: 0, max: 5000 }),
  });

  /** When each call leaves that comes at its time, the bucket being emptied before some of them. */
  function leaving(of: Rate, calls: readonly { afterMs: number; emptyMs: number | null }[]) {
    let bucket = { rate: of, fullAt: 0 };
    let now = 0;
    return calls.map(({ afterMs, emptyMs }) => {
      now += afterMs;
      if (emptyMs !== null) bucket = { rate: of, fullAt: emptied(bucket, now + emptyMs) };
      const notBefore = emptyMs === null ? now : now + emptyMs;
      const at = turnAt({ ...bucket, now });
      bucket = { rate: of, fullAt: afterTurn({ ...bucket, now }) };
      return { at, notBefore };
    });
  }

  test('never more at once than the burst and what came since; never before time', () => {
    const call = fc.record({
      afterMs: fc.nat({ max: 10_000 }),
      emptyMs: fc.option(fc.nat({ max: 60_000 }), { freq: 5 }),
    });
    fc.assert(
      fc.property(rate, fc.array(call, { maxLength: 60 }), (of, calls) => {
        const left = leaving(of, calls);
        for (const [i, one] of left.entries()) {
          expect(one.at).toBeGreaterThanOrEqual(one.notBefore);
          for (const [j, other] of left.entries()) {
            if (j > i) expect((j - i + 1 - of.burst) * of.intervalMs).toBeLessThanOrEqual(other.at - one.at);
          }
        }
      }),
    );
  });

  test('what is foretold comes true', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 60 }),
        fc.nat({ max: 60 }),
        fc.nat({ max: 90_000 }),
        async (some, more, emptyMs) => {
          const clock = createStillClock();
          const pace = createPace(clock);
          const turn = () => pace.turn('create-datasource');
          const first = Array.from({ length: some }, turn);
          await new Promise(setImmediate);
          pace.empty('create-datasource', emptyMs);
          const foretold = pace.eta('create-datasource', more);
          const all = Promise.all([...first, ...Array.from({ length: more }, turn)]);
          await clock.passAll();
          await all;
          expect(clock.now()).toBe(foretold);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('through the client', () => {
  async function open(handler: Handler, choices: { concurrency?: number } = {}) {
    const server = await startServer(handler);
    const clock = createStillClock();
    const it = connect(server.url, { ...choices, clock });
    return {
      clock,
      lines: server.lines,
      writer: createClassicWriter(it.client),
      [Symbol.asyncDispose]: async () => {
        await it[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }
  const column = { name: 'id', type: 'UUID', jsonpath: null, default: null, codec: null };
  const create = (writer: ClassicWriter, name: string) =>
    writer.createDatasource({
      kind: 'datasource',
      name,
      description: '',
      columns: [column],
      engine: null,
      indexes: [],
      grants: [],
      sharedWith: [],
      forwardQuery: null,
      settings: [],
    });
  const POST = 'POST /v0/datasources';

  test('what waits for its turn takes no place from others', async () => {
    await using it = await open((_, response) => reply(response, 200, {}), { concurrency: 1 });
    const made = Array.from({ length: 26 }, (_, i) => create(it.writer, `d${i}`));
    await Promise.all(made.slice(0, 25));
    expect(it.writer.eta(0)).toBe(2400);
    expect(it.writer.eta(10)).toBe(11 * 2400);
    await it.writer.deletePipe('p');
    expect(it.lines().slice(24)).toEqual([POST, 'DELETE /v0/pipes/p']);
    expect(await it.clock.pass()).toBe(true);
    await made[25];
    expect(it.lines().slice(24)).toEqual([POST, 'DELETE /v0/pipes/p', POST]);
    expect([it.clock.now(), it.writer.eta(0)]).toEqual([2400, 0]);
  });

  test('the last call that the server takes for now: the next one waits as long as it says', async () => {
    await using it = await open((_, response) =>
      reply(
        response,
        200,
        {},
        { 'x-ratelimit-limit': '25', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '7' },
      ),
    );
    await create(it.writer, 'a');
    expect([it.writer.eta(1), it.writer.eta(2)]).toEqual([7000, 9400]);
    const next = create(it.writer, 'b');
    await it.clock.passAll();
    await next;
    expect(it.clock.now()).toBe(7000);
  });

  test.each([
    ['some are left', { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '7' }, 0],
    ['no time', { 'x-ratelimit-remaining': '0' }, 0],
    ['nonsense', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' }, 0],
    ['an hour', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3600' }, 300_000],
  ])('when the server says %s', async (_name, headers: Record<string, string>, wait) => {
    await using it = await open((_, response) => reply(response, 200, {}, headers));
    await create(it.writer, 'a');
    const eta = it.writer.eta(1);
    expect(eta).toBe(wait);
  });

  test('a 429 holds back the whole class; the refused call goes first', async () => {
    await using it = await open((_, response) => {
      const refused = it.lines().length === 1;
      reply(
        response,
        refused ? 429 : 200,
        {},
        refused ? { 'retry-after': '30', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' } : {},
      );
    });
    const first = create(it.writer, 'a');
    await it.clock.nextSleep();
    expect(it.writer.eta(1)).toBe(32_400);
    const second = create(it.writer, 'b');
    await it.clock.pass();
    await first;
    expect([it.clock.now(), it.lines()]).toEqual([30_000, [POST, POST]]);
    await it.clock.passAll();
    await second;
    expect([it.clock.now(), it.lines()]).toEqual([32_400, [POST, POST, POST]]);
  });

  test('a 429 of a call that nobody counts holds nothing back', async () => {
    await using it = await open((_, response) =>
      reply(
        response,
        it.lines().length === 1 ? 429 : 200,
        { token: 'x'.repeat(32) },
        { 'retry-after': '30' },
      ),
    );
    const minted = it.writer.mintJwt({ name: 'x', expiresAt: 1, scopes: [], rps: null });
    await it.clock.nextSleep();
    await it.clock.pass();
    await minted;
    expect([it.clock.now(), it.writer.eta(25)]).toEqual([30_000, 0]);
  });
});
