// The small GitHub on a port: HTTP in, HTTP out, and a connection that breaks when a fault says so.
import { type HttpBindings, serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { type Desk, type Incoming, type Reply, reply } from './http.ts';

export interface Listening {
  /** E.g. `http://127.0.0.1:41234`. */
  readonly origin: string;
  close(): Promise<void>;
}

type Connection = Context<{ Bindings: HttpBindings }>;

/** Listens on a free port of 127.0.0.1. */
export async function listen(desk: Desk): Promise<Listening> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('*', async (connection) => {
    return respond(connection, await reply(desk, await incomingOf(connection)));
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port));
  // Clients end idle connections; a server that does it first can meet a request that is on its way.
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 0;
  const origin = `http://127.0.0.1:${await promise}`;
  return {
    origin,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

async function incomingOf({ req }: Connection): Promise<Incoming> {
  const text = await req.text();
  return {
    method: req.method,
    url: new URL(req.url),
    authorization: req.header('authorization') ?? '',
    accept: req.header('accept') ?? '',
    body: text === '' ? undefined : parsed(text),
  };
}

/** Text that is no JSON stays text, and the description refuses it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function respond(connection: Connection, answer: Reply): Response {
  if (answer === 'reset') {
    connection.env.incoming.socket.destroy();
    return new Response(null, { status: 500 });
  }
  const { status, headers = {}, json, raw } = answer;
  if (raw !== undefined) {
    return new Response(raw.body, { status, headers: { ...headers, 'content-type': raw.type } });
  }
  if (json === undefined) return new Response(null, { status, headers });
  return new Response(JSON.stringify(json), {
    status,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
  });
}
