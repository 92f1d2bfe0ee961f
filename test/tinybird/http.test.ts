// The client against a real server for every fault: what is sent, how often, and how the error reads.
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readProblem } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import { ApiError } from '../../src/tinybird/api-error.ts';
import { createClient } from '../../src/tinybird/http.ts';
import { connect, createClock, html, reply, startServer, startSocket, TOKEN } from './server.ts';

const LIST = { method: 'GET', path: '/v0/tokens' } as const;
const DEPLOY = { method: 'POST', path: '/v1/deploy' } as const;
const anything = z.unknown();
const NAMES = { member: 'tokens', item: z.object({ name: z.string() }) };

async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  return error;
}

describe('a request', () => {
  test('carries the token in a header, and its query and body', async () => {
    await using server = await startServer((_, response) => reply(response, 200, { ok: true }));
    await using it = connect(server.url, { token: new Secret(`${TOKEN}\n`) });
    const query = { check: true, name: 'a b&c' };
    await it.client.json({ method: 'POST', path: '/v0/x', query, body: { json: { a: 1 } } }, anything);
    expect(server.requests[0]).toMatchObject({ line: 'POST /v0/x?check=true&name=a+b%26c', body: '{"a":1}' });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'user-agent': 'tinybird-tenants',
    });
  });

  test('uploads files as one multipart body that a standard parser reads', async () => {
    await using server = await startServer((_, response) => reply(response, 200, {}));
    await using it = connect(server.url);
    const files = [
      { name: 'a.pipe', text: 'NODE n\nSQL >\n    SELECT 1 -- ✓\r\n' },
      { name: 'odd "name"\n.pipe', text: '' },
      { name: 'b.pipe', text: '--datafile-boundary--\r\n' },
    ];
    await it.client.send({ ...DEPLOY, body: { files } });
    const { headers, body } = server.requests[0] ?? {};
    const form = await new Response(body, {
      headers: { 'content-type': headers?.['content-type'] ?? '' },
    }).formData();
    const parts = form.getAll('data_project://').filter((part) => typeof part !== 'string');
    expect(
      await Promise.all(parts.map(async (part) => ({ name: part.name, text: await part.text() }))),
    ).toEqual(files);
    expect(parts.map(({ type }) => type)).toEqual(files.map(() => 'text/plain'));
  });

  test('at most so many at a time, also over two tokens, and when one fails', async () => {
    const open: (() => void)[] = [];
    let most = 0;
    await using server = await startServer(({ line }, response) => {
      most = Math.max(
        most,
        open.push(() => reply(response, line.endsWith('/4') ? 400 : 200, {})),
      );
      if (open.length >= 3) for (const answer of open.splice(0)) answer();
    });
    await using it = connect(server.url, { concurrency: 3 });
    const other = it.client.as(new Secret('another-token'));
    const paths = Array.from({ length: 30 }, (_, i) => `/${i}`);
    const results = await Promise.allSettled(
      paths.map((path, i) => (i % 2 ? it.client : other).send({ method: 'GET', path })),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(most).toBe(3);
    expect(server.lines().toSorted()).toEqual(paths.map((path) => `GET ${path}`).toSorted());
  });

  test('two tokens: each request carries its own, neither is shown', async () => {
    await using server = await startServer((_, response) =>
      reply(response, 400, { error: 'first-value second-value' }),
    );
    await using it = connect(server.url, { token: new Secret('first-value') });
    const error = await errorOf(it.client.as(new Secret('second-value')).send(LIST));
    expect(server.requests[0]?.headers.authorization).toBe('Bearer second-value');
    expect(error.body).toBe('*** ***');
  });

  test.each(['', '  \n', 'p.a b', 'p.ä', 'p.a\nX-Evil: 1'])(
    'a token that cannot be sent is refused: %j',
    (value) => {
      const make = () => connect('http://127.0.0.1:1', { token: new Secret(value) });
      expect(make).toThrow(/^The Tinybird token (?:is empty\.|holds characters)/);
    },
  );

  test('a host that is none is refused before anything is sent', async () => {
    await using it = connect('http://127.0.0.1:1');
    const make = () =>
      createClient({
        host: 'http://example.com',
        token: new Secret(TOKEN),
        dispatcher: it.dispatcher,
        concurrency: 1,
      });
    expect(make).toThrow(readProblem({ file: 'tinybird-host', message: 'must be https' }));
  });
});

