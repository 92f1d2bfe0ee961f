// The product's story, step by step. Every step does real work and says in a few facts what it saw; a wrong fact is a failed step.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { ActionEnd } from '../src/sandbox/github/runner.ts';
import { ask, tokenOf, tryAll } from './isolation.ts';
import { deployAll, pushEach } from './project.ts';
import { rotation } from './rotation.ts';
import { projectFiles, type Stage, visible } from './stage.ts';
import { type DemoTenant, events, FIFTY, listOf } from './tenants.ts';

export interface Facts {
  readonly text: string;
  readonly leaks?: number;
  /** Something worth showing whole, e.g. the comment. */
  readonly shown?: string;
}

export interface Step {
  readonly name: string;
  readonly title: string;
  run(stage: Stage): Promise<Facts>;
}

export const EVENTS = 50_000;

// The pull request adds one tenant, changes one and removes one.
const ADDED: DemoTenant = { id: 'massive_dynamic', set: 'own-endpoints', eventTypes: ['login'] };
const CHANGED = 'hooli';
const REMOVED = 'cyberdyne';
const AFTER: readonly DemoTenant[] = [
  ...FIFTY.map((tenant): DemoTenant => {
    if (tenant.id === CHANGED) return { ...tenant, eventTypes: ['login'] };
    return tenant.id === REMOVED ? { ...tenant, state: 'removed' } : tenant;
  }),
  ADDED,
];

export const STEPS: readonly Step[] = [
  { name: 'project', title: 'A team has a landing table and two endpoints', run: deployProject },
  {
    name: 'events',
    title: `${EVENTS.toLocaleString('en-US')} events of ${FIFTY.length} tenants come in`,
    run: ingest,
  },
  { name: 'push', title: 'A push to main brings the list: every tenant goes live', run: push },
  {
    name: 'isolation',
    title: 'Each token, out of its secret, reads its own rows and nothing else',
    run: isolate,
  },
  { name: 'pull-request', title: 'A pull request adds one tenant, changes one, removes one', run: propose },
  { name: 'merge', title: 'It is merged', run: merge },
  { name: 'again', title: 'The same run once more changes nothing', run: again },
  { name: 'dispatch', title: 'One tenant by hand (workflow_dispatch)', run: dispatch },
  { name: 'rotate', title: `${CHANGED}’s token is rotated`, run: rotate },
  { name: 'secrecy', title: 'No token value in anything that was written', run: secrecy },
];

async function deployProject(stage: Stage): Promise<Facts> {
  const files = await projectFiles(stage);
  await (stage.generation === 'forward' ? deployAll(stage, files) : pushEach(stage, files));
  return { text: `${files.length} datafiles` };
}

