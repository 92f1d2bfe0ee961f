// Runs verify.ts in a process of its own and reads what it says.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../scripts/bundle.ts';

export interface Proving {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly maxRssMb: number;
  /** Requests with a tenant's token. */
  readonly tried: number;
  readonly answered: number;
}

export async function proveIsolation(checkout: string): Promise<Proving> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: '16' };
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'bench/verify.ts'), checkout], {
    env,
  });
  return JSON.parse(stdout);
}
