// No token value in any byte, even when a server echoes it in whatever form; and no text from outside that commands the runner.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isMaskedBefore, type Recorded, record, TOKENS_FILE, writtenIn } from './journal.ts';
import { commandsIn } from './runner.ts';
import { expectSound, flaws, said, valuesOf } from './sound.ts';
import { type Stage, setStage } from './stage.ts';

const LIST =
  'fleet: usage\ntenants:\n  - { id: acme, template: own-table }\n  - { id: stark, template: own-token }\n  - { id: wayne, template: own-table }\n';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => {
  stage.sandbox.reset();
  stage.github.reset();
});

const FORMS: readonly (readonly [string, (value: string) => string])[] = [
  ['as it is', (value) => value],
  ['between quotes', (value) => `invalid token b'${value}'`],
  ['base64', (value) => Buffer.from(value).toString('base64')],
  ['base64 of a header', (value) => Buffer.from(`Bearer ${value}`).toString('base64')],
  ['base64, one further', (value) => Buffer.from(`x:${value}`).toString('base64')],
  ['in an address', (value) => `https://api.example/?token=${encodeURIComponent(value)}&x=1`],
  ['JSON in JSON', (value) => JSON.stringify({ authorization: `Bearer ${value}` })],
];

describe('a value that comes back', () => {
  test.each(FORMS)('from Tinybird, %s', async (_, form) => {
    const error = form(stage.sandbox.adminToken);
    stage.sandbox.fail('GET /v0/pipes', { status: 400, body: { error } });
    stage.sandbox.fail('GET /v1/pipes', { status: 400, body: { error } });
    const end = await stage.act({ list: LIST });
    expect(said(end)).toMatch(/^Request failed: 400 Bad Request: GET \/v[01]\/pipes — .*\*\*\*/);
    await expectSound(stage, end);
  });

  test.each(FORMS)('from GitHub, %s', async (_, form) => {
    const message = form(stage.github.token);
    stage.github.fail('GET /repos/{owner}/{repo}/actions/secrets', { status: 400, message });
    const end = await stage.act({ list: LIST });
    expect(said(end)).toMatch(/^Could not list the secrets of the repository: .*\*\*\*/);
    await expectSound(stage, end);
  });
});

test('a value that is handed out is masked by itself before it goes, and stands nowhere else', async () => {
  const first = await record(stage, { list: LIST });
  expect([first.end.exitCode, said(first.end)]).toEqual([0, '']);
  await expectQuiet(first);
  const values: Record<string, { read: string }> = JSON.parse(first.files.get(TOKENS_FILE) ?? '');
  expect(Object.keys(values).sort()).toEqual(['acme', 'stark', 'wayne']);
  const all = Object.values(values).map(({ read }) => read);
  expect(first.end.masks.toSorted()).toEqual(all.toSorted());
  for (const [tenant, { read }] of Object.entries(values)) {
    const name = `TINYBIRD_TENANT_${tenant.toUpperCase()}_READ`;
    expect(stage.github.secrets.get(name)).toBe(read);
    expect(isMaskedBefore(first, read, [TOKENS_FILE, `actions/secrets/${name}`])).toBe(true);
  }

  // Half-way: one secret is refused, in words that repeat what it was to hold.
  const { read } = values.acme ?? { read: '' };
  stage.github.removeSecret('TINYBIRD_TENANT_ACME_READ');
  const put = 'PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}';
  stage.github.fail(put, { status: 422, message: `cannot store ${read}` });
  const second = await record(stage, { list: LIST, inputs: { 'tokens-file': '' } });
  expect(second.end.exitCode).toBe(1);
  expect(second.end.log).toContain('could not write the secret TINYBIRD_TENANT_ACME_READ: GitHub refuses it');
  await expectQuiet(second);
  expect(isMaskedBefore(second, read, ['actions/secrets/TINYBIRD_TENANT_ACME_READ'])).toBe(true);
  // Nothing is masked that cannot leave: the JWT is in its secret already, and nobody can read it back.
  expect(second.end.masks).not.toContain(values.stark?.read);
});

