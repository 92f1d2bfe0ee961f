// What the bundle is made of, built anew from the sources.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACTION, bundle } from '../scripts/bundle.ts';

export interface Size {
  readonly bytes: number;
  /** Largest first; `src` is ours. */
  readonly packages: readonly Package[];
}

export interface Package {
  readonly name: string;
  readonly bytes: number;
  /** Of those, what lies in files that are loaded later than the first request, or never. */
  readonly lazy: number;
}

export async function bundleSize(): Promise<Size> {
  const folder = mkdtempSync(join(tmpdir(), 'tenants-bench-'));
  try {
    const { sources, lazy, written } = await bundle(ACTION, folder);
    const packages = Map.groupBy(sources, ([path]) => packageOf(path));
    const sum = (of: readonly (readonly [string, number])[]) => of.reduce((all, [, bytes]) => all + bytes, 0);
    return {
      bytes: written.reduce((all, path) => all + statSync(path).size, 0),
      packages: [...packages]
        .map(([name, of]): Package => {
          return { name, bytes: sum(of), lazy: sum(of.filter(([path]) => lazy.has(path))) };
        })
        .sort((one, other) => other.bytes - one.bytes),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const packageOf = (path: string): string =>
  /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1] ?? path.split(/[/:]/)[0] ?? path;
