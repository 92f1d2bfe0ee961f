// The law on Classic: after every single request of an apply an insert for all tenants succeeds, and each row arrives once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

import type { Passing } from './gate.ts';
import { changesIn } from './kill.ts';
import { type Lane, openLane } from './lane.ts';

const ID = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(2, '0')}`);
const NOBODY = 'fleet: usage\ntenants:\n  - { id: nobody, template: own-token, state: removed }\n';
const NEW = 'template: table';
const CHANGED = 'template: table, vars: { version: 2 }';
const SUSPENDED = 'template: table, state: suspended';
const REMOVED = 'template: table, state: removed';

const listOf = (ids: readonly string[], lineOf: (place: number) => string): string =>
  `fleet: usage\ntenants:\n${ids.map((id, place) => `  - { id: ${id}, ${lineOf(place)} }\n`).join('')}`;

/** One is made anew, one removed, one suspended; the others stay. */
const mixed = (place: number): string => [CHANGED, REMOVED, SUSPENDED][place] ?? NEW;

// When something happened says nothing about when it came in.
const MOMENTS = ['2019-02-03 04:05:06', '2026-11-21 00:00:00', '2038-01-02 03:04:05'];

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ generation: 'classic' });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const insertInto = (lane: Lane, ids: readonly string[]): Promise<void> =>
  lane.insert(ids, MOMENTS[lane.inserted % MOMENTS.length]);

async function expectEachOnce(lane: Lane, ids: readonly string[], tables = ids): Promise<void> {
  const all = Array.from({ length: lane.inserted }, (_, i) => i + 1);
  for (const id of ids) expect([id, await lane.rows('events', id)]).toEqual([id, all]);
  for (const id of tables) expect([id, await lane.rows(`${id}_usage_events`, id)]).toEqual([id, all]);
}

describe('a row for each tenant after every request', () => {
  test.concurrent('in one run each that adds twenty, and that makes anew, suspends and removes', async () => {
    await using lane = await openLane(sandbox, 'each');
    await lane.run(NOBODY);
    await insertInto(lane, ID);
    for (const [lineOf, tables, each] of [
      // The same requests for twenty tenants, in whatever order: every seventeenth of them all is each of them for some tenant.
      [() => NEW, ID, 17],
      [mixed, ID.filter((_, place) => mixed(place) !== REMOVED), 1],
    ] as const) {
      const before = lane.inserted;
      let changes = 0;
      // What only asks leaves everything as it was before it.
      const done = async ({ method }: Passing): Promise<void> => {
        if (method === 'GET') return;
        changes += 1;
        if (changes % each !== 0) return;
        await insertInto(lane, ID);
        // What serves is whole at every moment, also while another is made beside it.
        if (lineOf === mixed)
          expect(await lane.rows(`${ID[0]}_usage_events`, ID[0] ?? '')).toHaveLength(lane.inserted);
      };
      const { report } = await lane.run(listOf(ID, lineOf), {
        watch: { done },
        // The gate lets one pass at a time: a view that waits for the inserts of many others comes too late.
        inputs: { concurrency: '2' },
      });
      expect([report?.stop, report?.outcomes.filter(({ result }) => result !== 'applied')]).toEqual([
        null,
        [],
      ]);
      expect(lane.inserted - before).toBe(Math.floor(changes / each));
      expect(changes).toBeGreaterThan(lineOf === mixed ? 15 : 200);
      await expectEachOnce(lane, ID, tables);
    }
  });

  test.concurrent('stopped after every ninth, and run again', async () => {
    await using lane = await openLane(sandbox, 'ninth');
    const ids = ID.slice(0, 3);
    await lane.run(NOBODY);
    await insertInto(lane, ids);
    for (const lineOf of [() => NEW, mixed]) {
      let again = true;
      for (let stops = 0; again; stops += 1) {
        const stop = new AbortController();
        const done = async ({ number }: Passing): Promise<void> => {
          if (number % 9 !== 0) return;
          await insertInto(lane, ids);
          if (number === 9 * (stops + 1)) stop.abort();
        };
        const { report } = await lane.run(listOf(ids, lineOf), { stop, watch: { done } });
        again = report === null;
      }
      const tables = ids.filter((_, place) => lineOf(place) !== REMOVED);
      await expectEachOnce(lane, ids, tables);
      expect(changesIn((await lane.run(listOf(ids, lineOf))).passed)).toEqual([]);
    }
  });
});

test('rows that never cease, two at a time, while tables are made and made anew', async () => {
  await using lane = await openLane(sandbox, 'ceaseless');
  const ids = ID.slice(0, 3);
  await lane.run(NOBODY);
  await insertInto(lane, ids);
  for (const line of [NEW, CHANGED]) {
    const ended = new AbortController();
    const writers = Array.from({ length: 2 }, async () => {
      while (!ended.signal.aborted) await insertInto(lane, ids);
    });
    const { report } = await lane.run(listOf(ids, () => line));
    ended.abort();
    await Promise.all(writers);
    expect(report?.stop).toBeNull();
    await expectEachOnce(lane, ids);
  }
});
