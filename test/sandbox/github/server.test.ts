// The small GitHub on its port, asked as anybody would ask GitHub: what it answers, whom it refuses, and what it holds against a caller.
import sodium from 'libsodium-wrappers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Github, startGithub } from '../../../src/sandbox/github/server.ts';
import { newRepository, type TestRepository } from '../../github/git.ts';

let repository: TestRepository;
let github: Github;
const commits = { main: '', topic: '', merge: '' };

beforeAll(async () => {
  await sodium.ready;
  repository = newRepository();
  commits.main = repository.commit({ 'tenants.yaml': 'fleet: usage\n', 'set/a.hbs': 'x' });
  repository.git('checkout', '-q', '-b', 'topic');
  commits.topic = repository.commit({ 'tenants.yaml': 'fleet: usage\ntenants: []\n' });
  repository.git('checkout', '-q', 'main');
  repository.git('merge', '-q', '--no-ff', 'topic', '-m', 'merge');
  commits.merge = repository.git('rev-parse', 'HEAD');
  github = await startGithub({
    repository: 'acme/tenants',
    gitDir: repository.dir,
    now: () => new Date('2026-01-02T03:04:05Z'),
  });
});
afterEach(() => github.reset());
afterAll(async () => {
  await github[Symbol.asyncDispose]();
  repository[Symbol.dispose]();
});

interface Request {
  readonly token?: string;
  readonly accept?: string;
  readonly body?: unknown;
  readonly root?: string;
}

