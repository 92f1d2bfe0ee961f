// A gate between the action and both of its servers: it counts requests, lets each through alone, and can stop one before or after.
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Passing {
  /** From 1, over both servers, in order of arrival. */
  readonly number: number;
  readonly method: string;
  /** With query. */
  readonly path: string;
}

/** What happens to a request: awaited before it goes on to the server, and before its answer goes back. */
export interface Watch {
  readonly arrived?: (passing: Passing) => Promise<void> | void;
  readonly done?: (passing: Passing) => Promise<void> | void;
}

export interface Gate extends AsyncDisposable {
  readonly tinybird: string;
  readonly github: string;
  /** Counts from one again. Once `stopped` has fired every connection is cut and nothing passes. */
  watch(watch: Watch, stopped?: AbortSignal): void;
  /** Since the last `watch`. */
  readonly passed: readonly Passing[];
}

export async function openGate(servers: {
  readonly tinybird: string;
  readonly github: string;
}): Promise<Gate> {
  let watching: Watch = {};
  let stop: AbortSignal | undefined;
  const passed: Passing[] = [];
  const agent = new Agent({ keepAlive: true });
  let turn: Promise<unknown> = Promise.resolve();
  const gateTo = async (target: string) => {
    const server = createServer((incoming, answer) => {
      const passing = { number: 0, method: incoming.method ?? '', path: incoming.url ?? '' };
      // One at a time, so that a number always means the same moment.
      turn = turn.then(async () => {
        if (stop?.aborted === true) return void answer.destroy();
        passing.number = passed.push(passing);
        await pass(incoming, answer, { target, agent, passing, watch: watching, stop }).catch(() =>
          answer.destroy(),
        );
      });
    });
    server.keepAliveTimeout = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the gate has no port');
    return { server, url: `http://127.0.0.1:${address.port}` };
  };
  const gates = [await gateTo(servers.tinybird), await gateTo(servers.github)] as const;
  return {
    tinybird: gates[0].url,
    github: gates[1].url,
    passed,
    watch: (watch, stopped) => {
      watching = watch;
      stop = stopped;
      passed.length = 0;
    },
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      for (const { server } of gates) {
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
      }
    },
  };
}

interface Way {
  readonly target: string;
  readonly agent: Agent;
  readonly passing: Passing;
  readonly watch: Watch;
  readonly stop: AbortSignal | undefined;
}

async function pass(incoming: IncomingMessage, answer: ServerResponse, way: Way): Promise<void> {
  const { target, agent, passing, watch, stop } = way;
  const body = await bytesOf(incoming);
  await watch.arrived?.(passing);
  if (stop?.aborted === true) answer.destroy();
  // The caller may be gone by now, and with it its request.
  if (incoming.socket.destroyed) return;
  const onward = request(target + passing.path, { method: passing.method, headers: incoming.headers, agent });
  onward.end(body);
  const [reply] = (await once(onward, 'response')) as [IncomingMessage];
  const bytes = await bytesOf(reply);
  await watch.done?.(passing);
  if (stop?.aborted === true) answer.destroy();
  if (incoming.socket.destroyed) return;
  answer.writeHead(reply.statusCode ?? 502, reply.headers);
  answer.end(bytes);
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
