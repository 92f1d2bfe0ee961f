// What a package's users read of its types: the declarations of one entry and of the files that it names, as CommonJS like the bundle beside them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { root } from './bundle.ts';

const COMPILER = join(root, 'node_modules/typescript/bin/tsc');
// Whether the types are right is checked elsewhere.
const FLAGS =
  '--ignoreConfig --declaration --emitDeclarationOnly --noCheck --target es2024 --module nodenext --types node --allowImportingTsExtensions';
const IMPORT = /(?<=\bfrom ')(\.[^']*)\.ts(?=')/g;

/** Writes `<folder>/<entry>.d.cts` and the files that it needs, and gives their paths. `entry`: a source file directly in `src`. */
export function declarations(entry: string, folder: string): string[] {
  const emitted = mkdtempSync(join(tmpdir(), 'declarations-'));
  try {
    const to = ['--rootDir', join(root, 'src'), '--outDir', emitted];
    const { status, stdout } = spawnSync(process.execPath, [COMPILER, entry, ...FLAGS.split(' '), ...to], {
      cwd: root,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`declarations of ${entry}: ${stdout}`);
    return [...reached(emitted, basename(entry, '.ts'))].map(([name, text]) => {
      const path = join(folder, `${name}.d.cts`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    });
  } finally {
    rmSync(emitted, { recursive: true });
  }
}

/** By name without ending, relative to `src`: the compiler leaves the endings of sources in what it writes. */
function reached(emitted: string, entry: string): Map<string, string> {
  const texts = new Map<string, string>();
  const waiting = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (texts.has(name)) continue;
    const text = readFileSync(join(emitted, `${name}.d.ts`), 'utf8');
    for (const [, path = ''] of text.matchAll(IMPORT)) waiting.push(join(dirname(name), path));
    texts.set(name, text.replace(IMPORT, '$1.cjs'));
  }
  return texts;
}
