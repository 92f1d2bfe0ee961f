// Endpoints on real ClickHouse: expansion of nodes and pipes, formats, templates, errors.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENDPOINT_FORMATS, type EndpointFormat } from '../../../src/sandbox/query/answer.ts';
import { queryPipe } from '../../../src/sandbox/query/pipe.ts';
import { SandboxError } from '../../../src/sandbox/state.ts';
import { admin, openWorkspace, pipe, type Workspace } from './workspace.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace('ws_pipes', [
    pipe(
      'deep',
      Object.fromEntries(
        Array.from({ length: 30 }, (_, i) => [
          `n${i}`,
          i === 0 ? 'SELECT 1 AS n' : `SELECT a.n + b.n AS n FROM n${i - 1} AS a CROSS JOIN n${i - 1} AS b`,
        ]),
      ),
    ),
    pipe('foreign', { out: 'SELECT * FROM system.one' }),
    pipe('missing_table', { out: 'SELECT * FROM nowhere' }),
    pipe('same_names', {
      usage: 'SELECT 5 AS n',
      out: 'SELECT n, (SELECT n FROM acme) AS acme FROM usage',
      acme: 'SELECT sum(n) AS n FROM acme_usage',
    }),
    pipe('big', { out: "SELECT toUInt64(18446744073709551615) AS u, 'a\\tb' AS s" }),
    pipe('last_endpoint', { first: 'SELECT count() AS c FROM events', out: 'SELECT c FROM first' }),
    pipe('two', { one: 'SELECT 1 AS n', two: 'SELECT n FROM one ORDER BY n LIMIT 1' }),
  ]);
});
afterAll(() => workspace.engine.close());

type Params = Readonly<Record<string, string>>;

async function ask(name: string, options: { params?: Params; q?: string; format?: EndpointFormat } = {}) {
  const answer = await queryPipe({
    ...workspace,
    access: admin,
    secrets: new Map(),
    filtersReachPipes: false,
    params: new Map(Object.entries(options.params ?? {})),
    pipe: name,
    q: options.q,
    format: options.format ?? 'json',
  });
  return { ...answer, text: Buffer.from(answer.body).toString() };
}

const rows = async (name: string, params: Params = {}, q?: string): Promise<unknown> =>
  JSON.parse((await ask(name, { params, ...(q === undefined ? {} : { q }) })).text).data;

async function refusal(run: Promise<unknown>): Promise<{ status: number; body: unknown }> {
  const error = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SandboxError) return { status: error.status, body: error.body };
  throw new Error('no SandboxError', { cause: error });
}

describe('expansion', () => {
  test.each([
    ['usage', { tenant: 'acme' }, [{ tenant: 'acme', n: 3 }]],
    ['usage', { tenant: "' OR 1 = 1 --" }, []],
    ['nested', { tenant: 'globex' }, [{ n: 3000 }]],
    ['shadowed', {}, [{ n: 37 }]],
    ['by_list', {}, [{ total: 1 }]],
    ['united', {}, [{ n: 1 }, { n: 2 }]],
    ['rejected', {}, [{ n: 1 }]],
    ['last_endpoint', {}, [{ c: 4 }]],
    ['from_table', { t: 'events' }, [{ n: 4 }]],
  ] as const)('%s with %j', async (name, params, expected) => {
    expect(await rows(name, params)).toEqual(expected);
  });

  test('keeps the order of the endpoint', async () => {
    expect(await rows('everything')).toEqual(
      [20, 10, 2, 1].map((n) => ({ tenant: n < 3 ? 'acme' : 'globex', n })),
    );
  });

  test('q filters the rows of the endpoint', async () => {
    expect(await rows('everything', {}, "SELECT sum(n) AS s FROM _ WHERE tenant = 'acme'")).toEqual([
      { s: 3 },
    ]);
  });

  test.each([
    ['circle', 400, "The nodes of pipe 'circle' read each other in a circle: b -> a -> b"],
    ['deep', 400, 'The query is too long once its pipes are expanded'],
    ['foreign', 403, "Resource 'system.one' not found"],
    ['missing_table', 403, "Resource 'nowhere' not found"],
    ['nothing', 404, "The pipe 'nothing' does not exist"],
    ['unpublished', 404, "The pipe 'unpublished' does not exist"],
    [
      'usage',
      400,
      'Template Syntax Error: Required parameter is not defined. Check the parameter tenant. Please provide a value or set a default value in the pipe code.',
    ],
  ])('%s is %i %s', async (name, status, error) => {
    expect(await refusal(ask(name))).toMatchObject({ status, body: { error } });
  });

  test('custom_error passes through', async () => {
    expect(await refusal(ask('guarded'))).toEqual({ status: 422, body: { reason: 'no tenant' } });
    expect(await rows('guarded', { tenant: 'x' })).toEqual([{ n: 1 }]);
  });

  test('what the API takes for itself is no parameter', async () => {
    expect(await rows('guarded', { tenant: 'x', token: 't', q: '', from: 'ts-sdk' })).toEqual([{ n: 1 }]);
    expect(await refusal(ask('guarded', { params: { token: 't' } }))).toMatchObject({ status: 422 });
  });
});

describe('formats', () => {
  test('json has meta, data, rows and statistics', async () => {
    const { text, contentType } = await ask('two');
    expect(contentType).toBe('application/json; charset=UTF-8');
    expect(JSON.parse(text)).toEqual({
      meta: [{ name: 'n', type: 'UInt8' }],
      data: [{ n: 1 }],
      rows: 1,
      rows_before_limit_at_least: 1,
      statistics: {
        elapsed: expect.any(Number),
        rows_read: expect.any(Number),
        bytes_read: expect.any(Number),
      },
    });
  });

  test.each([
    ['csv', 'text/csv; charset=UTF-8; header=present', '"tenant","n"\n"acme",3\n'],
    ['ndjson', 'application/x-ndjson', '{"tenant":"acme","n":3}\n'],
  ] as const)('%s', async (format, contentType, text) => {
    expect(await ask('usage', { params: { tenant: 'acme' }, format })).toMatchObject({ contentType, text });
  });

  test('parquet', async () => {
    const { contentType, text } = await ask('usage', { params: { tenant: 'acme' }, format: 'parquet' });
    expect([contentType, text.slice(0, 4)]).toEqual([ENDPOINT_FORMATS.parquet.contentType, 'PAR1']);
  });

  test('prometheus', async () => {
    expect((await ask('metric', { format: 'prometheus' })).text).toContain('requests 3');
  });

  test('64-bit integers are numbers, and text on request', async () => {
    expect((await ask('big')).text).toContain('"u": 18446744073709551615');
    const params = { output_format_json_quote_64bit_integers: '1' };
    expect((await ask('big', { params })).text).toContain('"u": "18446744073709551615"');
  });
});
