// The action and the command line as a user runs them: built from the sources once for a test file, beside the shipped sets.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACTION, bundle, root } from '../../scripts/bundle.ts';

export interface Built extends AsyncDisposable {
  /** Path of `dist/index.cjs`. */
  readonly entry: string;
}

export async function build(): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), 'built-'));
  // Beside the bundle, as in the repository of the action.
  await cp(join(root, 'datafiles-templates'), join(folder, 'datafiles-templates'), { recursive: true });
  await bundle(ACTION, join(folder, 'dist'));
  return {
    entry: join(folder, 'dist/index.cjs'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export interface CommandEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `tinybird-tenants …` from the sources, with nothing in the environment but what is given. */
export function command(
  args: readonly string[],
  at: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<CommandEnd> {
  const env = { PATH: process.env.PATH, ...at.env };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'src/cli.ts'), ...args],
      { cwd: at.cwd, env },
      (error, stdout, stderr) => {
        const exitCode = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}
