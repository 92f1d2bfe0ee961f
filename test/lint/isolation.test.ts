// Reads of shared tables: which SQL holds them to one tenant, and which only looks like it.
import { describe, expect, test } from 'vitest';
import { rulesOf } from './given.ts';

const OWN = 'tenant_id = {{sql id}}';

describe('held to one tenant', () => {
  test.each([
    `SELECT * FROM events WHERE ${OWN}`,
    'SELECT * FROM events WHERE {{sql id}} = tenant_id',
    'SELECT * FROM events WHERE tenant_id == {{sql id}}',
    `SELECT * FROM events PREWHERE ${OWN} WHERE status = 'x' OR status = 'y'`,
    `SELECT * FROM events WHERE (${OWN})`,
    `SELECT * FROM events WHERE ((${OWN}) AND (status = 'x' OR 1))`,
    `SELECT * FROM events WHERE status = 'x' AND ${OWN} AND response BETWEEN 1 AND 2`,
    `SELECT * FROM events WHERE response BETWEEN 1 AND 2 AND ${OWN}`,
    `SELECT * FROM events WHERE response NOT BETWEEN 1 AND 2 AND status IN ('a', 'b') AND ${OWN}`,
    'SELECT * FROM events WHERE tenant_id IN {{sql id}}',
    'SELECT * FROM events WHERE tenant_id IN ({{sql id}})',
    'SELECT * FROM events WHERE tenant_id IN [{{sql id}}, {{sql slug}}]',
    'SELECT * FROM events WHERE toString(tenant_id) = {{sql id}}',
    'SELECT * FROM events WHERE tenant_id::String = toString({{sql id}})',
    'SELECT * FROM events WHERE CAST(tenant_id AS String) = CAST({{sql id}} AS String)',
    'SELECT * FROM events AS e WHERE e.tenant_id = {{sql id}}',
    'SELECT * FROM events e FINAL WHERE e.`tenant_id` = {{sql id}}',
    'SELECT * FROM events SAMPLE 1/10 WHERE events.tenant_id = {{sql id}}',
    `SELECT tenant_id AS t FROM events WHERE t = {{sql id}}`,
    `SELECT toString(tenant_id) AS tenant_id FROM events WHERE ${OWN}`,
    `SELECT * FROM events WHERE (${OWN} AND status = 'x') OR (${OWN} AND status = 'y')`,
    `SELECT CASE WHEN status = 'x' OR status = 'y' THEN 1 ELSE 2 END AS n FROM events WHERE ${OWN}`,
    `SELECT if(status = 'x' OR 1, 1, 2) AS n FROM events WHERE ${OWN} GROUP BY n HAVING n > 1 OR n < 3`,
    `SELECT * FROM events ARRAY JOIN tags AS tag, tags AS other WHERE ${OWN} AND tag = 'x'`,
    `SELECT * FROM events LEFT ARRAY JOIN tags WHERE ${OWN}`,
    `SELECT limit, format FROM events WHERE ${OWN} ORDER BY timestamp LIMIT 10`,
    `SELECT * FROM events WHERE ${OWN} LIMIT 1 BY user_id SETTINGS max_threads = 1`,
    `FROM events SELECT count() WHERE ${OWN}`,
    `SELECT 1 -- FROM accounts\n FROM events WHERE ${OWN} /* OR 1 */`,
    `SELECT ' FROM accounts ' AS \`from\` FROM events WHERE ${OWN}`,
    `SELECT * FROM events WHERE ${OWN} AND 1 IN (from, to) AND extract(DAY FROM timestamp) = 1`,
    'SELECT number FROM numbers(10)',
    'SELECT * FROM countries',
  ])('%s', (sql) => expect(rulesOf(sql)).toEqual([]));
});

describe('nothing holds it', () => {
  test.each([
    'SELECT * FROM events',
    `SELECT * FROM events WHERE status = {{sql id}}`,
    "SELECT * FROM events -- WHERE tenant_id = 'acme'",
    "SELECT * FROM events /* WHERE tenant_id = 'acme' */",
    'WITH events AS (SELECT * FROM events) SELECT * FROM events',
    `SELECT 'WHERE tenant_id = 1' FROM events`,
    'SELECT * FROM events WHERE tenant_id != {{sql id}}',
    'SELECT * FROM events WHERE NOT (tenant_id = {{sql id}})',
    'SELECT * FROM events WHERE NOT tenant_id = {{sql id}}',
    'SELECT * FROM events WHERE tenant_id NOT IN ({{sql id}})',
    'SELECT * FROM events WHERE tenant_id LIKE {{sql id}}',
    'SELECT * FROM events WHERE tenant_id > {{sql id}}',
    "SELECT * FROM events WHERE tenant_id BETWEEN {{sql id}} AND 'z'",
    "SELECT * FROM events WHERE tenant_id = 'initech'",
    "SELECT * FROM events WHERE tenant_id = 'acme'",
    "SELECT * FROM events WHERE tenant_id IN ({{sql id}}, 'initech')",
    'SELECT * FROM events WHERE tenant_id = user_id',
    'SELECT * FROM events WHERE tenant_id = tenant_id',
    `%\nSELECT * FROM events WHERE tenant_id = {{String(tenant, required=True)}}`,
    'SELECT * FROM events_quarantine',
  ])('%s', (sql) => expect(rulesOf(sql)).toEqual(['unfiltered-table']));
});

