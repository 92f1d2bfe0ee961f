// One comment of ours on a pull request, whatever the others write, however many there are, and whatever GitHub answers.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../src/github/client.ts';
import { findComment, rewriteComment, upsertComment } from '../../src/github/comment.ts';
import { type Marker, readMarker, writeMarker } from '../../src/github/marker.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { Secret } from '../../src/secret.ts';
import fc from '../properties.ts';

const CREATE = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
const LIST = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
const UPDATE = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}';
const digest = { checksum: 'c0ffee', parts: new Map([['acme', '0badcafe']]), risks: new Set(['deadbeef']) };
const marker: Marker = { workspace: 'usage_prod', tenants: 'tenants.yaml', phase: 'planned', digest };
const NUMBER = 7;
const workflow = { contents: 'read', pull_requests: 'write' } as const;

let github: Github;
beforeAll(async () => {
  github = await startGithub({ repository: 'acme/tenants' });
});
beforeEach(() => github.pullRequests.open({ number: NUMBER, head: 'topic', base: 'main' }));
afterEach(() => {
  expect(github.violations).toEqual([]);
  github.reset();
});
afterAll(() => github[Symbol.asyncDispose]());

const clientOf = (token: string) =>
  createClient({
    token: new Secret(token),
    tokenInput: 'github-token',
    repository: 'acme/tenants',
    apiUrl: github.url,
    paceMs: 1,
  });
const workflowClient = () => clientOf(github.grant({ login: 'github-actions[bot]', permissions: workflow }));
const upsert = (client = workflowClient(), ...rungs: string[]) =>
  upsertComment(client, { number: NUMBER, marker, rungs: rungs.length === 0 ? ['the plan'] : rungs });
const methods = () => github.requests.map(({ method }) => method);

