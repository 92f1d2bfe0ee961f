// A pull request without secrets: list, sets and project as they were against what they are, and nobody's workspace asked.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { root } from '../scripts/bundle.ts';
import { said } from './failures/sound.ts';
import { type Ended, type Stage, setStage } from './failures/stage.ts';

const LIST =
  'fleet: usage\ntenants:\n  - { id: acme, template: own-table }\n  - { id: stark, template: own-endpoints, vars: { event_types: [login] } }\n';
const SQL = "NODE n\nSQL >\n    SELECT count() AS n FROM usage_events WHERE tenant_id = 'x'\n";
const NOT_ASKED =
  'the workspace was not asked (no `tinybird-token`): this compares the list, its sets and the project with their base in Git';

let stage: Stage;
let base: string;
beforeAll(async () => {
  stage = await setStage();
  const { repository } = stage;
  cpSync(join(root, 'datafiles-templates'), join(repository.dir, 'sets'), { recursive: true });
  base = repository.commit({ 'tenants.yaml': LIST, 'tinybird/endpoints/kpi.pipe': `${SQL}TYPE endpoint\n` });
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => {
  stage.github.reset();
  stage.repository.git('checkout', '-q', '-B', 'change', base);
});

async function plan(
  files: Readonly<Record<string, string | null>>,
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<{ end: Ended; changes: string[]; notes: readonly string[] }> {
  const head = stage.repository.commit(files);
  stage.github.pullRequests.open({ number: 1, head: 'change', base: 'main' });
  const side = (sha: string) => ({ sha, repo: { full_name: 'acme-analytics/customers' } });
  const end = await (env.RUNNER_TEMP === undefined ? stage.actHere : stage.act)({
    event: 'pull_request',
    ref: 'refs/pull/1/merge',
    payload: { pull_request: { number: 1, base: side(base), head: side(head) } },
    inputs: { 'tinybird-token': '', 'secrets-token': '', templates: 'sets', ...inputs },
    env,
  });
  expect([end.exitCode, said(end)]).toEqual([0, '']);
  expect(end.asked).toEqual([]);
  const report = JSON.parse(end.report);
  const steps: { changes: { action: string; key: string; fields?: string[] }[] }[] = report.steps;
  const changes = steps.flatMap((step) =>
    step.changes.map(({ action, key, fields = [] }) => [action, key, ...fields].join(' ')),
  );
  return { end, changes, notes: report.notes };
}
const read = (end: Ended) =>
  end.askedGithub.flatMap((route) =>
    route.includes('/contents/') ? [decodeURIComponent(route.split('/contents/')[1] ?? '')] : [],
  );

test('the comment is also a file, for a workflow that may post it', async () => {
  const temp = mkdtempSync(join(tmpdir(), 'comment-'));
  await plan({ 'tenants.yaml': LIST.replace('stark', 'hooli') }, {}, { RUNNER_TEMP: temp });
  const text = readFileSync(join(temp, 'tinybird-tenants-report.md'), 'utf8');
  rmSync(temp, { recursive: true });
  const comment = stage.github.comments(1)[0]?.body ?? '';
  expect(comment.split('\n').slice(1).join('\n')).toBe(text.trimEnd());
  expect(text).toContain('hooli');
});

test('nothing that is rendered changes: nothing to do, and no file is read that the checkout has', async () => {
  const { end, changes, notes } = await plan({ 'README.md': 'Other customers\n' });
  expect(changes).toEqual([]);
  expect(notes).toEqual([NOT_ASKED]);
  expect(read(end).sort()).toEqual([
    'sets',
    'sets/own-endpoints',
    'sets/own-table',
    'sets/own-token',
    'tenants.yaml',
    'tinybird',
    'tinybird/datasources',
    'tinybird/endpoints',
  ]);
  expect(end.summary).toContain('not asked');
});

test('a template that changes is a change of its tenants, with the file of the base read', async () => {
  const text = `${SQL.replace('count()', '{{sql id}}')}TYPE endpoint\n`;
  const { end, changes } = await plan({ 'sets/own-table/usage_by_day.pipe.hbs': text });
  expect(changes.map((each) => each.split(' ').slice(0, 2).join(' '))).toEqual([
    'update pipe/acme_usage_by_day',
  ]);
  expect(read(end).filter((path) => path.endsWith('.hbs'))).toEqual(['sets/own-table/usage_by_day.pipe.hbs']);
});

test('a file of the project that changes, and one that comes', async () => {
  const { changes } = await plan({
    'tinybird/endpoints/kpi.pipe': `${SQL.replace('count()', 'sum(1)')}TYPE endpoint\n`,
    'tinybird/endpoints/more.pipe': `${SQL}TYPE endpoint\n`,
  });
  expect(changes).toEqual(['update pipe/kpi sql', 'create pipe/more']);
});

test('sets that were not there, or not valid: both sides are shown with today’s, and it says so', async () => {
  cpSync(join(stage.repository.dir, 'sets'), join(stage.repository.dir, 'new-sets'), { recursive: true });
  const { changes, notes } = await plan({}, { templates: 'new-sets' });
  expect(changes).toEqual([]);
  expect(notes).toEqual([
    NOT_ASKED,
    'the template sets at the base could not be read (there was no such folder): the base is shown with today’s',
  ]);
});

test('sets and project that may not be read', async () => {
  const route = 'GET /repos/{owner}/{repo}/contents/{path}';
  // The list is read, and then no more.
  stage.github.fail(route, { status: 403, message: 'Resource not accessible', skip: 1, times: 9 });
  const { changes, notes } = await plan({ 'tenants.yaml': LIST.replace('stark', 'hooli') });
  expect(changes.filter((each) => each.includes('acme'))).toEqual([]);
  expect(changes.join()).toContain('create pipe/hooli_usage_by_day');
  expect(notes.slice(1, 3)).toEqual([
    expect.stringMatching(/^the template sets at the base could not be read .*`Contents: read`/),
    expect.stringMatching(/^the project at the base could not be read .*`Contents: read`/),
  ]);
});
