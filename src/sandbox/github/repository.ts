// The Git repository behind the small GitHub, read with the git binary.
import { execFile } from 'node:child_process';

export interface Entry {
  readonly kind: 'file' | 'dir' | 'symlink' | 'submodule';
  readonly path: string;
  readonly sha: string;
  readonly size: number;
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string; readonly date: string };
  readonly message: string;
}

/** Reads of one repository; null is "there is no such thing". */
export interface Repository {
  commit(ref: string): Promise<Commit | null>;
  /** What a full ref (`refs/heads/main`) points at. */
  ref(name: string): Promise<{ readonly sha: string; readonly type: string } | null>;
  file(sha: string, path: string): Promise<Buffer | null>;
  folder(sha: string, path: string): Promise<readonly Entry[] | null>;
  mergeBase(a: string, b: string): Promise<string | null>;
  /** Commits that `head` has and `base` has not, oldest first. */
  between(base: string, head: string): Promise<readonly string[]>;
}

const KINDS: Readonly<Record<string, Entry['kind']>> = {
  '100644': 'file',
  '100755': 'file',
  '040000': 'dir',
  '120000': 'symlink',
  '160000': 'submodule',
};

export function openRepository(gitDir: string): Repository {
  const git = (...args: string[]) => run(gitDir, args);
  const line = async (...args: string[]) => (await git(...args))?.toString('utf8').trim() || null;

  return {
    async commit(ref) {
      const sha = await line('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`);
      if (sha === null) return null;
      const text = await line('show', '-s', '--format=%T%n%P%n%an%n%ae%n%aI%n%B', sha);
      return text === null ? null : readCommit(sha, text);
    },
    async ref(name) {
      const sha = await line('rev-parse', '--verify', '--quiet', '--end-of-options', name);
      const type = sha === null ? null : await line('cat-file', '-t', sha);
      return sha === null || type === null ? null : { sha, type };
    },
    file: (sha, path) => git('cat-file', 'blob', `${sha}:${path}`),
    async folder(sha, path) {
      const listing = await git('ls-tree', '-z', '-l', path === '' ? sha : `${sha}:${path}`);
      return listing === null ? null : readTree(listing.toString('utf8'), path);
    },
    mergeBase: (a, b) => line('merge-base', a, b),
    async between(base, head) {
      const text = await line('rev-list', '--reverse', `${base}..${head}`);
      return text === null ? [] : text.split('\n');
    },
  };
}

/** A repository without commits, for tests that need none. */
export const emptyRepository: Repository = {
  commit: async () => null,
  ref: async () => null,
  file: async () => null,
  folder: async () => null,
  mergeBase: async () => null,
  between: async () => [],
};

function run(gitDir: string, args: readonly string[]): Promise<Buffer | null> {
  return new Promise((resolve) => {
    execFile(
      'git',
      ['-C', gitDir, ...args],
      { encoding: 'buffer', maxBuffer: 128 * 1024 * 1024 },
      (error, stdout) => resolve(error === null ? stdout : null),
    );
  });
}

function readCommit(sha: string, text: string): Commit {
  const [tree = '', parents = '', name = '', email = '', date = '', ...message] = text.split('\n');
  return {
    sha,
    tree,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author: { name, email, date },
    message: message.join('\n'),
  };
}

function readTree(listing: string, folder: string): Entry[] {
  return listing
    .split('\0')
    .filter((row) => row !== '')
    .map((row) => {
      const [facts = '', name = ''] = row.split('\t');
      const [mode = '', , sha = '', size = '0'] = facts.split(/ +/);
      const path = folder === '' ? name : `${folder}/${name}`;
      return { kind: KINDS[mode] ?? 'file', path, sha, size: size === '-' ? 0 : Number(size) };
    });
}
