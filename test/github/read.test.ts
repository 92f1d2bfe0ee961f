// Reading the repository: heads, the list at a base commit, merge bases, and what is said when that does not work.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { baseOf, readBase } from '../../src/github/base.ts';
import { createClient } from '../../src/github/client.ts';
import type { Context } from '../../src/github/context.ts';
import { checkHead } from '../../src/github/head.ts';
import type { Github } from '../../src/sandbox/github/server.ts';
import { startGithub } from '../../src/sandbox/github/server.ts';
import { Secret } from '../../src/secret.ts';
import { newRepository, type TestRepository } from './git.ts';

let repository: TestRepository;
let github: Github;
const commits = { first: '', second: '', branch: '' };
const ZEROS = '0'.repeat(40);

beforeAll(async () => {
  repository = newRepository();
  commits.first = repository.commit({ 'tenants.yaml': 'fleet: usage\n', 'docs/ü b.md': 'x' });
  repository.git('checkout', '-q', '-b', 'topic/one');
  commits.branch = repository.commit({ 'tenants.yaml': 'fleet: usage\ntenants: []\n' });
  repository.git('checkout', '-q', 'main');
  commits.second = repository.commit({ 'list/a.yaml': 'id: a\n', 'list/b.yaml': 'id: b\n' });
  github = await startGithub({ repository: 'acme/tenants', gitDir: repository.dir });
});

afterEach(() => {
  expect(github.violations).toEqual([]);
  github.reset();
});

afterAll(async () => {
  await github[Symbol.asyncDispose]();
  repository[Symbol.dispose]();
});

function client(token = github.token, apiUrl = github.url) {
  return createClient({
    token: new Secret(token),
    tokenInput: 'github-token',
    repository: 'acme/tenants',
    apiUrl,
    paceMs: 1,
  });
}

const run = {
  repository: 'acme/tenants',
  actor: 'ada',
  apiUrl: '',
  runUrl: '',
  attempt: 1,
  defaultBranch: 'main',
};

describe('checkHead', () => {
  test('the tip of a branch is its head, an older commit is superseded', async () => {
    expect(await checkHead(client(), { ref: 'refs/heads/main', sha: commits.second })).toEqual({
      kind: 'head',
    });
    expect(await checkHead(client(), { ref: 'refs/heads/main', sha: commits.first })).toEqual({
      kind: 'superseded',
      head: commits.second,
    });
  });

  test('a branch with a slash, on GitHub Enterprise', async () => {
    const found = await checkHead(client(github.token, github.enterpriseUrl), {
      ref: 'refs/heads/topic/one',
      sha: commits.branch,
    });
    expect(found).toEqual({ kind: 'head' });
  });

  test('a branch that is gone', async () => {
    const found = await checkHead(client(), { ref: 'refs/heads/gone', sha: commits.first });
    expect(found).toEqual({ kind: 'superseded', head: null });
  });

  test('a tag is asked for nothing', async () => {
    expect(await checkHead(client(), { ref: 'refs/tags/v1', sha: commits.first })).toEqual({ kind: 'head' });
    expect(github.requests).toEqual([]);
  });

  test('without permission it is unknown, and the sentence names the permission', async () => {
    const token = github.grant({ login: 'github-actions[bot]', permissions: {} });
    expect(await checkHead(client(token), { ref: 'refs/heads/main', sha: commits.second })).toEqual({
      kind: 'unknown',
      reason:
        'could not read the head of refs/heads/main: `github-token` needs the permission `Contents: read` (403 Resource not accessible by integration)',
    });
  });
});

describe('readBase', () => {
  test('a file as it was', async () => {
    const found = await readBase(client(), { path: './tenants.yaml', ref: commits.first });
    expect(found).toEqual({ kind: 'file', text: 'fleet: usage\n' });
  });

  test('a name that needs escaping, at a branch', async () => {
    expect(await readBase(client(), { path: 'docs/ü b.md', ref: 'topic/one' })).toEqual({
      kind: 'file',
      text: 'x',
    });
  });

  test('a JSON list stays text', async () => {
    const at = repository.commit({ 'tenants.json': '{"fleet":"usage"}' });
    expect(await readBase(client(), { path: 'tenants.json', ref: at })).toEqual({
      kind: 'file',
      text: '{"fleet":"usage"}',
    });
    repository.git('reset', '-q', '--hard', commits.second);
  });

  test('a folder of files', async () => {
    expect(await readBase(client(), { path: 'list/', ref: commits.second })).toEqual({
      kind: 'folder',
      files: [
        { path: 'list/a.yaml', text: 'id: a\n' },
        { path: 'list/b.yaml', text: 'id: b\n' },
      ],
    });
  });

  test('a file that was not there is absent, a commit that is gone is unknown', async () => {
    expect(await readBase(client(), { path: 'other.yaml', ref: commits.first })).toEqual({ kind: 'absent' });
    const found = await readBase(client(), { path: 'tenants.yaml', ref: 'f'.repeat(40) });
    expect(found).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('No commit found') });
  });
});

describe('baseOf', () => {
  const push = {
    ...run,
    sha: commits.second,
    ref: 'refs/heads/main',
    eventName: 'push',
    event: 'push',
    deleted: false,
  } as const;
  const pull = {
    ...run,
    sha: '',
    ref: 'refs/pull/5/merge',
    eventName: 'pull_request',
    event: 'pull_request',
    number: 5,
    isFork: false,
  } as const;

  test('a push is compared with the commit before it, a new branch with nothing', async () => {
    expect(await baseOf(client(), { ...push, before: commits.first }, null)).toEqual({
      kind: 'commit',
      ref: commits.first,
    });
    expect(await baseOf(client(), { ...push, before: ZEROS }, null)).toMatchObject({ kind: 'unknown' });
  });

  test('a pull request is compared with where it left its base', async () => {
    const context: Context = { ...pull, baseSha: commits.second, headSha: commits.branch };
    expect(await baseOf(client(), context, null)).toEqual({ kind: 'commit', ref: commits.first });
  });

  test('the input wins, other events have no base', async () => {
    expect(await baseOf(client(), { ...push, before: ZEROS }, 'release')).toEqual({
      kind: 'commit',
      ref: 'release',
    });
    const schedule: Context = {
      ...run,
      sha: '',
      ref: 'refs/heads/main',
      eventName: 'schedule',
      event: 'schedule',
    };
    expect(await baseOf(client(), schedule, null)).toMatchObject({ kind: 'unknown' });
  });

  test('a base that is gone is unknown', async () => {
    const context: Context = { ...pull, baseSha: 'e'.repeat(40), headSha: commits.branch };
    expect(await baseOf(client(), context, null)).toMatchObject({ kind: 'unknown' });
  });
});
