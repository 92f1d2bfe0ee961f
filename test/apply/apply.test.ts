// What an apply does when it is cut off, when others have changed the workspace, and when something is refused.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { listOf, openGround, START } from './ground.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => sandbox[Symbol.asyncDispose]());
afterEach(() => sandbox.reset());

const resultsOf = ({ outcomes }: { outcomes: readonly { key: string; result: string }[] }) =>
  outcomes.map(({ key, result }) => `${key} ${result}`).sort();

it('continues a deployment that only takes token lines away', async () => {
  await using ground = await openGround(sandbox, 'revoke_continued');
  await ground.write(listOf('acme', 'globex'));
  await ground.apply();
  await ground.write(listOf('acme', 'globex: removed'));
  sandbox.fail('POST /v1/deployments/*/set-live', { status: 500, times: 20 });
  const cut = await ground.apply();
  expect(cut.stop?.name).toBe('request-failed');
  sandbox.reset();
  const report = await ground.apply();
  expect(report.stop).toBeNull();
  expect([...(await ground.tokens()).keys()].sort()).toEqual(['acme_read']);
});

it('continues with the rest of the one plan that it was asked for', async () => {
  await using ground = await openGround(sandbox, 'checksum_continued');
  await ground.write(listOf('acme', 'globex'));
  await ground.apply();
  await ground.write(listOf('acme', 'globex: removed', 'initech'));
  sandbox.fail('POST /v1/deployments/*/set-live', { status: 500, times: 20 });
  const cut = await ground.apply();
  sandbox.reset();
  const report = await ground.apply({ 'plan-checksum': cut.plan.checksum });
  expect(report.stop).toBeNull();
  expect(resultsOf(report)).toEqual(resultsOf(cut).map((line) => line.replace('skipped', 'applied')));
});

const APPEND = {
  'sets/endpoint/inbox.datasource.hbs':
    'SCHEMA >\n    `n` Int32 `json:$.n`\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "n"\n',
  'sets/endpoint/read.token.hbs':
    'kind: static\nscopes:\n  - DATASOURCES:READ {{resource "inbox"}}\n  - DATASOURCES:APPEND {{resource "inbox"}}\n',
};

it('takes one permission away first, although the other stays and the file changes too', async () => {
  await using ground = await openGround(sandbox, 'one_permission');
  await ground.write({ ...APPEND, ...listOf('acme') });
  await ground.apply();
  await ground.write({
    'sets/endpoint/inbox.datasource.hbs': APPEND['sets/endpoint/inbox.datasource.hbs'].replace(
      'SCHEMA',
      'DESCRIPTION >\n    Another\n\nSCHEMA',
    ),
    'sets/endpoint/read.token.hbs': 'kind: static\nscopes:\n  - DATASOURCES:READ {{resource "inbox"}}\n',
  });
  sandbox.fail('POST /v1/deploy', { delayMs: 0, times: 2 });
  sandbox.fail('POST /v1/deploy', { status: 418, body: 'teapot', times: 20 });
  const report = await ground.apply();
  sandbox.reset();
  expect(resultsOf(report)).toContain('token/acme_read applied');
  const file = (await ground.files()).get('acme_inbox.datasource') ?? '';
  expect(file).toContain('READ');
  expect(file).not.toContain('APPEND');
});

it('takes one tenant’s access away although another one’s file is refused', async () => {
  await using ground = await openGround(sandbox, 'refused_beside');
  const broken = { 'sets/broken/set.yaml': 'extends: endpoint\n' };
  await ground.write({ ...broken, ...listOf('acme', 'globex') });
  await ground.apply();
  await ground.write({
    'sets/broken/usage.pipe.hbs':
      'NODE usage\nSQL >\n    SELECT nothing_like_it FROM landing\n\nTYPE endpoint\n',
    'tenants.yaml':
      'fleet: usage\ndefaults: { template: endpoint }\ntenants:\n  - { id: acme, template: broken }\n  - { id: globex, state: suspended }\n',
  });
  const report = await ground.apply();
  expect(report.stop).toBeNull();
  expect([...(await ground.tokens()).keys()]).toEqual(['acme_read']);
  expect(resultsOf(report)).toEqual(
    expect.arrayContaining(['pipe/acme_usage failed', 'token/globex_read applied']),
  );
});

