// An HTTP proxy on a port: tunnels (CONNECT) and forwards, and remembers what it was asked for.
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** `CONNECT host:port`, `GET http://…`, with the credentials that came along. */
  readonly asked: readonly { readonly line: string; readonly authorization: string | undefined }[];
}

/** Whatever host is asked for, only loopback is reached. */
export async function startProxy(): Promise<Proxy> {
  const asked: { line: string; authorization: string | undefined }[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push({
      line: `${incoming.method} ${incoming.url}`,
      authorization: incoming.headers['proxy-authorization'],
    });
    const { port, pathname, search } = new URL(incoming.url ?? '');
    const { method, headers } = incoming;
    const forward = request(
      { host: '127.0.0.1', port, path: pathname + search, method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(forward);
  });
  server.on('connect', (incoming, socket, head) => {
    asked.push({ line: `CONNECT ${incoming.url}`, authorization: incoming.headers['proxy-authorization'] });
    const port = Number(incoming.url?.split(':').at(-1));
    const tunnel = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel.write(head);
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const end of [tunnel, socket]) end.on('error', () => socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
