// How many requests are under way at a time.

export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** First come, first served. */
export function createLimit(atATime: number): Limit {
  let free = atATime;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed over, never freed in between: a newcomer cannot overtake.
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
