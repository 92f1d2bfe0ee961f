// The official Classic CLI against a Classic sandbox: `node test/conformance/classic-cli.ts [--optional]`. Nothing leaves the machine.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { connect } from '../sandbox/client.ts';
import { writeProject } from './classic-project.ts';
import { type Step, stepsWith } from './classic-steps.ts';

interface Ran {
  readonly code: number;
  /** Both streams. */
  readonly output: string;
}

/** `tb` in a folder of its own, which is its home as well. */
type Cli = (args: readonly string[]) => Promise<Ran>;

const NOWHERE = 'http://127.0.0.1:9';

const cliIn =
  (folder: string): Cli =>
  (args) =>
    new Promise((resolve) => {
      const env = {
        PATH: process.env.PATH,
        HOME: folder,
        LANG: 'C.UTF-8',
        COLUMNS: '200',
        // Neither PyPI nor telemetry; and whatever else it might look for out there is refused here.
        TB_VERSION_WARNING: '0',
        TB_CLI_TELEMETRY_OPTOUT: '1',
        HTTP_PROXY: NOWHERE,
        HTTPS_PROXY: NOWHERE,
        NO_PROXY: '127.0.0.1,localhost',
      };
      const options = { cwd: folder, env, timeout: 120_000, encoding: 'utf8' as const };
      const child = execFile(process.env.TB_CLASSIC ?? 'tb', [...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, output: `${stdout}${stderr}${error?.code === 'ENOENT' ? error.message : ''}` });
      });
      // A question would wait for ever.
      child.stdin?.end();
    });

/** Its version, e.g. `6.5.5`; null when this is no Classic CLI. The Forward CLI is a `tb` too, but cannot push. */
async function classicVersion(tb: Cli): Promise<string | null> {
  const { output } = await tb(['--version']);
  const [, version, major] = /version ((\d+)\.\d+\.\d+)/.exec(output) ?? [];
  if (version === undefined || (major !== '5' && major !== '6')) return null;
  return (await tb(['push', '--help'])).code === 0 ? version : null;
}

interface Result {
  readonly step: Step;
  /** Null: as it should be. */
  readonly problem: string | null;
  readonly seconds: number;
}

async function take(tb: Cli, step: Step, sandbox: Sandbox): Promise<Result> {
  const started = performance.now();
  const { code, output } = await tb(step.run);
  const said = (): string => output.trim().split('\n').slice(-4).join(' ⏎ ');
  let problem: string | null = null;
  if (code !== 0) problem = `exit code ${code}: ${said()}`;
  else if (step.prints !== undefined && !output.includes(step.prints)) {
    problem = `no "${step.prints}" in: ${said()}`;
  } else problem = (await step.check?.(connect(sandbox)).catch(String)) ?? null;
  return { step, problem, seconds: (performance.now() - started) / 1000 };
}

function report(results: readonly Result[], sandbox: Sandbox): string {
  const lines = results.map(({ step, problem, seconds }) => {
    const command = `tb ${step.run.join(' ')}`
      .replaceAll(sandbox.adminToken, '…')
      .replaceAll(sandbox.url, '…');
    const line = `${problem === null ? 'ok    ' : 'failed'}  ${seconds.toFixed(1).padStart(5)} s  ${command}`;
    return problem === null ? line : `${line}\n        ${problem.replaceAll(sandbox.adminToken, '…')}`;
  });
  const missing = sandbox.requests.filter(({ status }) => status === 501 || status === 500);
  const routes = new Set(
    missing.map(({ method, path, status }) => `${status} ${method} ${path.split('?')[0]}`),
  );
  const failed = results.filter(({ problem }) => problem !== null).length;
  return [
    ...lines,
    ...[...routes].map((route) => `the sandbox answered ${route}`),
    `${results.length - failed} of ${results.length} steps ok`,
  ].join('\n');
}

/** Gives the exit code. */
async function main(folder: string, optional: boolean): Promise<number> {
  const tb = cliIn(folder);
  const version = await classicVersion(tb);
  if (version === null) {
    process.stdout.write(
      `NOT RUN: no official Classic CLI ("tb" of the package tinybird-cli, 5.x or 6.x) was found.\n` +
        `Install it with "pip install tinybird-cli", or say where it is: TB_CLASSIC=path/to/tb\n`,
    );
    return optional ? 0 : 1;
  }
  await writeProject(folder);
  await using sandbox = await startSandbox({ generation: 'classic' });
  process.stdout.write(`tinybird-cli ${version} on a Classic sandbox\n`);
  const results: Result[] = [];
  for (const step of stepsWith(['--host', sandbox.url, '--token', sandbox.adminToken])) {
    results.push(await take(tb, step, sandbox));
  }
  process.stdout.write(`${report(results, sandbox)}\n`);
  return results.every(({ problem }) => problem === null) ? 0 : 1;
}

const folder = await mkdtemp(join(tmpdir(), 'classic-cli-'));
try {
  process.exitCode = await main(folder, process.argv.includes('--optional'));
} finally {
  await rm(folder, { recursive: true, force: true });
}
