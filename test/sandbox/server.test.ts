// The server itself: what needs no token, unknown routes, the request log, planted faults, restarts, the command.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSandboxCommand } from '../../src/sandbox/command.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { connect } from './client.ts';
import { PROJECT, row } from './project.ts';

let dataDir: string;
let sandbox: Sandbox;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sandbox-test-'));
  sandbox = await startSandbox({ dataDir });
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

test('what Tinybird Local answers without a token', async () => {
  const client = connect(sandbox);
  const open = { token: '' };
  const tokens = (await client.call('GET /tokens', open)).json;
  expect(tokens).toMatchObject({ user_token: sandbox.userToken, workspace_admin_token: sandbox.adminToken });
  expect((await client.call('GET /v0/health', open)).status).toBe(200);
  expect((await client.call('GET /v0/regions', open)).json.regions).toMatchObject([
    { api_host: sandbox.url },
  ]);
  expect((await client.call('GET /v0/workspace', open)).status).toBe(403);
  for (const version of ['v0', 'v1']) {
    expect((await client.call(`GET /${version}/workspace`)).json).toMatchObject({
      ...sandbox.workspace,
      is_forward: true,
    });
  }
});

test('an unknown route is 501 and names itself', async () => {
  const answer = await connect(sandbox).call('PATCH /v0/pipes/x');
  expect([answer.status, answer.json]).toEqual([501, { error: 'Not in the sandbox: PATCH /v0/pipes/x' }]);
});

test('every request is recorded in order, and says how long it took', async () => {
  const client = connect(sandbox);
  sandbox.reset();
  await client.call('GET /v0/pipes?attrs=id');
  const answer = await client.call('POST /v0/sql', { body: 'SELECT 1' });
  expect(sandbox.requests).toEqual([
    { method: 'GET', path: '/v0/pipes?attrs=id', status: 200, bodySize: 0 },
    { method: 'POST', path: '/v0/sql', status: 200, bodySize: 8 },
  ]);
  expect(answer.headers.get('server-timing')).toMatch(/^app;dur=\d/);
});

test('planted faults: answers, resets, broken after the work, and how often', async () => {
  const client = connect(sandbox);
  sandbox.fail('GET /v0/tokens', {
    times: 2,
    status: 429,
    headers: { 'retry-after': '1' },
    body: { error: 'slow' },
  });
  sandbox.fail('POST /v0/variables', { status: 502, body: '<html>', after: true });
  sandbox.fail('GET /v1/deployments/*', { reset: true });
  const limited = await client.call('GET /v0/tokens');
  expect([limited.status, limited.headers.get('retry-after'), limited.json]).toEqual([
    429,
    '1',
    { error: 'slow' },
  ]);
  expect((await client.call('GET /v0/tokens')).status).toBe(429);
  expect((await client.call('GET /v0/tokens')).status).toBe(200);
  const broken = await client.call('POST /v0/variables', {
    body: new URLSearchParams({ name: 'a', value: 'b' }),
  });
  expect([broken.status, broken.text]).toEqual([502, '<html>']);
  expect((await client.call('GET /v0/variables/a')).status).toBe(200);
  await expect(client.call('GET /v1/deployments/0')).rejects.toThrow();
  expect(sandbox.requests.at(-1)).toMatchObject({ path: '/v1/deployments/0', status: 0 });
  expect((await client.call('GET /v1/deployments/0')).status).toBe(200);
  sandbox.fail('GET /v0/tokens', { status: 500 });
  sandbox.reset();
  expect((await client.call('GET /v0/tokens')).status).toBe(200);
});

test('a restart with the same directory forgets nothing', async () => {
  const before = connect(sandbox);
  await before.release(PROJECT);
  await before.send('events', [row('acme', 5), { n: 'x' }]);
  const staged = await before.deploy({
    ...PROJECT,
    'extra.pipe': 'NODE e\nSQL >\n    SELECT 1 AS x\n\nTYPE endpoint\n',
  });
  await before.follow(staged.json.deployment.id, 'data_ready');
  const acme = await before.tokenValue('acme_read');
  const listed = (await before.call('GET /v0/datasources')).json;
  await sandbox[Symbol.asyncDispose]();
  sandbox = await startSandbox({ dataDir });
  const client = connect(sandbox);
  expect((await client.call('GET /v0/pipes/acme_usage.json', { token: acme })).json.data).toEqual([
    { events: 1, total: 5 },
  ]);
  expect((await client.call('GET /v0/datasources')).json).toEqual(listed);
  expect((await client.call('GET /v1/deployments')).json.deployments).toMatchObject([
    { id: '1', live: true },
    { id: '2', live: false, status: 'data_ready' },
  ]);
  await client.call('POST /v1/deployments/2/set-live');
  await client.send('events', [row('acme', 6)]);
  expect(await sandbox.count('SELECT sum(events) FROM daily')).toBe(2);
  await client.call('DELETE /v1/deployments/1');
  await client.follow('1', 'deleted');
  expect(
    (await client.deploy({ ...PROJECT, 'extra.pipe': 'NODE e\nSQL >\n    SELECT 1 AS x\n\nTYPE endpoint\n' }))
      .json.result,
  ).toBe('no_changes');
});

test('the command serves until it is told to stop, and refuses what it does not know', async () => {
  const write = process.stderr.write.bind(process.stderr);
  let said = '';
  process.stderr.write = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  try {
    expect(await runSandboxCommand(['--generation', 'both'])).toBe(2);
    expect(await runSandboxCommand(['--prot', '1'])).toBe(2);
    expect(await runSandboxCommand(['--port', '99999'])).toBe(2);
  } finally {
    process.stderr.write = write;
  }
  expect(said).toMatch(/--generation both: forward or classic/);
  const child = await command();
  expect((await fetch(`${child.url}/tokens`)).status).toBe(200);
  child.process.kill('SIGTERM');
  await child.ended;
  expect(child.process.exitCode).toBe(0);
});

test('what was answered survives a kill', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-test-'));
  const first = await command('--data', folder);
  const tokens = (await connect({ url: first.url, adminToken: '' }).call('GET /tokens')).json;
  const authorization = `Bearer ${tokens.workspace_admin_token}`;
  const body = new URLSearchParams({ name: 'kept', value: '1' });
  const made = await fetch(`${first.url}/v0/variables`, { method: 'POST', headers: { authorization }, body });
  expect(made.status).toBe(200);
  first.process.kill('SIGKILL');
  await first.ended;
  const second = await command('--data', folder);
  const kept = await fetch(`${second.url}/v0/variables/kept`, { headers: { authorization } });
  expect(kept.status).toBe(200);
  second.process.kill('SIGTERM');
  await second.ended;
  await rm(folder, { recursive: true, force: true });
});

/** The sandbox in a process of its own, once it listens. */
async function command(...args: readonly string[]) {
  const module = new URL('../../src/sandbox/command.ts', import.meta.url).href;
  const argv = JSON.stringify(['--port', '0', ...args]);
  const program = `import { runSandboxCommand } from ${JSON.stringify(module)};
    process.exitCode = await runSandboxCommand(${argv});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let out = '';
  while (!out.includes('Stop it')) out += String((await once(child.stdout, 'data'))[0]);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? '';
  return { process: child, url, ended };
}
