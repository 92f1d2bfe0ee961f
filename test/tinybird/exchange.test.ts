// One answer read by somebody who collects it.
import { expect, test } from 'vitest';
import { outgoingOf } from '../../src/tinybird/call.ts';
import { exchange } from '../../src/tinybird/exchange.ts';
import { connect, startServer } from './server.ts';

/** Holds as much as its text says. */
const collector = () => {
  let text = '';
  return {
    add: (more: string) => {
      text += more;
    },
    get held() {
      return Number(text);
    },
  };
};

async function read(status: number, body: string | Buffer) {
  await using server = await startServer((_, response) => {
    response.writeHead(status).end(body);
  });
  await using it = connect(server.url);
  const outgoing = outgoingOf({ method: 'GET', path: '/' }, { origin: server.url, authorization: '' });
  return await exchange(it.dispatcher, outgoing, { collect: collector, maxBytes: 1000 });
}

test('who holds more than can be held gets no more', async () => {
  const most = 511 * 1024 * 1024;
  expect(await read(200, `${most}`)).toMatchObject({ text: '', beyond: null });
  expect(await read(200, `${most + 1}`)).toMatchObject({ text: '', beyond: most });
});

test('errors are text all the same', async () => {
  expect(await read(400, 'no')).toMatchObject({ text: 'no', beyond: null });
});

test('half a character at the end is not left out', async () => {
  expect(await read(400, Buffer.from('ä').subarray(0, 1))).toMatchObject({ text: '\ufffd' });
});
