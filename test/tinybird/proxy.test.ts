// Real proxies on real ports: forwarding, CONNECT, NO_PROXY, and what is said when a proxy refuses.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { createDispatcher } from '../../src/tinybird/dispatcher.ts';
import { connect, reply, startServer, startSocket, urlOf } from './server.ts';

const LIST = { method: 'GET', path: '/v0/tokens' } as const;

/** Forwards what comes in absolute form and tunnels CONNECT; `refuse` is a status to answer instead. */
async function startProxy({ refuse }: { refuse?: number } = {}) {
  const seen: { line: string; credentials: string | undefined }[] = [];
  const proxy = createServer((incoming, outgoing) => {
    seen.push({
      line: `${incoming.method} ${incoming.url}`,
      credentials: incoming.headers['proxy-authorization'],
    });
    const onward = request(
      incoming.url ?? '',
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        void pipeline(answer, outgoing).catch(() => {});
      },
    );
    void pipeline(incoming, onward).catch(() => {});
  });
  proxy.on('connect', (incoming, socket) => {
    seen.push({ line: `CONNECT ${incoming.url}`, credentials: incoming.headers['proxy-authorization'] });
    if (refuse !== undefined) return socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
    // Whatever the name, the tunnel leads to this machine.
    const onward = connectSocket(Number(incoming.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    return undefined;
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: urlOf(proxy.address()),
    seen,
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

describe('plain HTTP', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])('%s: forwarded', async (name) => {
    await using server = await startServer((_, response) => reply(response, 200, { ok: true }));
    await using proxy = await startProxy();
    await using it = connect(server.url, { env: { [name]: proxy.url } });
    expect((await it.client.send(LIST)).text).toBe('{"ok":true}');
    expect(proxy.seen.map(({ line }) => line)).toEqual([`GET ${server.url}/v0/tokens`]);
    expect(server.lines()).toEqual(['GET /v0/tokens']);
  });

  test.each([
    ['NO_PROXY', '127.0.0.1'],
    ['no_proxy', 'example.com, 127.0.0.1'],
    ['NO_PROXY', '*'],
  ])('%s=%s: direct', async (name, value) => {
    await using server = await startServer((_, response) => reply(response, 200, {}));
    await using proxy = await startProxy();
    await using it = connect(server.url, {
      env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, [name]: value },
    });
    await it.client.send(LIST);
    expect(proxy.seen).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test('NO_PROXY for another host changes nothing; lower case wins; empty counts as not set', async () => {
    await using server = await startServer((_, response) => reply(response, 200, {}));
    await using proxy = await startProxy();
    const env = { http_proxy: '', HTTP_PROXY: proxy.url, no_proxy: 'example.com', NO_PROXY: '*' };
    await using it = connect(server.url, { env });
    await it.client.send(LIST);
    expect(proxy.seen).toHaveLength(1);
  });

  test('the environment of the process is not looked at', async () => {
    await using server = await startServer((_, response) => reply(response, 200, {}));
    await using proxy = await startProxy();
    const before = process.env.http_proxy;
    process.env.http_proxy = proxy.url;
    try {
      await using it = connect(server.url, { env: {} });
      await it.client.send(LIST);
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    }
    expect(proxy.seen).toEqual([]);
  });

  test('a proxy without a scheme, with a user name and password', async () => {
    await using server = await startServer((_, response) => reply(response, 200, {}));
    await using proxy = await startProxy();
    const address = proxy.url.replace('http://', 'me:pass@');
    await using it = connect(server.url, { env: { HTTP_PROXY: address } });
    await it.client.send(LIST);
    expect(proxy.seen[0]?.credentials).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
  });
});

describe('https', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])(
    '%s: a tunnel, through which the token cannot be seen',
    async (name) => {
      const heard: Buffer[] = [];
      await using server = await startSocket((socket) =>
        socket.on('data', (piece) => {
          heard.push(piece);
          socket.end('this is not TLS');
        }),
      );
      await using proxy = await startProxy();
      const port = new URL(server.url).port;
      await using it = connect(`https://api.tinybird.example:${port}`, { env: { [name]: proxy.url } });
      await expect(it.client.send(LIST)).rejects.toThrow(
        /^Request failed: TLS failure: GET \/v0\/tokens — ERR_SSL/,
      );
      expect(proxy.seen.map(({ line }) => line)).toEqual([`CONNECT api.tinybird.example:${port}`]);
      // A TLS handshake record reached the server, and nothing else.
      expect(heard[0]?.[0]).toBe(0x16);
      expect(Buffer.concat(heard).includes('Bearer')).toBe(false);
    },
  );

  test.each([403, 407, 502])('a proxy that answers %i', async (status) => {
    await using proxy = await startProxy({ refuse: status });
    await using it = connect('https://api.tinybird.example', { env: { HTTPS_PROXY: proxy.url } });
    const error = await it.client.send(LIST).catch((thrown: unknown) => String(thrown));
    expect(error).toMatch(
      /Request failed: the proxy refused: GET \/v0\/tokens — .*\. Check HTTPS_PROXY, its user/,
    );
    expect(error).toContain(String(status));
    expect(proxy.seen).toHaveLength(1);
  });

  test('a proxy that is not there', async () => {
    const proxy = await startProxy();
    await proxy[Symbol.asyncDispose]();
    await using it = connect('https://api.tinybird.example', { env: { HTTPS_PROXY: proxy.url } });
    await expect(it.client.send(LIST)).rejects.toThrow(
      /^Request failed: (?:connection refused|the proxy refused): GET/,
    );
  });
});

test.each(['socks5://proxy.example', 'http://', 'ht tp://me:hunter2@x', 'ftp://me:hunter2@x'])(
  'not an HTTP proxy: %s',
  (value) => {
    const make = () => createDispatcher({ HTTPS_PROXY: value });
    expect(make).toThrow('HTTPS_PROXY is not the URL of an HTTP proxy, such as http://proxy.example:3128.');
    expect(make).not.toThrow('hunter2');
  },
);
