// What started a run, read from the environment and the event's file, and what that allows.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readProblem } from '../../src/errors.ts';
import { type Context, parseContext, readContext } from '../../src/github/context.ts';
import { type Command, mode } from '../../src/github/mode.ts';

const SHA = 'a'.repeat(40);
const BASE = 'b'.repeat(40);
const env = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  GITHUB_REPOSITORY: 'acme/tenants',
  GITHUB_SHA: SHA,
  GITHUB_REF: 'refs/heads/main',
  GITHUB_EVENT_NAME: name,
  GITHUB_ACTOR: 'ada',
  GITHUB_API_URL: 'https://ghe.example.com/api/v3/',
  GITHUB_SERVER_URL: 'https://ghe.example.com',
  GITHUB_RUN_ID: '42',
  GITHUB_RUN_ATTEMPT: '2',
  ...more,
});
const repository = { full_name: 'acme/tenants', default_branch: 'main' };
const side = (sha: string, name: string | null) => ({
  sha,
  ref: 'x',
  repo: name === null ? null : { full_name: name },
});
const pullPayload = (head: string | null) => ({
  action: 'opened',
  number: 5,
  repository,
  pull_request: { number: 5, base: side(BASE, 'acme/tenants'), head: side(SHA, head) },
});

const problems = (environment: Readonly<Record<string, string | undefined>>, payload: unknown): string[] => {
  const read = parseContext(environment, payload);
  return read.ok ? [] : read.problems.map(readProblem);
};
function contextOf(name: string, payload: object, more: Readonly<Record<string, string>> = {}): Context {
  const read = parseContext(env(name, more), { repository, ...payload });
  if (!read.ok) throw new Error(read.problems.map(readProblem).join('\n'));
  return read.value;
}

