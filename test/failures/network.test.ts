// The ways to the servers: proxies for both clients, hosts that are not there, GitHub Enterprise.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startProxy } from '../github/proxy.ts';
import { expectOnlyAsked, expectSound, said } from './sound.ts';
import { type Stage, setStage } from './stage.ts';

const LIST = 'fleet: usage\ntenants:\n  - { id: stark, template: own-token }\n';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => {
  stage.sandbox.reset();
});

const portOf = (url: string): string => new URL(url).port;

describe('a proxy', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])(
    '%s: both clients go through it, with its password',
    async (name) => {
      await using proxy = await startProxy();
      const address = proxy.url.replace('http://', 'http://me:hunter2@');
      // GitHub's client never asks a proxy for this machine, so GitHub has a name here that only the proxy knows.
      const github = `api.github.example:${portOf(stage.github.url)}`;
      const end = await stage.act({
        list: LIST,
        apiUrl: `http://${github}`,
        inputs: { secrets: 'none' },
        env: { [name]: address },
      });
      expect([end.exitCode, said(end)]).toEqual([0, '']);
      const hosts = proxy.asked.map(({ line }) => /[\w.]+:\d+/.exec(line)?.[0]);
      expect(new Set(hosts)).toEqual(new Set([new URL(stage.sandbox.url).host, github]));
      const credentials = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
      expect(new Set(proxy.asked.map(({ authorization }) => authorization))).toEqual(new Set([credentials]));
      expect(end.log + end.summary + end.report).not.toContain('hunter2');
      await expectSound(stage, end);
    },
  );

  test('NO_PROXY: neither does', async () => {
    await using proxy = await startProxy();
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' };
    const end = await stage.act({ list: LIST, env });
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect(proxy.asked).toEqual([]);
  });

  test('https goes through a tunnel, in which no token can be seen', async () => {
    await using proxy = await startProxy();
    const heard: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on('data', (piece) => {
        heard.push(piece);
        socket.end('this is not TLS');
      });
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const host = `https://api.tinybird.example:${port}`;
    const end = await stage.act({
      list: LIST,
      inputs: { 'tinybird-host': host },
      env: { HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' },
    });
    server.close();
    expect(proxy.asked[0]?.line).toBe(`CONNECT api.tinybird.example:${port}`);
    expect(Buffer.concat(heard).includes('Bearer')).toBe(false);
    expect(said(end).replace(/ERR_SSL_\w+/, 'CODE')).toBe(
      `Request failed: TLS failure: GET /v1/workspace — CODE. The certificate of ${host}, or of a proxy in between, is not trusted here. A company's own authority goes into NODE_EXTRA_CA_CERTS.`,
    );
    expect(end.exitCode).toBe(1);
    await expectSound(stage, end);
  });
});

/** Where somebody listened a moment ago. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

describe('a host that is not there', () => {
  test('a port where nobody listens', async () => {
    const nowhere = await closedPort();
    const inputs = { 'tinybird-host': nowhere, secrets: 'none' };
    const end = await stage.act({ list: LIST, inputs });
    expect(said(end)).toBe(
      `Request failed: connection refused: GET /v1/workspace — ECONNREFUSED. Nothing answers at ${nowhere}. Check tinybird-host, and the proxy and firewall in between.`,
    );
    expect(end.exitCode).toBe(1);
    await expectSound(stage, end);
  });

  test('GitHub gone: nothing is sent to Tinybird either', async () => {
    const end = await stage.act({ list: LIST, apiUrl: await closedPort() });
    expect(said(end)).toMatch(
      /^Could not list the secrets of the repository: no answer from GitHub \(.*ECONNREFUSED\)\. Nothing was sent\.$/,
    );
    expect(end.exitCode).toBe(1);
    expectOnlyAsked(end);
    await expectSound(stage, end);
  });
});

test('GitHub Enterprise: everything below /api/v3', async () => {
  stage.github.reset();
  const end = await stage.act({ list: LIST, apiUrl: stage.github.enterpriseUrl });
  expect([end.exitCode, said(end)]).toEqual([0, '']);
  expect([...stage.github.secrets.keys()]).toEqual(['TINYBIRD_TENANT_STARK_READ']);
  expect(stage.github.violations).toEqual([]);
  await expectSound(stage, end);
});
