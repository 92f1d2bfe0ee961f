// Views that every insert runs, and the keys of the tables below them.
import { describe, expect, test } from 'vitest';
import { type Given, linted, places } from './given.ts';

const view = (select: string, rest = 'FROM events WHERE tenant_id = {{sql id}}'): Given => ({
  set: {
    'own.datasource.hbs': 'SCHEMA >\n    `tenant_id` String\n',
    'own_mv.pipe.hbs': `NODE mv\nSQL >\n    SELECT ${select}\n    ${rest}\n\nTYPE materialized\nDATASOURCE {{resource "own"}}\n`,
  },
});

describe('* from the landing table', () => {
  test.each(['*', 'e.*', 'tenant_id, *', '* EXCEPT (status)', "COLUMNS('^t')"])('%s', (select) => {
    expect(places(linted(view(select, 'FROM events e WHERE tenant_id = {{sql id}}')))).toEqual([
      'star-from-landing own_mv.pipe.hbs:3',
    ]);
  });

  test('through another query', () => {
    const through = view('*', 'FROM (SELECT * FROM events) WHERE tenant_id = {{sql id}}');
    expect(places(linted(through))).toEqual(['star-from-landing own_mv.pipe.hbs:4']);
  });

  test.each([
    ['tenant_id', 'FROM events WHERE tenant_id = {{sql id}}'],
    ['count() * 2 AS n', 'FROM events WHERE tenant_id = {{sql id}}'],
    ["'*' AS star -- *", 'FROM events WHERE tenant_id = {{sql id}}'],
    ['*', 'FROM (SELECT tenant_id FROM events WHERE tenant_id = {{sql id}})'],
    ['*', 'FROM {{resource "own"}}'],
  ])('none: %s %s', (select, rest) => expect(linted(view(select, rest))).toEqual([]));

  test('the corrected form has the columns of the table, and names the tenants', () => {
    const [found] = linted(view('*'));
    expect(found).toEqual({
      rule: 'star-from-landing',
      level: 'warning',
      file: 'sets/s/own_mv.pipe.hbs',
      line: 3,
      column: 12,
      message:
        'this view takes * from events: a column that is added there does not fit the table that the view fills',
      instead: 'SELECT tenant_id, event_type, user_id, status, response, tags, timestamp',
      tenants: 2,
      example: 'acme',
    });
  });
});

describe('casts that can throw', () => {
  const levels = (select: string) =>
    linted(view(select)).map(({ rule, level, instead }) => `${rule} ${level} ${instead ?? ''}`);

  test.each([
    ['toUInt32(status) AS n', 'toUInt32OrNull(…), or toUInt32OrZero(…)'],
    ['toInt64(event_type) AS n', 'toInt64OrNull(…), or toInt64OrZero(…)'],
    ['toDate(lower(status)) AS n', 'toDateOrNull(…), or toDateOrZero(…)'],
    ['toFloat64(events.status) AS n', 'toFloat64OrNull(…), or toFloat64OrZero(…)'],
    ['toDateTime64(status, 3) AS n', 'toDateTime64OrNull(…), or toDateTime64OrZero(…)'],
    [
      "parseDateTimeBestEffort(JSONExtractString(status, 'at')) AS n",
      'parseDateTimeBestEffortOrNull(…), or parseDateTimeBestEffortOrZero(…)',
    ],
    ['CAST(status AS UInt8) AS n', 'toUInt8OrNull(…), or toUInt8OrZero(…)'],
    ['toBool(status) AS n', "accurateCastOrNull(…, 'Bool')"],
    ['status::UInt16 AS n', 'toUInt16OrNull(…), or toUInt16OrZero(…)'],
    ['substring(status, 1, 2)::Date AS n', 'toDateOrNull(…), or toDateOrZero(…)'],
    ["CAST(status AS Enum8('a' = 1)) AS n", 'LowCardinality(String), without a cast'],
    ['toUUID(tags[1]) AS n', 'toUUIDOrNull(…), or toUUIDOrZero(…)'],
    ["toInt32(if(status = '', '0', status)) AS n", 'toInt32OrNull(…), or toInt32OrZero(…)'],
    ['lower(status) AS s, toInt32(s) AS n', 'toInt32OrNull(…), or toInt32OrZero(…)'],
  ])('%s', (select, instead) => expect(levels(select)).toEqual([`throwing-cast warning ${instead}`]));

  test.each([
    'toUInt32OrNull(status) AS n',
    'toUInt32OrZero(status) AS n',
    'toUInt32(response) AS n',
    'toDate(timestamp) AS day',
    "toDate('2026-01-01') AS day",
    'toString(response) AS n',
    'toUInt64(length(tags)) AS n',
    'toUInt32(response + 1) AS n',
    'toInt64(sum(response)) AS n',
    'toStartOfDay(timestamp) AS day',
    'response::UInt8 AS n',
    'CAST(response AS String) AS n',
    "'toUInt32(status)' AS n -- toUInt32(status)",
    'count() AS toUInt32',
    'toIntervalDay(response) AS n',
  ])('none: %s', (select) => expect(levels(select)).toEqual([]));

  test('what a function gives that is not known here', () => {
    expect(levels('toUInt32(strange(status)) AS n')).toEqual([
      'throwing-cast unsure toUInt32OrNull(…), or toUInt32OrZero(…)',
    ]);
    expect(levels("CAST(status, 'Nullable(UInt8)') AS n")).toEqual([
      'throwing-cast unsure toUInt8OrNull(…), or toUInt8OrZero(…)',
    ]);
  });

  test('a null has no room in a type without Nullable', () => {
    const events =
      'SCHEMA >\n    `tenant_id` String,\n    `n` Nullable(Int32)\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "tenant_id"\n';
    const of = (select: string) =>
      places(linted({ ...view(select), project: { 'datasources/events.datasource': events } }));
    expect(of('CAST(n AS Int64) AS m')).toEqual(['throwing-cast own_mv.pipe.hbs:3']);
    expect(of('toInt64(n) AS m')).toEqual([]);
    expect(of('CAST(n AS Nullable(Int64)) AS m')).toEqual([]);
  });

  test('in a view of the project, and only there', () => {
    const pipe = (type: string) =>
      `NODE daily\nSQL >\n    SELECT tenant_id,\n        toUInt32(status) AS n\n    FROM events\n\n${type}\n`;
    const project = (type: string) => ({ 'pipes/daily.pipe': pipe(type) });
    expect(places(linted({ project: project('TYPE materialized\nDATASOURCE accounts') }))).toEqual([
      'throwing-cast daily.pipe:4',
    ]);
    expect(linted({ project: project('TYPE endpoint') })).toEqual([]);
  });
});

