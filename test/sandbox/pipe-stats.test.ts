// tinybird.pipe_stats_rt on both generations: which requests leave a row, what is in it, who may read it, and for how long.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PipeStat, PipeStats } from '../../src/sandbox/pipe-stats.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { newWorkspace } from '../../src/sandbox/workspace.ts';
import { type Answer, type Client, connect } from './client.ts';

const START = Date.parse('2026-03-01T00:00:00Z');
const DAY = 24 * 3600_000;
const SERVICE = 'tinybird.pipe_stats_rt';

let now = START;
let sandbox: Sandbox;
const lanes = new Map<string, Client>();

const usage = `%\nSELECT {{Int32(n, 1)}} AS n`;
const FILES = {
  'usage.pipe': `NODE out\nSQL >\n    %\n    SELECT {{Int32(n, 1)}} AS n\n\nTYPE endpoint\nTOKEN "reader" READ\n`,
  'other.pipe': 'NODE out\nSQL >\n    SELECT 2 AS n\n\nTYPE endpoint\nTOKEN "other" READ\n',
};

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => now });
  const forward = connect(sandbox);
  await forward.release(FILES);
  const { adminToken } = await sandbox.createWorkspace('classic', 'classic');
  const classic = connect({ url: sandbox.url, adminToken });
  for (const [name, sql] of [
    ['usage', usage],
    ['other', 'SELECT 2 AS n'],
  ]) {
    const body = JSON.stringify({ name, nodes: [{ name: 'out', sql, type: 'endpoint' }] });
    await classic.call('POST /v0/pipes', { body, headers: { 'content-type': 'application/json' } });
  }
  await classic.call('POST /v0/tokens?name=reader&scope=PIPES:READ:usage');
  lanes.set('forward', forward).set('classic', classic);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const inSeconds = (seconds: number): number => Math.floor(now / 1000) + seconds;

async function jwt(client: Client, name: string, limits?: { readonly rps: number }): Promise<string> {
  const body = JSON.stringify({ name, scopes: [{ type: 'PIPES:READ', resource: 'usage' }], limits });
  return (await client.call(`POST /v0/tokens/?expiration_time=${inSeconds(60)}`, { body })).json.token;
}

/** Every test has an hour of its own. */
function fresh(): string {
  now += 3600_000;
  const [text = ''] = new Date(now).toISOString().replace('T', ' ').split('.');
  return `start_datetime >= '${text}'`;
}

