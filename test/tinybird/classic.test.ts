// A Classic workspace: one request for each thing, exactly as the server wants it, and what it answers.
import { describe, expect, test } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import type { Datasource, Node, Pipe } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import { createClassicReader, createClassicWriter } from '../../src/tinybird/classic.ts';
import type { Alteration, ClassicWriter } from '../../src/tinybird/ports.ts';
import { connect, html, reply, startServer, TOKEN } from './server.ts';

type Answer = readonly [status: number, body: unknown];

/** Answers in this order, the last one for ever. */
async function answering(...answers: readonly Answer[]) {
  const server = await startServer((_, response) => {
    const [status, body] = answers[Math.min(server.requests.length, answers.length) - 1] ?? [200, {}];
    reply(response, status, body);
  });
  const it = connect(server.url);
  const tokens = it.client.as(new Secret('tokens-token'));
  return {
    reader: createClassicReader(it.client, tokens),
    writer: createClassicWriter(it.client, tokens),
    clock: it.clock,
    requests: server.requests,
    lines: server.lines,
    /** What was sent first, and second. */
    sent: () => server.requests.map(({ line, headers, body }) => [line, read(headers['content-type'], body)]),
    [Symbol.asyncDispose]: async () => {
      await it[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function read(type: string | undefined, body: string): unknown {
  if (type === 'application/x-www-form-urlencoded') return [...new URLSearchParams(body)];
  if (type === 'application/json') return JSON.parse(body);
  return type === undefined ? body : [type, body];
}

const datasource = (text: string): Datasource => {
  const datafile = unwrap(parseDatafile('acme_events.datasource', text));
  if (datafile.kind !== 'datasource') throw new Error('not a data source');
  return datafile;
};
const pipe = (text: string): Pipe => {
  const datafile = unwrap(parseDatafile('acme_usage.pipe', text));
  if (datafile.kind !== 'pipe') throw new Error('not a pipe');
  return datafile;
};

const EVENTS = `DESCRIPTION >
    Events of acme & co.
    [marker]

SCHEMA >
    \`id\` UUID \`json:$.id\`,
    \`at\` DateTime64(3) \`json:$.at\` DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    \`kind\` LowCardinality(Nullable(String)) \`json:$.kind\`

ENGINE "ReplacingMergeTree"
ENGINE_PARTITION_KEY "toYYYYMM(at)"
ENGINE_SORTING_KEY "id, at"
ENGINE_TTL "toDate(at) + toIntervalDay(90)"
ENGINE_VER "at"

INDEXES >
    INDEX a lower(kind) TYPE bloom_filter(0.01) GRANULARITY 4
    INDEX b id TYPE minmax
`;
const COLUMNS =
  '`id` UUID `json:$.id`, `at` DateTime64(3) `json:$.at` DEFAULT now64(3) CODEC(Delta, ZSTD(1)), `kind` LowCardinality(Nullable(String)) `json:$.kind`';
const INDEXES = 'INDEX a lower(kind) TYPE bloom_filter(0.01) GRANULARITY 4\nINDEX b id TYPE minmax';
const PLAIN = 'SCHEMA >\n    `n` Int32\n';

describe('a data source is created', () => {
  test('with everything that it has', async () => {
    await using it = await answering([200, { datasource: { id: 't_1' } }]);
    await it.writer.createDatasource(datasource(EVENTS));
    expect(it.sent()).toEqual([
      [
        'POST /v0/datasources',
        [
          ['mode', 'create'],
          ['name', 'acme_events'],
          ['description', 'Events of acme & co.\n[marker]'],
          ['schema', COLUMNS],
          ['format', 'ndjson'],
          ['engine', 'ReplacingMergeTree'],
          ['engine_partition_key', 'toYYYYMM(at)'],
          ['engine_sorting_key', 'id, at'],
          ['engine_ttl', 'toDate(at) + toIntervalDay(90)'],
          ['engine_ver', 'at'],
          ['indexes', INDEXES],
        ],
      ],
    ]);
    expect(it.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test('with the least; remarks and grants are left out', async () => {
    await using it = await answering([200, {}]);
    await it.writer.createDatasource(
      datasource(`TOKEN x READ\nTAGS "billing, stats"\nMAINTAINER me\n${PLAIN}`),
    );
    const form = [
      ['mode', 'create'],
      ['name', 'acme_events'],
      ['description', ''],
      ['schema', '`n` Int32'],
      ['format', 'csv'],
    ];
    expect(it.sent()).toEqual([['POST /v0/datasources', form]]);
  });

  test.each([
    [
      'a connection',
      'KAFKA_CONNECTION_NAME k\nKAFKA_TOPIC t\nKAFKA_GROUP_ID g\n',
      /KAFKA_CONNECTION_NAME, KAFKA_TOPIC, KAFKA_GROUP_ID cannot/,
    ],
    ['an import', 'IMPORT_SERVICE s3\n', /IMPORT_SERVICE cannot/],
    ['a share', 'SHARED_WITH >\n    other\n', /SHARED_WITH cannot/],
    ['a version', 'VERSION 3\n', /VERSION cannot/],
    ['a tag that is an option', 'TAGS "backfill_column=at"\n', /TAGS cannot/],
    ['both', 'VERSION 3\nSHARED_WITH >\n    other\n', /VERSION, SHARED_WITH cannot/],
    ['instructions to a deployment', 'FORWARD_QUERY >\n    SELECT n\n', /FORWARD_QUERY cannot/],
    ['an engine of old', 'PARTITION_KEY n\n', /PARTITION_KEY cannot/],
  ])('but not with %s, which is named', async (_name, text, message) => {
    await using it = await answering([200, {}]);
    await expect(it.writer.createDatasource(datasource(PLAIN + text))).rejects.toThrow(message);
    await expect(it.writer.createDatasource(datasource(PLAIN + text))).rejects.toMatchObject({
      stop: 'bad-input',
    });
    expect(it.lines()).toEqual([]);
  });

  test('nor without columns', async () => {
    await using it = await answering([200, {}]);
    const none = { ...datasource(PLAIN), columns: [] };
    await expect(it.writer.createDatasource(none)).rejects.toThrow(
      'acme_events.datasource: without a SCHEMA',
    );
  });
});

describe('a data source is altered', () => {
  const { columns, indexes } = datasource(EVENTS);
  test.each<[string, Alteration, string[][]]>([
    ['columns', { columns }, [['schema', COLUMNS]]],
    ['description', { description: 'd\n[marker]' }, [['description', 'd\n[marker]']]],
    ['TTL', { ttl: 'at + toIntervalDay(1)' }, [['ttl', 'at + toIntervalDay(1)']]],
    ['no TTL any more', { ttl: '' }, [['ttl', 'false']]],
    ['indexes', { indexes }, [['indexes', INDEXES]]],
    ['no indexes any more', { indexes: [] }, [['indexes', '0']]],
    [
      'two',
      { description: 'd', ttl: '' },
      [
        ['description', 'd'],
        ['ttl', 'false'],
      ],
    ],
  ])('%s', async (_name, change, form) => {
    await using it = await answering([
      200,
      { operations: ['ADD COLUMN `x` Int32', { odd: 1 }], dependencies: [] },
    ]);
    const operations = ['ADD COLUMN `x` Int32', '{"odd":1}'];
    expect(await it.writer.alterDatasource('a b', change, { dry: true })).toEqual(operations);
    expect(await it.writer.alterDatasource('a b', change, { dry: false })).toEqual(operations);
    expect(it.sent()).toEqual([
      ['POST /v0/datasources/a%20b/alter', [...form, ['dry', 'true']]],
      ['POST /v0/datasources/a%20b/alter', [...form, ['dry', 'false']]],
    ]);
  });

  test('nothing to do is no error', async () => {
    await using it = await answering([
      400,
      { error: 'There were no operations to perform, all is the same' },
    ]);
    expect(await it.writer.alterDatasource('a', { description: 'd' }, { dry: false })).toEqual([]);
  });

  test('anything else is', async () => {
    await using it = await answering([400, { error: 'Could not alter: n is not the same' }]);
    await expect(it.writer.alterDatasource('a', { columns }, { dry: true })).rejects.toThrow(
      /^Request failed: 400 Bad Request: POST \/v0\/datasources\/a\/alter — Could not alter: n is not the same\.$/,
    );
  });
});

test('two data sources are exchanged', async () => {
  await using it = await answering([200, {}]);
  await it.writer.exchangeDatasources('a', 'a__next');
  const form = [
    ['datasource_a', 'a'],
    ['datasource_b', 'a__next'],
  ];
  expect(it.sent()).toEqual([['POST /v0/datasources/exchange', form]]);
});

describe('a pipe is created', () => {
  const ENDPOINT = pipe(`DESCRIPTION >
    Usage.
    [marker]

NODE events
SQL >
    SELECT * FROM acme_events

NODE result
DESCRIPTION >
    By day.
SQL >
    %
    SELECT {{Int32(n, 1)}} FROM events
TYPE endpoint
`);
  const body = {
    name: 'acme_usage',
    description: 'Usage.\n[marker]',
    nodes: [
      { name: 'events', sql: 'SELECT * FROM acme_events', type: 'standard', description: '' },
      {
        name: 'result',
        sql: '%\nSELECT {{Int32(n, 1)}} FROM events',
        type: 'endpoint',
        description: 'By day.',
      },
    ],
  };
  const nodes = [
    { id: 't_1', name: 'events' },
    { id: 't_2', name: 'result' },
  ];

  test.each([
    [false, 'POST /v0/pipes'],
    [true, 'POST /v0/pipes?force=true'],
  ])('with all nodes at once, in the place of another: %s', async (replace, line) => {
    await using it = await answering([200, { id: 't_p', type: 'endpoint', endpoint: 't_2', nodes }]);
    await it.writer.createPipe(ENDPOINT, { replace });
    expect(it.sent()).toEqual([[line, body]]);
  });

  test.each([
    ['by id', { type: 'endpoint', endpoint: 't_2', nodes }, null],
    ['by name', { endpoint: 'result', nodes }, null],
    ['by the type alone', { type: 'endpoint' }, null],
    ['not at all', { type: 'default', endpoint: null, nodes }, 't_2'],
    ['another node', { type: 'endpoint', endpoint: 't_1', nodes }, 't_2'],
    ['in a word that says nothing', {}, 'result'],
  ])('and published, if it was not: %s', async (_name, answer, node) => {
    await using it = await answering([200, answer], [200, {}]);
    await it.writer.createPipe(ENDPOINT, { replace: false });
    const published = node === null ? [] : [[`POST /v0/pipes/acme_usage/nodes/${node}/endpoint`, '']];
    expect(it.sent().slice(1)).toEqual(published);
  });

  test('materialized, into its target; never over the target', async () => {
    await using it = await answering([200, { type: 'materialized', nodes: [{ id: 't_1', name: 'fill' }] }]);
    const view = pipe(`NODE since
SQL >
    SELECT * FROM events WHERE at >= 1

NODE fill
SQL >
    SELECT * FROM since
TYPE materialized
DATASOURCE acme_events
ENGINE "MergeTree"
ENGINE_SORTING_KEY "id"
`);
    await it.writer.createPipe(view, { replace: false });
    expect(it.sent()).toEqual([
      [
        'POST /v0/pipes',
        {
          name: 'acme_usage',
          description: '',
          nodes: [
            { name: 'since', sql: 'SELECT * FROM events WHERE at >= 1', type: 'standard', description: '' },
            {
              name: 'fill',
              sql: 'SELECT * FROM since',
              type: 'materialized',
              description: '',
              datasource: 'acme_events',
              engine: 'MergeTree',
              engine_sorting_key: 'id',
            },
          ],
        },
      ],
    ]);
  });

  const copy = (settings: string) =>
    pipe(`NODE n\nSQL >\n    SELECT 1\nTYPE copy\nTARGET_DATASOURCE daily\n${settings}`);
  const scheduled = { schedule: { cron: '0 * * * *' }, nodes: [{ id: 't_n', name: 'n' }] };
  test('that copies: what its node says', async () => {
    await using it = await answering([200, {}]);
    await it.writer.createPipe(copy('COPY_SCHEDULE @on-demand\nCOPY_MODE replace\n'), { replace: false });
    expect(it.sent()[0]?.[1]).toMatchObject({
      nodes: [
        {
          name: 'n',
          sql: 'SELECT 1',
          type: 'copy',
          description: '',
          target_datasource: 'daily',
          copy_schedule: '@on-demand',
          mode: 'replace',
        },
      ],
    });
  });

  test.each([
    ['on demand', '', false, {}, [['mode', 'append']]],
    ['in words', 'COPY_SCHEDULE @on-demand\nCOPY_MODE replace\n', false, {}, [['mode', 'replace']]],
    [
      'by the hour',
      'COPY_SCHEDULE 0 * * * *\n',
      false,
      {},
      [
        ['mode', 'append'],
        ['schedule_cron', '0 * * * *'],
      ],
    ],
    [
      'on demand, no more by the hour',
      '',
      true,
      scheduled,
      [
        ['mode', 'append'],
        ['schedule_cron', 'None'],
        ['target_datasource', 'daily'],
      ],
    ],
  ])('that copies: %s', async (_name, settings, replace, answer, form) => {
    await using it = await answering([200, answer], [200, {}]);
    await it.writer.createPipe(copy(settings), { replace });
    const [[, created] = [], [line, sent] = []] = it.sent();
    expect(created).toMatchObject({
      target_datasource: 'daily',
      schedule_cron: null,
      nodes: [{ name: 'n', type: 'copy', target_datasource: 'daily' }],
    });
    const id = 'nodes' in answer ? 't_n' : 'n';
    expect([line, sent]).toEqual([`PUT /v0/pipes/acme_usage/nodes/${id}/copy`, form]);
  });

  test.each([
    ['VERSION 2\nNODE n\nSQL >\n    SELECT 1\n', /^acme_usage\.pipe: VERSION cannot/],
    [
      'NODE n\nSQL >\n    SELECT 1\nTYPE materialized\n',
      /node n is of TYPE materialized and needs DATASOURCE\.$/,
    ],
    ['NODE n\nSQL >\n    SELECT 1\nTYPE copy\n', /node n is of TYPE copy and needs TARGET_DATASOURCE\.$/],
    [
      'NODE n\nSQL >\n    SELECT 1\nTYPE sink\nEXPORT_SERVICE kafka\n',
      /node n is of TYPE sink and needs a connection/,
    ],
    [
      'NODE n\nSQL >\n    SELECT 1\nTYPE materialized\nDATASOURCE d\nDEPLOYMENT_METHOD alter\n',
      /DEPLOYMENT_METHOD cannot/,
    ],
  ])('unless the API cannot: %j', async (text, message) => {
    await using it = await answering([200, {}]);
    await expect(it.writer.createPipe(pipe(text), { replace: false })).rejects.toThrow(message);
    expect(it.lines()).toEqual([]);
  });

  test('a stream needs a connection, too', async () => {
    await using it = await answering([200, {}]);
    const node: Node = { name: 'n', description: '', sql: 'SELECT 1', type: 'stream', settings: [] };
    const stream = { ...ENDPOINT, nodes: [node] };
    await expect(it.writer.createPipe(stream, { replace: false })).rejects.toThrow('TYPE stream');
  });
});

describe('a pipe is changed', () => {
  test('one node of it', async () => {
    await using it = await answering([200, {}]);
    const sql = '%\nSELECT 1 AS a & b=2 -- ümlaut';
    await it.writer.updateNode('p', { name: 'n', sql });
    expect(it.sent()).toEqual([['PUT /v0/pipes/p/nodes/n', ['text/plain; charset=utf-8', sql]]]);
  });

  test('its description or its name', async () => {
    await using it = await answering([200, {}]);
    await it.writer.updatePipe('p', { description: 'd\n[marker]' });
    await it.writer.updatePipe('p__next', { name: 'p' });
    expect(it.sent()).toEqual([
      ['PUT /v0/pipes/p', [['description', 'd\n[marker]']]],
      ['PUT /v0/pipes/p__next', [['name', 'p']]],
    ]);
  });

  test.each([
    [{ job: { kind: 'populateview', id: 'j1', job_id: 'j0' } }],
    [{ job: { job_id: 'j1' } }],
    [{ job_id: 'j1' }],
    [{ id: 'j1', job_id: 'j0', status: 'waiting' }],
  ])('it is populated, without emptying the target: %j', async (answer) => {
    await using it = await answering([200, answer]);
    expect(await it.writer.populate('p', 'n')).toBe('j1');
    expect(it.sent()).toEqual([
      ['POST /v0/pipes/p/nodes/n/population?truncate=false&unlink_on_populate_error=false', ''],
    ]);
  });

  test('a population without a job is an error', async () => {
    await using it = await answering([200, { job: {} }]);
    await expect(it.writer.populate('p', 'n')).rejects.toThrow(
      /unexpected form: POST \/v0\/pipes\/p\/nodes\/n/,
    );
  });
});

describe('a token', () => {
  const token = {
    name: 'acme read',
    description: 'd\n[marker]',
    scopes: [
      { type: 'PIPES:READ', resource: 'usage', filter: null },
      { type: 'DATASOURCES:READ', resource: 'events', filter: "tenant = 'a:b&c'" },
      { type: 'TOKENS', resource: null, filter: null },
    ],
  };
  const form = [
    ['description', 'd\n[marker]'],
    ['scope', 'PIPES:READ:usage'],
    ['scope', "DATASOURCES:READ:events:tenant = 'a:b&c'"],
    ['scope', 'TOKENS'],
  ];

  test('is made and changed with all its scopes, by the token for tokens', async () => {
    await using it = await answering([200, { token: 'p.value.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }]);
    await it.writer.createToken(token);
    await it.writer.updateToken(token);
    await it.writer.deleteToken('acme read');
    expect(it.sent()).toEqual([
      ['POST /v0/tokens', [['name', 'acme read'], ...form]],
      ['PUT /v0/tokens/acme%20read', form],
      ['DELETE /v0/tokens/acme%20read', ''],
    ]);
    expect(it.requests.map(({ headers }) => headers.authorization)).toEqual(
      Array(3).fill('Bearer tokens-token'),
    );
  });

  test('without scopes is not made: what the server would make of it is not known', async () => {
    await using it = await answering([200, {}]);
    await expect(it.writer.createToken({ ...token, scopes: [] })).rejects.toThrow('has no scopes');
    await expect(it.writer.updateToken({ ...token, scopes: [] })).rejects.toThrow('has no scopes');
    expect(it.lines()).toEqual([]);
  });

  const REFUSED: Answer = [
    403,
    { error: 'Token has not enough permissions to get information about this token' },
  ];
  const admin = {
    id: '1',
    name: 'admin',
    token: 'p.admin.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    scopes: [{ type: 'ADMIN' }],
  };
  const read = { id: '2', name: 'read', token: 'p.read.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', scopes: [] };
  const list = (...tokens: unknown[]): Answer => [200, { tokens }];

  test('that is refused is gone when the whole list does not have it', async () => {
    await using it = await answering(REFUSED, list(admin));
    await it.writer.deleteToken('read');
    expect(it.lines()).toEqual(['DELETE /v0/tokens/read', 'GET /v0/tokens']);
    expect(it.requests[1]?.headers.authorization).toBe('Bearer tokens-token');
  });

  test.each<[string, Answer]>([
    ['it is there', list(admin, read)],
    ['values are hidden', list({ ...admin, token: null })],
    ['only lesser tokens are shown', list({ ...read, name: 'other' })],
    ['there is no list', [403, { error: 'no' }]],
    ['the list is no list', [200, html('hello')]],
  ])('that is refused is an error when %s', async (_name, answer) => {
    await using it = await answering(REFUSED, answer);
    await expect(it.writer.deleteToken('read')).rejects.toThrow(
      /^Request failed: 403 Forbidden: DELETE \/v0\/tokens\/read — .*The token needs the scope TOKENS or ADMIN/,
    );
  });

  test('a JWT is asked for as on Forward', async () => {
    await using it = await answering([200, { token: 'eyJ.minted.valuexxxxxxxxxxxxxxxxxxxxxx' }]);
    const jwt = await it.writer.mintJwt({ name: 'web', expiresAt: 7, scopes: [], rps: null });
    expect([jwt.reveal(), it.lines()]).toEqual([
      'eyJ.minted.valuexxxxxxxxxxxxxxxxxxxxxx',
      ['POST /v0/tokens/?expiration_time=7'],
    ]);
  });
});

describe('deleting', () => {
  const ways: [string, (writer: ClassicWriter) => Promise<void>][] = [
    ['DELETE /v0/datasources/x', (writer) => writer.deleteDatasource('x')],
    ['DELETE /v0/pipes/x', (writer) => writer.deletePipe('x')],
    ['DELETE /v0/tokens/x', (writer) => writer.deleteToken('x')],
  ];

  test.each(ways)('%s: never forced, and done when it is gone', async (line, remove) => {
    await using it = await answering([204, ''], [404, { error: 'not found' }]);
    await remove(it.writer);
    await remove(it.writer);
    expect(it.lines()).toEqual([line, line]);
  });

  test.each(ways)('%s: an error while something depends on it', async (line, remove) => {
    await using it = await answering([409, { error: 'It is used in acme_usage' }]);
    await expect(remove(it.writer)).rejects.toThrow(`409 Conflict: ${line} — It is used in acme_usage.`);
  });
});

describe('after a lost answer', () => {
  const token = { name: 't', description: '', scopes: [{ type: 'ADMIN', resource: null, filter: null }] };
  const alter = { description: 'd' };
  test.each<[string, number, (writer: ClassicWriter) => Promise<unknown>]>([
    ['createDatasource', 1, (writer) => writer.createDatasource(datasource(PLAIN))],
    ['alterDatasource, dry', 4, (writer) => writer.alterDatasource('a', alter, { dry: true })],
    ['alterDatasource', 1, (writer) => writer.alterDatasource('a', alter, { dry: false })],
    ['exchangeDatasources', 1, (writer) => writer.exchangeDatasources('a', 'b')],
    ['deleteDatasource', 4, (writer) => writer.deleteDatasource('a')],
    [
      'createPipe',
      1,
      (writer) => writer.createPipe(pipe('NODE n\nSQL >\n    SELECT 1\n'), { replace: true }),
    ],
    ['updateNode', 4, (writer) => writer.updateNode('p', { name: 'n', sql: 'SELECT 1' })],
    ['updatePipe', 4, (writer) => writer.updatePipe('p', { description: 'd' })],
    ['updatePipe with a new name', 1, (writer) => writer.updatePipe('p', { name: 'q' })],
    ['deletePipe', 4, (writer) => writer.deletePipe('p')],
    ['populate', 1, (writer) => writer.populate('p', 'n')],
    ['createToken', 1, (writer) => writer.createToken(token)],
    ['updateToken', 4, (writer) => writer.updateToken(token)],
    ['deleteToken', 4, (writer) => writer.deleteToken('t')],
  ])('%s is sent %i times', async (_name, times, act) => {
    await using server = await startServer((_, response) => response.destroy());
    await using it = connect(server.url);
    await expect(act(createClassicWriter(it.client))).rejects.toThrow('connection lost');
    expect(server.requests).toHaveLength(times);
  });
});

describe('reading', () => {
  test('three lists are all that is read', async () => {
    await using it = await answering(
      [200, { datasources: [{ id: 't_1', name: 'events' }] }],
      [200, { pipes: [{ id: 't_2', name: 'usage', nodes: [] }] }],
      [200, { tokens: [] }],
    );
    expect((await it.reader.datasources()).map(({ key }) => key)).toEqual(['datasource/events']);
    expect((await it.reader.pipes()).map(({ key }) => key)).toEqual(['pipe/usage']);
    expect(await it.reader.tokens()).toEqual([]);
    expect(await it.reader.connectors()).toEqual([]);
    expect(it.lines()).toEqual(['GET /v0/datasources', 'GET /v0/pipes', 'GET /v0/tokens']);
    expect(it.requests[2]?.headers.authorization).toBe('Bearer tokens-token');
  });

  test('there are no deployments to ask for', async () => {
    await using it = await answering([200, {}]);
    await expect(it.reader.deployments()).rejects.toThrow('a Classic workspace has no deployments');
    await expect(it.reader.deployment('1')).rejects.toThrow('a Classic workspace has no deployments');
    expect(it.lines()).toEqual([]);
  });

  test('workspace and datafile text are the same as on Forward', async () => {
    await using it = await answering(
      [200, { id: 'w', name: 'acme', is_forward: false }],
      [200, 'SCHEMA >\n'],
    );
    expect(await it.reader.workspace()).toEqual({ id: 'w', name: 'acme', generation: 'classic' });
    expect(await it.reader.datafileText('datasource', 'events')).toBe('SCHEMA >\n');
    expect(it.lines()).toEqual(['GET /v1/workspace', 'GET /v0/datasources/events.datasource']);
  });
});
