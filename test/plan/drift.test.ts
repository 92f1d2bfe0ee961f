// What is live under our marker, as a workspace's lists tell it, against what we have sent: which differences are drift, and how it is planned.
import { describe, expect, test } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import { driftNotes, hasDrift } from '../../src/drift.ts';
import { unwrap } from '../../src/errors.ts';
import type { Desired, Fleet, LiveResource } from '../../src/model.ts';
import { plan } from '../../src/plan/plan.ts';
import { readDatasources } from '../../src/tinybird/datasources.ts';
import { nameTargets, readPipes } from '../../src/tinybird/pipes.ts';
import { connect, reply, startServer } from '../tinybird/server.ts';

const MARKER = '[tinybird-tenants fleet=usage tenant=acme set=own sha=0123456789abcdef]';
const FLEET: Fleet = {
  name: 'usage',
  workspace: null,
  tenants: [
    {
      id: 'acme',
      slug: 'acme',
      set: 'own',
      vars: {},
      state: 'active',
      at: { file: 'tenants.yaml', line: 1, column: 1 },
    },
  ],
};

const EVENTS = `DESCRIPTION >
    Events of acme,
    kept for 90 days
    ${MARKER}

SCHEMA >
    \`id\` UUID \`json:$.id\`,
    \`kind\` LowCardinality(Nullable(String)) \`json:$.kind\`,
    \`note\` Nullable(String) \`json:$.note\`,
    \`at\` DateTime64(3) \`json:$.at\` DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    \`day\` DateTime('UTC') \`json:$.day\`

ENGINE "ReplacingMergeTree"
ENGINE_PARTITION_KEY "toYYYYMM(at)"
ENGINE_SORTING_KEY "id, at"
ENGINE_TTL "toDateTime(at) + toIntervalDay(90)"
ENGINE_VER "at"
ENGINE_SETTINGS "index_granularity=1024"

INDEXES >
    INDEX a kind TYPE set(0) GRANULARITY 4

TAGS "own"
`;
const EVENTS_LIST = {
  id: 't_1',
  name: 'acme_events',
  description: `Events of acme,\nkept for 90 days\n${MARKER}`,
  engine: {
    engine: 'ReplacingMergeTree',
    engine_sorting_key: 'id, at',
    engine_partition_key: 'toYYYYMM(at)',
    engine_primary_key: 'id, at',
    engine_ttl: 'toDateTime(at) + toIntervalDay(90)',
    engine_ver: 'at',
  },
  columns: [
    { name: 'id', type: 'UUID', jsonpath: '$.id' },
    { name: 'kind', type: 'LowCardinality(Nullable(String))', jsonpath: '$.kind' },
    { name: 'note', type: 'Nullable(String)', jsonpath: '$.note' },
    {
      name: 'at',
      type: 'DateTime64(3)',
      jsonpath: '$.at',
      default_value: 'DEFAULT now64(3)',
      codec: 'CODEC(Delta, ZSTD(1))',
    },
    { name: 'day', type: "DateTime('UTC')", jsonpath: '$.day' },
  ],
  updated_at: '2026-01-02 03:04:05.678901',
};

const USAGE = `DESCRIPTION >
    ${MARKER}

NODE own
SQL >
    %
    SELECT kind, count() AS events
    FROM acme_events
    WHERE tenant_id = 'acme'
    {% if defined(since) %}
        AND at >= {{DateTime(since, description="Only from then on")}}
    {% end %}
    GROUP BY kind

NODE usage
SQL >
    SELECT * FROM own

TYPE endpoint
`;
const OWN_SQL = `%
SELECT kind, count() AS events
FROM acme_events
WHERE tenant_id = 'acme'
{% if defined(since) %}
    AND at >= {{DateTime(since, description="Only from then on")}}
{% end %}
GROUP BY kind`;
const OWN = { id: 't_21', name: 'own', sql: OWN_SQL, node_type: 'standard' };
const LAST = { id: 't_22', name: 'usage', sql: 'SELECT * FROM own', node_type: 'endpoint' };
const USAGE_LIST = {
  id: 't_2',
  name: 'acme_usage',
  description: MARKER,
  type: 'endpoint',
  endpoint: 't_22',
  nodes: [OWN, LAST],
  edited_by: 'ada@example.com',
  updated_at: '2026-01-02 03:04:05.678901',
};