it('brings back what somebody changed under our marker, and says so in the plan', async () => {
  await using ground = await openGround(sandbox, 'drifted');
  await ground.write(listOf('acme'));
  await ground.apply();
  const files = await ground.files();
  const file = files.get('acme_usage.pipe') ?? '';
  await ground.deploy({ 'acme_usage.pipe': file.replace('count() AS events', 'count() + 1 AS events') });
  const planned = await ground.apply({ command: 'plan' });
  expect(planned.drift).toBe(true);
  expect(planned.plan.steps.flatMap(({ changes }) => changes)).toMatchObject([
    { key: 'pipe/acme_usage', action: 'update', drift: true, fields: ['sql'] },
  ]);
  const report = await ground.apply({ 'plan-checksum': planned.plan.checksum });
  expect(report.stop).toBeNull();
  expect(resultsOf(report)).toEqual(['pipe/acme_usage applied']);
  expect(await ground.files()).toEqual(files);
  expect((await ground.apply()).outcomes).toEqual([]);
});

it('brings back one node on Classic', async () => {
  await using ground = await openGround(sandbox, 'drifted_classic', 'classic');
  await ground.write(listOf('acme'));
  await ground.apply();
  const files = await ground.files();
  const body = 'SELECT count() + 1 AS events FROM landing';
  expect((await ground.ask('/v0/pipes/acme_usage/nodes/usage', { method: 'PUT', body })).status).toBe(200);
  const report = await ground.apply();
  expect(report.stop).toBeNull();
  expect(report.plan.steps.flatMap(({ changes }) => changes)).toMatchObject([
    { key: 'pipe/acme_usage', action: 'update', drift: true, fields: ['sql'] },
  ]);
  expect(await ground.files()).toEqual(files);
  expect((await ground.apply()).outcomes).toEqual([]);
});

it('leaves what others changed of a tenant that the run is not about', async () => {
  await using ground = await openGround(sandbox, 'drifted_beside');
  await ground.write(listOf('acme', 'globex'));
  await ground.apply();
  const file = (await ground.files()).get('globex_usage.pipe') ?? '';
  await ground.deploy({ 'globex_usage.pipe': file.replace('count() AS events', 'count() + 1 AS events') });
  await ground.write(listOf('acme', 'globex', 'initech'));
  const report = await ground.apply({ tenant: 'initech' });
  expect(report.stop).toBeNull();
  expect(report.notes.join()).not.toContain('left like that');
  expect([...(await ground.tokens()).keys()].sort()).toEqual(['acme_read', 'globex_read', 'initech_read']);
  expect((await ground.files()).get('globex_usage.pipe')).toContain('count() + 1');
});

it('leaves what no list tells of a pipe that somebody changed under our marker, and says so', async () => {
  await using ground = await openGround(sandbox, 'drifted_unseen');
  await ground.write(listOf('acme'));
  await ground.apply();
  const file = (await ground.files()).get('acme_usage.pipe') ?? '';
  await ground.deploy({ 'acme_usage.pipe': `TAGS "theirs"\n${file}` });
  expect((await ground.apply()).outcomes).toEqual([]);
  await ground.write(listOf('acme', 'globex'));
  const report = await ground.apply();
  expect(report.stop).toBeNull();
  expect(report.notes.join()).toContain('left like that: acme_usage');
  expect([...(await ground.tokens()).keys()].sort()).toEqual(['acme_read', 'globex_read']);
  expect((await ground.files()).get('acme_usage.pipe')).toContain('TAGS');
});

it('deploys what the lists do not tell of a project file', async () => {
  await using ground = await openGround(sandbox, 'invisible');
  await ground.write(listOf('acme'));
  await ground.apply();
  const landing = START['project/datasources/landing.datasource'];
  await ground.write({
    'project/datasources/landing.datasource': `TAGS "shared"\n${landing}`,
    ...listOf('acme', 'globex'),
  });
  const report = await ground.apply();
  expect(report.stop).toBeNull();
});

it('says what was done before it stopped', async () => {
  await using ground = await openGround(sandbox, 'stopped');
  await ground.write(listOf('acme', 'globex'));
  await ground.apply();
  await ground.write(listOf('acme', 'globex: removed', 'initech'));
  // The revoke step's check and deployment pass; the check of the next step breaks.
  sandbox.fail('POST /v1/deploy', { delayMs: 0, times: 2 });
  sandbox.fail('POST /v1/deploy', { status: 418, body: 'teapot', times: 20 });
  const report = await ground.apply();
  sandbox.reset();
  expect(report.stop?.name).toBe('request-failed');
  expect([...(await ground.tokens()).keys()]).toEqual(['acme_read']);
  expect(resultsOf(report)).toContain('token/globex_read applied');
  expect(report.deploymentId).not.toBeNull();
});

