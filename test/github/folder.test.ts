// A folder at a commit: what the checkout has is not asked for, what cannot be read whole is unknown.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/github/client.ts';
import { readFolderAt } from '../../src/github/folder.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { Secret } from '../../src/secret.ts';
import { newRepository, type TestRepository } from './git.ts';

const MANY = 201;
let repository: TestRepository;
let github: Github;
let ref: string;

beforeAll(async () => {
  repository = newRepository();
  const many = Array.from({ length: MANY }, (_, index) => [`many/f${index}.hbs`, `${index}`] as const);
  ref = repository.commit({
    'sets/readme.md': 'x',
    'sets/a/set.yaml': 'a: ü\n',
    'sets/a/one.pipe.hbs': 'SELECT 1\n',
    'sets/b/set.yaml': 'b\n',
    'sets/other/deep/set.yaml': 'c\n',
    ...Object.fromEntries(many),
  });
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

const read = (path: string, here: Readonly<Record<string, string>> = {}, token = github.token) =>
  readFolderAt(
    createClient({
      token: new Secret(token),
      tokenInput: 'github-token',
      repository: 'acme/tenants',
      apiUrl: github.url,
      paceMs: 1,
    }),
    {
      path,
      ref,
      wantsFolder: (name) => name !== 'other',
      wantsFile: (name) => !name.endsWith('.md'),
      here: async (file) => (here[file] === undefined ? null : Buffer.from(here[file])),
    },
  );
const all = new Map([
  ['a/one.pipe.hbs', 'SELECT 1\n'],
  ['a/set.yaml', 'a: ü\n'],
  ['b/set.yaml', 'b\n'],
]);

test('a list for each folder, and a request for each file that the checkout has not', async () => {
  expect(await read('sets')).toEqual({ kind: 'files', files: all });
  expect(github.requests).toHaveLength(3 + 3);
});

test('what is equal in the checkout is taken from there, what differs is not', async () => {
  const here = { 'sets/a/set.yaml': 'a: ü\n', 'sets/a/one.pipe.hbs': 'SELECT 2\n', 'sets/b/set.yaml': 'b\n' };
  expect(await read('sets', here)).toEqual({ kind: 'files', files: all });
  expect(github.requests.map(({ path }) => path.replace(/\?.*/, '')).at(-1)).toMatch(/one\.pipe\.hbs$/);
  expect(github.requests).toHaveLength(3 + 1);
});

test('a folder that was not there is absent; a file, too many files and no permission are unknown', async () => {
  expect(await read('none')).toEqual({ kind: 'absent' });
  expect(await read('sets/a/set.yaml')).toMatchObject({ kind: 'unknown' });
  expect(await read('many')).toEqual({
    kind: 'unknown',
    reason: `it had ${MANY} other files, more than 200`,
  });
  const here = Object.fromEntries(
    Array.from({ length: MANY }, (_, index) => [`many/f${index}.hbs`, `${index}`]),
  );
  expect(await read('many', here)).toMatchObject({ kind: 'files' });
  const token = github.grant({ login: 'github-actions[bot]', permissions: {} });
  expect(await read('sets', {}, token)).toMatchObject({
    reason: expect.stringContaining('`Contents: read`'),
  });
});
