// Killing a run at one of its requests. Only those that change something count: whatever question follows, it finds what the last of them left.
import type { Passing, Watch } from './gate.ts';
import type { Lane, RunOptions } from './lane.ts';
import type { LawStage } from './stage.ts';

export interface Moment {
  /** Which of the requests that change something, from 1. The number of questions depends on the time a deployment takes. */
  readonly change: number;
  /** The request arrived but nothing came of it, or it was carried out and nobody heard. */
  readonly when: 'before' | 'after';
}

export const changesIn = (passed: readonly Passing[]): string[] =>
  passed.filter(isChange).map(({ method, path }) => `${method} ${path}`);

const isChange = ({ method }: Passing): boolean => method !== 'GET';

function watchFor({ change, when }: Moment, killer: AbortController): Watch {
  let changes = 0;
  return {
    arrived: (passing) => {
      if (isChange(passing)) changes += 1;
      if (when === 'before' && changes === change) killer.abort();
    },
    done: () => {
      if (when === 'after' && changes === change) killer.abort();
    },
  };
}

/** The same within this process: nothing of the run reaches a server after that moment. */
export async function stopAt(
  lane: Lane,
  list: string,
  moment: Moment,
  options: RunOptions = {},
): Promise<void> {
  const stop = new AbortController();
  const { report } = await lane.run(list, { ...options, watch: watchFor(moment, stop), stop });
  if (report !== null) throw new Error(`the run ended before its change ${moment.change}`);
}

/** Runs until that moment, and no further; the process is gone when this ends. */
export async function runUntil(at: LawStage, list: string, moment: Moment): Promise<void> {
  const killer = new AbortController();
  const { change } = moment;
  const watch = watchFor(moment, killer);
  const { end } = await at.run(list, { watch, signal: killer.signal });
  if (end.exitCode !== null) throw new Error(`the run ended (${end.exitCode}) before its change ${change}`);
}
