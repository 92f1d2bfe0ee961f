// Runs render.ts in a process of its own and reads what it says.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../scripts/bundle.ts';

export interface Pass {
  readonly datafiles: number;
  readonly renderMs: number;
  readonly planMs: number;
  /** Of both. */
  readonly cpuMs: number;
  /** All tokens into sealed secrets of the layout `packed`. */
  readonly packMs: number;
  /** Reading the list, once, before. */
  readonly listMs: number;
}

/** The first passes warm up and are left out. */
export async function renderAndPlan(checkout: string, passes: number): Promise<Pass[]> {
  const warmUp = 3;
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, 'bench/render.ts'),
    checkout,
    String(warmUp + passes),
  ]);
  const lines = stdout.trimEnd().split('\n').slice(warmUp);
  return lines.map((line): Pass => JSON.parse(line));
}
