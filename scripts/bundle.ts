// One entry to one file: what dist/ consists of. The same sources give the same bytes, wherever they are built.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { narrow } from './narrow.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Bundle {
  /** Source file, relative to the repository. */
  readonly entry: string;
  /** File name in the target folder. */
  readonly file: string;
  /** Packages left to `require` at run time. */
  readonly external: readonly string[];
  /** What must never get in, as a path that would be bundled or a name that would be required. */
  readonly without: RegExp | null;
}

export interface Built {
  /** Paths. */
  readonly written: readonly string[];
  /** Bytes in the bundle by the file they come from, relative to the repository. */
  readonly sources: ReadonlyMap<string, number>;
  /** Those of them that are set up only once a dynamic import asks for them. */
  readonly lazy: ReadonlySet<string>;
}

/** Writes `<folder>/<file>` and `<file>.LEGAL.txt`. */
export async function bundle({ entry, file, external, without }: Bundle, folder: string): Promise<Built> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(folder, file),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    external: [...external],
    charset: 'utf8',
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
    plugins: [narrow],
    // CommonJS has no import.meta; sources and bundle lie equally deep, so that relative paths hold in both.
    define: {
      'import.meta.url': 'import_meta_url',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
    },
    banner: { js: "const import_meta_url = require('node:url').pathToFileURL(__filename).href;" },
  });
  const intruder = without === null ? undefined : reached(metafile).find((path) => without.test(path));
  if (intruder !== undefined) throw new Error(`${file} must not contain ${intruder}, but does`);
  const here = root.slice(0, -1);
  const written = Object.keys(metafile.outputs).map((path) => join(root, path));
  for (const path of written) {
    if (readFileSync(path, 'utf8').includes(here)) throw new Error(`${path} names a folder of this machine`);
  }
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const sources = new Map(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput]));
  const first = loaded(metafile, entry, sources);
  return { written, sources, lazy: new Set([...sources.keys()].filter((path) => !first.has(path))) };
}

/** What the entry sets up at once; what was left out of the bundle leads nowhere. */
function loaded({ inputs }: Metafile, entry: string, sources: ReadonlyMap<string, number>): Set<string> {
  const found = new Set([entry]);
  for (const path of found) {
    const imports = inputs[path]?.imports ?? [];
    for (const { path: next, kind } of imports)
      if (kind !== 'dynamic-import' && sources.has(next)) found.add(next);
  }
  return found;
}

/** Everything bundled, and everything required from outside. */
function reached({ inputs, outputs }: Metafile): string[] {
  const required = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  return [...Object.keys(inputs), ...required];
}