async function ask(route: string, { token = github.token, accept, body, root = github.url }: Request = {}) {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(root + path.replace('~', '/repos/acme/tenants'), {
    method,
    headers: { authorization: `Bearer ${token}`, ...(accept === undefined ? {} : { accept }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const answer: unknown = type.startsWith('application/json') ? JSON.parse(text) : text;
  return { status: response.status, answer, link: response.headers.get('link') };
}

describe('the Git repository', () => {
  test('a file raw and as JSON, a folder, at a ref', async () => {
    const raw = { accept: 'application/vnd.github.raw+json' };
    expect(await ask(`GET ~/contents/tenants.yaml?ref=${commits.main}`, raw)).toMatchObject({
      answer: 'fleet: usage\n',
    });
    expect(await ask('GET ~/contents/tenants.yaml')).toMatchObject({
      answer: {
        type: 'file',
        encoding: 'base64',
        content: Buffer.from('fleet: usage\ntenants: []\n').toString('base64'),
      },
    });
    expect(await ask('GET ~/contents/set?ref=main', raw)).toMatchObject({
      answer: [{ path: 'set/a.hbs', type: 'file' }],
    });
    expect(github.violations).toEqual([]);
  });

  test('what is not there is 404', async () => {
    const bad = [
      'GET ~/contents/none',
      'GET ~/contents/a?ref=none',
      'GET ~/git/ref/heads/none',
      'GET ~/compare/a...b',
    ];
    for (const route of [...bad, 'GET ~/git/ref/heads/--help', 'GET /repos/acme/other/contents/a']) {
      expect(await ask(route)).toMatchObject({ status: 404, answer: { message: expect.any(String) } });
    }
    expect(github.violations).toEqual([]);
  });

  test('references, commits, comparison', async () => {
    expect(await ask('GET ~/git/ref/heads/main')).toMatchObject({
      answer: { object: { sha: commits.merge, type: 'commit' } },
    });
    expect(await ask(`GET ~/compare/main...${commits.topic}`)).toMatchObject({
      answer: { status: 'behind', behind_by: 1, merge_base_commit: { sha: commits.topic } },
    });
    expect(await ask(`GET ~/compare/${commits.main}...main`)).toMatchObject({
      answer: { status: 'ahead', ahead_by: 2, total_commits: 2, merge_base_commit: { sha: commits.main } },
    });
    expect(await ask('GET ~/commits/main')).toMatchObject({
      answer: { sha: commits.merge, commit: { message: 'merge' } },
    });
    expect(await ask('GET ~/commits/none')).toMatchObject({ status: 422 });
    expect(github.violations).toEqual([]);
  });

  test('the pull request that brought a commit', async () => {
    github.pullRequests.open({ number: 3, head: 'topic', base: 'main' });
    github.pullRequests.merge(3, commits.merge);
    expect(await ask(`GET ~/commits/${commits.merge}/pulls`)).toMatchObject({
      answer: [{ number: 3, state: 'closed' }],
    });
    expect(await ask(`GET ~/commits/${commits.main}/pulls`)).toMatchObject({ answer: [] });
    expect(await ask('GET /repos/acme/tenants')).toMatchObject({ answer: { default_branch: 'main' } });
    expect(github.violations).toEqual([]);
  });
});

describe('comments', () => {
  test('pages, with links', async () => {
    github.pullRequests.open({ number: 3, head: 'topic', base: 'main' });
    for (let index = 0; index < 205; index += 1)
      github.addComment({ issue: 3, body: `${index}`, author: 'ada' });
    const first = await ask('GET ~/issues/3/comments?per_page=100', { root: github.enterpriseUrl });
    expect(first.answer).toHaveLength(100);
    const next = `${github.enterpriseUrl}/repos/acme/tenants/issues/3/comments?per_page=100&page=`;
    expect(first.link).toBe(`<${next}2>; rel="next", <${next}3>; rel="last"`);
    const last = await ask('GET ~/issues/3/comments?per_page=100&page=3');
    expect(last.answer).toHaveLength(5);
    expect(last.link).toContain('rel="prev"');
    expect(github.violations).toEqual([]);
  });

  test('too long, empty, no such pull request', async () => {
    github.pullRequests.open({ number: 3, head: 'topic', base: 'main' });
    const create = (body: string, number = 3) => ask(`POST ~/issues/${number}/comments`, { body: { body } });
    expect(await create('x'.repeat(65_536))).toMatchObject({ status: 201 });
    expect(await create('x'.repeat(65_537))).toMatchObject({
      status: 422,
      answer: { errors: [{ message: 'body is too long (maximum is 65536 characters)' }] },
    });
    expect(await create(' ')).toMatchObject({ status: 422 });
    expect(await create('x', 4)).toMatchObject({ status: 404 });
    expect(github.violations).toEqual([]);
  });
});

describe('secrets and variables', () => {
  async function sealed(value: string, path = '~/actions/secrets/public-key') {
    const { answer } = (await ask(`GET ${path}`)) as { answer: { key: string; key_id: string } };
    const key = sodium.from_base64(answer.key, sodium.base64_variants.ORIGINAL);
    const box = sodium.crypto_box_seal(value, key);
    return { encrypted_value: sodium.to_base64(box, sodium.base64_variants.ORIGINAL), key_id: answer.key_id };
  }

  test('created, replaced, listed without value, deleted', async () => {
    expect(await ask('PUT ~/actions/secrets/token_a', { body: await sealed('one') })).toMatchObject({
      status: 201,
    });
    expect(await ask('PUT ~/actions/secrets/TOKEN_A', { body: await sealed('twö') })).toMatchObject({
      status: 204,
    });
    expect(github.secrets).toEqual(new Map([['TOKEN_A', 'twö']]));
    const stored = {
      name: 'TOKEN_A',
      created_at: '2026-01-02T03:04:05.000Z',
      updated_at: '2026-01-02T03:04:05.000Z',
    };
    expect(await ask('GET ~/actions/secrets')).toMatchObject({
      answer: { total_count: 1, secrets: [stored] },
    });
    expect((await ask('GET ~/actions/secrets/TOKEN_A')).answer).toEqual(stored);
    expect(await ask('DELETE ~/actions/secrets/TOKEN_A')).toMatchObject({ status: 204 });
    expect(await ask('DELETE ~/actions/secrets/TOKEN_A')).toMatchObject({ status: 404 });
    expect(github.violations).toEqual([]);
  });

  test('a box for another key, a damaged box and a bad name are refused', async () => {
    github.addEnvironment('prod');
    const other = await sealed('x', '~/environments/prod/secrets/public-key');
    expect(await ask('PUT ~/actions/secrets/A', { body: other })).toMatchObject({ status: 422 });
    const { key_id } = await sealed('x');
    expect(await ask('PUT ~/actions/secrets/A', { body: { ...other, key_id } })).toMatchObject({
      status: 422,
    });
    expect(await ask('PUT ~/actions/secrets/GITHUB_A', { body: await sealed('x') })).toMatchObject({
      status: 422,
    });
    expect(await ask('PUT ~/actions/secrets/1A', { body: await sealed('x') })).toMatchObject({ status: 422 });
    expect(github.secrets.size).toBe(0);
    expect(await ask('PUT ~/environments/prod/secrets/A', { body: other })).toMatchObject({ status: 201 });
    expect(github.environmentSecrets('prod')).toEqual(new Map([['A', 'x']]));
    expect(await ask('GET ~/environments/none/secrets')).toMatchObject({ status: 404 });
    expect(github.violations).toEqual([]);
  });

  test('variables', async () => {
    expect(await ask('PATCH ~/actions/variables/A', { body: { value: '1' } })).toMatchObject({ status: 404 });
    expect(await ask('POST ~/actions/variables', { body: { name: 'a', value: '1' } })).toMatchObject({
      status: 201,
    });
    expect(await ask('POST ~/actions/variables', { body: { name: 'A', value: '1' } })).toMatchObject({
      status: 409,
    });
    expect(await ask('PATCH ~/actions/variables/A', { body: { value: '2' } })).toMatchObject({ status: 204 });
    expect(await ask('GET ~/actions/variables/A')).toMatchObject({ answer: { name: 'A', value: '2' } });
    const large = { body: { value: 'x'.repeat(48 * 1024 + 1) } };
    expect(await ask('PATCH ~/actions/variables/A', large)).toMatchObject({ status: 422 });
    expect(github.variables).toEqual(new Map([['A', '2']]));
    expect(await ask('DELETE ~/actions/variables/A')).toMatchObject({ status: 204 });
    expect(github.violations).toEqual([]);
  });
});

describe('who may', () => {
  const workflow = {
    login: 'github-actions[bot]',
    permissions: { contents: 'read', pull_requests: 'write' },
  } as const;

  test("a workflow's token has no secrets and no name of its own", async () => {
    const token = github.grant(workflow);
    const refused = { status: 403, answer: { message: 'Resource not accessible by integration' } };
    for (const route of ['GET ~/actions/secrets', 'GET ~/actions/secrets/public-key', 'GET /user']) {
      expect(await ask(route, { token })).toMatchObject(refused);
    }
    expect(await ask('GET ~/contents/tenants.yaml', { token })).toMatchObject({ status: 200 });
    const body = { query: 'query { viewer { login } }' };
    expect(await ask('POST /graphql', { token, body })).toMatchObject({
      answer: { data: { viewer: { login: 'github-actions[bot]' } } },
    });
    expect(github.violations).toEqual([]);
  });

  test("a person's token has a name", async () => {
    const token = github.grant({ login: 'grace', permissions: {} });
    expect(await ask('GET /user', { token })).toMatchObject({ answer: { login: 'grace', type: 'User' } });
    expect(await ask('GET ~/actions/secrets', { token })).toMatchObject({
      answer: { message: 'Resource not accessible by personal access token' },
    });
    expect(await ask('GET /user', { token: 'none' })).toMatchObject({ status: 401 });
    expect(github.violations).toEqual([]);
  });
});

describe("what differs from GitHub's description is held against the caller", () => {
  test.each([
    ['an unknown route', 'GET ~/nothing', undefined, 501],
    ['a route that is not built', 'GET /rate_limit', undefined, 501],
    ['another GraphQL query', 'POST /graphql', { query: '{ rateLimit { cost } }' }, 501],
    ['an unknown query parameter', 'GET ~/actions/secrets?sort=name', undefined, 422],
    ['a path parameter of another type', 'GET ~/issues/three/comments', undefined, 422],
    ['a missing property', 'PUT ~/actions/secrets/A', { key_id: 'x' }, 422],
    ['a value against its pattern', 'PUT ~/actions/secrets/A', { key_id: 'x', encrypted_value: '?' }, 422],
    ['a property of another type', 'POST ~/actions/variables', { name: 'A', value: 1 }, 422],
    ['an unknown property', 'POST ~/actions/variables', { name: 'A', value: '1', scope: 'x' }, 422],
    ['a body where there is none', 'DELETE ~/actions/secrets/A', {}, 422],
  ])('%s', async (_, route, body, status) => {
    expect(await ask(route, { body })).toMatchObject({ status });
    expect(github.violations).toHaveLength(1);
  });

  test('and so is an answer of ours', async () => {
    await using broken = await startGithub({
      repository: 'acme/tenants',
      now: () => ({ toISOString: () => 5 }) as unknown as Date,
    });
    broken.addSecret('A', 'x');
    expect(await ask('GET ~/actions/secrets', { root: broken.url, token: broken.token })).toMatchObject({
      status: 500,
    });
    expect(broken.violations).toEqual([
      expect.stringContaining('answer actions/list-repo-secrets: body/secrets/0/created_at must be string'),
    ]);
  });
});

describe('faults', () => {
  const LIST = 'GET /repos/{owner}/{repo}/actions/secrets';

  test('come in order, after those to skip, as often as asked', async () => {
    github.fail(LIST, { status: 500, message: 'a', skip: 1 });
    github.fail(LIST, { status: 429, message: 'b', times: 2, headers: { 'retry-after': '7' } });
    const statuses: number[] = [];
    for (let index = 0; index < 5; index += 1) statuses.push((await ask('GET ~/actions/secrets')).status);
    expect(statuses).toEqual([200, 500, 429, 429, 200]);
  });

  test('can break the connection before or after the effect', async () => {
    const route = 'POST /repos/{owner}/{repo}/actions/variables';
    github.fail(route, { reset: true });
    github.fail(route, { reset: true, after: true });
    const create = (name: string) => ask('POST ~/actions/variables', { body: { name, value: '1' } });
    await expect(create('A')).rejects.toThrow();
    await expect(create('B')).rejects.toThrow();
    expect([...github.variables.keys()]).toEqual(['B']);
    expect(github.requests.map(({ status }) => status)).toEqual([0, 0]);
  });

  test('an unknown route is refused at once', () => {
    expect(() => github.fail('GET /nothing', { reset: true })).toThrow(
      "no such route in GitHub's description",
    );
  });
});

test('requests are recorded without the token', async () => {
  await ask('GET ~/actions/secrets?per_page=1', { root: github.enterpriseUrl });
  expect(github.requests).toEqual([
    {
      method: 'GET',
      path: '/repos/acme/tenants/actions/secrets?per_page=1',
      route: 'GET /repos/{owner}/{repo}/actions/secrets',
      body: undefined,
      status: 200,
    },
  ]);
});
