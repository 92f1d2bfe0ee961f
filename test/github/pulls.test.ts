// From a commit to the pull request that was merged with it: the right one of several, none for a direct push, and who may not ask.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/github/client.ts';
import { mergedPull } from '../../src/github/pulls.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { Secret } from '../../src/secret.ts';
import { newRepository, type TestRepository } from './git.ts';

let repository: TestRepository;
let github: Github;
const commits = { topic: '', merge: '', direct: '' };

beforeAll(async () => {
  repository = newRepository();
  repository.commit({ 'tenants.yaml': 'fleet: usage\n' });
  repository.git('branch', 'release');
  repository.git('checkout', '-q', '-b', 'topic');
  commits.topic = repository.commit({ 'tenants.yaml': 'fleet: usage\ntenants: []\n' });
  repository.git('checkout', '-q', 'main');
  repository.git('merge', '-q', '--no-ff', 'topic', '-m', 'merge');
  commits.merge = repository.git('rev-parse', 'HEAD');
  commits.direct = repository.commit({ 'README.md': 'x' });
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

const find = (sha: string, token = github.token, branch = 'main') =>
  mergedPull(
    createClient({
      token: new Secret(token),
      tokenInput: 'github-token',
      repository: 'acme/tenants',
      apiUrl: github.url,
      paceMs: 1,
    }),
    { sha, branch },
  );

test('the pull request that was merged with this commit into this branch, in one request', async () => {
  github.pullRequests.open({ number: 3, head: 'topic', base: 'release' });
  github.pullRequests.merge(3, commits.merge);
  github.pullRequests.open({ number: 4, head: 'topic', base: 'main' });
  github.pullRequests.merge(4, commits.topic);
  github.pullRequests.open({ number: 5, head: 'topic', base: 'main' });
  github.pullRequests.merge(5, commits.merge);
  github.pullRequests.open({ number: 6, head: 'topic', base: 'main' });
  expect(await find(commits.merge)).toEqual({ ok: true, value: { number: 5 } });
  expect(await find(commits.merge, github.token, 'release')).toEqual({ ok: true, value: { number: 3 } });
  expect(github.requests).toHaveLength(2);
});

test('one that is open, or that others pushed past, is none', async () => {
  github.pullRequests.open({ number: 5, head: 'topic', base: 'main' });
  expect(await find(commits.topic)).toEqual({ ok: true, value: null });
  expect(await find(commits.direct)).toEqual({ ok: true, value: null });
});

test('without permission, the sentence names it', async () => {
  const token = github.grant({ login: 'github-actions[bot]', permissions: { contents: 'read' } });
  expect(await find(commits.merge, token)).toMatchObject({
    failure: {
      sentence: expect.stringContaining('`github-token` needs the permission `Pull requests: read` (403'),
    },
  });
});