it('keeps its report when the tokens cannot be read at the end', async () => {
  await using ground = await openGround(sandbox, 'unread');
  await ground.write(listOf('acme'));
  sandbox.fail('GET /v0/tokens', { delayMs: 0 });
  sandbox.fail('GET /v0/tokens', { status: 500, times: 20 });
  const report = await ground.apply();
  sandbox.reset();
  expect(resultsOf(report)).toContain('pipe/acme_usage applied');
  expect(report.stop?.name).toBe('request-failed');
});

it('adopts a token together with what it opens', async () => {
  await using ground = await openGround(sandbox, 'adopted');
  const pipe = 'TOKEN "acme_read" READ\n\nNODE usage\nSQL >\n    SELECT 1 AS events\n\nTYPE endpoint\n';
  await ground.deploy({ 'acme_usage.pipe': pipe });
  await ground.write(listOf('acme'));
  expect((await ground.apply()).stop?.name).toBe('conflict');
  const report = await ground.apply({ adopt: 'true' });
  expect(report.stop).toBeNull();
  expect((await ground.apply()).outcomes).toEqual([]);
});

const SHARED = {
  'sets/endpoint/set.yaml':
    'description: An endpoint\nallow-wide: everybody may see how many events there are\n',
  'project/endpoints/shared.pipe':
    'NODE shared_all\nSQL >\n    SELECT count() AS events FROM landing\n\nTYPE endpoint\n',
  'sets/endpoint/read.token.hbs':
    'kind: static\nscopes:\n  - PIPES:READ {{resource "usage"}}\n  - PIPES:READ shared\n',
};

it('a line that just disappears takes no access away, not even to a shared endpoint', async () => {
  await using ground = await openGround(sandbox, 'vanished');
  await ground.write({ ...SHARED, ...listOf('acme', 'globex') });
  await ground.apply();
  await ground.write(listOf('acme'));
  const report = await ground.apply();
  expect(report.stop).toBeNull();
  expect((await ground.tokens()).get('globex_read')).toEqual(
    expect.arrayContaining(['globex_usage', 'shared']),
  );
});

it('a run for one tenant leaves the access of the others as it is', async () => {
  await using ground = await openGround(sandbox, 'one_tenant');
  await ground.write({ ...SHARED, ...listOf('acme', 'globex') });
  await ground.apply();
  await ground.write(listOf('acme', 'globex: suspended', 'initech'));
  const report = await ground.apply({ tenant: 'acme' });
  expect(report.stop).toBeNull();
  expect([...(await ground.tokens()).keys()].sort()).toEqual(['acme_read', 'globex_read']);
  expect((await ground.tokens()).get('globex_read')).toEqual(
    expect.arrayContaining(['globex_usage', 'shared']),
  );
});

it('a suspended tenant loses its access although its token opens a shared endpoint too', async () => {
  await using ground = await openGround(sandbox, 'suspended_shared');
  await ground.write({ ...SHARED, ...listOf('acme', 'globex') });
  await ground.apply();
  await ground.write(listOf('acme', 'globex: removed'));
  sandbox.fail('POST /v1/deploy', { delayMs: 0, times: 2 });
  sandbox.fail('POST /v1/deploy', { status: 418, body: 'teapot', times: 20 });
  await ground.apply();
  sandbox.reset();
  expect([...(await ground.tokens()).keys()]).toEqual(['acme_read']);
});

it('refuses a second token that belongs to another workspace', async () => {
  await using ground = await openGround(sandbox, 'two_tokens');
  await using other = await openGround(sandbox, 'two_tokens_other');
  await ground.write(listOf('acme'));
  await expect(ground.apply({ 'tinybird-tokens-token': other.account.adminToken })).rejects.toMatchObject({
    stop: 'wrong-workspace',
  });
  const report = await ground.apply({ 'tinybird-tokens-token': ground.account.adminToken });
  expect(report.stop).toBeNull();
});

it('hands the job nothing to remove before it writes the tokens file', async () => {
  await using ground = await openGround(sandbox, 'tokens_file');
  await ground.write({ ...listOf('acme'), '..folder/note.txt': '' });
  await expect(ground.apply({ 'tokens-file': '..tokens.json' })).rejects.toMatchObject({ stop: 'bad-input' });
  await expect(ground.apply({ 'tokens-file': '..folder/tokens.json' })).rejects.toMatchObject({
    stop: 'bad-input',
  });
  expect(ground.left).toEqual([]);
});
