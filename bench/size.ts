// What the bundle is made of, built anew from the sources.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../scripts/bundle.ts';

export interface Size {
  readonly bytes: number;
  /** Largest first; `src` is ours. */
  readonly packages: readonly { readonly name: string; readonly bytes: number }[];
}

export async function bundleSize(): Promise<Size> {
  const folder = mkdtempSync(join(tmpdir(), 'tenants-bench-'));
  try {
    const file = 'index.cjs';
    const { sources } = await bundle({ entry: 'src/action.ts', file, external: [], without: null }, folder);
    const packages = new Map<string, number>();
    for (const [path, bytes] of sources) {
      const name = packageOf(path);
      packages.set(name, (packages.get(name) ?? 0) + bytes);
    }
    return {
      bytes: statSync(join(folder, file)).size,
      packages: [...packages].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const packageOf = (path: string): string =>
  /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1] ?? path.split(/[/:]/)[0] ?? path;