const VIEW = `DESCRIPTION >
    ${MARKER}

NODE own
SQL >
    SELECT id, at FROM landing WHERE tenant_id = 'acme'

TYPE materialized
DATASOURCE acme_events
`;
const VIEW_NODE = {
  id: 't_31',
  name: 'own',
  sql: "SELECT id, at FROM landing WHERE tenant_id = 'acme'",
  node_type: 'materialized',
  materialized: 't_1',
};
const VIEW_LIST = { id: 't_3', name: 'acme_view', description: MARKER, nodes: [VIEW_NODE] };

function desiredFrom(name: string, text: string): Desired {
  const resource = unwrap(parseDatafile(name, text));
  const key = `${resource.kind}/${resource.name}` as const;
  return { key, resource, tenant: 'acme', set: 'own', role: null, sha: '0123456789abcdef', from: name };
}

const DESIRED = [
  desiredFrom('acme_events.datasource', EVENTS),
  desiredFrom('acme_usage.pipe', USAGE),
  desiredFrom('acme_view.pipe', VIEW),
];

interface Lists {
  readonly events?: object;
  readonly usage?: object;
  readonly view?: object;
}

/** The plan for a workspace whose lists tell something else about one resource. */
async function planFor({ events = {}, usage = {}, view = {} }: Lists, only: string | null = null) {
  await using server = await startServer(({ line }, response) => {
    if (line.startsWith('GET /v0/datasources')) {
      reply(response, 200, { datasources: [{ ...EVENTS_LIST, ...events }] });
    } else
      reply(response, 200, {
        pipes: [
          { ...USAGE_LIST, ...usage },
          { ...VIEW_LIST, ...view },
        ],
      });
  });
  await using it = connect(server.url);
  const datasources = await readDatasources(it.client);
  const pipes = nameTargets(await readPipes(it.client), datasources);
  return planOf([...datasources, ...pipes], DESIRED, only);
}

const planOf = (
  resources: readonly LiveResource[],
  desired: readonly Desired[],
  only: string | null = null,
) =>
  plan({
    desired,
    live: { resources, tokens: [], jwts: new Map() },
    fleet: FLEET,
    only: only === null ? null : new Set([only]),
    prune: false,
    adopt: false,
    now: 0,
  });

const columns = (name: string, change: object) =>
  EVENTS_LIST.columns.map((column) => (column.name === name ? { ...column, ...change } : column));
const engine = (change: object) => ({ engine: { ...EVENTS_LIST.engine, ...change } });
const sql = (change: (sql: string) => string) => ({ nodes: [{ ...OWN, sql: change(OWN.sql) }, LAST] });