describe('whether it is held is not decided', () => {
  test.each([
    'SELECT * FROM events WHERE lower(tenant_id) = {{sql id}}',
    'SELECT * FROM events WHERE has([{{sql id}}], tenant_id)',
    'SELECT * FROM events WHERE equals(tenant_id, {{sql id}})',
    'SELECT * FROM events WHERE if(1, tenant_id = {{sql id}}, 0)',
    'SELECT * FROM events WHERE 1 ? tenant_id = {{sql id}} : 1',
    'SELECT * FROM events WHERE tenant_id IN (SELECT code FROM countries)',
    'SELECT * FROM events WHERE (tenant_id, status) IN (({{sql id}}, 1))',
    "SELECT 'x' AS tenant_id FROM events WHERE tenant_id = {{sql id}}",
    'SELECT lower(tenant_id) AS tenant_id FROM events WHERE tenant_id = {{sql id}}',
    "WITH 'x' AS tenant_id SELECT 1 FROM events WHERE tenant_id = {{sql id}}",
    '%\nSELECT * FROM events WHERE {{sql_and(tenant_id=tenant)}}',
    "SELECT * FROM events WHERE tenant_id = 'a\\nb'",
    'SELECT * FROM elsewhere',
    'SELECT * FROM tinybird.pipe_stats_rt',
    "SELECT * FROM remote('x', 'y')",
    '%\nSELECT * FROM {{table(anything)}}',
  ])('%s', (sql) => expect(rulesOf(sql)).toEqual(['unfiltered-table?']));

  test.each([
    `SELECT * FROM events WHERE ${OWN} /* a /* b */ OR 1 */`,
    `SELECT * FROM events WHERE ${OWN} // AND 1`,
    `SELECT * FROM events WHERE ${OWN} AND status = $$x$$`,
    `SELECT * FROM events WHERE (${OWN}`,
    `SELECT * FROM events WHERE ${OWN})`,
    '%\nSELECT * FROM events {% if defined(x) %} WHERE 1',
    'DESCRIBE events',
    'SELECT * FROM 5',
  ])('nor read: %s', (sql) => expect(rulesOf(sql)).toEqual(['unread?']));
});

describe('an OR beside the condition', () => {
  test.each([
    `SELECT * FROM events WHERE ${OWN} OR status = 'public'`,
    `SELECT * FROM events WHERE status = 'public' OR ${OWN}`,
    `SELECT * FROM events WHERE (status = 'public' OR (response = 1 AND ${OWN})) AND response > 0`,
    `SELECT * FROM events WHERE ${OWN} AND status = 'x' OR status = 'y'`,
    `SELECT * FROM events PREWHERE ${OWN} OR 1 WHERE status = 'x'`,
    `SELECT * FROM (SELECT * FROM events WHERE ${OWN} OR response = 1)`,
  ])('%s', (sql) => expect(rulesOf(sql)).toEqual(['or-beside-filter']));

  test.each([
    `SELECT * FROM events WHERE ${OWN} AND (status = 'x' OR status = 'y')`,
    `SELECT * FROM events WHERE ${OWN} AND status = ' OR 1' -- OR 1`,
    `SELECT arrayExists(x -> x = 'a' OR x = 'b', tags) FROM events WHERE ${OWN}`,
    `SELECT * FROM events WHERE ${OWN} AND event_type = 'OR' AND \`OR\` = 1`,
  ])('no such: %s', (sql) => expect(rulesOf(sql)).toEqual([]));
});

