// One at a time and not too fast: the part of a Bottleneck group that octokit's throttling uses.

export class Pace {
  readonly #paceMs: number;
  #last: Promise<unknown> = Promise.resolve();
  #nextAt = 0;

  constructor(paceMs: number) {
    this.#paceMs = paceMs;
  }

  key(): this {
    return this;
  }

  /** Starts the task after all earlier ones, at least a pace after the latest one started. */
  schedule<T>(_job: unknown, task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      await sleepUntil(this.#nextAt);
      this.#nextAt = Date.now() + this.#paceMs;
      return task();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function sleepUntil(time: number): Promise<void> {
  const ms = time - Date.now();
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
