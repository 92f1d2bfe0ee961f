// One entry to its file, or to one file and those that are loaded later: what dist/ consists of. The same sources give the
// same bytes, wherever they are built.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { LATER, later } from './later.ts';
import { narrow } from './narrow.ts';
import { commonJs, DIVIDED, parts } from './parts.ts';

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
  /**
   * Null for one file with everything. Otherwise what an `import()` asks for lies in a file of its own, `<stem>.<part>.cjs`,
   * and this source file is loaded before all others that are.
   */
  readonly first: string | null;
}

// chDB is 400 MB of native code, and the sandbox is nothing that an action needs.
const NO_SANDBOX = /(?:^|\/)chdb(?:\/|$)|^src\/(?:sandbox\/|verify\/(?:main|verify|endpoints)\.ts$)/;

export const ACTION: Bundle = {
  entry: 'src/action.ts',
  file: 'index.cjs',
  external: [],
  without: NO_SANDBOX,
  first: 'src/main-step.ts',
};
export const COMMAND_LINE: Bundle = {
  ...ACTION,
  entry: 'src/cli.ts',
  file: 'cli.cjs',
  first: 'src/cli.ts',
};

export interface Built {
  /** Paths. */
  readonly written: readonly string[];
  /** Bytes in the bundle by the file they come from, relative to the repository. */
  readonly sources: ReadonlyMap<string, number>;
  /** Those of them that lie in parts which are loaded later, or never. */
  readonly lazy: ReadonlySet<string>;
}

// CommonJS has no import.meta; sources and bundle lie equally deep, so that relative paths hold in both.
const DEFINE = {
  'import.meta.url': 'import_meta_url',
  'import.meta.dirname': '__dirname',
  'import.meta.filename': '__filename',
};
const BANNER = "const import_meta_url = require('node:url').pathToFileURL(__filename).href;\n";

/** Writes `<folder>/<file>`, its parts and `<file>.LEGAL.txt`. Of an earlier build nothing is left. */
export async function bundle(of: Bundle, folder: string): Promise<Built> {
  const { entry, file, external, without, first } = of;
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    // Nothing is written there: so that it is the same in every build.
    outdir: 'dist',
    bundle: true,
    // Where `node_modules` is a link, what it leads to must not show.
    preserveSymlinks: true,
    platform: 'node',
    target: 'node24',
    external: [...external],
    legalComments: 'external',
    metafile: true,
    write: false,
    logLevel: 'warning',
    define: DEFINE,
    ...(first === null ? { format: 'cjs' as const, plugins: [narrow, later] } : inParts(first)),
  });
  const intruder = without === null ? undefined : reached(metafile).find((path) => without.test(path));
  if (intruder !== undefined) throw new Error(`${file} must not contain ${intruder}, but does`);
  const stem = basename(file, '.cjs');
  const texts = new Map(outputFiles.map(({ path, text }) => [relative(root, path), text]));
  const code =
    first === null ? singleFile(file, texts) : await commonJs(metafile, texts, { entry, first, stem });
  const written = write(folder, stem, withLegal(file, code, texts));
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const sources = new Map(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput]));
  const started = atOnce(metafile, entry, first);
  return { written, sources, lazy: new Set([...sources.keys()].filter((path) => !started.has(path))) };
}

function singleFile(file: string, texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [code = ''] = [...texts].flatMap(([path, text]) => (path.endsWith('.js') ? [text] : []));
  return new Map([[file, code]]);
}

const inParts = (first: string) => ({ ...DIVIDED, plugins: [parts(first, LATER), narrow, later] });

/** With what licences want to be said of all parts, in one file that each of them names. */
function withLegal(
  file: string,
  codes: ReadonlyMap<string, string>,
  texts: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const legal = `${file}.LEGAL.txt`;
  const said = [...texts].filter(([path]) => path.endsWith('.LEGAL.txt')).map(([, text]) => text);
  if (said.length === 0) return codes;
  const sections = new Set(said.flatMap((text) => text.trim().split(/\n\n(?=\S)/)));
  const named = [...codes].map(([name, code]): [string, string] => [
    name,
    `${code}/*! For license information please see ${legal} */\n`,
  ]);
  return new Map([...named, [legal, `${[...sections].join('\n\n')}\n`]]);
}

function write(folder: string, stem: string, texts: ReadonlyMap<string, string>): string[] {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.startsWith(`${stem}.`)) rmSync(join(folder, name));
  const here = root.slice(0, -1);
  return [...texts].map(([name, text]) => {
    if (text.includes(here)) throw new Error(`${name} names a folder of this machine`);
    const path = join(folder, name);
    writeFileSync(path, text.includes('import_meta_url') ? `${BANNER}${text}` : text);
    return path;
  });
}

/** In the files that are loaded at once: those of the entry and of `first`, and what they cannot do without. */
function atOnce({ outputs }: Metafile, entry: string, first: string | null): Set<string> {
  const files = Object.entries(outputs).filter(
    ([, { entryPoint, inputs }]) => entryPoint === entry || (first !== null && first in inputs),
  );
  const found = new Set(files.map(([path]) => path));
  for (const path of found) {
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement') found.add(next);
  }
  return new Set([...found].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {})));
}

/** Everything bundled, and everything required from outside. */
function reached({ inputs, outputs }: Metafile): string[] {
  const required = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  return [...Object.keys(inputs), ...required];
}
