// A checkout, an embedded workspace and the small GitHub, all real and on ports, and the built action run among them.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/bundle.ts';
import type { Generation } from '../../src/model.ts';
import { type ActionEnd, runAction } from '../../src/sandbox/github/runner.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { newRepository, type TestRepository } from '../github/git.ts';
import { build } from './built.ts';

const REPOSITORY = 'acme-analytics/customers';

export interface Stage extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly github: Github;
  readonly workflowToken: string;
  /** Path of the built action. */
  readonly entry: string;
  /** The checkout, with the project of the example in `tinybird/`. */
  readonly repository: TestRepository;
  /** Runs the built action; a push to the default branch unless told otherwise. */
  readonly act: (options?: ActOptions) => Promise<Ended>;
  /** The same within this process, where nothing of the action's edge is asked for. */
  readonly actHere: (options?: Omit<ActOptions, 'signal'>) => Promise<Ended>;
}

export interface StageOptions {
  /** Of the workspace; `forward` when absent. */
  readonly generation?: Generation;
}

export interface ActOptions {
  readonly event?: string;
  readonly payload?: object;
  readonly ref?: string;
  readonly sha?: string;
  /** The list, written to `tenants.yaml` before. */
  readonly list?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Another build of the action than the stage's own. */
  readonly entry?: string;
  readonly apiUrl?: string;
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
}

export interface Ended extends ActionEnd {
  /** The text of the report file. */
  readonly report: string;
  /** `GET /v0/pipes` and so on, of this run, in order of arrival; queries left out. */
  readonly asked: readonly string[];
  readonly askedGithub: readonly string[];
}

export async function setStage({ generation = 'forward' }: StageOptions = {}): Promise<Stage> {
  const built = await build();
  const repository = newRepository();
  await cp(join(root, 'examples/usage-billing/tinybird'), join(repository.dir, 'tinybird'), {
    recursive: true,
  });
  repository.commit({ 'README.md': 'Customers\n' });
  const sandbox = await startSandbox({ generation });
  const github = await startGithub({ repository: REPOSITORY, gitDir: repository.dir });
  const workflowToken = github.grant({
    login: 'github-actions[bot]',
    permissions: { contents: 'read', pull_requests: 'write' },
  });
  const world = { sandbox, github, workflowToken, repository, entry: built.entry };
  return {
    ...world,
    act: (options = {}) => act(world, options, runAction),
    // The whole product, which a file that only starts the built one need not load.
    actHere: async (options = {}) => act(world, options, (await import('./here.ts')).runHere),
    [Symbol.asyncDispose]: async () => {
      await github[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
      repository[Symbol.dispose]();
      await built[Symbol.asyncDispose]();
    },
  };
}

type World = Pick<Stage, 'sandbox' | 'github' | 'workflowToken' | 'repository' | 'entry'>;

async function act(world: World, options: ActOptions, runs: typeof runAction): Promise<Ended> {
  const { sandbox, github, repository } = world;
  if (options.list !== undefined) await writeFile(join(repository.dir, 'tenants.yaml'), options.list);
  const before = { tinybird: sandbox.requests.length, github: github.requests.length };
  const temp = await mkdtemp(join(tmpdir(), 'runner-temp-'));
  try {
    const end = await runs({
      entry: options.entry ?? world.entry,
      event: options.event ?? 'push',
      payload: {
        repository: { default_branch: 'main', full_name: REPOSITORY },
        before: '0'.repeat(40),
        ...options.payload,
      },
      repository: REPOSITORY,
      sha: options.sha ?? repository.git('rev-parse', 'HEAD'),
      ref: options.ref ?? 'refs/heads/main',
      workspace: repository.dir,
      apiUrl: options.apiUrl ?? github.url,
      inputs: {
        'tinybird-token': sandbox.adminToken,
        'tinybird-host': sandbox.url,
        'github-token': world.workflowToken,
        'secrets-token': github.token,
        project: 'tinybird',
        ...options.inputs,
      },
      env: { RUNNER_TEMP: temp, ...options.env },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onOutput === undefined ? {} : { onOutput: options.onOutput }),
    });
    const report = end.outputs['report-path'];
    return {
      ...end,
      report: report === undefined ? '' : await readFile(report, 'utf8').catch(() => ''),
      asked: sandbox.requests.slice(before.tinybird).map(routeOf),
      askedGithub: github.requests.slice(before.github).map(routeOf),
    };
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

const routeOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method} ${path.replace(/\?.*$/, '')}`;