describe('joins, unions and queries in queries', () => {
  test.each([
    `SELECT * FROM events e JOIN accounts a ON a.user_id = e.user_id WHERE e.${OWN}`,
    `SELECT * FROM events e, accounts a WHERE e.user_id = a.user_id AND e.${OWN}`,
    `SELECT * FROM events e CROSS JOIN accounts a WHERE a.${OWN}`,
    `SELECT * FROM events e LEFT JOIN accounts a ON a.user_id = e.user_id AND e.${OWN} AND a.${OWN}`,
    `SELECT * FROM events e RIGHT JOIN accounts a ON a.user_id = e.user_id AND a.${OWN} WHERE e.${OWN}`,
    `SELECT * FROM events e FULL JOIN accounts a USING (tenant_id) `,
    `SELECT * FROM events e ANTI JOIN accounts a ON a.tenant_id = e.tenant_id AND e.${OWN}`,
    `SELECT * FROM events WHERE ${OWN} UNION ALL SELECT * FROM events`,
    `(SELECT * FROM events WHERE ${OWN}) UNION DISTINCT (SELECT * FROM events)`,
    `SELECT 1 FROM events WHERE ${OWN} EXCEPT SELECT 1 FROM accounts`,
    `SELECT * FROM (SELECT user_id, count() AS n FROM events GROUP BY user_id) WHERE n > 1`,
    `SELECT * FROM (SELECT 'x' AS tenant_id, status FROM events) WHERE ${OWN}`,
    `SELECT * FROM (SELECT lower(tenant_id) AS tenant_id FROM events) WHERE ${OWN}`,
    `SELECT * FROM (SELECT * EXCEPT (tenant_id), status AS tenant_id FROM events) WHERE ${OWN}`,
    `SELECT * FROM (SELECT tenant_id, rank() OVER (ORDER BY response) AS r FROM events) WHERE ${OWN}`,
    `SELECT * FROM (SELECT tenant_id, rank() OVER (PARTITION BY status ORDER BY tenant_id) AS r FROM events) WHERE ${OWN}`,
    `SELECT rank() OVER (ORDER BY response) AS r FROM events QUALIFY ${OWN}`,
    `SELECT *, (SELECT count() FROM events) AS total FROM events WHERE ${OWN}`,
    `SELECT * FROM events WHERE ${OWN} AND user_id IN (SELECT user_id FROM accounts)`,
    `SELECT * FROM events WHERE ${OWN} AND EXISTS (SELECT 1 FROM accounts)`,
    `WITH (SELECT max(timestamp) FROM events) AS last SELECT * FROM events WHERE ${OWN} AND timestamp = last`,
    `WITH every AS (SELECT * FROM events) SELECT user_id FROM every`,
    `WITH every AS (SELECT * FROM events) SELECT e.user_id FROM every e JOIN events o ON o.user_id = e.user_id WHERE o.${OWN}`,
    `SELECT * FROM view(SELECT * FROM events)`,
    `SELECT tenant_id AS t FROM events WHERE ${OWN} UNION ALL SELECT user_id FROM accounts`,
  ])('open: %s', (sql) => expect(new Set(rulesOf(sql)), sql).toEqual(new Set(['unfiltered-table'])));

  test.each([
    `SELECT * FROM events e JOIN accounts a ON a.user_id = e.user_id WHERE e.${OWN} AND a.${OWN}`,
    `SELECT * FROM events e JOIN accounts a ON a.user_id = e.user_id AND a.${OWN} WHERE e.${OWN}`,
    `SELECT * FROM events e JOIN accounts a ON a.user_id = e.user_id AND a.${OWN} AND e.${OWN}`,
    `SELECT * FROM events e JOIN accounts a ON a.tenant_id = e.tenant_id WHERE e.${OWN}`,
    `SELECT * FROM events e JOIN accounts a USING (tenant_id, user_id) WHERE ${OWN}`,
    `SELECT * FROM events e ANY LEFT JOIN accounts a USING tenant_id, user_id WHERE ${OWN}`,
    `SELECT * FROM events e GLOBAL ANY INNER JOIN accounts a ON e.tenant_id = a.tenant_id WHERE a.${OWN}`,
    `SELECT * FROM events e LEFT JOIN accounts a ON a.tenant_id = e.tenant_id WHERE e.${OWN}`,
    `SELECT * FROM events e LEFT JOIN accounts a ON a.user_id = e.user_id AND a.${OWN} WHERE e.${OWN}`,
    `SELECT * FROM events e FULL JOIN accounts a ON a.tenant_id = e.tenant_id WHERE e.${OWN} AND a.${OWN}`,
    `SELECT * FROM events e, accounts a WHERE e.tenant_id = a.tenant_id AND e.${OWN}`,
    `SELECT * FROM (SELECT * FROM events WHERE ${OWN}) e JOIN accounts a ON a.tenant_id = e.tenant_id`,
    `SELECT * FROM (events e JOIN accounts a ON a.tenant_id = e.tenant_id) WHERE e.${OWN}`,
    `SELECT * FROM events e JOIN countries c ON c.code = e.status WHERE ${OWN}`,
    `SELECT * FROM events WHERE ${OWN} UNION ALL SELECT * FROM events WHERE ${OWN}`,
    `SELECT * FROM (SELECT * FROM events) WHERE ${OWN}`,
    `SELECT * FROM (SELECT tenant_id, rank() OVER (PARTITION BY tenant_id ORDER BY response) AS r FROM events) WHERE ${OWN}`,
    `SELECT rank() OVER w AS r FROM events WHERE ${OWN} WINDOW w AS (ORDER BY response)`,
    `SELECT * FROM countries c JOIN (SELECT * FROM events) e ON c.code = e.status WHERE ${OWN}`,
    `SELECT * FROM (SELECT * FROM events UNION ALL SELECT * FROM events) WHERE ${OWN}`,
    `SELECT * FROM (SELECT tenant_id AS t FROM events UNION ALL SELECT tenant_id FROM accounts) WHERE t = {{sql id}}`,
    `SELECT * FROM (SELECT e.tenant_id AS org, count() AS n FROM events e GROUP BY org) WHERE org = {{sql id}}`,
    `SELECT tenant_id, count() AS n FROM events GROUP BY tenant_id HAVING ${OWN}`,
    `SELECT * FROM events WHERE ${OWN} AND user_id IN (SELECT user_id FROM accounts WHERE ${OWN})`,
    `WITH every AS (SELECT * FROM events) SELECT * FROM every WHERE ${OWN}`,
    `WITH a AS (SELECT * FROM events), b AS (SELECT * FROM a WHERE ${OWN}) SELECT * FROM b`,
    `WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT * FROM r`,
    `WITH unused AS (SELECT * FROM events) SELECT 1`,
    `WITH events AS (SELECT 1 AS n) SELECT * FROM events`,
    `SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT * FROM events) AS c) AS b) AS a WHERE a.${OWN}`,
    `SELECT * FROM events WHERE ${OWN} AND status = 'UNION ALL SELECT * FROM events'`,
  ])('held: %s', (sql) => expect(rulesOf(sql)).toEqual([]));
});

