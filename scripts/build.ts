// Builds dist/: `build` what is committed, `--all` also what is packed, `--check` compares what is committed with its sources.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Bundle, bundle, root } from './bundle.ts';
import { declarations } from './declarations.ts';

const COMMITTED: readonly Bundle[] = [
  // chDB is 400 MB of native code, and the sandbox is nothing that an action needs.
  {
    entry: 'src/action.ts',
    file: 'index.cjs',
    external: [],
    without: /(?:^|\/)chdb(?:\/|$)|^src\/(?:sandbox\/|verify\/(?:main|verify|endpoints)\.ts$)/,
  },
];
const PACKED: readonly Bundle[] = [
  {
    entry: 'src/cli.ts',
    file: 'cli.cjs',
    external: [],
    without: /(?:^|\/)chdb(?:\/|$)|^src\/(?:sandbox\/|verify\/(?:main|verify|endpoints)\.ts$)/,
  },
  // A backend that mints tokens has nothing to do with GitHub.
  {
    entry: 'src/library.ts',
    file: 'library.cjs',
    external: [],
    without: /(?:^|\/)(?:chdb|@octokit|@actions)(?:\/|$)|^src\/(?:sandbox|github)\//,
  },
  { entry: 'src/sandbox/main.ts', file: 'sandbox.cjs', external: ['chdb'], without: null },
  { entry: 'src/verify/main.ts', file: 'verify.cjs', external: ['chdb'], without: null },
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
    for (const one of COMMITTED) {
      for (const path of (await bundle(one, folder)).written) compare(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(built: string): void {
  const committed = `dist/${basename(built)}`;
  if (read(join(root, committed)).equals(readFileSync(built))) return;
  console.error(`${committed} is not what the sources give. Run \`npm run build\` and commit it.`);
  process.exitCode = 1;
}

/** Empty when there is no such file. */
function read(path: string): Buffer {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? Buffer.alloc(0) : readFileSync(path);
}
