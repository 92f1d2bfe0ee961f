// A real Git repository for a test, made in a temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TestRepository extends Disposable {
  readonly dir: string;
  /** Writes files (null deletes), commits on the current branch, gives the commit. */
  commit(files: Readonly<Record<string, string | null>>): string;
  git(...args: string[]): string;
}

export function newRepository(): TestRepository {
  const dir = mkdtempSync(join(tmpdir(), 'tenants-git-'));
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false'];
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', dir, ...identity, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  git('init', '-q', '-b', 'main');
  return {
    dir,
    git,
    commit(files) {
      for (const [path, text] of Object.entries(files)) {
        const file = join(dir, path);
        if (text === null) rmSync(file);
        else {
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, text);
        }
      }
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', 'change');
      return git('rev-parse', 'HEAD');
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}
