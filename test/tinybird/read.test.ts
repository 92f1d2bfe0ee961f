// The lists of a workspace as real answers give them, and the canonical types they become.

import { describe, expect, test } from 'vitest';
import { readSql } from '../../src/datafile/blocks.ts';
import { Secret } from '../../src/secret.ts';
import { createReader } from '../../src/tinybird/forward.ts';
import { nameTargets, sqlOf } from '../../src/tinybird/pipes.ts';
import fc from '../properties.ts';
import { connect, reply, startServer, TOKEN } from './server.ts';

/** Path (with query) to body, or status and body; anything else is a 404. */
type Routes = Readonly<Record<string, unknown>>;

async function read(routes: Routes) {
  const server = await startServer(({ line }, response) => {
    const answer = routes[line.replace('GET ', '')];
    if (answer === undefined) reply(response, 404, { error: 'Not found' });
    else if (Array.isArray(answer)) reply(response, Number(answer[0]), answer[1]);
    else reply(response, 200, answer);
  });
  const it = connect(server.url);
  return {
    reader: createReader(it.client),
    client: it.client,
    requests: server.requests,
    lines: server.lines,
    [Symbol.asyncDispose]: async () => {
      await it[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('workspace', () => {
  const acme = { id: 'w1', name: 'acme', user_email: 'x@y', main: null };
  const gate = [
    400,
    {
      error:
        'This is only available for Tinybird Forward workspaces, not for this Tinybird Classic workspace.',
    },
  ];
  test.each<[string, Routes, string]>([
    ['forward', { '/v1/workspace': { ...acme, is_forward: true } }, 'forward'],
    ['classic that knows the route', { '/v1/workspace': { ...acme, is_forward: false } }, 'classic'],
    ['classic that lacks the route', { '/v0/workspace': { ...acme, is_forward: false } }, 'classic'],
    [
      'classic that refuses the route',
      { '/v1/workspace': gate, '/v0/workspace': { ...acme, is_forward: false } },
      'classic',
    ],
    ['forward on the older route', { '/v0/workspace': { ...acme, is_forward: true } }, 'forward'],
  ])('%s', async (_name, routes, generation) => {
    await using it = await read(routes);
    expect(await it.reader.workspace()).toEqual({ id: 'w1', name: 'acme', generation });
  });

  test.each<[string, Routes, RegExp]>([
    [
      'says nothing',
      { '/v1/workspace': acme },
      /^GET \/v1\/workspace does not say whether the workspace acme is Forward or Classic/,
    ],
    [
      'says nothing on the older route',
      { '/v0/workspace': { ...acme, is_forward: null } },
      /^GET \/v0\/workspace does not say/,
    ],
    ['has neither', {}, /^Request failed: 404 Not Found: GET \/v0\/workspace/],
    [
      'says no',
      { '/v1/workspace': [403, { error: 'invalid authentication token' }] },
      /^Request failed: 403 Forbidden: GET \/v1\/workspace/,
    ],
    [
      'says something else',
      { '/v1/workspace': { ...acme, is_forward: 'yes' } },
      /unexpected form: GET \/v1\/workspace — is_forward/,
    ],
  ])('a server that %s is an error', async (_name, routes, message) => {
    await using it = await read(routes);
    await expect(it.reader.workspace()).rejects.toThrow(message);
  });
});

describe('data sources', () => {
  const columns = [
    {
      name: 'id',
      type: 'UUID',
      nullable: false,
      jsonpath: '$.Id',
      default_value: null,
      codec: null,
      auto: false,
    },
    {
      name: 'note',
      type: 'String',
      nullable: true,
      jsonpath: '$.note',
      default_value: "DEFAULT 'a,b'",
      codec: 'CODEC(ZSTD(1))',
    },
    { name: 'kind', type: 'LowCardinality(String)', nullable: true },
    { name: 'e', type: "Enum8('a,b' = 1,'c' = 2)", nullable: false, codec: 'Delta,ZSTD(1)' },
    { name: 'n', type: 'Nullable(Decimal(9,2))', nullable: true, default_value: '' },
  ];
  const canonical = [
    { name: 'id', type: 'UUID', jsonpath: '$.Id', default: null, codec: null },
    { name: 'note', type: 'Nullable(String)', jsonpath: '$.note', default: "'a,b'", codec: 'ZSTD(1)' },
    { name: 'kind', type: 'LowCardinality(Nullable(String))', jsonpath: null, default: null, codec: null },
    { name: 'e', type: "Enum8('a,b' = 1, 'c' = 2)", jsonpath: null, default: null, codec: 'Delta, ZSTD(1)' },
    { name: 'n', type: 'Nullable(Decimal(9, 2))', jsonpath: null, default: null, codec: null },
  ];
  const engine = {
    type: 'ReplacingMergeTree',
    options: [
      { command: 'PARTITION_KEY', value: 'toYYYYMM(day)' },
      { command: 'SORTING_KEY', value: 'id, day' },
      { command: 'TTL', value: 'day + toIntervalDay(90)' },
      { command: 'VER', value: 'version' },
    ],
  };

  test.each([
    [
      'columns and engine as in a list',
      {
        columns,
        engine: {
          engine: 'ReplacingMergeTree',
          engine_sorting_key: 'id, day',
          engine_partition_key: 'toYYYYMM(day)',
          engine_primary_key: '',
          engine_ttl: 'day + toIntervalDay(90)',
          engine_ver: 'version',
        },
      },
    ],
    [
      'columns and engine as in a detail',
      {
        schema: { columns, sql_schema: 'ignored' },
        engine: {
          engine: 'ReplacingMergeTree(version)',
          engine_full: 'ReplacingMergeTree(version) ORDER BY id',
          ver: 'version',
          ttl: 'day + toIntervalDay(90)',
          sorting_key: 'id, day',
          partition_key: 'toYYYYMM(day)',
          primary_key: null,
        },
      },
    ],
  ])('%s', async (_name, shape) => {
    const description = 'Events.\n\n[tinybird-tenants fleet=usage tenant=acme set=own-table sha=1] ';
    await using it = await read({
      '/v0/datasources': {
        datasources: [
          {
            id: 't_1',
            name: 'acme_events',
            description,
            type: 'ndjson',
            statistics: { bytes: 1, row_count: 42 },
            updated_at: '2026-01-02 03:04:05.678901',
            shared_with: [],
            indexes: [{ name: 'i', expr: 'lower( id )', type_full: 'bloom_filter(0.01)', granularity: 4 }],
            unheard_of: { x: 1 },
            ...shape,
          },
        ],
      },
    });
    expect(await it.reader.datasources()).toEqual([
      {
        key: 'datasource/acme_events',
        id: 't_1',
        name: 'acme_events',
        datafile: {
          kind: 'datasource',
          name: 'acme_events',
          description,
          columns: canonical,
          engine,
          indexes: [{ name: 'i', expression: 'lower( id )', type: 'bloom_filter(0.01)', granularity: 4 }],
          grants: [],
          sharedWith: [],
          forwardQuery: null,
          settings: [],
        },
        rows: 42,
        unfaithful: null,
        updatedAt: '2026-01-02 03:04:05.678901',
      },
    ]);
  });

  test('the least that an item can say', async () => {
    await using it = await read({ '/v0/datasources': { datasources: [{ id: 't_1', name: 'a' }] } });
    const [only] = await it.reader.datasources();
    expect(only).toMatchObject({ rows: null, unfaithful: null, updatedAt: '' });
    expect(only?.datafile).toMatchObject({ description: '', columns: [], engine: null, forwardQuery: null });
  });

  test.each([
    [{ type: 'csv' }, null],
    [{ type: 'ndjson', shared_with: null }, null],
    [{ type: 'kafka' }, 'it is filled from Kafka'],
    [{ type: 's3_iamrole' }, 'it is filled from S3'],
    [{ type: 'gcs' }, 'it is filled from Google Cloud Storage'],
    [{ type: 'dynamodb' }, 'it is filled from DynamoDB'],
    [{ type: 'csv', service: 's3' }, 'it is filled from S3'],
    [{ type: 'csv', connector: 'c0ffee' }, 'it is filled through a connection'],
    [{ shared_with: ['w2'] }, 'it is shared with 1 other workspace'],
    [{ shared_with: ['w2', 'w3'] }, 'it is shared with 2 other workspaces'],
    [{ name: 'other.events' }, 'it belongs to another workspace'],
  ])('can it be uploaded again? %j: %s', async (item, why) => {
    await using it = await read({ '/v0/datasources': { datasources: [{ id: 't_1', name: 'a', ...item }] } });
    expect((await it.reader.datasources())[0]?.unfaithful).toBe(why);
  });
});

describe('pipes', () => {
  const node = {
    id: 't_n',
    name: 'n',
    sql: '\n  SELECT 1\n',
    description: null,
    params: [],
    dependencies: [],
  };
  const pipe = (more: object) => ({
    id: 't_p',
    name: 'p',
    description: 'd',
    updated_at: 'now',
    nodes: [node],
    ...more,
  });
  const canonical = (type: string, settings: unknown[] = [], sql = 'SELECT 1') => ({
    kind: 'pipe',
    name: 'p',
    description: 'd',
    nodes: [{ name: 'n', description: '', sql, type, settings }],
    grants: [],
    settings: [],
  });
  const copy = { copy_target_datasource: 't_d', copy_mode: 'replace', schedule: { cron: '0 * * * *' } };
  const copied = [
    { command: 'TARGET_DATASOURCE', value: 't_d' },
    { command: 'COPY_SCHEDULE', value: '0 * * * *' },
    { command: 'COPY_MODE', value: 'replace' },
  ];

  test.each([
    ['standard', pipe({ type: 'default', endpoint: null }), canonical('standard')],
    ['endpoint by id', pipe({ endpoint: 't_n' }), canonical('endpoint')],
    ['endpoint by node_type', pipe({ nodes: [{ ...node, node_type: 'endpoint' }] }), canonical('endpoint')],
    [
      'endpoint whose node says standard',
      pipe({ endpoint: 't_n', nodes: [{ ...node, node_type: 'standard' }] }),
      canonical('endpoint'),
    ],
    [
      'materialized',
      pipe({ nodes: [{ ...node, materialized: 't_d' }] }),
      canonical('materialized', [{ command: 'DATASOURCE', value: 't_d' }]),
    ],
    ['copy', pipe({ ...copy, copy_node: 't_n' }), canonical('copy', copied)],
    [
      'copy by node_type',
      pipe({ ...copy, nodes: [{ ...node, node_type: 'copy' }] }),
      canonical('copy', copied),
    ],
    [
      'copy on demand',
      pipe({ copy_target_datasource: 't_d', copy_node: 'n' }),
      canonical('copy', [copied[0], { command: 'COPY_SCHEDULE', value: '@on-demand' }]),
    ],
    [
      'a template',
      pipe({ nodes: [{ ...node, sql: '%\r\n  SELECT {{x}}\r\n' }] }),
      canonical('standard', [], '%\nSELECT {{x}}'),
    ],
  ])('%s', async (_name, item, datafile) => {
    await using it = await read({ '/v1/pipes': { pipes: [item] } });
    expect(await it.reader.pipes()).toEqual([
      { key: 'pipe/p', id: 't_p', name: 'p', datafile, rows: null, unfaithful: null, updatedAt: 'now' },
    ]);
    expect(it.lines()).toEqual(['GET /v1/pipes']);
  });

  test.each([
    ['no newer route', {}],
    ['a newer route without nodes', { '/v1/pipes': { pipes: [{ id: 't_p', name: 'p' }] } }],
    ['a newer route of another form', { '/v1/pipes': { items: [] } }],
  ])('%s: the older one', async (_name, routes) => {
    await using it = await read({ ...routes, '/v0/pipes': { pipes: [pipe({})] } });
    expect((await it.reader.pipes()).map(({ name }) => name)).toEqual(['p']);
    expect(it.lines()).toEqual(['GET /v1/pipes', 'GET /v0/pipes']);
  });

  test('a newer route that calls its list data', async () => {
    await using it = await read({ '/v1/pipes': { data: [pipe({})] } });
    expect((await it.reader.pipes()).map(({ name }) => name)).toEqual(['p']);
  });

  test('without nodes anywhere: an error that names the field', async () => {
    await using it = await read({ '/v0/pipes': { pipes: [pipe({}), { id: 't_q', name: 'q' }] } });
    await expect(it.reader.pipes()).rejects.toThrow(/unexpected form: GET \/v0\/pipes — pipes\.1\.nodes: /);
  });

  test.each([
    [{ type: 'endpoint' }, null],
    [{ type: 'sink' }, 'it writes through a connection'],
    [{ nodes: [{ ...node, node_type: 'sink' }] }, 'it writes through a connection'],
    [{ type: 'stream' }, 'it streams through a connection'],
    [{ nodes: [{ ...node, node_type: 'timeseries' }] }, 'it is a time series'],
    [{ name: 'vendor.p' }, 'it belongs to another workspace'],
  ])('can it be uploaded again? %j: %s', async (more, why) => {
    await using it = await read({ '/v1/pipes': { pipes: [pipe(more)] } });
    expect((await it.reader.pipes())[0]?.unfaithful).toBe(why);
  });

  test('the short way for SQL leads where the long way does', () => {
    const piece = fc.constantFrom('SELECT 1', '%', '\n', ' ', '\t', '\r\n', '\u00a0', '-- x');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const sql = pieces.join('');
        expect(sqlOf(sql)).toBe(readSql(sql.replaceAll('\r\n', '\n')));
      }),
      { numRuns: 2000 },
    );
  });

  test('targets by name', async () => {
    await using it = await read({
      '/v0/datasources': { datasources: [{ id: 't_d', name: 'daily' }] },
      '/v1/pipes': {
        pipes: [
          pipe({ name: 'a', nodes: [{ ...node, materialized: 't_d' }] }),
          pipe({ name: 'b', ...copy, copy_node: 't_n', copy_target_datasource: 'elsewhere' }),
        ],
      },
    });
    const pipes = nameTargets(await it.reader.pipes(), await it.reader.datasources());
    const targets = pipes.map(
      ({ datafile }) => datafile.kind === 'pipe' && datafile.nodes[0]?.settings[0]?.value,
    );
    expect(targets).toEqual(['daily', 'elsewhere']);
  });
});

describe('tokens', () => {
  test('values are wrapped, scopes are plain, and a reduced view has no values', async () => {
    const scopes = [
      { type: 'DATASOURCES:READ', resource: 'events', filter: "t = 'a'" },
      { type: 'TOKENS' },
      { type: 'ADMIN', resource: '', filter: '' },
    ];
    await using it = await read({
      '/v0/tokens': {
        tokens: [
          {
            id: '1',
            name: 'acme_read',
            description: '',
            token: 'p.eyJ1Ijox.value-1xxxxxxxxxxxxxxxxxx',
            scopes,
            origin: { type: 'C', resource_id: '' },
          },
          { id: '2', name: 'reduced', token: null, scopes: null },
          { id: '3', name: 'bare' },
        ],
      },
    });
    const tokens = await it.reader.tokens();
    expect(tokens).toEqual([
      {
        id: '1',
        name: 'acme_read',
        description: '',
        value: expect.any(Secret),
        scopes: [
          { type: 'DATASOURCES:READ', resource: 'events', filter: "t = 'a'" },
          { type: 'TOKENS', resource: null, filter: null },
          { type: 'ADMIN', resource: null, filter: null },
        ],
        origin: 'C',
      },
      { id: '2', name: 'reduced', description: '', value: null, scopes: [], origin: null },
      { id: '3', name: 'bare', description: '', value: null, scopes: [], origin: null },
    ]);
    expect(tokens[0]?.value?.reveal()).toBe('p.eyJ1Ijox.value-1xxxxxxxxxxxxxxxxxx');
    expect(JSON.stringify(tokens)).not.toContain('value-1');
  });

  test('a bad item is an error without its value', async () => {
    await using it = await read({ '/v0/tokens': { tokens: [{ id: '1', name: 7, token: 'hidden-value' }] } });
    const error = await it.reader.tokens().catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(
      /GET \/v0\/tokens — tokens\.0\.name: Invalid input: expected string, received number/,
    );
    expect(String(error)).not.toContain('hidden-value');
  });

  test('may be read with a token of their own', async () => {
    await using it = await read({ '/v0/tokens': { tokens: [] }, '/v0/datasources': { datasources: [] } });
    const reader = createReader(it.client, it.client.as(new Secret('tokens-token')));
    expect(await reader.tokens()).toEqual([]);
    expect(await reader.datasources()).toEqual([]);
    const [tokens, datasources] = it.requests.map(({ headers }) => headers.authorization);
    expect(tokens).toBe('Bearer tokens-token');
    expect(datasources).toBe(`Bearer ${TOKEN}`);
  });
});

describe('datafile text', () => {
  test.each<[string, 'datasource' | 'pipe', string[]]>([
    ['', 'datasource', ['/v0/datasources/a%20b.datasource']],
    ['older', 'datasource', ['/v0/datasources/a%20b.datasource', '/v0/datasources/a%20b?format=datasource']],
    ['', 'pipe', ['/v1/pipes/a%20b.pipe']],
    ['older', 'pipe', ['/v1/pipes/a%20b.pipe', '/v0/pipes/a%20b.pipe']],
    [
      'odd',
      'pipe',
      [
        '/v1/pipes/a%20b.pipe',
        '/v0/pipes/a%20b.pipe',
        '/v1/pipes/a%20b?format=pipe',
        '/v0/pipes/a%20b?format=pipe',
      ],
    ],
  ])('%s %s: %j', async (_name, kind, paths) => {
    const last = paths.at(-1) ?? '';
    await using it = await read({ [last]: 'NODE n\nSQL >\n    SELECT 1\n' });
    expect(await it.reader.datafileText(kind, 'a b')).toBe('NODE n\nSQL >\n    SELECT 1\n');
    expect(it.lines()).toEqual(paths.map((path) => `GET ${path}`));
  });

  test('nowhere', async () => {
    await using it = await read({});
    await expect(it.reader.datafileText('pipe', 'x')).rejects.toThrow(
      /404 Not Found: GET \/v0\/pipes\/x\?format=pipe — Not found\./,
    );
  });

  test('connectors: names, none where there is no such route', async () => {
    await using one = await read({
      '/v0/connectors': { connectors: [{ id: '1', name: 'k', settings: {} }] },
    });
    expect(await one.reader.connectors()).toEqual(['k']);
    await using other = await read({ '/v0/connectors': { connections: [{ name: 'k' }] } });
    expect(await other.reader.connectors()).toEqual(['k']);
    await using none = await read({});
    expect(await none.reader.connectors()).toEqual([]);
  });
});
