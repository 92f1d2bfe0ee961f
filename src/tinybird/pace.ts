// How fast calls may leave that the server counts: a bucket per class of call, emptied when the server says so.
import type { Clock } from '../clock.ts';

/** Calls that the server counts together. */
export type CallClass = 'create-datasource' | 'datasource' | 'pipe' | 'token';

/** So many at once, then one after each interval. */
export interface Rate {
  readonly burst: number;
  readonly intervalMs: number;
}

const UNKNOWN: Rate = { burst: 1, intervalMs: 0 };

/** https://www.tinybird.co/docs/classic/pricing/limits: from a schema 25 a minute. For the others no number is published. */
const RATES: Record<CallClass, Rate> = {
  'create-datasource': { burst: 25, intervalMs: 60_000 / 25 },
  datasource: UNKNOWN,
  pipe: UNKNOWN,
  token: UNKNOWN,
};

export interface Pace {
  /** Waits until a call of this class may leave. First come, first served. */
  turn(of: CallClass): Promise<void>;
  /** Milliseconds until a call that was refused may leave again. It goes before those that wait for their turn. */
  again(of: CallClass): number;
  /** From now on no call of this class leaves for so many milliseconds, then one after each interval. */
  empty(of: CallClass, ms: number): void;
  /** Milliseconds until so many more calls of this class can have left, behind those that wait for their turn. */
  eta(of: CallClass, calls: number): number;
}

interface Lane {
  readonly rate: Rate;
  fullAt: number;
  waiting: number;
  last: Promise<void>;
}

export function createPace(clock: Clock): Pace {
  const lane = (rate: Rate): Lane => ({ rate, fullAt: 0, waiting: 0, last: Promise.resolve() });
  const lanes: Record<CallClass, Lane> = {
    'create-datasource': lane(RATES['create-datasource']),
    datasource: lane(RATES.datasource),
    pipe: lane(RATES.pipe),
    token: lane(RATES.token),
  };
  const wait = ({ rate, fullAt }: Lane, calls = 1) =>
    turnAt({ rate, fullAt, now: clock.now() }, calls) - clock.now();
  const take = (taken: Lane) => {
    taken.fullAt = afterTurn({ rate: taken.rate, fullAt: taken.fullAt, now: clock.now() });
  };
  const leave = async (leaving: Lane) => {
    // Asked again after each sleep: the bucket may have been emptied meanwhile.
    for (let ms = wait(leaving); ms > 0; ms = wait(leaving)) await clock.sleep(ms);
    take(leaving);
    leaving.waiting--;
  };
  return {
    turn: (of) => {
      const joined = lanes[of];
      joined.waiting++;
      joined.last = joined.last.then(() => leave(joined));
      return joined.last;
    },
    again: (of) => {
      const ms = wait(lanes[of]);
      take(lanes[of]);
      return ms;
    },
    empty: (of, ms) => {
      lanes[of].fullAt = emptied(lanes[of], clock.now() + ms);
    },
    eta: (of, calls) => {
      const all = lanes[of].waiting + calls;
      return all === 0 ? 0 : wait(lanes[of], all);
    },
  };
}

/** All there is to know about a bucket is when it would be full again (GCRA). Milliseconds since the epoch. */
interface Bucket {
  readonly rate: Rate;
  readonly fullAt: number;
}

/** When the last of the next so many calls may leave, if they leave as early as they may. */
export function turnAt({ rate, fullAt, now }: Bucket & { now: number }, calls = 1): number {
  return Math.max(now, Math.max(fullAt, now) + (calls - rate.burst) * rate.intervalMs);
}

/** `fullAt` when one more call has its turn, now or reserved. */
export const afterTurn = ({ rate, fullAt, now }: Bucket & { now: number }): number =>
  Math.max(fullAt, now) + rate.intervalMs;

/** `fullAt` when no call may leave before `until`. */
export const emptied = ({ rate, fullAt }: Bucket, until: number): number =>
  Math.max(fullAt, until + (rate.burst - 1) * rate.intervalMs);