describe('what a caller may leave out', () => {
  test.each([
    `%\nSELECT * FROM events WHERE 1 {% if defined(x) %} AND ${OWN} {% end %}`,
    `%\nSELECT * FROM events {% if defined(x) %} WHERE ${OWN} {% end %}`,
    `%\nSELECT * FROM events {% if defined(x) %} WHERE ${OWN} {% else %} WHERE status = 'x' {% end %}`,
    `%\nSELECT * FROM events WHERE {% if all == 'no' %} ${OWN} {% else %} 1 {% end %}`,
    `%\nSELECT * FROM events WHERE 1 {% if not defined(all) %} AND ${OWN} {% end %}`,
    `%\nSELECT * FROM events WHERE 1 {% if defined(a) %} {% if defined(b) %} AND ${OWN} {% end %} {% end %}`,
    `%\nSELECT * FROM events WHERE 1 {% for x in xs %} AND ${OWN} {% end %}`,
    `%\nSELECT * FROM events WHERE 1 {% if a %} {% elif defined(b) or c %} AND ${OWN} {% end %}`,
    `%\nSELECT * FROM events e JOIN accounts a ON a.tenant_id = e.tenant_id WHERE 1 {% if a %} AND e.${OWN} {% end %}`,
  ])('open: %s', (sql) => expect(new Set(rulesOf(sql))).toEqual(new Set(['optional-filter'])));

  test.each([
    `%\nSELECT * FROM events WHERE ${OWN} {% if defined(x) %} AND status = {{String(x)}} {% end %}`,
    `%\nSELECT * FROM events WHERE {% if defined(x) %} ${OWN} {% else %} ${OWN} AND 1 {% end %}`,
    `%\nSELECT * FROM events {% if defined(x) %} WHERE ${OWN} {% else %} WHERE {{error('x is missing')}} {% end %}`,
    `%\n{% if not defined(x) %} {{error('x is missing')}} {% end %}
     SELECT * FROM events WHERE 1 {% if defined(x) %} AND ${OWN} {% end %}`,
    `%\nSELECT * FROM events WHERE {# {% if x %} #} ${OWN} {# {% end %} #}`,
    `%\n{% set n = 5 %} SELECT * FROM events WHERE ${OWN} LIMIT {{Int32(n)}}`,
    `%\nSELECT * FROM {% if defined(x) %} countries {% else %} events {% end %} {% if not defined(x) %} WHERE ${OWN} {% end %}`,
    `%\nSELECT 1 -- {% if defined(x) %} FROM accounts {% end %}\nFROM events WHERE ${OWN}`,
  ])('held: %s', (sql) => expect(rulesOf(sql)).toEqual([]));

  test('an OR that one parameter brings', () => {
    const sql = `%\nSELECT * FROM events WHERE ${OWN} {% if defined(x) %} OR user_id = {{String(x)}} {% end %}`;
    expect(rulesOf(sql)).toEqual(['or-beside-filter']);
  });
});