async function expectQuiet(run: Recorded): Promise<void> {
  await expectSound(stage, run.end);
  expect(flaws(writtenIn(run), await valuesOf(stage, run.end))).toEqual([]);
}

const SMUGGLED = [
  'x\n::set-env name=PATH::/tmp',
  'x\r\n::add-path::/tmp',
  '  ::set-output name=changed::[]',
  'x\u2028::stop-commands::y',
  '##[add-path]/tmp',
  'x ##[set-env name=PATH;]/tmp',
  'x%0A::warning::y',
  '::add-mask::acme',
];

describe('text that would command the runner', () => {
  test.each(SMUGGLED)('from Tinybird: %j', async (text) => {
    stage.sandbox.fail('GET /v0/tokens', { status: 400, body: { error: text } });
    const end = await stage.act({ list: LIST });
    expect(commandsIn(end.log).map(({ name }) => name)).toEqual(['error']);
    await expectSound(stage, end);
  });

  test.each(SMUGGLED)('from Tinybird, as feedback on a deployment: %j', async (text) => {
    const feedback = [{ resource: 'Pipe acme_usage_by_day.pipe', level: 'ERROR', message: text }];
    const body = { result: 'failed', deployment: { id: '9', status: 'failed', feedback } };
    stage.sandbox.fail('POST /v1/deploy', { status: 400, body, times: 9 });
    const end = await stage.act({
      list: LIST.replace('own-table', 'own-table, vars: { retention_days: 9 }'),
    });
    const commands = new Set(commandsIn(end.log).map(({ name }) => name));
    commands.delete('add-mask');
    expect(commands).toEqual(new Set(['error']));
    await expectSound(stage, end);
  });

  test.each(SMUGGLED)('from GitHub: %j', async (message) => {
    stage.github.fail('GET /repos/{owner}/{repo}/actions/secrets', { status: 400, message });
    const end = await stage.act({ list: LIST });
    expect(commandsIn(end.log).map(({ name }) => name)).toEqual(['error']);
    await expectSound(stage, end);
  });
});

// Ids that a list may hold. What is shown of them is shown everywhere: log, summary, comment, outputs, report, SQL.
const HOSTILE = [
  '__proto__',
  'constructor',
  '007',
  '1e3',
  "x' OR role = 'admin",
  'back\\slash"quote`tick',
  '::warning::hello',
  '##[add-path]tmp',
  'a%0A::set-env name=X::1',
  '<img src=x onerror=alert(1)> @everyone',
  '| cell | [link](https://example.com)',
  '$(id) `id` $HOME %PATH%',
  'Ünïcödé 客户',
];

test('hostile ids: each gets what it asks for, and nothing else', async () => {
  const tenants = HOSTILE.map((id, index) => ({ id, slug: `t${index}`, template: 'own-token' }));
  const list = JSON.stringify({ fleet: 'hostile', tenants });
  const end = await stage.act({ list });
  expect([end.exitCode, said(end)]).toEqual([0, '']);
  await expectSound(stage, end);
  expect(new Set(JSON.parse(end.outputs.created ?? ''))).toEqual(new Set(HOSTILE));
  expect(Object.keys(JSON.parse(end.outputs['token-ids'] ?? '')).sort()).toEqual(HOSTILE.toSorted());
  for (const [index, id] of HOSTILE.entries()) {
    const jwt = stage.github.secrets.get(`TINYBIRD_TENANT_T${index}_READ`) ?? '';
    const { scopes } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    expect(scopes[0].fixed_params).toEqual({ tenant: id });
    const answer = await fetch(`${stage.sandbox.url}/v0/pipes/usage_by_day.json?token=${jwt}`);
    expect(answer.status).toBe(200);
  }
});
