// What the demo plays on: an embedded workspace, the small GitHub, a real Git repository, and the built action.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Generation } from '../src/model.ts';
import { type ActionEnd, runAction } from '../src/sandbox/github/runner.ts';
import { type Github, startGithub } from '../src/sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const git = promisify(execFile);

export interface Stage extends AsyncDisposable {
  readonly generation: Generation;
  readonly sandbox: Sandbox;
  readonly github: Github;
  /** The checkout. */
  readonly folder: string;
  /** Token of a workflow: contents: read, pull-requests: write. */
  readonly workflowToken: string;
  /** Everything that processes wrote or sent unsealed, to be searched for values at the end. */
  readonly written: string[];
  /** Values that were in secrets once. */
  readonly retired: string[];
  /** Runs the built action for an event. */
  act(event: string, payload: object, options?: ActOptions): Promise<ActionEnd>;
  /** Writes the list and commits it; gives the commit. */
  commit(message: string, list: string): Promise<string>;
  git(...args: string[]): Promise<string>;
}

export interface ActOptions {
  readonly ref?: string;
  readonly sha?: string;
  readonly inputs?: Readonly<Record<string, string>>;
}

const REPOSITORY = 'acme-analytics/customers';
const LIST = 'tenants.yaml';

export async function setStage(port: number, generation: Generation): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tenants-demo-'));
  await cp(join(root, 'examples/usage-billing'), folder, { recursive: true });
  const run = async (...args: string[]) => (await git('git', ['-C', folder, ...args])).stdout.trim();
  await run('init', '--quiet', '--initial-branch=main');
  await run('config', 'user.name', 'Demo');
  await run('config', 'user.email', 'demo@example.com');
  await run('add', '-A');
  const sandbox = await startSandbox({ port, generation });
  const github = await startGithub({ repository: REPOSITORY, gitDir: folder });
  const workflowToken = github.grant({
    login: 'github-actions[bot]',
    permissions: { contents: 'read', pull_requests: 'write' },
  });
  const written: string[] = [];
  const stage: Stage = {
    generation,
    sandbox,
    github,
    folder,
    workflowToken,
    written,
    retired: [],
    act: (event, payload, options = {}) => act(stage, { event, payload, ...options }),
    commit: async (message, list) => {
      await writeFile(join(folder, LIST), list);
      await run('add', '-A');
      await run('commit', '--quiet', '-m', message);
      return run('rev-parse', 'HEAD');
    },
    git: run,
    [Symbol.asyncDispose]: async () => {
      await github[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return stage;
}

async function act(
  stage: Stage,
  at: ActOptions & { readonly event: string; readonly payload: object },
): Promise<ActionEnd> {
  const { sandbox, github, folder } = stage;
  const end = await runAction({
    entry: join(root, 'dist/index.cjs'),
    event: at.event,
    payload: { repository: { default_branch: 'main', full_name: REPOSITORY }, ...at.payload },
    repository: REPOSITORY,
    sha: at.sha ?? (await stage.git('rev-parse', 'HEAD')),
    ref: at.ref ?? 'refs/heads/main',
    workspace: folder,
    apiUrl: github.url,
    inputs: {
      'tinybird-token': sandbox.adminToken,
      'tinybird-host': sandbox.url,
      project: 'tinybird',
      'github-token': stage.workflowToken,
      'secrets-token': github.token,
      ...at.inputs,
    },
  });
  const log = end.log.replace(/^::add-mask::.*$/gm, '');
  stage.written.push(log, end.summary, JSON.stringify(end.outputs));
  return end;
}

/** The files of the project, as a team that starts with us already has them in its workspace. */
export async function projectFiles(stage: Stage): Promise<{ name: string; text: string }[]> {
  const paths = (await stage.git('ls-files', 'tinybird'))
    .split('\n')
    .filter((path) => /\.(datasource|pipe)$/.test(path));
  return Promise.all(
    paths.map(async (path) => ({
      name: path.split('/').at(-1) ?? path,
      text: await readFile(join(stage.folder, path), 'utf8'),
    })),
  );
}

/** The log of fifty tenants, less the middle of it. */
export function visible(log: string): string {
  const lines = log
    .replace(/^::.*\n/gm, '')
    .trim()
    .split('\n');
  const left = lines.length - 14;
  return left <= 1
    ? lines.join('\n')
    : [...lines.slice(0, 11), `  … ${left} lines more …`, ...lines.slice(-3)].join('\n');
}
