// How many data sources a workspace may create in a minute, and the headers that say so.
import type { Workspace } from '../workspace.ts';

const PER_MINUTE = 25;
const MINUTE = 60_000;

const windows = new WeakMap<Workspace, { readonly start: number; readonly spent: number }>();

export interface Spent {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts one. A window begins with the first creation after the last one; `now` in milliseconds. */
export function spendCreation(workspace: Workspace, now: number): Spent {
  const last = windows.get(workspace);
  const { start, spent } = last !== undefined && now < last.start + MINUTE ? last : { start: now, spent: 0 };
  const allowed = spent < PER_MINUTE;
  const used = allowed ? spent + 1 : spent;
  windows.set(workspace, { start, spent: used });
  const reset = String(Math.ceil((start + MINUTE - now) / 1000));
  const headers = {
    'x-ratelimit-limit': String(PER_MINUTE),
    'x-ratelimit-remaining': String(PER_MINUTE - used),
    'x-ratelimit-reset': reset,
    ...(allowed ? {} : { 'retry-after': reset }),
  };
  return { allowed, headers };
}
