// A real HTTP server on a port of its own, closed with the test, and a client for it whose clock does not wait.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Secret } from '../../src/secret.ts';
import { createDispatcher, DEFAULT_TIMEOUTS, type Timeouts } from '../../src/tinybird/dispatcher.ts';
import { type ClientOptions, createClient } from '../../src/tinybird/http.ts';

export const TOKEN = `p.${Buffer.from('{"u": "11111111-2222-4333-8444-555555555555", "id": "77", "host": "us_east"}').toString('base64url')}.c2lnbmF0dXJl-o_f`;

export interface Received {
  /** Method, path and query. */
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Handler = (received: Received, response: ServerResponse) => void;

export async function startServer(handler: Handler) {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    text(request)
      .then((body) => {
        const received = { line: `${request.method} ${request.url}`, headers: request.headers, body };
        requests.push(received);
        handler(received, response);
      })
      .catch((error: Error) => response.destroy(error));
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: urlOf(server.address()),
    requests,
    lines: () => requests.map(({ line }) => line),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** For answers that are not HTTP, or not whole. */
export async function startSocket(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: urlOf(server.address()),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function urlOf(address: string | { port: number } | null): string {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return `http://127.0.0.1:${address.port}`;
}

/** Answers with JSON the way Tinybird writes it. */
export function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

export const html = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;

/** Time passes only by sleeping, and at once. */
export function createClock(start = Date.parse('2026-01-01T00:00:00Z')) {
  let time = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    sleep: async (ms: number) => {
      slept.push(ms);
      time += ms;
    },
  };
}

/** Time passes only by `pass`, to the next end of a sleep; sleeps overlap. */
export function createStillClock() {
  let time = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  let someoneSleeps = Promise.withResolvers<void>();
  const pass = async () => {
    sleepers.sort((a, b) => a.at - b.at);
    const next = sleepers.shift();
    if (next === undefined) return false;
    time = next.at;
    next.wake();
    // Whatever follows from waking is done before time goes on.
    await new Promise(setImmediate);
    return true;
  };
  return {
    now: () => time,
    sleep: (ms: number) =>
      new Promise<void>((wake) => {
        sleepers.push({ at: time + ms, wake });
        someoneSleeps.resolve();
        someoneSleeps = Promise.withResolvers();
      }),
    /** Until somebody goes to sleep. */
    nextSleep: () => someoneSleeps.promise,
    pass,
    /** Until nobody sleeps any more. */
    passAll: async () => {
      await new Promise(setImmediate);
      while (await pass());
    },
  };
}

type Choices = Partial<ClientOptions> & { timeouts?: Partial<Timeouts>; env?: Record<string, string> };

/** A client and what it was made of. */
export function connect(host: string, choices: Choices = {}) {
  const { timeouts, env = {}, ...options } = choices;
  const dispatcher = createDispatcher(env, { ...DEFAULT_TIMEOUTS, ...timeouts });
  const clock = createClock();
  const token = new Secret(TOKEN);
  const client = createClient({
    host,
    token,
    dispatcher,
    concurrency: 4,
    clock,
    random: () => 0.5,
    ...options,
  });
  return { client, clock, dispatcher, [Symbol.asyncDispose]: () => dispatcher.destroy() };
}
