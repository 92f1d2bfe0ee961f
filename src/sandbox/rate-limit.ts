// Requests per second of a JWT, by its name: a window of one second, as coarse as the real one looks from outside.
import { SandboxError } from './state.ts';

export class RateLimit {
  readonly #now: () => number;
  readonly #windows = new Map<string, { second: number; spent: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one request; throws 429 when the bucket has none left in this second. */
  spend(bucket: string, perSecond: number): void {
    const second = Math.floor(this.#now() / 1000);
    const window = this.#windows.get(bucket);
    const spent = window?.second === second ? window.spent + 1 : 1;
    this.#windows.set(bucket, { second, spent });
    if (spent > perSecond)
      throw new SandboxError(429, `Rate limit of ${perSecond} requests per second exceeded`);
  }
}