describe('upsertComment', () => {
  test('creates, leaves alone what is equal, updates what is not', async () => {
    const client = workflowClient();
    const created = await upsert(client);
    expect(created).toEqual({ kind: 'created', id: github.comments(NUMBER)[0]?.id });
    expect(await upsert(client)).toMatchObject({ kind: 'unchanged' });
    expect(methods().filter((method) => method !== 'GET')).toEqual(['POST']);
    expect(await upsert(client, 'another plan')).toMatchObject({ kind: 'updated' });
    expect(github.comments(NUMBER).map(({ body }) => body)).toEqual([`${writeMarker(marker)}\nanother plan`]);
  });

  test('is found behind two hundred others', async () => {
    for (let index = 0; index < 230; index += 1)
      github.addComment({ issue: NUMBER, body: 'hi', author: 'ada' });
    await upsert();
    for (let index = 0; index < 40; index += 1)
      github.addComment({ issue: NUMBER, body: 'hi', author: 'ada' });
    expect(await upsert(workflowClient(), 'again')).toMatchObject({ kind: 'updated' });
    expect(github.comments(NUMBER)).toHaveLength(271);
  });

  test('a copy of our marker by somebody else is not our comment', async () => {
    const body = `${writeMarker(marker)}\nforged`;
    github.addComment({ issue: NUMBER, body, author: 'mallory' });
    github.addComment({ issue: NUMBER, body, author: 'mallory[bot]' });
    expect(await upsert()).toMatchObject({ kind: 'created' });
    expect(github.comments(NUMBER).map(({ author }) => author)).toEqual([
      'mallory',
      'mallory[bot]',
      'github-actions[bot]',
    ]);
    expect(await findComment(workflowClient(), NUMBER, marker)).toMatchObject({
      value: { author: 'github-actions[bot]' },
    });
  });

  test.each(['tenants-app[bot]', 'grace'])('works with the token of %s', async (login) => {
    const client = clientOf(github.grant({ login, permissions: workflow }));
    expect(await upsert(client)).toMatchObject({ kind: 'created' });
    expect(await upsert(client, 'again')).toMatchObject({ kind: 'updated' });
    expect(github.comments(NUMBER)).toHaveLength(1);
  });

  test('another workspace or list has its own comment', async () => {
    await upsert();
    const other = { ...marker, tenants: 'staging.yaml' };
    await upsertComment(workflowClient(), { number: NUMBER, marker: other, rungs: ['other'] });
    expect(github.comments(NUMBER)).toHaveLength(2);
  });

  test('without permission, as on a fork, it is skipped with a sentence', async () => {
    const reader = github.grant({
      login: 'github-actions[bot]',
      permissions: { contents: 'read', pull_requests: 'read' },
    });
    expect(await upsert(clientOf(reader))).toEqual({
      kind: 'skipped',
      sentence:
        'could not comment on #7: `github-token` needs the permission `pull-requests: write` (403 Resource not accessible by integration)',
    });
  });

  test('what became of a plan is not overwritten by a plan that comes late', async () => {
    const client = workflowClient();
    await upsert(client);
    const found = await findComment(client, NUMBER, marker);
    if (!found.ok || found.value === null) throw new Error('our comment is there');
    const applied: Marker = { ...marker, phase: 'applied' };
    const request = { number: NUMBER, marker: applied, rungs: ['applied'] };
    expect(await rewriteComment(client, found.value, request)).toMatchObject({ kind: 'updated' });
    expect(await upsert(client, 'another plan')).toMatchObject({ kind: 'unchanged' });
    expect(github.comments(NUMBER).map(({ body }) => body)).toEqual([`${writeMarker(applied)}\napplied`]);
    // Back to the text that was found: it is no longer what is there.
    const back = { number: NUMBER, marker, rungs: ['the plan'] };
    expect(await rewriteComment(client, found.value, back)).toMatchObject({ kind: 'updated' });
    expect(github.comments(NUMBER)[0]?.body).toBe(found.value.body);
  });

  test('a comment that may not be changed is skipped with a sentence', async () => {
    const client = workflowClient();
    await upsert(client);
    const found = await findComment(client, NUMBER, marker);
    if (!found.ok || found.value === null) throw new Error('our comment is there');
    github.fail(UPDATE, { status: 403, message: 'Resource not accessible by integration' });
    const request = { number: NUMBER, marker, rungs: ['more'] };
    expect(await rewriteComment(client, found.value, request)).toMatchObject({
      sentence: expect.stringContaining('`pull-requests: write`'),
    });
    const long = { ...request, rungs: ['x'.repeat(70_000)] };
    expect(await rewriteComment(client, found.value, long)).toMatchObject({ kind: 'skipped' });
  });

  test('a pull request that is not there is skipped', async () => {
    const outcome = await upsertComment(workflowClient(), { number: 99, marker, rungs: ['x'] });
    expect(outcome).toMatchObject({ kind: 'skipped', sentence: expect.stringContaining('404') });
  });

  test('a text above the limit gives way to a shorter one', async () => {
    await upsert(workflowClient(), 'x'.repeat(65_536), 'short');
    expect(github.comments(NUMBER)[0]?.body).toBe(`${writeMarker(marker)}\nshort`);
  });

  test('so it does when GitHub finds it too long', async () => {
    github.fail(CREATE, {
      status: 422,
      message: 'Validation Failed: body is too long (maximum is 65536 characters)',
    });
    expect(await upsert(workflowClient(), 'long', 'short')).toMatchObject({ kind: 'created' });
    expect(github.comments(NUMBER)[0]?.body).toBe(`${writeMarker(marker)}\nshort`);
  });

  test('when nothing is short enough it is skipped', async () => {
    expect(await upsert(workflowClient(), 'x'.repeat(70_000))).toMatchObject({ kind: 'skipped' });
    github.fail(CREATE, { status: 422, message: 'body is too long', times: 2 });
    expect(await upsert(workflowClient(), 'a', 'b')).toMatchObject({
      kind: 'skipped',
      sentence: expect.stringContaining('422 body is too long'),
    });
  });

  test.each([
    ['reset', { reset: true as const }],
    ['502', { status: 502, message: 'Bad Gateway' }],
  ])('a lost answer (%s) to a create makes no second comment', async (_, fault) => {
    github.fail(CREATE, { ...fault, after: true });
    expect(await upsert()).toMatchObject({ kind: 'unchanged' });
    expect(github.comments(NUMBER)).toHaveLength(1);
  });

  test('a create that failed is tried again, three times in all', async () => {
    github.fail(CREATE, { reset: true, times: 2 });
    expect(await upsert()).toMatchObject({ kind: 'created' });
    github.reset();
    github.pullRequests.open({ number: NUMBER, head: 'topic', base: 'main' });
    github.fail(CREATE, { status: 500, message: 'oops', times: 3 });
    expect(await upsert()).toMatchObject({
      kind: 'skipped',
      sentence: expect.stringContaining('500 (oops)'),
    });
  });

  test('limits are waited out', async () => {
    github.fail(LIST, { status: 429, message: 'Too Many Requests', headers: { 'retry-after': '2' } });
    github.fail(CREATE, { status: 403, message: 'You have exceeded a secondary rate limit.' });
    const client = workflowClient();
    expect(await upsert(client)).toMatchObject({ kind: 'created' });
    const reset = String(Math.floor(Date.now() / 1000));
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    github.fail(UPDATE, { status: 403, message: 'API rate limit exceeded', headers });
    expect(await upsert(client, 'more')).toMatchObject({ kind: 'updated' });
  });

  test('a limit that lasts too long is said', async () => {
    const headers = { 'retry-after': '3600' };
    github.fail(LIST, { status: 429, message: 'Too Many Requests', headers });
    expect(await upsert()).toMatchObject({
      kind: 'skipped',
      sentence: expect.stringMatching(
        /^could not read .*GitHub's rate limit for `github-token` is used up \(429/,
      ),
    });
    expect(github.requests).toHaveLength(1);
  });
});