describe.each(['forward', 'classic'])('%s', (generation) => {
  let client: Client;
  let token: string;
  let id: string;

  beforeAll(async () => {
    client = lanes.get(generation) ?? expect.unreachable(generation);
    ({ token, id } = (await client.call('GET /v0/tokens/reader')).json);
  });

  const sql = (text: string, options: { readonly token?: string } = {}): Promise<Answer> =>
    client.call(`GET /v0/sql?q=${encodeURIComponent(text)}`, options);
  const ask = (path: string, options: Parameters<Client['call']>[1] = {}): Promise<Answer> =>
    client.call(path, { token, ...options });

  test('requests to endpoints leave a row, whatever became of them', async () => {
    const since = fresh();
    await ask('GET /v0/pipes/usage.json?n=3', { headers: { 'user-agent': 'tests/1' } });
    await ask('POST /v0/pipes/usage.csv', { body: new URLSearchParams({ n: '4' }) });
    await ask('GET /v0/pipes/usage.json?n=x');
    await ask('GET /v0/pipes/other.json');
    await ask('GET /v0/pipes/gone.json');
    await ask('GET /v0/pipes/usage.json?__tb__deployment=99');
    // Neither of these asks an endpoint.
    await ask('GET /v0/pipes/usage');
    await ask('GET /v0/pipes/usage.pipe');
    await ask('DELETE /v0/pipes/usage.json');

    const pipe = (await client.call('GET /v0/pipes/usage')).json.id;
    const other = (await client.call('GET /v0/pipes/other')).json.id;
    const rows = await client.rows(
      `SELECT start_datetime, pipe_id, pipe_name, method, status_code, error, parameters, url, token, token_name, result_rows FROM ${SERVICE} WHERE ${since}`,
    );
    const row = (changes: object): object => ({
      start_datetime: new Date(now).toISOString().slice(0, 19).replace('T', ' '),
      pipe_id: pipe,
      pipe_name: 'usage',
      method: 'GET',
      status_code: 200,
      error: 0,
      parameters: {},
      url: `${sandbox.url}/v0/pipes/usage.json`,
      token: id,
      token_name: 'reader',
      result_rows: 0,
      ...changes,
    });
    const url = (rest: string): { url: string } => ({ url: `${sandbox.url}/v0/pipes/${rest}` });
    const failed = (status_code: number): object => ({ status_code, error: 1 });
    expect(rows).toEqual([
      row({ parameters: { n: '3' }, result_rows: 1, ...url('usage.json?n=3') }),
      row({ method: 'POST', parameters: { n: '4' }, ...url('usage.csv') }),
      row({ parameters: { n: 'x' }, ...url('usage.json?n=x'), ...failed(400) }),
      row({ pipe_id: other, pipe_name: 'other', ...url('other.json'), ...failed(403) }),
      row({ pipe_id: '', pipe_name: 'gone', ...url('gone.json'), ...failed(404) }),
      row({
        parameters: { __tb__deployment: '99' },
        ...url('usage.json?__tb__deployment=99'),
        ...failed(404),
      }),
    ]);
    expect(await client.rows(`SELECT user_agent FROM ${SERVICE} WHERE ${since} LIMIT 1`)).toEqual([
      { user_agent: 'tests/1' },
    ]);
  });

  test('queries leave a row, those that read service data sources alone do not, nor does an unknown token', async () => {
    const since = fresh();
    await sql('SELECT 1 FORMAT JSON');
    await client.call('POST /v0/sql', { body: 'SELECT 1, 2' });
    await sql('SELEC');
    await sql('SELECT * FROM usage', { token });
    await sql(`SELECT * FROM usage, ${SERVICE}`);
    // From here on nothing.
    await sql(`SELECT 1 FROM ${SERVICE}`);
    await sql(`%\nSELECT 1 FROM ${SERVICE} WHERE token_name = {{String(name, 'x')}}`);
    await sql(`SELECT nothing FROM (SELECT * FROM ${SERVICE})`);
    await sql(`DESCRIBE (SELECT * FROM ${SERVICE})`);
    await sql('SELECT 1 FROM tinybird.pipe_stats');
    await sql(`SELECT 1 FROM ${SERVICE}`, { token });
    await sql('SELECT 1', { token: `${token}x` });
    await ask('GET /v0/pipes/usage.json', { token: `${token}x` });
    await ask('GET /v0/pipes/usage.json', { token: '' });
    expect(
      await client.rows(
        `SELECT pipe_id, pipe_name, method, status_code, token_name FROM ${SERVICE} WHERE ${since}`,
      ),
    ).toEqual(
      [
        ['GET', 200, 'workspace admin token'],
        ['POST', 200, 'workspace admin token'],
        ['GET', 400, 'workspace admin token'],
        ['GET', 200, 'reader'],
        ['GET', 200, 'workspace admin token'],
      ].map(([method, status_code, token_name]) => ({
        pipe_id: 'query_api',
        pipe_name: 'query_api',
        method,
        status_code,
        token_name,
      })),
    );
  });

  test('no column has the value of a token', async () => {
    const since = fresh();
    const secret = token.split('.').at(-1) ?? '';
    const signed = await jwt(client, 'web');
    await client.call(`GET /v0/pipes/usage.json?token=${token}&n=1`, { token: '' });
    await ask('POST /v0/pipes/usage.json', { body: new URLSearchParams({ token, n: '1' }) });
    await ask(`GET /v0/pipes/usage.json?other=${token}&${token}=1`, { headers: { 'user-agent': token } });
    await ask(`GET /v0/pipes/usage.json?other=${token.replaceAll('.', '%252E')}`);
    await ask(`GET /v0/pipes/${token.replaceAll('.', '%252E')}%2Fx.json`);
    await sql(`SELECT '${token}', '${signed}'`);
    const { text } = await sql(`SELECT * FROM ${SERVICE} WHERE ${since} FORMAT JSONEachRow`);
    expect(text.trim().split('\n')).toHaveLength(6);
    for (const part of [secret, signed.split('.').at(-1) ?? ''])
      expect(decodeURIComponent(decodeURIComponent(text.replaceAll(/%(?![\dA-F]{2})/gi, '')))).not.toContain(
        part,
      );
    const [first] = await client.rows(`SELECT url, parameters FROM ${SERVICE} WHERE ${since} LIMIT 1`);
    expect(first).toEqual({ url: `${sandbox.url}/v0/pipes/usage.json?n=1`, parameters: { n: '1' } });
  });

  test('a JWT is told by its name, also when it asks too often', async () => {
    const since = fresh();
    const token = await jwt(client, 'web app', { rps: 1 });
    for (const status of [200, 429])
      expect((await client.call('GET /v0/pipes/usage.json', { token })).status).toBe(status);
    expect(await client.rows(`SELECT token, token_name, status_code FROM ${SERVICE} WHERE ${since}`)).toEqual(
      [200, 429].map((status_code) => ({ token: '', token_name: 'web app', status_code })),
    );
  });

  test('ClickHouse runs what is asked, by GET and by POST, with and without FORMAT', async () => {
    const since = fresh();
    await ask('GET /v0/pipes/usage.json');
    now += 60_000;
    await ask('GET /v0/pipes/usage.json', { headers: { 'user-agent': 'late' } });
    await client.call('GET /v0/pipes/usage.json');
    const query = `SELECT token_name, count() AS uses, max(start_datetime) AS last, groupUniqArray(pipe_name) AS pipes FROM ${SERVICE} AS s WHERE ${since} AND s.token_name IN ('reader', 'x') GROUP BY token_name HAVING uses > 0 ORDER BY last`;
    const last = new Date(now).toISOString().slice(0, 19).replace('T', ' ');
    expect((await sql(`${query} FORMAT JSON`)).json.data).toEqual([
      { token_name: 'reader', uses: 2, last, pipes: ['usage'] },
    ]);
    expect((await client.call('POST /v0/sql', { body: query })).text).toBe(`reader\t2\t${last}\t['usage']\n`);
    // Its columns may be told by its own name, and it may stand anywhere a table may.
    expect(
      (
        await sql(
          `WITH late AS (SELECT pipe_stats_rt.request_id AS r FROM ${SERVICE} WHERE user_agent = 'late' AND ${since}) SELECT count(), any(length(request_id)) FROM \`tinybird\`.pipe_stats_rt WHERE request_id IN (SELECT r FROM late)`,
        )
      ).text,
    ).toBe('1\t26\n');
    expect((await sql(`SELECT max(start_datetime), count() FROM ${SERVICE} WHERE token = 'x'`)).text).toBe(
      '1970-01-01 00:00:00\t0\n',
    );
  });

  test('rows go after seven days', async () => {
    const since = fresh();
    const count = async (): Promise<string> =>
      (await sql(`SELECT count() FROM ${SERVICE} WHERE ${since}`)).text.trim();
    await ask('GET /v0/pipes/usage.json');
    now += 7 * DAY;
    await ask('GET /v0/pipes/usage.json');
    expect(await count()).toBe('2');
    now += 1000;
    expect(await count()).toBe('1');
    now += 7 * DAY;
    expect(await count()).toBe('0');
  });

  test('ADMIN alone reads it, in /v0/sql alone', async () => {
    const tokens = [token, await jwt(client, 'web')];
    for (const scope of ['TOKENS', 'WORKSPACE:READ_ALL']) {
      const answer = await client.call(`POST /v0/tokens?name=${generation}_${scope}&scope=${scope}`);
      tokens.push(answer.json.token);
    }
    for (const value of tokens) {
      const answer = await sql(`SELECT count() FROM ${SERVICE}`, { token: value });
      expect([answer.status, answer.json]).toEqual([403, { error: `Resource '${SERVICE}' not found` }]);
      for (const text of [`SELECT 1 IN ${SERVICE}`, `SELECT * FROM usage WHERE n IN (${SERVICE})`])
        expect((await sql(text, { token: value })).status).not.toBe(200);
    }
    const q = encodeURIComponent(`SELECT * FROM ${SERVICE}`);
    expect((await client.call(`GET /v0/pipes/usage.json?q=${q}`)).status).toBe(403);
    for (const table of [
      'tinybird.pipe_stats',
      'Tinybird.pipe_stats_rt',
      'system.pipe_stats_rt',
      'pipe_stats_rt',
    ])
      expect((await sql(`SELECT * FROM ${table}`)).json).toEqual({ error: `Resource '${table}' not found` });
    expect((await sql(`WITH \`${SERVICE}\` AS (SELECT 1) SELECT * FROM ${SERVICE}`)).status).toBe(400);
  });

  test('it is in no list, and no pipe reads it', async () => {
    for (const what of ['datasources', 'pipes'])
      expect((await client.call(`GET /v0/${what}`)).text).not.toContain('pipe_stats');
    expect((await client.call(`GET /v0/datasources/${SERVICE}`)).status).toBe(404);
    const text = `SELECT count() AS n FROM ${SERVICE}`;
    const refused =
      generation === 'forward'
        ? await client.deploy({ ...FILES, 'stats.pipe': `NODE out\nSQL >\n    ${text}\n\nTYPE endpoint\n` })
        : await client.call('POST /v0/pipes', {
            body: JSON.stringify({ name: 'stats', nodes: [{ name: 'out', sql: text, type: 'endpoint' }] }),
            headers: { 'content-type': 'application/json' },
          });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(`'${SERVICE}' not found`)]);
  });

  test('it has the documented columns', async () => {
    const { json } = await sql(`SELECT * FROM ${SERVICE} FORMAT JSON`);
    expect(json.meta.map(({ name, type }: { name: string; type: string }) => `${name} ${type}`)).toEqual([
      'start_datetime DateTime',
      'pipe_id String',
      'pipe_name String',
      'duration Float32',
      'read_bytes UInt64',
      'read_rows UInt64',
      'result_rows UInt64',
      'url String',
      'error UInt8',
      'request_id String',
      'token String',
      'token_name String',
      'status_code Int32',
      'method String',
      'parameters Map(String, String)',
      'release String',
      'user_agent Nullable(String)',
      'resource_tags Array(String)',
      'cpu_time Float32',
    ]);
  });
});

