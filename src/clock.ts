// Time as an argument: what waits takes a Clock, so that a test can make it pass.
import { setTimeout } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => setTimeout(ms),
};

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Asks again, less and less often, until there is an answer or the deadline (ms since the epoch) has passed. */
export async function poll<T>(
  clock: Clock,
  deadline: number,
  ask: () => Promise<T | undefined>,
): Promise<T | 'timeout'> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (clock.now() + pause > deadline) return 'timeout';
    await clock.sleep(pause);
  }
}
