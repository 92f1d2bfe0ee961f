// The workspace of a token, with the ports that its generation has.
import { expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { connect } from '../../src/tinybird/connect.ts';
import { createClock, reply, startServer, TOKEN } from './server.ts';

const ID = '11111111-2222-4333-8444-555555555555';

async function serve(is_forward: boolean) {
  const server = await startServer((_, response) =>
    reply(response, 200, { id: ID, name: 'acme', is_forward, pipes: [] }),
  );
  const open = (more: { pin?: string; tokensToken?: Secret } = {}) =>
    connect({
      host: server.url,
      token: new Secret(TOKEN),
      tokensToken: more.tokensToken ?? null,
      pin: more.pin ?? null,
      concurrency: 1,
      clock: createClock(),
      env: {},
    });
  return { open, lines: server.lines, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test.each([
  [true, 'forward', 'GET /v1/pipes'],
  [false, 'classic', 'GET /v0/pipes'],
])('is_forward %s: the ports of %s', async (isForward, generation, pipes) => {
  await using server = await serve(isForward);
  await using connection = await server.open({ pin: 'acme' });
  expect(connection.workspace).toEqual({ id: ID, name: 'acme', generation });
  expect(connection.writer.generation).toBe(generation);
  await connection.reader.pipes();
  expect(server.lines()).toEqual(['GET /v1/workspace', pipes]);
});

test.each([true, false])(
  'another workspace than the one that is meant is refused, is_forward %s',
  async (isForward) => {
    await using server = await serve(isForward);
    await expect(server.open({ pin: 'other' })).rejects.toMatchObject({ stop: 'wrong-workspace' });
    const payload = Buffer.from('{"u": "other", "id": "1"}').toString('base64url');
    const tokensToken = new Secret(`p.${payload}.c2ln`);
    await expect(server.open({ tokensToken })).rejects.toMatchObject({ stop: 'wrong-workspace' });
    expect(server.lines()).toEqual(['GET /v1/workspace', 'GET /v1/workspace']);
  },
);