test('workspaces do not see the rows of each other, and a query leaves no table', async () => {
  const since = fresh();
  const [forward, classic] = ['forward', 'classic'].map(
    (name) => lanes.get(name) ?? expect.unreachable(name),
  );
  await forward?.call('GET /v0/pipes/usage.json');
  await classic?.call('GET /v0/pipes/other.json');
  const names = `SELECT groupUniqArray(pipe_name) AS names FROM ${SERVICE} WHERE ${since}`;
  expect(await forward?.rows(names)).toEqual([{ names: ['usage'] }]);
  expect(await classic?.rows(names)).toEqual([{ names: ['other'] }]);
  expect(await sandbox.count("SELECT count() FROM system.tables WHERE name LIKE 'service\\_%'")).toBe(0);
});

test('of a workspace 100,000 rows are kept, the newest', () => {
  const stats = new PipeStats(() => START);
  const workspace = newWorkspace({ name: 'w', generation: 'forward', prefix: 'w', key: 'k', now: '' });
  const stat: PipeStat = {
    start_datetime: START / 1000,
    pipe_id: 'query_api',
    pipe_name: 'query_api',
    duration: 0,
    read_bytes: 0,
    read_rows: 0,
    result_rows: 0,
    url: '',
    error: 0,
    request_id: '',
    token: '',
    token_name: '',
    status_code: 200,
    method: 'GET',
    parameters: {},
    user_agent: null,
  };
  for (let i = 0; i < 123_456; i += 1) stats.add(workspace, { ...stat, result_rows: i });
  const kept = stats.of(workspace);
  expect([kept.length, kept[0]?.result_rows, kept.at(-1)?.result_rows]).toEqual([100_000, 23_456, 123_455]);
});
