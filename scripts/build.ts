// Builds dist/: `build` what is committed, `--all` also what is packed, `--check` compares what is committed with its sources.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ACTION, type Bundle, bundle, COMMAND_LINE, root } from './bundle.ts';
import { declarations } from './declarations.ts';

const COMMITTED: readonly Bundle[] = [ACTION];
const PACKED: readonly Bundle[] = [
  COMMAND_LINE,
  // A backend that mints tokens has nothing to do with GitHub.
  {
    entry: 'src/library.ts',
    file: 'library.cjs',
    external: [],
    without: /(?:^|\/)(?:chdb|@octokit|@actions)(?:\/|$)|^src\/(?:sandbox|github)\//,
    first: null,
  },
  { entry: 'src/sandbox/main.ts', file: 'sandbox.cjs', external: ['chdb'], without: null, first: null },
  { entry: 'src/verify/main.ts', file: 'verify.cjs', external: ['chdb'], without: null, first: null },
];

const flags = process.argv.slice(2);
const unknown = flags.find((flag) => !['--all', '--check'].includes(flag));
if (unknown !== undefined) {
  console.error(`Unknown option ${unknown}. Usage: npm run build [-- --all | --check]`);
  process.exit(2);
}
if (flags.includes('--check')) await check();
else await buildAll(flags.includes('--all') ? [...COMMITTED, ...PACKED] : COMMITTED);

async function buildAll(bundles: readonly Bundle[]): Promise<void> {
  const dist = join(root, 'dist');
  for (const one of bundles) show((await bundle(one, dist)).written);
  if (bundles !== COMMITTED) show(declarations('src/library.ts', dist));
}

function show(paths: readonly string[]): void {
  for (const path of paths)
    console.log(`dist/${basename(path)}  ${(statSync(path).size / 1e6).toFixed(2)} MB`);
}

async function check(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    const built = new Set<string>();
    for (const one of COMMITTED) {
      for (const path of (await bundle(one, folder)).written) {
        built.add(basename(path));
        compare(path);
      }
    }
    for (const name of readdirSync(join(root, 'dist'))) {
      if (!built.has(name) && !isPacked(name)) complain(`dist/${name} is not built from the sources`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(built: string): void {
  const committed = `dist/${basename(built)}`;
  if (!read(join(root, committed)).equals(readFileSync(built)))
    complain(`${committed} is not what the sources give`);
}

function complain(what: string): void {
  console.error(`${what}. Run \`npm run build\` and commit dist/.`);
  process.exitCode = 1;
}

/** What only `--all` builds; git ignores it. */
function isPacked(name: string): boolean {
  return name.endsWith('.d.cts') || PACKED.some(({ file }) => name.startsWith(`${basename(file, '.cjs')}.`));
}

/** Empty when there is no such file. */
function read(path: string): Buffer {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? Buffer.alloc(0) : readFileSync(path);
}
