// From a reviewed plan to what became of it: the action on a push after a merge, with a comment that says the same, less, or more.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readMarker, writeMarker } from '../src/github/marker.ts';
import { expectSound, said } from './failures/sound.ts';
import { type ActOptions, type Ended, type Stage, setStage } from './failures/stage.ts';

const HEAD = 'fleet: usage\ndefaults: { template: own-table }\ntenants:\n';
/** Only the tenant that is taken away needs data of its own. */
const LIGHT = 'template: own-endpoints, vars: { event_types: [login] }';
const ACME = `  - { id: acme, ${LIGHT} }\n`;
const HOOLI = '  - { id: hooli }\n';
const GONE = '  - { id: hooli, state: removed }\n';
const KEPT_LONGER = '  - { id: hooli, vars: { retention_days: 900 } }\n';
const STARK = `  - { id: stark, ${LIGHT} }\n`;
const INITECH = `  - { id: initech, ${LIGHT} }\n`;
const PULL = 1;
const PULLS = 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls';
const COMMENTS = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
const UPDATE = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}';

let stage: Stage;
let adminToken: string;
let workspaces = 0;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(async () => {
  stage.sandbox.reset();
  stage.github.reset();
  workspaces += 1;
  ({ adminToken } = await stage.sandbox.createWorkspace(`reviewed_${workspaces}`));
  const { repository } = stage;
  repository.git('checkout', '-q', 'main');
  repository.git('branch', '-q', '-f', 'change', 'main');
});

/** Token values are not what this is about: without them a run asks GitHub for nothing but the review. */
const act = (
  { inputs, ...options }: ActOptions = {},
  run: Stage['actHere'] = stage.actHere,
): Promise<Ended> =>
  run({
    inputs: { 'tinybird-token': adminToken, secrets: 'none', 'max-removals': '9', ...inputs },
    ...options,
  });

/** Lives before anything is reviewed. */
async function start(list: string): Promise<void> {
  stage.repository.commit({ 'tenants.yaml': list });
  const end = await act();
  expect([end.exitCode, said(end)]).toEqual([0, '']);
}

/** Opens a pull request with this list; what it comments is the plan of it. */
async function review(list: string, inputs: ActOptions['inputs'] = {}): Promise<Ended> {
  const { repository, github } = stage;
  repository.git('checkout', '-q', '-B', 'change', 'main');
  const headSha = repository.commit({ 'tenants.yaml': list });
  github.pullRequests.open({ number: PULL, head: 'change', base: 'main' });
  const side = (sha: string) => ({ sha, repo: { full_name: 'acme-analytics/customers' } });
  const baseSha = repository.git('rev-parse', 'main');
  return act({
    event: 'pull_request',
    ref: `refs/pull/${PULL}/merge`,
    payload: { pull_request: { number: PULL, base: side(baseSha), head: side(headSha) } },
    inputs,
  });
}

/** Merges the pull request; the checkout is its merge commit, and on it perhaps what came in beside. */
function merge(beside: string | null = null): void {
  const { repository, github } = stage;
  repository.git('checkout', '-q', 'main');
  repository.git('merge', '-q', '--no-ff', '-m', 'merge', 'change');
  if (beside !== null) repository.commit({ 'tenants.yaml': beside });
  github.pullRequests.merge(PULL, repository.git('rev-parse', 'HEAD'));
}

const body = (): string => stage.github.comments(PULL)[0]?.body ?? '';
const phase = () => readMarker(body())?.phase;
const routes = (end: Ended): string[] =>
  end.askedGithub.map((route) => route.replace(/ \/repos\/[^/]+\/[^/]+/, ' ').replace(/[0-9a-f]{40}/, 'SHA'));
const notes = (end: Ended): readonly string[] => JSON.parse(end.report).notes;