test.each<[string, Lists]>([
  ['nothing', {}],
  [
    'a description indented as in the file',
    { events: { description: EVENTS_LIST.description.replaceAll('\n', '\n    ') } },
  ],
  [
    'a description with other line ends',
    { events: { description: EVENTS_LIST.description.replaceAll('\n', ' \r\n') } },
  ],
  ['Nullable as type and flag', { events: { columns: columns('note', { type: 'String', nullable: true }) } }],
  [
    'the same within LowCardinality',
    { events: { columns: columns('kind', { type: 'LowCardinality(String)', nullable: true }) } },
  ],
  ['Nullable and a flag', { events: { columns: columns('note', { nullable: true }) } }],
  ['no time zone', { events: { columns: columns('day', { type: 'DateTime' }) } }],
  ['a default without the keyword', { events: { columns: columns('at', { default_value: 'now64(3)' }) } }],
  [
    'a codec with its arguments',
    { events: { columns: columns('at', { codec: 'CODEC(Delta(8), ZSTD(1))' }) } },
  ],
  ['no codec told', { events: { columns: columns('at', { codec: null }) } }],
  ['no JSON path told', { events: { columns: columns('id', { jsonpath: null }) } }],
  [
    'columns told in the schema',
    { events: { columns: undefined, schema: { columns: EVENTS_LIST.columns } } },
  ],
  ['a key in brackets', { events: engine({ engine_sorting_key: '(id, at)' }) }],
  ['a key as a tuple', { events: engine({ engine_sorting_key: 'tuple(id,at)' }) }],
  ['TTL in other words', { events: engine({ engine_ttl: 'toDateTime(at) + INTERVAL 90 DAY' }) }],
  ['no TTL told', { events: engine({ engine_ttl: undefined }) }],
  ['no version told', { events: engine({ engine_ver: undefined }) }],
  [
    'an engine that is replicated',
    { events: engine({ engine: "ReplicatedReplacingMergeTree('/path', '{replica}', at)" }) },
  ],
  ['settings that the server fills in', { events: engine({ engine_settings: 'index_granularity=8192' }) }],
  ['indexes and tags, which the lists do not tell', { events: { indexes: [], tags: { owner: 'ada' } } }],
  [
    'the options without their prefix',
    {
      events: {
        engine: { engine: 'ReplacingMergeTree', sorting_key: 'id, at', partition_key: 'toYYYYMM(at)' },
      },
    },
  ],
  ['other line ends', { usage: sql((text) => text.replaceAll('\n', '\r\n')) }],
  ['indentation as in the file', { usage: sql((text) => text.replaceAll('\n', '\n    ')) }],
  ['blanks at the end', { usage: sql((text) => `${text}  \n\n`) }],
  ['`%` on the same line', { usage: sql((text) => text.replace('%\n', '% ')) }],
  [
    'keywords in lower case, names in quotes',
    { usage: sql((text) => text.replace('SELECT kind', 'select `kind`')) },
  ],
  ['a comment that was dropped or kept', { usage: sql((text) => text.replace('GROUP', '-- each\nGROUP')) }],
  ['an endpoint told by the id of its node', { usage: { nodes: [OWN, { ...LAST, node_type: 'standard' }] } }],
  ['nodes in another order', { usage: { nodes: [LAST, OWN] } }],
  ['a target by its name', { view: { nodes: [{ ...VIEW_NODE, materialized: 'acme_events' }] } }],
  ['who edited it in another shape', { usage: { edited_by: { id: 'ada' } } }],
])('is no drift: %s', async (_, lists) => {
  const made = await planFor(lists);
  expect(made.steps).toEqual([]);
  expect(made.conflicts).toEqual([]);
  expect(made.unchanged).toBe(DESIRED.length);
  expect(hasDrift(made)).toBe(false);
});

