// Lines about a long Classic apply: how far it is, and how long the rest takes.

import type { Clock } from '../clock.ts';
import { plural } from '../numbers.ts';
import type { ClassicWriter } from '../tinybird/ports.ts';

interface Teller {
  readonly writer: ClassicWriter;
  readonly clock: Clock;
  readonly say: (line: string) => void;
}

const WORTH_TELLING_MS = 60_000;

/** What the limit on new data sources makes of it; nothing when that is no matter of minutes. */
export function tellTables({ writer, say }: Teller, tables: number): void {
  const wait = writer.eta(tables);
  if (wait < WORTH_TELLING_MS) return;
  say(`${plural(tables, 'data source')} to create, 25 a minute: at least ${minutes(wait)}`);
}

const TOLD_MS = 15_000;

/** To be called whenever a tenant is done: says so now and then, with the time that the rest takes at this pace. */
export function progressOf({ clock, say }: Teller, total: number): () => void {
  const start = clock.now();
  let told = start;
  let done = 0;
  return () => {
    done += 1;
    const now = clock.now();
    if (now - told < TOLD_MS || done === total) return;
    told = now;
    say(
      `${done} of ${plural(total, 'tenant')}; about ${minutes(((now - start) / done) * (total - done))} left`,
    );
  };
}

const minutes = (ms: number): string => `${Math.ceil(ms / 60_000)} min`;
