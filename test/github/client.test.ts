// The client: what it says when GitHub refuses, what it never says, and the way it takes (Enterprise, proxies).
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClient, defaultPaceMs } from '../../src/github/client.ts';
import { failureOf } from '../../src/github/failure.ts';
import { checkHead } from '../../src/github/head.ts';
import { createDataRedactor } from '../../src/redact.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { Secret } from '../../src/secret.ts';
import { newRepository, type TestRepository } from './git.ts';
import { startProxy } from './proxy.ts';

const REF = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
let repository: TestRepository;
let github: Github;
let sha = '';

beforeAll(async () => {
  repository = newRepository();
  sha = repository.commit({ 'tenants.yaml': 'fleet: usage\n' });
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

const clientOf = (token: string, apiUrl = github.url) =>
  createClient({
    token: new Secret(token),
    tokenInput: 'github-token',
    repository: 'acme/tenants',
    apiUrl,
    paceMs: 1,
  });
const head = async (token = github.token) => {
  const found = await checkHead(clientOf(token), { ref: 'refs/heads/main', sha });
  return found.kind === 'unknown' ? found.reason : found.kind;
};

test('no value is sent, wherever it stands in a request', async () => {
  github.pullRequests.open({ number: 1, head: 'topic', base: 'main' });
  const body = `of us ${github.token}, of others p.abcdefgh.abcdefgh`;
  const client = clientOf(github.token);
  const { owner, repo } = client;
  const asked = { what: 'comment', permission: 'x' };
  await client.ask(asked, ({ rest }) => rest.issues.createComment({ owner, repo, issue_number: 1, body }));
  expect(github.comments(1).map((comment) => comment.body)).toEqual(['of us ***, of others ***']);
  const path = `folder/${github.token}`;
  await client.ask(asked, ({ rest }) => rest.repos.getContent({ owner, repo, path }));
  expect(github.requests.at(-1)?.path).toBe('/repos/acme/tenants/contents/folder%2F%2A%2A%2A');
});

describe('what is said', () => {
  const TRIED = 'could not read the head of refs/heads/main: ';

  test('a token that is wrong', async () => {
    expect(await head('ghp_wrong')).toBe(
      `${TRIED}GitHub does not accept \`github-token\`, it is wrong or has expired (401 Bad credentials)`,
    );
    expect(github.requests).toHaveLength(1);
  });

  test.each([
    [{ status: 500, message: 'oops', times: 4 }, 'GitHub answered 500 (oops)'],
    [{ status: 503, message: '  <!DOCTYPE html>\n<html>…', times: 4 }, 'GitHub answered 503 (an HTML page)'],
    [{ status: 422, message: 'a\r\n::error::b\u0000\u202ec' }, 'GitHub refuses it (422 a ::error::b c)'],
    [{ status: 409, message: 'x'.repeat(1000), times: 4 }, `GitHub answered 409 (${'x'.repeat(300)}…)`],
  ])('%o', async (fault, expected) => {
    github.fail(REF, fault);
    expect(await head()).toBe(TRIED + expected);
  });

  test('no answer', async () => {
    github.fail(REF, { reset: true, times: 4 });
    expect(await head()).toMatch(/no answer from GitHub \(.*(other side closed|ECONNRESET|UND_ERR_SOCKET)/);
    expect(github.requests).toHaveLength(4);
    const nobody = await checkHead(clientOf('t', 'http://127.0.0.1:1'), { ref: 'refs/heads/main', sha });
    expect(nobody).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('no answer') });
  });

  test('never the token, even when the server echoes it', async () => {
    github.fail(REF, { status: 422, message: `bad token ${github.token}!` });
    expect(await head()).toBe(`${TRIED}GitHub refuses it (422 bad token ***!)`);
  });

  test.each([
    [
      'GraphqlResponseError',
      'Request failed due to following response errors:\n - Something',
      ': - Something',
    ],
    ['Error', 'GraphQL Rate Limit Exceeded', 'GraphQL Rate Limit Exceeded'],
  ])('a refusal by GraphQL (%s)', (name, message, said) => {
    const refusal = Object.assign(new Error(message), { name });
    const attempt = {
      what: 'x',
      permission: '',
      tokenInput: '',
      redact: createDataRedactor([new Secret('t0ken')]),
    };
    expect(failureOf(refusal, attempt)).toMatchObject({ status: 200, said: expect.stringContaining(said) });
  });

  test('a bug is not taken for a refusal', async () => {
    const bug = new TypeError('x is not a function');
    const attempt = { what: '', permission: '', tokenInput: '', redact: (text: string) => text };
    expect(() => failureOf(bug, attempt)).toThrow(bug);
    await expect(
      clientOf('t').ask(attempt, async () => {
        throw bug;
      }),
    ).rejects.toBe(bug);
  });
});

test.each([
  ['https://api.github.com', 1000],
  ['https://127.0.0.1.example.com/api/v3', 1000],
  ['http://127.0.0.1:8080/api/v3', 10],
  ['http://localhost:8080', 10],
  ['http://[::1]:8080', 10],
])('writes to %s are %d ms apart', (apiUrl, pace) => {
  expect(defaultPaceMs(apiUrl)).toBe(pace);
});

test('what is transient is tried again', async () => {
  github.fail(REF, { reset: true });
  github.fail(REF, { status: 502, message: 'Bad Gateway' });
  github.fail(REF, { status: 429, message: 'slow down', headers: { 'retry-after': '3' } });
  expect(await head()).toBe('head');
  expect(github.requests.map(({ status }) => status)).toEqual([0, 502, 429, 200]);
});

describe('the way to GitHub', () => {
  const script = fileURLToPath(new URL('head-of-main.ts', import.meta.url));
  const run = promisify(execFile);

  async function inProcess(environment: Readonly<Record<string, string>>): Promise<unknown> {
    const env = { PATH: process.env.PATH, TEST_TOKEN: github.token, TEST_SHA: sha, ...environment };
    const { stdout, stderr } = await run(process.execPath, [script], { env });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  /** Reaches loopback as 127.0.0.1 does, but is not exempt from proxies. */
  const elsewhere = (url: string) => url.replace('127.0.0.1', '0.0.0.0');

  test('GITHUB_API_URL of an Enterprise server, loopback past the proxy', async () => {
    await using proxy = await startProxy();
    const head = await inProcess({ GITHUB_API_URL: github.enterpriseUrl, HTTP_PROXY: proxy.url });
    expect(head).toEqual({ kind: 'head' });
    expect(proxy.asked).toEqual([]);
  });

  test('HTTP_PROXY with credentials', async () => {
    await using proxy = await startProxy();
    const url = new URL(proxy.url);
    url.username = 'ada';
    url.password = 'pä ss';
    const head = await inProcess({ GITHUB_API_URL: elsewhere(github.enterpriseUrl), http_proxy: url.href });
    expect(head).toEqual({ kind: 'head' });
    expect(proxy.asked).toMatchObject([
      {
        line: `GET ${elsewhere(github.enterpriseUrl)}/repos/acme/tenants/git/ref/heads%2Fmain`,
        authorization: `Basic ${Buffer.from('ada:pä ss').toString('base64')}`,
      },
    ]);
  });

  test('NO_PROXY', async () => {
    await using proxy = await startProxy();
    const head = await inProcess({
      GITHUB_API_URL: elsewhere(github.url),
      HTTP_PROXY: proxy.url,
      NO_PROXY: 'example.com,0.0.0.0',
    });
    expect(head).toEqual({ kind: 'head' });
    expect(proxy.asked).toEqual([]);
  });

  test('HTTPS_PROXY tunnels, and a broken tunnel is an error that names it', async () => {
    await using proxy = await startProxy();
    const target = elsewhere(github.url).replace('http:', 'https:');
    const head = await inProcess({ GITHUB_API_URL: target, HTTPS_PROXY: proxy.url });
    expect(head).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('no answer from GitHub') });
    expect(proxy.asked[0]).toMatchObject({ line: `CONNECT ${new URL(target).host}` });
  });
});
