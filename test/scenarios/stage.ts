// What a scenario plays on: a workspace of its own, the small GitHub, a real Git repository, and the action as built from the sources.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACTION, bundle, root } from '../../scripts/bundle.ts';
import type { Generation } from '../../src/model.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { OWN_FILES, type Step } from './step.ts';
import { Workspace } from './workspace.ts';

export const REPOSITORY = 'acme/customers';
export const PULL = 1;
const BRANCH = 'change';
/** The list's landing table and shared endpoints, in every scenario's first commit. */
const PROJECT = 'examples/usage-billing/tinybird';

export interface Action extends Disposable {
  readonly entry: string;
}

/** The bundle as it would be released, next to the shipped sets. */
export async function buildAction(): Promise<Action> {
  const folder = mkdtempSync(join(tmpdir(), 'scenarios-action-'));
  await bundle(ACTION, join(folder, 'dist'));
  cpSync(join(root, 'datafiles-templates'), join(folder, 'datafiles-templates'), { recursive: true });
  return {
    entry: join(folder, 'dist/index.cjs'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Stage extends AsyncDisposable {
  readonly generation: Generation;
  readonly action: Action;
  readonly sandbox: Sandbox;
  readonly workspace: Workspace;
  readonly github: Github;
  readonly tokens: { readonly workflow: string; readonly fork: string };
  /** The checkout. */
  readonly folder: string;
  /** RUNNER_TEMP; it outlives a run, as on a runner. */
  readonly temp: string;
  /** Oldest first. */
  readonly commits: string[];
  readonly git: (...args: string[]) => string;
}

export async function setStage(action: Action, generation: Generation): Promise<Stage> {
  const outer = mkdtempSync(join(tmpdir(), 'scenario-'));
  const folder = join(outer, 'checkout');
  const temp = join(outer, 'temp');
  mkdirSync(folder);
  mkdirSync(temp);
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false'];
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, ...who, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  git('init', '-q', '-b', 'main');
  cpSync(join(root, PROJECT), join(folder, 'tinybird'), { recursive: true });
  // One of its own, because its log of requests is; they share an engine.
  const sandbox = await startSandbox({ generation });
  const github = await startGithub({ repository: REPOSITORY, gitDir: folder });
  const login = 'github-actions[bot]';
  const stage: Stage = {
    generation,
    action,
    sandbox,
    workspace: new Workspace(sandbox, generation),
    github,
    tokens: {
      workflow: github.grant({ login, permissions: { contents: 'read', pull_requests: 'write' } }),
      fork: github.grant({ login, permissions: { contents: 'read', pull_requests: 'read' } }),
    },
    folder,
    temp,
    commits: [],
    git,
    [Symbol.asyncDispose]: async () => {
      await github[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
      rmSync(outer, { recursive: true, force: true });
    },
  };
  commit(stage, 'start');
  return stage;
}

function commit({ git, commits }: Stage, message: string): void {
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', message);
  commits.push(git('rev-parse', 'HEAD'));
}

/** What the event's payload and environment say. */
export interface Start {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly sha: string;
}

/** Commits the step's files where its event finds them, and leaves them checked out. */
export function checkOut(stage: Stage, step: Step, folder: string): Start {
  const { git } = stage;
  const repository = { default_branch: 'main', full_name: REPOSITORY };
  const before = git('rev-parse', 'main');
  if (step.event === 'pull_request') {
    const isNew = git('branch', '--list', BRANCH) === '';
    git('checkout', '-q', ...(isNew ? ['-b'] : []), BRANCH);
    copyFiles(stage, step, folder);
    return {
      payload: { repository, pull_request: pullRequest(stage, step) },
      ref: `refs/pull/${PULL}/merge`,
      sha: git('rev-parse', 'HEAD'),
    };
  }
  git('checkout', '-q', 'main');
  if (step.merge) {
    git('merge', '-q', '--no-ff', '-m', `Merge pull request #${PULL}`, BRANCH);
    stage.commits.push(git('rev-parse', 'HEAD'));
    stage.github.pullRequests.merge(PULL, git('rev-parse', 'HEAD'));
  } else copyFiles(stage, step, folder);
  if (step.commit !== undefined) git('checkout', '-q', '--detach', step.commit);
  const client = step.payload === undefined ? {} : { client_payload: step.payload };
  return {
    payload: { repository, before, ...client },
    ref: 'refs/heads/main',
    sha: git('rev-parse', 'HEAD'),
  };
}

function copyFiles(stage: Stage, { shipped }: Step, folder: string): void {
  for (const name of shipped) {
    const set = join(root, 'datafiles-templates', name);
    cpSync(set, join(stage.folder, 'templates', name), { recursive: true });
  }
  for (const name of readdirSync(folder)) {
    if (!OWN_FILES.includes(name)) cpSync(join(folder, name), join(stage.folder, name), { recursive: true });
  }
  commit(stage, folder.split('/').at(-1) ?? folder);
}

function pullRequest({ git, github }: Stage, { fork }: Step): object {
  github.pullRequests.open({ number: PULL, head: BRANCH, base: 'main' });
  const side = (branch: string, full_name: string) => ({
    sha: git('rev-parse', branch),
    repo: { full_name },
  });
  return {
    number: PULL,
    base: side('main', REPOSITORY),
    head: side(BRANCH, fork ? 'mallory/customers' : REPOSITORY),
  };
}