describe('an error says what was asked, what came back and what to do', () => {
  const invalid = `invalid authentication token. Invalid token b'${TOKEN}': `;
  test.each([
    [
      400,
      { error: 'Missing  parameter\n name' },
      'Request failed: 400 Bad Request: GET /v0/tokens — Missing parameter name.',
    ],
    [
      403,
      { error: invalid, documentation: 'https://docs.tinybird.co' },
      "Request failed: 403 Forbidden: GET /v0/tokens — invalid authentication token. Invalid token b'***'. Check tinybird-token: it must be a complete and current token of this workspace, and tinybird-host the API of its region (the token says us_east).",
    ],
    [
      403,
      { error: 'Workspace 123 not found in region' },
      /— Workspace 123 not found in region\. The token belongs to another region than http:\/\/127\.0\.0\.1:\d+: set tinybird-host to its own \(the token says us_east\)\.$/,
    ],
    [
      403,
      { error: "Resource 'x' not found" },
      /The token needs the scope TOKENS or ADMIN; the input tinybird-tokens-token takes one of its own\.$/,
    ],
    [
      403,
      { error: 'Adding or modifying data sources to this workspace can only be done via deployments.' },
      /This is a Forward workspace/,
    ],
    [401, 'nope', /401 Unauthorized: GET \/v0\/tokens — nope\. /],
    [
      404,
      html('404 Not Found'),
      /404 Not Found: GET \/v0\/tokens — a web page, “404 Not Found”\. What was asked for is not there, or http:\/\/\S+ is not the API/,
    ],
    [409, { error: 'in use' }, 'Request failed: 409 Conflict: GET /v0/tokens — in use.'],
    [
      413,
      html('413 Request Entity Too Large'),
      /413 Payload Too Large: GET \/v0\/tokens — a web page, “413 Request Entity Too Large”\. The request is larger than the server takes/,
    ],
    [414, html('414 Request-URI Too Large'), /414 URI Too Long: .* The request is larger/],
    [
      429,
      { error: 'Too many requests' },
      /429 Too Many Requests: .* — Too many requests\. Tried 10 times\. Run again later, or lower the input concurrency\.$/,
    ],
    [
      500,
      '',
      "Request failed: 500 Internal Server Error: GET /v0/tokens. Tried once. The fault is on the server's side; run again later.",
    ],
    [502, html('502 Bad Gateway'), /502 Bad Gateway: .* “502 Bad Gateway”\. Tried 10 times\./],
    [504, '<!DOCTYPE html><p>no title', /504 Gateway Timeout: .* — a web page\. Tried 10 times\./],
    [302, '', /302 Found: GET \/v0\/tokens\. http:\/\/\S+ sends its callers elsewhere/],
    [418, { error: { code: 7 } }, /418 I'm a Teapot: GET \/v0\/tokens — \{"code":7\}\.$/],
    [599, 'x', /^Request failed: 599: GET \/v0\/tokens — x\. Tried 10 times/],
  ])('%i %j', async (status, body, message) => {
    await using server = await startServer((_, response) => reply(response, status, body));
    await using it = connect(server.url);
    const error = await errorOf(it.client.send(LIST));
    expect(error.message).toMatch(message);
    if (typeof message === 'string') expect(error.message).toBe(message);
    expect(error).toMatchObject({
      method: 'GET',
      path: '/v0/tokens',
      status,
      stop: 'request-failed',
      exitCode: 1,
    });
    expect(error.transient).toBe([429, 502, 504, 599].includes(status));
    expect(error.message).not.toContain(TOKEN);
  });

  test('the body is cut, without cutting a token in two first', async () => {
    const text = `${'x'.repeat(480)} ${TOKEN} ${'y'.repeat(1_000_000)}`;
    await using server = await startServer((_, response) => reply(response, 400, text));
    await using it = connect(server.url);
    const error = await errorOf(it.client.send(LIST));
    expect(error.body).toBe(`${'x'.repeat(480)} *** ${'y'.repeat(14)}…`);
  });

  test('the path shows the query', async () => {
    await using server = await startServer((_, response) => reply(response, 400, {}));
    await using it = connect(server.url);
    const error = await errorOf(it.client.send({ ...DEPLOY, query: { check: true } }));
    expect(error.path).toBe('/v1/deploy?check=true');
  });
});

describe('a token that the server echoes is never in an error', () => {
  const bytes = Buffer.from(TOKEN);
  test.each([
    ['raw', TOKEN],
    ['Python bytes', `b'${TOKEN}'`],
    ['query', `/v0/x?token=${TOKEN}&a=b`],
    ['uri', encodeURIComponent(TOKEN)],
    ['header', JSON.stringify({ Authorization: `Bearer ${TOKEN}` })],
    ['base64', bytes.toString('base64')],
    ['base64 inside other text', Buffer.from(`user:${TOKEN}:x`).toString('base64')],
    ['HTML title', `<html><title>${TOKEN}</title></html>`],
    ['JSON error', JSON.stringify({ error: `no ${TOKEN}` })],
  ])('%s', async (_name, echo) => {
    for (const status of [403, 200]) {
      await using server = await startServer((_, response) => reply(response, status, `<${echo}`));
      await using it = connect(server.url, { token: new Secret(TOKEN) });
      const errors = [it.client.json(LIST, anything), it.client.list(LIST, NAMES)];
      for (const error of await Promise.all(errors.map(errorOf))) {
        const seen = `${error.message} ${error.stack} ${error.body} ${JSON.stringify(error)} ${String(error.cause)}`;
        expect(seen).not.toContain(TOKEN);
        expect(seen).not.toContain(bytes.subarray(2, 32).toString('base64'));
        expect(Buffer.from(error.body, 'base64').toString()).not.toContain(TOKEN.slice(0, 40));
      }
    }
  });
});

describe('an answer that cannot be used', () => {
  test.each([
    [
      html('Tinybird'),
      /^Request failed: the answer is not JSON: GET \/v0\/tokens — a web page, “Tinybird”\. Check tinybird-host: http:\S+ should be the API of your region, such as https:\/\/api\.tinybird\.co\.$/,
    ],
    ['{"tokens": [', /the answer is not JSON: GET \/v0\/tokens — \{"tokens": \[\. Check/],
    ['', /the answer is not JSON: GET \/v0\/tokens\. Check/],
    [gzipSync('{}').toString('latin1'), /the answer is not JSON/],
    [
      '[]',
      /the answer has an unexpected form: GET \/v0\/tokens — the whole: Invalid input: expected object, received array\. Check tinybird-host/,
    ],
    [
      '{"tokens": [{"name": "a"}, {"name": 7}]}',
      /— tokens\.1\.name: Invalid input: expected string, received number\. Check/,
    ],
  ])('%j', async (body, message) => {
    await using server = await startServer((_, response) => reply(response, 200, body));
    await using it = connect(server.url);
    const shape = z.object({ tokens: z.array(NAMES.item) });
    const whole = await errorOf(it.client.json(LIST, shape));
    expect(whole.message).toMatch(message);
    expect(whole.status).toBe(200);
    expect(server.requests).toHaveLength(1);
    const list = await errorOf(it.client.list(LIST, NAMES));
    expect(list).toMatchObject({ message: whole.message, status: 200, body: whole.body });
    expect(server.requests).toHaveLength(2);
  });

  test('a body beyond the limit is not read to its end', async () => {
    let written = 0;
    await using server = await startServer((_, response) => {
      response.writeHead(200);
      const piece = Buffer.alloc(64 * 1024, 'x');
      const write = () => {
        while (written < 1e9) {
          written += piece.length;
          if (!response.write(piece)) return;
        }
      };
      response.on('drain', write);
      write();
    });
    await using it = connect(server.url, { maxBytes: 1_000_000 });
    for (const asked of [() => it.client.send(LIST), () => it.client.list(LIST, NAMES)]) {
      written = 0;
      const error = await errorOf(asked());
      expect(error.message).toMatch(
        /^Request failed: the answer is too large: GET \/v0\/tokens — more than 1,000,000 bytes\. /,
      );
      expect(written).toBeLessThan(100e6);
    }
  });

  test('a body of exactly the limit is fine', async () => {
    await using server = await startServer((_, response) => reply(response, 200, '12345'));
    await using it = connect(server.url, { maxBytes: 5 });
    expect((await it.client.send(LIST)).text).toBe('12345');
  });
});

describe('a list', () => {
  const text = (names: readonly string[]) => JSON.stringify({ tokens: names.map((name) => ({ name })) });
  const names = Array.from({ length: 10_000 }, (_, i) => `${i} ✓ "\\`);

  test('may come in pieces that end anywhere', async () => {
    const bytes = Buffer.from(text(names));
    const pieces = Array.from({ length: Math.ceil(bytes.length / 999) }, (_, i) =>
      bytes.subarray(i * 999, (i + 1) * 999),
    );
    await using server = await startServer((_, response) => {
      Readable.from(pieces).pipe(response);
    });
    await using it = connect(server.url);
    expect(await it.client.list(LIST, NAMES)).toEqual(names.map((name) => ({ name })));
  });

  test('that breaks off is asked for again, and nothing of it is left', async () => {
    let connections = 0;
    const body = text(names);
    await using server = await startSocket((socket) => {
      const isFirst = ++connections === 1;
      const sent = isFirst ? text(['broken', ...names]).slice(0, -100) : body;
      const head = `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
      socket.once('data', () =>
        socket.write(head + sent, () => (isFirst ? socket.resetAndDestroy() : undefined)),
      );
    });
    await using it = connect(server.url);
    expect(await it.client.list(LIST, NAMES)).toEqual(names.map((name) => ({ name })));
    expect(connections).toBe(2);
  });

  test('is null where it need not be one', async () => {
    const answers: [number, string][] = [
      [404, 'gone'],
      [200, '{"tokens":{}}'],
      [200, '{"tokens":[{"name":"a"},{}]}'],
      [200, '{"tokens":[{"name":"a"},{}'],
      [500, ''],
    ];
    await using server = await startServer((_, response) =>
      reply(response, ...(answers[server.requests.length - 1] ?? [500, ''])),
    );
    await using it = connect(server.url);
    for (const _ of [1, 2, 3]) expect(await it.client.findList(LIST, NAMES)).toBe(null);
    expect((await errorOf(it.client.findList(LIST, NAMES))).message).toMatch(/the answer is not JSON/);
    expect((await errorOf(it.client.findList(LIST, NAMES))).status).toBe(500);
  });
});

describe('retries', () => {
  test('a GET goes on through 429, 502 and 503, as the server and the clock say', async () => {
    const faults: [number, Record<string, string>][] = [
      [429, { 'retry-after': '2' }],
      [429, { 'x-ratelimit-reset': '5' }],
      [429, {}],
      [503, { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }],
      [502, {}],
    ];
    await using server = await startServer((_, response) => {
      const [status, headers] = faults[server.requests.length - 1] ?? [200, {}];
      reply(response, status, { n: server.requests.length }, headers);
    });
    await using it = connect(server.url);
    expect((await it.client.send(LIST)).text).toBe('{"n":6}');
    expect(it.clock.slept).toEqual([2000, 5000, 1500, 51_500, 6000]);
  });

  test('a POST goes on after 429 with the same body, and not after 503', async () => {
    const statuses = [429, 503, 200];
    await using server = await startServer((_, response) =>
      reply(response, statuses[server.requests.length - 1] ?? 500, {}),
    );
    await using it = connect(server.url);
    const files = [{ name: 'a.pipe', text: 'x' }];
    const error = await errorOf(it.client.send({ ...DEPLOY, body: { files } }));
    expect(error.status).toBe(503);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]?.body).toBe(server.requests[0]?.body);
  });

  test('a POST that does no harm twice goes on like a GET', async () => {
    await using server = await startServer((_, response) =>
      reply(response, server.requests.length < 3 ? 503 : 200, {}),
    );
    await using it = connect(server.url);
    await it.client.send({ ...DEPLOY, idempotent: true });
    expect(server.requests).toHaveLength(3);
  });

  test('a 429 that asks for too much patience is given up at once', async () => {
    await using server = await startServer((_, response) =>
      reply(response, 429, {}, { 'retry-after': '86400' }),
    );
    await using it = connect(server.url);
    expect((await errorOf(it.client.send(LIST))).message).toMatch(/Tried once\. Run again later/);
    expect(it.clock.slept).toEqual([]);
  });

  test('an accepted status is an answer at once', async () => {
    await using server = await startServer((_, response) => reply(response, 404, 'gone'));
    await using it = connect(server.url);
    expect(await it.client.find(LIST, anything)).toBe(null);
    expect(await it.client.send({ ...LIST, accept: ({ text }) => text === 'gone' })).toEqual({
      status: 404,
      text: 'gone',
    });
  });
});

describe('no answer', () => {
  test('connection refused: also a POST is tried again, since nothing was sent', async () => {
    const server = await startServer(() => {});
    await server[Symbol.asyncDispose]();
    await using it = connect(server.url);
    const error = await errorOf(it.client.send(DEPLOY));
    expect(error.message).toMatch(
      /^Request failed: connection refused: POST \/v1\/deploy — ECONNREFUSED\. Nothing answers at http:\S+\. Check tinybird-host/,
    );
    expect(error).toMatchObject({ status: null, body: '', transient: true });
    expect(it.clock.slept).toHaveLength(3);
  });

  test.each([
    ['before the answer', ''],
    ['within the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"tokens"'],
    ['within a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{"tokens"'],
  ])('connection lost %s: a GET is tried again, a POST is not', async (_name, beginning) => {
    let connections = 0;
    await using server = await startSocket((socket) => {
      connections++;
      socket.once('data', () => socket.write(beginning, () => socket.resetAndDestroy()));
    });
    await using it = connect(server.url);
    const lost = await errorOf(it.client.send(DEPLOY));
    expect(connections).toBe(1);
    expect(lost.message).toMatch(
      /^Request failed: connection lost: POST \/v1\/deploy — \w+\. Whether the server acted on it is not known\./,
    );
    expect((await errorOf(it.client.send(LIST))).message).toMatch(/^Request failed: connection lost: GET/);
    expect(connections).toBe(5);
  });

  test('closed in good order but without an answer: lost as well', async () => {
    await using server = await startSocket((socket) => socket.once('data', () => socket.end()));
    await using it = connect(server.url);
    expect((await errorOf(it.client.send(DEPLOY))).message).toMatch(/^Request failed: connection lost: POST/);
  });

  test('a large upload answered 413 before it is read: the 413 is what is reported', async () => {
    const page = html('413 Request Entity Too Large');
    await using server = await startSocket((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.end(
          `HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: ${page.length}\r\n\r\n${page}`,
        );
      });
    });
    await using it = connect(server.url);
    const files = [{ name: 'a.pipe', text: 'x'.repeat(20_000_000) }];
    const error = await errorOf(it.client.send({ ...DEPLOY, body: { files } }));
    expect(error.message).toMatch(
      /413 Payload Too Large: POST \/v1\/deploy — a web page, “413 Request Entity Too Large”/,
    );
  });

  test.each([
    ['no answer', '', { headers: 20 }],
    ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{', { body: 20 }],
  ])('timeout with %s', async (_name, beginning, timeouts) => {
    await using server = await startSocket((socket) => {
      if (beginning !== '') socket.once('data', () => socket.write(beginning));
    });
    await using it = connect(server.url, { timeouts });
    const error = await errorOf(it.client.send(DEPLOY));
    expect(error.message).toMatch(
      /^Request failed: no answer in time: POST \/v1\/deploy — UND_ERR_(?:HEADERS|BODY)_TIMEOUT\. Whether/,
    );
  });

  test('unknown host name', async () => {
    // .invalid never resolves (RFC 6761); without any resolver the answer is EAI_AGAIN, which is tried again.
    await using it = connect('https://api.tinybird.invalid');
    const error = await errorOf(it.client.send(LIST));
    expect(error.message).toMatch(
      /^Request failed: (?:unknown host name|host name not resolved): GET \/v0\/tokens — E\w+\. /,
    );
    expect(error.message).toContain('https://api.tinybird.invalid');
  });

  test('TLS: the server does not speak it', async () => {
    await using server = await startServer((_, response) => reply(response, 200, {}));
    await using it = connect(server.url.replace('http:', 'https:'));
    const error = await errorOf(it.client.send(LIST));
    expect(error.message).toMatch(
      /^Request failed: TLS failure: GET \/v0\/tokens — ERR_SSL_\w+\. The certificate of https:/,
    );
    expect(it.clock.slept).toEqual([]);
  });

  test('not HTTP', async () => {
    await using server = await startSocket((socket) =>
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.9\r\n')),
    );
    await using it = connect(server.url);
    const error = await errorOf(it.client.send(LIST));
    expect(error.message).toMatch(
      /^Request failed: not an HTTP answer: GET \/v0\/tokens — Response does not match the HTTP\/1\.1 protocol/,
    );
  });

  test('a waiting request keeps its place: a busy server is not asked by more at a time', async () => {
    await using server = await startServer((_, response) =>
      reply(response, server.requests.length === 1 ? 429 : 200, {}),
    );
    const clock = createClock();
    const order: string[] = [];
    const sleep = async (ms: number) => {
      order.push('sleep');
      await clock.sleep(ms);
    };
    await using it = connect(server.url, { concurrency: 1, clock: { ...clock, sleep } });
    await Promise.all(
      ['/1', '/2'].map(async (path) => {
        await it.client.send({ method: 'GET', path });
        order.push(path);
      }),
    );
    expect(order).toEqual(['sleep', '/1', '/2']);
    expect(server.lines()).toEqual(['GET /1', 'GET /1', 'GET /2']);
  });
});
