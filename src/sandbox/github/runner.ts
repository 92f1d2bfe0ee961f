// Starts the built action as GitHub's runner does: one Node process, inputs and event in the environment, results in files.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ActionStart {
  /** Path of the bundle, e.g. `dist/index.cjs`. */
  readonly entry: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** GITHUB_EVENT_NAME. */
  readonly event: string;
  readonly payload: object;
  /** `owner/name`. */
  readonly repository: string;
  readonly sha: string;
  /** e.g. `refs/heads/main`. */
  readonly ref: string;
  /** The checkout: GITHUB_WORKSPACE and the working directory. */
  readonly workspace: string;
  /** Root of the GitHub API. */
  readonly apiUrl: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with every chunk of output as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Kills the process (SIGKILL) when it fires. */
  readonly signal?: AbortSignal;
}

export interface ActionEnd {
  /** Null when it was killed. */
  readonly exitCode: number | null;
  /** Standard output and error, interleaved, unmasked. */
  readonly log: string;
  /** Values given to `::add-mask::`. */
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What the post step would find as STATE_*. */
  readonly state: Readonly<Record<string, string>>;
}

/** Runs the main step to its end. Node is whatever runs this process. */
export async function runAction(start: ActionStart): Promise<ActionEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'runner-'));
  try {
    const files = await commandFiles(folder, start.payload);
    const { exitCode, log } = await execute(start, { ...environment(start, folder), ...files });
    return {
      exitCode,
      log,
      masks: [...log.matchAll(/^::add-mask::(.*)$/gm)].map(([, value]) => decode(value ?? '')),
      outputs: keyValues(await readFile(files.GITHUB_OUTPUT, 'utf8')),
      summary: await readFile(files.GITHUB_STEP_SUMMARY, 'utf8'),
      state: keyValues(await readFile(files.GITHUB_STATE, 'utf8')),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function commandFiles(folder: string, payload: object) {
  const files = {
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STATE: join(folder, 'state'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
    GITHUB_ENV: join(folder, 'env'),
    GITHUB_PATH: join(folder, 'path'),
  };
  for (const [name, path] of Object.entries(files)) {
    await writeFile(path, name === 'GITHUB_EVENT_PATH' ? JSON.stringify(payload) : '');
  }
  return files;
}

function environment(start: ActionStart, folder: string): Record<string, string> {
  const inputs = Object.entries(start.inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  return {
    ...Object.fromEntries(inputs),
    PATH: process.env.PATH ?? '',
    // Hundreds of starts of one bundle: V8 need not compile it each time.
    ...(process.env.NODE_COMPILE_CACHE === undefined
      ? {}
      : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
    HOME: folder,
    GITHUB_ACTIONS: 'true',
    CI: 'true',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: start.apiUrl,
    GITHUB_EVENT_NAME: start.event,
    GITHUB_REF: start.ref,
    GITHUB_REF_NAME: start.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REPOSITORY: start.repository,
    GITHUB_REPOSITORY_OWNER: start.repository.split('/')[0] ?? '',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: start.sha,
    GITHUB_WORKFLOW: 'tenants',
    GITHUB_WORKSPACE: start.workspace,
    RUNNER_TEMP: folder,
    ...start.env,
  };
}

function execute(
  start: ActionStart,
  env: Record<string, string>,
): Promise<{ exitCode: number | null; log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [start.entry], {
      cwd: start.workspace,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    const take = (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      log += text;
      start.onOutput?.(text);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    start.signal?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, log }));
  });
}

/** The runner's file commands: `name=value` or `name<<DELIMITER`, value, `DELIMITER`. */
function keyValues(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    const heredoc = /^([^=]+?)<<(.+)$/.exec(line);
    if (heredoc !== null) {
      const end = lines.indexOf(heredoc[2] ?? '', i + 1);
      values[heredoc[1] ?? ''] = lines.slice(i + 1, end).join('\n');
      i = end;
    } else if (line.includes('=')) {
      values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    }
  }
  return values;
}

const decode = (value: string): string =>
  value.replace(/%0D/g, '\r').replace(/%0A/g, '\n').replace(/%25/g, '%');