async function ingest({ sandbox }: Stage): Promise<Facts> {
  let rows = 0;
  for (const batch of events(FIFTY, EVENTS, 10_000)) {
    const answer = await fetch(`${sandbox.url}/v0/events?name=events&wait=true`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.adminToken}`, 'content-encoding': 'gzip' },
      body: gzipSync(batch),
    });
    const body = (await answer.json()) as { successful_rows: number; quarantined_rows: number };
    assert.equal(body.quarantined_rows, 0);
    rows += body.successful_rows;
  }
  assert.equal(await sandbox.count('SELECT count() FROM events'), EVENTS);
  return { text: `${rows.toLocaleString('en-US')} rows in ClickHouse` };
}

async function push(stage: Stage): Promise<Facts> {
  await stage.commit('The customers', listOf(FIFTY));
  const end = await stage.act('push', { before: '0'.repeat(40) });
  succeeded(end);
  assert.equal(listed(end, 'created').length, FIFTY.length);
  assert.equal(stage.github.secrets.size, FIFTY.length);
  return { text: `${FIFTY.length} tenants, ${stage.github.secrets.size} secrets`, shown: visible(end.log) };
}

async function isolate(stage: Stage): Promise<Facts> {
  return isolation(stage, FIFTY);
}

async function isolation(stage: Stage, tenants: readonly DemoTenant[]): Promise<Facts> {
  const { answered, refused, leaks, wrong } = await tryAll(stage, tenants);
  assert.deepEqual([...leaks, ...wrong], []);
  assert.equal(answered, tenants.length);
  const text = `${answered} own answers right, ${refused.toLocaleString('en-US')} others refused, ${leaks.length} leaks`;
  return { text, leaks: leaks.length };
}

async function propose(stage: Stage): Promise<Facts> {
  const base = await stage.git('rev-parse', 'HEAD');
  await stage.git('checkout', '--quiet', '-b', 'customers');
  const head = await stage.commit('One comes, one changes, one goes', listOf(AFTER));
  stage.github.pullRequests.open({ number: 1, head: 'customers', base: 'main' });
  const side = (sha: string) => ({ sha, repo: { full_name: stage.github.repository } });
  const payload = { pull_request: { number: 1, base: side(base), head: side(head) } };
  const end = await stage.act('pull_request', payload, { ref: 'refs/pull/1/merge' });
  succeeded(end);
  assert.deepEqual(
    [listed(end, 'created'), listed(end, 'updated'), listed(end, 'removed')],
    [[ADDED.id], [CHANGED], [REMOVED]],
  );
  const comments = stage.github.comments(1);
  assert.equal(comments.length, 1);
  const body = comments[0]?.body ?? '';
  stage.written.push(body);
  return { text: 'one comment', shown: body.replace(/^<!--.*-->\n/, '') };
}

async function merge(stage: Stage): Promise<Facts> {
  const removedToken = tokenOf(stage, { id: REMOVED, set: 'own-endpoints', eventTypes: null });
  const before = await stage.git('rev-parse', 'main');
  await stage.git('checkout', '--quiet', 'main');
  await stage.git('merge', '--quiet', '--no-ff', '-m', 'Merge pull request #1', 'customers');
  const end = await stage.act('push', { before });
  succeeded(end);
  assert.deepEqual(
    [listed(end, 'created'), listed(end, 'updated'), listed(end, 'removed')],
    [[ADDED.id], [CHANGED], [REMOVED]],
  );
  assert.equal(await ask(stage, `${CHANGED}_usage_by_day`, removedToken), null);
  assert.equal(stage.github.secrets.has(`TINYBIRD_TENANT_${REMOVED.toUpperCase()}_READ`), false);
  const facts = await isolation(
    stage,
    AFTER.filter(({ state }) => state === undefined),
  );
  return { ...facts, text: `${ADDED.id} is live, ${REMOVED} is gone; ${facts.text}` };
}

async function again(stage: Stage): Promise<Facts> {
  stage.sandbox.reset();
  const sent = stage.github.requests.length;
  const end = await stage.act('push', { before: await stage.git('rev-parse', 'HEAD~1') });
  succeeded(end);
  assert.deepEqual(listed(end, 'changed'), []);
  const all = [...stage.sandbox.requests, ...stage.github.requests.slice(sent)];
  assert.deepEqual(
    all.filter(({ method }) => method !== 'GET'),
    [],
  );
  return { text: `${stage.sandbox.requests.length} requests to Tinybird, all GET` };
}

async function dispatch(stage: Stage): Promise<Facts> {
  const narrowed = AFTER.map((tenant): DemoTenant => {
    return tenant.eventTypes === null ? tenant : { ...tenant, eventTypes: ['search'] };
  });
  await stage.commit('Everybody only searches', listOf(narrowed));
  const end = await stage.act('workflow_dispatch', {}, { inputs: { tenant: CHANGED } });
  succeeded(end);
  assert.deepEqual(listed(end, 'changed'), [CHANGED]);
  return { text: `${CHANGED} changed, nobody else` };
}

function rotate(stage: Stage): Promise<Facts> {
  return rotation(stage, { id: CHANGED, set: 'own-endpoints', eventTypes: ['search'] });
}

async function secrecy(stage: Stage): Promise<Facts> {
  const values = [
    ...stage.github.secrets.values(),
    ...stage.retired,
    stage.sandbox.adminToken,
    stage.github.token,
    stage.workflowToken,
  ];
  const forms = values.flatMap((value) => [
    value,
    encodeURIComponent(value),
    Buffer.from(value).toString('base64'),
  ]);
  const texts = [
    ...stage.written,
    ...stage.github.comments(1).map(({ body }) => body),
    ...stage.github.variables.values(),
  ];
  for (const text of texts)
    for (const form of forms) assert.ok(!text.includes(form), 'a token value was written');
  assert.deepEqual(stage.github.violations, []);
  const size = texts.reduce((sum, text) => sum + text.length, 0);
  return {
    text: `${values.length} values looked for in ${Math.round(size / 1024)} KB of logs, comments and outputs`,
  };
}

const succeeded = (end: ActionEnd): void => assert.equal(end.exitCode, 0, end.log);
const listed = (end: ActionEnd, name: string): string[] =>
  JSON.parse(end.outputs[name] ?? 'null') as string[];
