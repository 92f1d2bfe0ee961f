// Jobs as the server tells of them, and its clock: the same on Forward and on Classic.
import { describe, expect, test } from 'vitest';
import { createClassicReader } from '../../src/tinybird/classic.ts';
import { createReader } from '../../src/tinybird/forward.ts';
import { connect, reply, startServer, TOKEN } from './server.ts';

const READERS = [
  ['Forward', createReader],
  ['Classic', createClassicReader],
] as const;

async function answering(make: (typeof READERS)[number][1], status: number, body: unknown) {
  const server = await startServer((_, response) => reply(response, status, body));
  const it = connect(server.url);
  return {
    reader: make(it.client),
    lines: server.lines,
    [Symbol.asyncDispose]: async () => {
      await it[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe.each(READERS)('%s', (_generation, make) => {
  test.each([
    ['a number', 1_767_225_600_123],
    ['a quoted number', '1767225600123'],
  ])('the clock as %s', async (_name, ms) => {
    await using it = await answering(make, 200, { meta: [], data: [{ ms }], rows: 1 });
    expect(await it.reader.now()).toBe(1_767_225_600_123);
    const query = new URLSearchParams({ q: 'SELECT toUnixTimestamp64Milli(now64(3)) AS ms FORMAT JSON' });
    expect(it.lines()).toEqual([`GET /v0/sql?${query.toString()}`]);
  });

  test.each([[{ data: [] }], [{ data: [{ ms: '2026-01-01' }] }], [{ data: [{ ms: null }] }]])(
    'a clock that says %j is an error',
    async (body) => {
      await using it = await answering(make, 200, body);
      await expect(it.reader.now()).rejects.toThrow(/unexpected form: GET \/v0\/sql/);
    },
  );

  test.each([
    ['waiting', 'working', null],
    ['working', 'working', null],
    ['cancelling', 'working', null],
    ['never heard of', 'working', null],
    ['done', 'done', null],
    ['error', 'failed', 'The server gives no reason.'],
    ['cancelled', 'failed', 'It was cancelled.'],
  ])('a job that is %s: %s', async (status, phase, error) => {
    await using it = await answering(make, 200, { id: 'j/1', status, error: null, kind: 'populateview' });
    expect(await it.reader.job('j/1')).toEqual({ id: 'j/1', phase, progress: null, error });
    expect(it.lines()).toEqual(['GET /v0/jobs/j%2F1']);
  });

  test('one that is gone is null', async () => {
    await using it = await answering(make, 404, { error: 'Job not found' });
    expect(await it.reader.job('j')).toBe(null);
  });
});

const job = async (body: unknown) => {
  await using it = await answering(createReader, 200, body);
  return await it.reader.job('j');
};

test.each([
  [37.5, 37.5],
  [0, 0],
  ['half', null],
  [undefined, null],
])('progress %j', async (progress_percentage, progress) => {
  expect(await job({ status: 'working', progress_percentage })).toMatchObject({ progress });
});

test.each([
  ['a text', { error: 'Memory limit' }, 'Memory limit'],
  ['a flag, and texts', { error: true, errors: ['one', ' two '] }, 'one two'],
  ['the same twice', { error: 'one', errors: ['one'] }, 'one'],
  ['objects', { errors: [{ line: 3, text: 'x' }] }, '{"line":3,"text":"x"}'],
  ['an object with an error', { error: { error: 'one' } }, 'one'],
  ['a token', { error: `no ${TOKEN}` }, 'no ***'],
  ['emptiness', { error: '', errors: [] }, 'The server gives no reason.'],
])('why it failed, as %s', async (_name, why, error) => {
  expect(await job({ status: 'error', ...why })).toMatchObject({ phase: 'failed', error });
});

test('of one that did not fail there is nothing to say', async () => {
  expect(await job({ status: 'done', error: 'a row in quarantine' })).toMatchObject({
    phase: 'done',
    error: null,
  });
});
