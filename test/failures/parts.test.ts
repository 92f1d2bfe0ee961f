// The action lies in several files: what happens when one cannot be loaded, and when a server wants the part that others do not need.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { commandsIn } from './runner.ts';
import { said } from './sound.ts';
import { type Ended, type Stage, setStage } from './stage.ts';

const LIST = 'fleet: usage\ntenants:\n  - { id: stark, template: own-token }\n';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => stage.sandbox.reset());

const errors = ({ log }: Ended): string[] =>
  commandsIn(log).flatMap(({ name, data }) => (name === 'error' ? [data] : []));

/** The action without one of its files. */
async function without(part: string): Promise<AsyncDisposable & { readonly entry: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'damaged-'));
  const whole = dirname(dirname(stage.entry));
  await cp(whole, folder, { recursive: true });
  await rm(join(folder, 'dist', part));
  return {
    entry: join(folder, 'dist/index.cjs'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test.each([
  { part: 'index.main-step.cjs', says: 'Error', asked: [] },
  { part: 'index.run.cjs', says: "Cannot find module './index.run.cjs'", asked: ['GET /v1/workspace'] },
  { part: 'index.generations.cjs', says: "'./index.generations.cjs'", asked: ['GET /v1/workspace'] },
])('without $part there is one error, and the run is over', async ({ part, says, asked }) => {
  await using damaged = await without(part);
  const end = await stage.act({ list: LIST, inputs: { command: 'plan' }, entry: damaged.entry });
  expect(end.exitCode).toBe(1);
  expect(errors(end)).toEqual([expect.stringContaining(says)]);
  expect(end.asked).toEqual(asked);
});

test('without the part that tells how it went, the error is that', async () => {
  await using damaged = await without('index.telling.cjs');
  const end = await stage.act({ list: LIST, inputs: { command: 'plan' }, entry: damaged.entry });
  expect(end.exitCode).toBe(1);
  expect(errors(end)).toEqual([expect.stringContaining("Cannot find module './index.telling.cjs'")]);
});

test('a workspace that refuses while the rest is loaded is one error', async () => {
  const end = await stage.act({ list: LIST, inputs: { command: 'plan', workspace: 'another' } });
  expect(end.exitCode).toBe(2);
  expect(errors(end)).toEqual([expect.stringMatching(/^The list is for the workspace "another"/)]);
  expect(end.asked).toEqual(['GET /v1/workspace']);
});

test('bad input is one error, and nothing is sent', async () => {
  const end = await stage.act({ list: LIST, inputs: { command: 'plan', tenant: 'nobody' } });
  expect(end.exitCode).toBe(2);
  expect(errors(end)).toEqual([expect.stringMatching(/^input tenant: nothing was sent/)]);
  expect(end.asked).toEqual([]);
});

test('a server that speaks HTTP/2 only is answered in HTTP/2', async () => {
  // Both sides agree on a cipher that needs no certificate.
  const ciphers = 'ADH-AES256-GCM-SHA384:@SECLEVEL=0';
  const server = createSecureServer({ ciphers, dhparam: 'auto', maxVersion: 'TLSv1.2', allowHTTP1: false });
  const asked: string[] = [];
  server.on('request', (request, response) => {
    asked.push(`${request.httpVersion} ${request.method} ${request.url}`);
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end('{"error":"not with this token"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const end = await stage.act({
      list: LIST,
      inputs: { command: 'plan', 'tinybird-host': `https://127.0.0.1:${port}` },
      env: {
        NODE_OPTIONS: `--tls-cipher-list=${ciphers} --tls-max-v1.2`,
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
      },
    });
    expect(said(end)).toMatch(/^Request failed: 403 Forbidden: GET \/v1\/workspace — not with this token/);
    expect(asked).toEqual(['2.0 GET /v1/workspace']);
  } finally {
    server.close();
  }
});
