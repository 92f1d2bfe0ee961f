// One lock, shared or exclusive, first come first served: inserts share it, attaching and detaching views hold it alone.

export interface Lock {
  shared<T>(work: () => Promise<T>): Promise<T>;
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

interface Waiter {
  readonly alone: boolean;
  readonly start: () => void;
}

export function createLock(): Lock {
  const waiting: Waiter[] = [];
  let running = 0;
  let alone = false;

  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (alone || (next.alone && running > 0)) return;
      waiting.shift();
      running += 1;
      alone = next.alone;
      next.start();
    }
  };
  const hold = async <T>(wantsAlone: boolean, work: () => Promise<T>): Promise<T> => {
    await new Promise<void>((start) => {
      waiting.push({ alone: wantsAlone, start });
      admit();
    });
    try {
      return await work();
    } finally {
      running -= 1;
      alone = false;
      admit();
    }
  };
  return { shared: (work) => hold(false, work), exclusive: (work) => hold(true, work) };
}