describe('parseContext', () => {
  test('a push', () => {
    expect(parseContext(env('push'), { repository, before: BASE, after: SHA, forced: false })).toEqual({
      ok: true,
      value: {
        repository: 'acme/tenants',
        sha: SHA,
        ref: 'refs/heads/main',
        eventName: 'push',
        actor: 'ada',
        apiUrl: 'https://ghe.example.com/api/v3',
        runUrl: 'https://ghe.example.com/acme/tenants/actions/runs/42/attempts/2',
        attempt: 2,
        event: 'push',
        before: BASE,
        deleted: false,
        defaultBranch: 'main',
      },
    });
  });

  test.each([
    ['acme/tenants', false],
    ['mallory/tenants', true],
    [null, true],
  ])('a pull request from %s', (head, isFork) => {
    expect(contextOf('pull_request', pullPayload(head))).toMatchObject({
      event: 'pull_request',
      number: 5,
      baseSha: BASE,
      headSha: SHA,
      isFork,
    });
  });

  test.each([
    [{ tenant: 'acme' }, ['acme']],
    [{ tenant: 'acme, Globex-Corp' }, ['acme', 'Globex-Corp']],
    [{ tenant: ['acme', 'globex'] }, ['acme', 'globex']],
    [{ plan: 'gold' }, null],
    [{}, null],
    [null, null],
  ])('a dispatch with %j', (client_payload, tenants) => {
    expect(contextOf('repository_dispatch', { client_payload })).toMatchObject({ tenants });
  });

  test.each([
    [
      { tenant: 7 },
      'event client_payload.tenant: must be an id in quotes, several with commas, or a list of ids',
    ],
    [{ tenant: {} }, 'event client_payload.tenant: must be'],
    [{ tenant: [] }, 'event client_payload.tenant: must be at least one id'],
    [{ tenant: '' }, 'event client_payload.tenant: must not be empty'],
    [{ tenant: 'a,,b' }, 'event client_payload.tenant: must not be empty'],
    [{ tenant: 'a\n::error::' }, 'must not have control characters'],
    [{ tenant: 'a\u202eb' }, 'must not have control characters'],
    [{ tenant: 'x'.repeat(201) }, 'must have at most 200 characters'],
  ])('a dispatch with %j is refused', (client_payload, problem) => {
    expect(problems(env('repository_dispatch'), { repository, client_payload })).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  test('schedules may come without a repository, unknown events are other', () => {
    expect(parseContext(env('schedule'), { schedule: '0 4 * * *' })).toMatchObject({
      value: { event: 'schedule', defaultBranch: null },
    });
    expect(contextOf('merge_group', {})).toMatchObject({ event: 'other', eventName: 'merge_group' });
  });

  test('everything that is wrong is said at once', () => {
    expect(
      problems({ GITHUB_REPOSITORY: 'acme', GITHUB_SHA: 'main', GITHUB_EVENT_NAME: 'push' }, {}),
    ).toEqual([
      'GITHUB_REPOSITORY: must be owner/name',
      'GITHUB_SHA: must be a commit',
      expect.stringContaining('GITHUB_REF: '),
    ]);
    expect(problems(env('pull_request'), { repository })).toEqual([
      expect.stringContaining('event pull_request: '),
    ]);
    expect(problems(env('push'), 'text')).toHaveLength(1);
  });
});

describe('readContext', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenants-event-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('reads the file', () => {
    const path = join(folder, 'event.json');
    writeFileSync(path, JSON.stringify(pullPayload('acme/tenants')));
    expect(readContext({ ...env('pull_request'), GITHUB_EVENT_PATH: path })).toMatchObject({
      value: { number: 5 },
    });
  });

  test.each([
    ['', 'GITHUB_EVENT_PATH: is not set'],
    [join(folder, 'missing.json'), 'the event cannot be read: ENOENT'],
    [folder, 'the event cannot be read: EISDIR'],
  ])('%s', (path, problem) => {
    const read = readContext({ ...env('push'), GITHUB_EVENT_PATH: path });
    expect(read.ok ? '' : read.problems.map(readProblem).join()).toContain(problem);
  });
});

describe('mode', () => {
  const push = contextOf('push', { before: BASE });
  const elsewhere = contextOf('push', { before: BASE }, { GITHUB_REF: 'refs/heads/topic' });
  const tag = contextOf('push', { before: BASE }, { GITHUB_REF: 'refs/tags/main' });
  const pull = contextOf('pull_request', pullPayload('acme/tenants'));
  const target = contextOf('pull_request_target', pullPayload('mallory/tenants'));
  const byHand = contextOf('workflow_dispatch', {});
  const dispatch = contextOf('repository_dispatch', {});
  const schedule = contextOf('schedule', {});
  const other = contextOf('merge_group', {});

  const table: [string, Context, Record<Command, string>][] = [
    [
      'push to the default branch',
      push,
      { auto: 'apply', plan: 'plan', apply: 'apply', rotate: 'rotate', verify: 'verify' },
    ],
    [
      'push to another branch',
      elsewhere,
      { auto: 'plan', plan: 'plan', apply: 'refused', rotate: 'refused', verify: 'verify' },
    ],
    [
      'push of a tag',
      tag,
      { auto: 'plan', plan: 'plan', apply: 'refused', rotate: 'refused', verify: 'verify' },
    ],
    [
      'pull request',
      pull,
      { auto: 'plan', plan: 'plan', apply: 'refused', rotate: 'refused', verify: 'verify' },
    ],
    [
      'pull_request_target',
      target,
      { auto: 'refused', plan: 'refused', apply: 'refused', rotate: 'refused', verify: 'refused' },
    ],
    ['by hand', byHand, { auto: 'apply', plan: 'plan', apply: 'apply', rotate: 'rotate', verify: 'verify' }],
    [
      'dispatch',
      dispatch,
      { auto: 'apply', plan: 'plan', apply: 'apply', rotate: 'rotate', verify: 'verify' },
    ],
    [
      'schedule',
      schedule,
      { auto: 'renew', plan: 'plan', apply: 'refused', rotate: 'rotate', verify: 'verify' },
    ],
    [
      'another event',
      other,
      { auto: 'plan', plan: 'plan', apply: 'refused', rotate: 'refused', verify: 'verify' },
    ],
  ];
  const rows = table.flatMap(([name, context, decisions]) =>
    (['auto', 'plan', 'apply', 'rotate', 'verify'] as const).map(
      (command) => [name, command, decisions[command], context] as const,
    ),
  );

  test.each(rows)('%s, command %s: %s', (_, command, expected, context) => {
    const decided = mode(context, command);
    expect(decided.mode).toBe(expected);
    expect(decided.reason).not.toBe('');
  });

  test('a push whose default branch is not known only plans', () => {
    expect(mode({ ...push, defaultBranch: null }, 'auto')).toMatchObject({ mode: 'plan' });
  });
});