describe('marker', () => {
  test('whatever is in it comes back, and stays one closed HTML comment', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('-->', '--!>', '<!--', '\n-->', '\u2028'),
    );
    const id = fc.tuple(text, text);
    const digests = fc.record({
      checksum: text,
      parts: fc.option(fc.array(id).map((pairs) => new Map(pairs))),
      risks: fc.option(fc.array(text).map((all) => new Set(all))),
    });
    fc.assert(
      fc.property(text, text, digests, (workspace, tenants, digest) => {
        const all: Marker = { workspace, tenants, phase: 'applying', digest };
        const line = writeMarker(all);
        expect(line).toMatch(/^<!--[^<>\n\r\u2028\u2029]*-->$/);
        expect(line.match(/--/g)).toHaveLength(2);
        expect(readMarker(`${line}\nbody`)).toEqual(all);
      }),
      { numRuns: 50 },
    );
  });

  test('of the first version, which had only a checksum', () => {
    const line = '<!-- tinybird-tenants {"workspace":"w","tenants":"t","checksum":"c"} -->';
    expect(readMarker(line)).toEqual({
      workspace: 'w',
      tenants: 't',
      phase: 'planned',
      digest: { checksum: 'c', parts: null, risks: null },
    });
  });

  test('only the first line counts', () => {
    const line = writeMarker(marker);
    expect(readMarker(line)).toEqual(marker);
    expect(readMarker(`${line}\r\nbody`)).toEqual(marker);
    expect(readMarker(`> quoted\n${line}`)).toBeNull();
    expect(readMarker(` ${line}`)).toBeNull();
    expect(readMarker('<!-- tinybird-tenants {"workspace":1} -->')).toBeNull();
    expect(readMarker('<!-- tinybird-tenants {broken} -->')).toBeNull();
  });
});