test.each<[string, Lists, string, string]>([
  [
    'a description',
    { events: { description: `Ours now\n${MARKER}` } },
    'datasource/acme_events',
    'description',
  ],
  [
    'a column that is gone',
    { events: { columns: EVENTS_LIST.columns.slice(1) } },
    'datasource/acme_events',
    'columns',
  ],
  [
    'a column that came',
    { events: { columns: [...EVENTS_LIST.columns, { name: 'more', type: 'String' }] } },
    'datasource/acme_events',
    'columns',
  ],
  [
    'another type',
    { events: { columns: columns('note', { type: 'String' }) } },
    'datasource/acme_events',
    'columns',
  ],
  [
    'another default',
    { events: { columns: columns('at', { default_value: 'DEFAULT now64(6)' }) } },
    'datasource/acme_events',
    'columns',
  ],
  [
    'another codec',
    { events: { columns: columns('at', { codec: 'CODEC(LZ4)' }) } },
    'datasource/acme_events',
    'columns',
  ],
  [
    'a shorter TTL',
    { events: engine({ engine_ttl: 'toDateTime(at) + toIntervalDay(30)' }) },
    'datasource/acme_events',
    'ttl',
  ],
  [
    'a longer TTL',
    { events: engine({ engine_ttl: 'toDateTime(at) + toIntervalDay(365)' }) },
    'datasource/acme_events',
    'ttl',
  ],
  ['another engine', { events: engine({ engine: 'MergeTree' }) }, 'datasource/acme_events', 'engine'],
  ['another key', { events: engine({ engine_sorting_key: 'at, id' }) }, 'datasource/acme_events', 'engine'],
  ['another version', { events: engine({ engine_ver: 'day' }) }, 'datasource/acme_events', 'engine'],
  ['another literal', { usage: sql((text) => text.replace("'acme'", "'globex'")) }, 'pipe/acme_usage', 'sql'],
  [
    'the case of a string',
    { usage: sql((text) => text.replace("'acme'", "'ACME'")) },
    'pipe/acme_usage',
    'sql',
  ],
  ['another operator', { usage: sql((text) => text.replace('=', '!=')) }, 'pipe/acme_usage', 'sql'],
  [
    'no filter',
    { usage: sql((text) => text.replace("WHERE tenant_id = 'acme'", 'WHERE 1')) },
    'pipe/acme_usage',
    'sql',
  ],
  [
    'a filter that is a comment',
    { usage: sql((text) => text.replace('WHERE', 'WHERE 1 --')) },
    'pipe/acme_usage',
    'sql',
  ],
  [
    'a node that came',
    { usage: { nodes: [OWN, { ...OWN, name: 'more' }, LAST] } },
    'pipe/acme_usage',
    'nodes',
  ],
  [
    'an endpoint that is none',
    { usage: { endpoint: null, nodes: [OWN, { ...LAST, node_type: 'standard' }] } },
    'pipe/acme_usage',
    'type',
  ],
  [
    'an endpoint that was none',
    { view: { nodes: [{ ...VIEW_NODE, node_type: 'endpoint' }] } },
    'pipe/acme_view',
    'type',
  ],
  [
    'another target',
    { view: { nodes: [{ ...VIEW_NODE, materialized: 'elsewhere' }] } },
    'pipe/acme_view',
    'target',
  ],
])('is drift: %s', async (_, lists, key, field) => {
  const made = await planFor(lists);
  const changes = made.steps.flatMap((step) => step.changes);
  expect(changes).toMatchObject([{ action: 'update', key, tenant: 'acme', fields: [field], drift: true }]);
  expect(hasDrift(made)).toBe(true);
  expect((await planFor(lists, 'globex')).steps).toEqual([]);
});

describe('drift', () => {
  test('has its place in the checksum: what is live is a part of it', async () => {
    const checksum = async (literal: string) =>
      (await planFor({ usage: sql((text) => text.replace("'acme'", literal)) })).checksum;
    const [one, other] = [await checksum("'globex'"), await checksum("'initech'")];
    expect(one).not.toBe(other);
    expect(await checksum("'globex'")).toBe(one);
    expect(one).not.toBe((await planFor({})).checksum);
  });

  test('says what was edited, when and by whom', async () => {
    const made = await planFor({ usage: sql((text) => text.replace("'acme'", "'globex'")) });
    expect(made.steps[0]?.changes[0]).toMatchObject({
      before: { updatedAt: '2026-01-02 03:04:05.678901', editedBy: 'ada@example.com' },
    });
    expect(driftNotes(made).join()).toContain(
      'edited acme_usage: sql (2026-01-02 03:04:05, by ada@example.com)',
    );
  });

  test('is what is missing, too', () => {
    const made = planOf([], DESIRED);
    expect(driftNotes(made).join()).toContain('missing acme_usage (pipe)');
    expect(made.steps.flatMap(({ changes }) => changes).some(({ drift }) => drift)).toBe(false);
  });

  test('is an orphan, which no apply takes away', async () => {
    const gone = { ...DESIRED[0], key: 'datasource/acme_old' as const };
    const before = planOf([], []);
    expect(driftNotes(before)).toEqual([]);
    if (gone.resource === undefined || gone.resource.kind === 'token') throw new Error('a data source');
    const live: LiveResource = {
      key: gone.key,
      id: 't_9',
      name: 'acme_old',
      datafile: { ...gone.resource, name: 'acme_old' },
      rows: 3,
      unfaithful: null,
      updatedAt: '',
    };
    const made = planOf([live], []);
    expect(made.steps).toEqual([]);
    expect(hasDrift(made)).toBe(true);
    expect(driftNotes(made)).toEqual([
      'drift: 1 orphan, which no line of the list asks for: acme_old (data source of acme)',
    ]);
  });
});