describe('the plan that was reviewed', () => {
  test('is carried out: three questions more, and the comment says applying, then applied', async () => {
    await start(HEAD + ACME + HOOLI);
    await review(HEAD + ACME + GONE + STARK);
    expect(phase()).toBe('planned');
    merge();
    const seen: (string | undefined)[] = [];
    const onOutput = (text: string): void => {
      if (text.includes('Deploying')) seen.push(phase(), body().split('\n').slice(1).join('\n'));
    };
    const end = await act({ onOutput }, stage.act);
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect(seen[0]).toBe('applying');
    expect(seen[1]).toContain('/actions/runs/1/attempts/1');
    expect(phase()).toBe('applied');
    expect(body()).toContain('hooli');
    expect(notes(end).filter((note) => note.includes('review'))).toEqual([]);
    expect(stage.github.comments(PULL)).toHaveLength(1);
    expect(routes(end)).toEqual([
      'GET /git/ref/heads%2Fmain',
      'GET /commits/SHA/pulls',
      'GET /issues/1/comments',
      'GET /user',
      'PATCH /issues/comments/1001',
      'PATCH /issues/comments/1001',
    ]);
    await expectSound(stage, end, adminToken);
    // A run that has nothing to do asks no more than it ever did, and changes nothing.
    const again = await act();
    expect(routes(again)).toEqual(['GET /git/ref/heads%2Fmain']);
  });

  test('a tenant more is said, and done', async () => {
    await start(HEAD + ACME);
    await review(HEAD + ACME + HOOLI);
    merge(HEAD + ACME + HOOLI + STARK);
    const end = await act();
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect(notes(end)).toContain('the plan is not the one that was reviewed in #1 (new in it: stark)');
    expect(phase()).toBe('applied');
  });

  test('a removal that nobody reviewed is refused, with what changed and the way out', async () => {
    await start(HEAD + ACME + HOOLI);
    await review(HEAD + ACME + HOOLI + STARK);
    merge(HEAD + ACME + GONE + INITECH);
    const before = stage.sandbox.requests.length;
    const end = await act({}, stage.act);
    expect(end.exitCode).toBe(1);
    const message = said(end);
    expect(message).toMatch(/^The plan is not the one that was reviewed in #1, and takes away/);
    expect(message).toMatch(/\n {2}hooli_usage_events: data source goes \(removed\), loses-data\n/);
    expect(message).toContain('(new in it: hooli, initech; no longer in it: stark)');
    const { checksum } = JSON.parse(end.report);
    expect(message).toContain(`(workflow_dispatch) with \`plan-checksum: ${checksum}\``);
    expect(JSON.parse(end.report).stop.name).toBe('plan-changed');
    expect(stage.sandbox.requests.slice(before).filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(phase()).toBe('failed');
    expect(body()).toContain('plan-changed');
    // By hand it is nobody's reviewed plan, but somebody's decision.
    const byHand = await act({ event: 'workflow_dispatch', inputs: { 'plan-checksum': checksum } });
    expect([byHand.exitCode, said(byHand)]).toEqual([0, '']);
    expect(routes(byHand)).toEqual(['GET /git/ref/heads%2Fmain']);
  });

  test('the same removal stays reviewed when something else changes, also of its tenant', async () => {
    await start(HEAD + ACME + HOOLI);
    await review(HEAD + ACME + GONE);
    // Another pull request was applied meanwhile: what is to be removed is no longer what it was.
    stage.repository.git('checkout', '-q', 'main');
    stage.repository.commit({ 'tenants.yaml': HEAD + ACME + KEPT_LONGER });
    expect((await act()).exitCode).toBe(0);
    stage.repository.git('merge', '-q', '-s', 'ours', '--no-ff', '-m', 'merge', 'change');
    stage.repository.commit({ 'tenants.yaml': HEAD + ACME + GONE + STARK });
    stage.github.pullRequests.merge(PULL, stage.repository.git('rev-parse', 'HEAD'));
    const end = await act();
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect(notes(end)).toContain(
      'the plan is not the one that was reviewed in #1 (new in it: stark; different: hooli)',
    );
  });

  test('what was reviewed in the pull request before, whose run was superseded, is reviewed too', async () => {
    const { repository, github } = stage;
    await start(HEAD + ACME + HOOLI);
    await review(HEAD + ACME + GONE);
    merge();
    const before = repository.git('rev-parse', 'HEAD');
    // The second one is made and merged before the first is applied.
    repository.git('checkout', '-q', '-b', 'second', 'main');
    const headSha = repository.commit({ 'tenants.yaml': HEAD + ACME + GONE + STARK });
    github.pullRequests.open({ number: 2, head: 'second', base: 'main' });
    const marker = readMarker(body());
    if (marker === null) throw new Error('a comment without a marker');
    const digest = { checksum: 'of the second', parts: null, risks: new Set<string>() };
    const author = 'github-actions[bot]';
    github.addComment({ issue: 2, author, body: `${writeMarker({ ...marker, digest })}\nplan` });
    repository.git('checkout', '-q', 'main');
    repository.git('merge', '-q', '--no-ff', '-m', 'merge', 'second');
    repository.git('branch', '-q', '-D', 'second');
    repository.git('branch', '-q', 'second', headSha);
    github.pullRequests.merge(2, repository.git('rev-parse', 'HEAD'));
    const unknown = await act({ payload: { before: repository.git('rev-parse', 'HEAD~1^') } });
    expect(JSON.parse(unknown.report).stop.name).toBe('plan-changed');
    const end = await act({ payload: { before } });
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect(JSON.parse(end.outputs.removed ?? '')).toEqual(['hooli']);
    expect(github.comments(2)[0]?.body).toContain('"phase":"applied"');
  });

  test('whoever repeats a run that died finds out what it has done', async () => {
    await start(HEAD + ACME);
    await review(HEAD + ACME + HOOLI);
    merge();
    expect((await act({ inputs: { comment: 'false' } })).exitCode).toBe(0);
    expect(phase()).toBe('planned');
    const again = await act({ env: { GITHUB_RUN_ATTEMPT: '2' } });
    expect([again.exitCode, said(again)]).toEqual([0, '']);
    expect(phase()).toBe('applied');
    const third = await act({ env: { GITHUB_RUN_ATTEMPT: '3' } });
    expect(third.askedGithub.filter((route) => !route.startsWith('GET '))).toEqual([]);
  });

  test('a failed apply says so and keeps what was reviewed; its repair says applied', async () => {
    await start(HEAD + ACME);
    await review(HEAD + ACME + HOOLI);
    const digest = readMarker(body())?.digest;
    merge();
    stage.sandbox.fail('POST /v1/deploy', { status: 400, body: { error: 'no room' }, times: 9 });
    const end = await act();
    expect(end.exitCode).toBe(1);
    expect(phase()).toBe('failed');
    expect(body()).toContain('no room');
    expect(readMarker(body())?.digest).toEqual(digest);
    stage.sandbox.reset();
    expect((await act()).exitCode).toBe(0);
    expect(phase()).toBe('applied');
  });
});

describe('what cannot be compared is a note, never a refusal', () => {
  const removes = async (end: Ended, note: string | RegExp) => {
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    const about = notes(end).filter((each) => each.startsWith('this plan was not compared'));
    expect(about).toEqual([expect.stringMatching(note)]);
    expect(JSON.parse(end.outputs.removed ?? '')).toEqual(['hooli']);
    await expectSound(stage, end, adminToken);
  };

  test('a direct push', async () => {
    await start(HEAD + ACME + HOOLI);
    stage.repository.commit({ 'tenants.yaml': HEAD + ACME + GONE });
    const end = await act();
    await removes(end, /: no pull request brought this commit into main$/);
    expect(routes(end)).toEqual(['GET /git/ref/heads%2Fmain', 'GET /commits/SHA/pulls']);
  });

  test('a comment that was made without the workspace, or by somebody else', async () => {
    await start(HEAD + ACME + HOOLI);
    // A copy of what a comment would say, by whoever may comment.
    await review(HEAD + ACME + GONE, { 'tinybird-token': '' });
    expect(readMarker(body())?.workspace).toBe('');
    const forged = readMarker(body());
    if (forged === null) throw new Error('a comment without a marker');
    const workspace = stage.sandbox.workspace.id;
    const digest = { ...forged.digest, checksum: 'x', risks: new Set<string>() };
    const text = `${writeMarker({ ...forged, workspace, digest })}\nforged`;
    stage.github.addComment({ issue: PULL, author: 'mallory', body: text });
    merge();
    const before = body();
    await removes(await act(), 'has no plan for this workspace and list in a comment of ours');
    expect(body()).toBe(before);
  });

  test.each([
    [PULLS, 'could not find the pull request of .*`Pull requests: read` \\(403'],
    [COMMENTS, 'could not read the comments of #1: .*`pull-requests: read` \\(403'],
  ])('403 for %s', async (route, says) => {
    await start(HEAD + ACME + HOOLI);
    await review(HEAD + ACME + HOOLI + STARK);
    merge(HEAD + ACME + GONE);
    stage.github.fail(route, { status: 403, message: 'Resource not accessible by integration' });
    await removes(await act(), new RegExp(says));
    expect(phase()).toBe('planned');
  });

  test('403 for the comment: the plan is carried out, and a note names the permission', async () => {
    await start(HEAD + ACME + HOOLI);
    await review(HEAD + ACME + GONE);
    merge();
    stage.github.fail(UPDATE, { status: 403, message: 'Resource not accessible by integration', times: 9 });
    const end = await act({}, stage.act);
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect(notes(end).at(-1)).toMatch(
      /^the comment on #1 does not say what became of the plan: .*`pull-requests: write` \(403/,
    );
  });

  test('neither a schedule nor another system asks', async () => {
    await start(HEAD + ACME + HOOLI);
    await review(HEAD + ACME + HOOLI + STARK);
    merge(HEAD + ACME + GONE);
    for (const event of ['schedule', 'repository_dispatch']) {
      const end = await act({ event });
      expect([end.exitCode, said(end)]).toEqual([0, '']);
      expect(routes(end).filter((route) => /pulls|comments/.test(route))).toEqual([]);
    }
  });
});