describe('keys of shared tables', () => {
  const keys = (...lines: string[]) =>
    places(
      linted({
        project: {
          'datasources/events.datasource': `SCHEMA >\n    \`tenant_id\` String,\n    \`day\` Date\n\n${lines.join('\n')}\n`,
        },
      }),
    );
  const SORTED = 'ENGINE_SORTING_KEY "tenant_id, day"';

  test.each([
    ['ENGINE_SORTING_KEY "day, tenant_id"', 'sorting-key'],
    ['ENGINE_SORTING_KEY "lower(tenant_id), day"', 'sorting-key'],
    ['ENGINE_SORTING_KEY "tuple()"', 'sorting-key'],
    ['ENGINE_SORTING_KEY "toDate(day), tenant_id"', 'sorting-key'],
    ['ENGINE_PARTITION_KEY "day"', 'sorting-key?'],
  ])('%s', (line, found) => {
    const at = found.endsWith('?') ? 5 : 6;
    expect(keys('ENGINE "MergeTree"', line)).toEqual([`${found} events.datasource:${at}`]);
  });

  test.each([
    'tenant_id',
    '(tenant_id, day)',
    'tuple(tenant_id, day)',
    '`tenant_id`, day',
    'tenant_id, toDate(day)',
  ])('sorted by %s', (key) =>
    expect(keys('ENGINE "ReplacingMergeTree"', `ENGINE_SORTING_KEY "${key}"`)).toEqual([]),
  );

  test('an engine without a key', () => expect(keys('ENGINE "Null"')).toEqual([]));

  test.each([
    ['tenant_id', 'partition-by-tenant'],
    ['(toYYYYMM(day), tenant_id)', 'partition-by-tenant'],
    ['tuple(tenant_id)', 'partition-by-tenant'],
    ['substring(tenant_id, 1, 1)', 'partition-by-tenant?'],
  ])('partitioned by %s', (key, found) => {
    expect(keys('ENGINE "MergeTree"', `ENGINE_PARTITION_KEY "${key}"`, SORTED)).toEqual([
      `${found} events.datasource:6`,
    ]);
  });

  test.each(['toYYYYMM(day)', 'cityHash64(tenant_id) % 16', 'day', ''])('partitioned by %s: none', (key) =>
    expect(keys('ENGINE "MergeTree"', `ENGINE_PARTITION_KEY "${key}"`, SORTED)).toEqual([]),
  );
});
