// Pipes in the style of public multi-tenant projects that have the bug, and the same pipes without it.

export interface Sample {
  readonly name: string;
  /** What the token of each tenant fixes. */
  readonly fixed: string;
  /** The endpoint `usage`, which the token opens. */
  readonly pipe: string;
  /** As `rule file:line`. */
  readonly found: readonly string[];
  readonly corrected: string;
  /** What the token fixes in the corrected form, when that is what was wrong. */
  readonly fixedThen?: string;
}

const ORG = "org: '{{text id}}'";
const TENANT = "tenant: '{{text id}}'";

const one = (...lines: string[]): string =>
  ['NODE endpoint', 'SQL >', ...lines.map((line) => `    ${line}`), '', 'TYPE endpoint', ''].join('\n');

export const CORPUS: readonly Sample[] = [
  {
    name: 'a chat template: WHERE 1 and an optional organisation',
    fixed: ORG,
    pipe: one(
      '%',
      'SELECT toStartOfHour(timestamp) AS hour, count() AS requests',
      'FROM events',
      'WHERE 1',
      '{% if defined(org) %} AND tenant_id = {{String(org)}} {% end %}',
      'GROUP BY hour',
    ),
    found: ['optional-fixed-param read.token.hbs:6', 'optional-filter usage.pipe:7'],
    corrected: one(
      '%',
      'SELECT toStartOfHour(timestamp) AS hour, count() AS requests',
      'FROM events',
      'WHERE tenant_id = {{String(org, required=True)}}',
      'GROUP BY hour',
    ),
  },
  {
    name: 'a link shortener: every filter is optional, the tenant among them',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT status AS country, count() AS clicks',
      'FROM events',
      'WHERE true',
      '    {% if defined(user_id) %} AND user_id = {{ String(user_id) }} {% end %}',
      '    {% if defined(tenant) %}',
      '        AND tenant_id = {{ String(tenant) }}',
      '    {% end %}',
      '    {% if defined(start) %} AND timestamp >= {{ DateTime64(start) }} {% end %}',
      'GROUP BY country',
      'ORDER BY clicks DESC',
      'LIMIT {{ Int32(limit, 100) }}',
    ),
    found: ['optional-fixed-param read.token.hbs:6', 'optional-filter usage.pipe:8'],
    corrected: one(
      '%',
      'SELECT status AS country, count() AS clicks',
      'FROM events',
      'WHERE tenant_id = {{ String(tenant, required=True) }}',
      '    {% if defined(user_id) %} AND user_id = {{ String(user_id) }} {% end %}',
      '    {% if defined(start) %} AND timestamp >= {{ DateTime64(start) }} {% end %}',
      'GROUP BY country',
    ),
  },
  {
    name: 'docs: a parameter in quotes',
    fixed: ORG,
    pipe: one('%', "SELECT count() AS n FROM events WHERE tenant_id = '{{ String(org) }}'"),
    found: ['unfiltered-table usage.pipe:4', 'quoted-parameter usage.pipe:4'],
    corrected: one('%', 'SELECT count() AS n FROM events WHERE tenant_id = {{ String(org) }}'),
  },
  {
    name: 'a search in quotes beside a proper filter',
    fixed: ORG,
    pipe: one(
      '%',
      'SELECT * FROM events',
      'WHERE tenant_id = {{String(org, required=True)}}',
      "  AND status LIKE '%{{String(search)}}%'",
    ),
    found: ['quoted-parameter usage.pipe:6'],
    corrected: one(
      '%',
      'SELECT * FROM events',
      'WHERE tenant_id = {{String(org, required=True)}}',
      "  AND status LIKE concat('%', {{String(search)}}, '%')",
    ),
  },
  {
    name: 'a dashboard whose token fixes what the pipe does not take',
    fixed: ORG,
    pipe: one(
      '%',
      'SELECT count() AS n',
      'FROM events',
      'WHERE tenant_id = {{String(site_uuid, required=True)}}',
    ),
    found: ['unused-fixed-param read.token.hbs:6', 'unfiltered-table usage.pipe:6'],
    corrected: one(
      '%',
      'SELECT count() AS n',
      'FROM events',
      'WHERE tenant_id = {{String(org, required=True)}}',
    ),
  },
  {
    name: 'a pipe without any parameter',
    fixed: TENANT,
    pipe: one('SELECT event_type, count() AS n', 'FROM events', 'GROUP BY event_type'),
    found: ['unused-fixed-param read.token.hbs:6', 'unfiltered-table usage.pipe:4'],
    corrected: one(
      '%',
      'SELECT event_type, count() AS n',
      'FROM events',
      'WHERE tenant_id = {{String(tenant)}}',
      'GROUP BY event_type',
    ),
  },
  {
    name: 'the parameter stands in a comment',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT count() AS n',
      'FROM events',
      '-- WHERE tenant_id = {{String(tenant)}}',
      "WHERE status = 'x'",
    ),
    found: ['unused-fixed-param read.token.hbs:6', 'unfiltered-table usage.pipe:5'],
    corrected: one(
      '%',
      'SELECT count() AS n',
      'FROM events',
      'WHERE tenant_id = {{String(tenant)}}',
      "AND status = 'x'",
    ),
  },
  {
    name: 'empty means everybody',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT count() AS n FROM events',
      "WHERE ({{String(tenant, '')}} = ''",
      "  OR tenant_id = {{String(tenant, '')}})",
    ),
    found: ['or-beside-filter usage.pipe:6'],
    corrected: one('%', 'SELECT count() AS n FROM events', 'WHERE tenant_id = {{String(tenant)}}'),
  },
  {
    name: 'public rows for all, without brackets',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT * FROM events',
      'WHERE tenant_id = {{String(tenant, required=True)}}',
      "  AND response < 400 OR status = 'public'",
    ),
    found: ['or-beside-filter usage.pipe:6'],
    corrected: one(
      '%',
      'SELECT * FROM events',
      'WHERE tenant_id = {{String(tenant, required=True)}}',
      "  AND (response < 400 OR status = 'public')",
    ),
  },
  {
    name: 'names of users from another table',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT a.name, count() AS n',
      'FROM events e',
      'JOIN accounts a ON a.user_id = e.user_id',
      'WHERE e.tenant_id = {{String(tenant)}}',
      'GROUP BY a.name',
    ),
    found: ['unfiltered-table usage.pipe:6'],
    corrected: one(
      '%',
      'SELECT a.name, count() AS n',
      'FROM events e',
      'JOIN accounts a ON a.tenant_id = e.tenant_id AND a.user_id = e.user_id',
      'WHERE e.tenant_id = {{String(tenant)}}',
      'GROUP BY a.name',
    ),
  },
  {
    name: 'a share of the whole: the whole of everybody',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT count() / (',
      '  SELECT count() FROM events',
      ') AS share',
      'FROM events',
      'WHERE tenant_id = {{String(tenant)}}',
    ),
    found: ['unfiltered-table usage.pipe:5'],
    corrected: one(
      '%',
      'SELECT count() / (',
      '  SELECT count() FROM events WHERE tenant_id = {{String(tenant)}}',
      ') AS share',
      'FROM events',
      'WHERE tenant_id = {{String(tenant)}}',
    ),
  },
  {
    name: 'two periods: the second without the filter',
    fixed: TENANT,
    pipe: one(
      '%',
      "SELECT 'now' AS period, count() AS n FROM events",
      'WHERE tenant_id = {{String(tenant)}} AND timestamp > today()',
      'UNION ALL',
      "SELECT 'before' AS period, count() AS n FROM events",
      'WHERE timestamp <= today()',
    ),
    found: ['unfiltered-table usage.pipe:7'],
    corrected: one(
      '%',
      "SELECT 'now' AS period, count() AS n FROM events",
      'WHERE tenant_id = {{String(tenant)}} AND timestamp > today()',
      'UNION ALL',
      "SELECT 'before' AS period, count() AS n FROM events",
      'WHERE tenant_id = {{String(tenant)}} AND timestamp <= today()',
    ),
  },
  {
    name: 'a cohort by a query in IN',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT count() AS n FROM events',
      'WHERE tenant_id = {{String(tenant)}}',
      '  AND user_id IN (SELECT user_id FROM accounts',
      "    WHERE name != '')",
    ),
    found: ['unfiltered-table usage.pipe:6'],
    corrected: one(
      '%',
      'SELECT count() AS n FROM events',
      'WHERE tenant_id = {{String(tenant)}}',
      '  AND user_id IN (SELECT user_id FROM accounts',
      '    WHERE tenant_id = {{String(tenant)}})',
    ),
  },
  {
    name: 'a first node that reads everything, and a second that forgets',
    fixed: TENANT,
    pipe: `NODE sessions
SQL >
    SELECT tenant_id, user_id, min(timestamp) AS start FROM events GROUP BY tenant_id, user_id

NODE endpoint
SQL >
    %
    SELECT count() AS n FROM sessions WHERE start > {{DateTime(after)}}

TYPE endpoint
`,
    found: ['unused-fixed-param read.token.hbs:6', 'unfiltered-table usage.pipe:3'],
    corrected: `NODE sessions
SQL >
    SELECT tenant_id, user_id, min(timestamp) AS start FROM events GROUP BY tenant_id, user_id

NODE endpoint
SQL >
    %
    SELECT count() AS n FROM sessions WHERE tenant_id = {{String(tenant)}} AND start > {{DateTime(after)}}

TYPE endpoint
`,
  },
  {
    name: 'a CTE of all, joined with the own',
    fixed: TENANT,
    pipe: one(
      '%',
      'WITH totals AS (',
      '  SELECT status, count() AS n FROM events GROUP BY status',
      ')',
      'SELECT e.status, any(totals.n) AS n',
      'FROM events e JOIN totals ON totals.status = e.status',
      'WHERE e.tenant_id = {{String(tenant)}}',
      'GROUP BY e.status',
    ),
    found: ['unfiltered-table usage.pipe:5'],
    corrected: one(
      '%',
      'WITH totals AS (',
      '  SELECT status, count() AS n FROM events WHERE tenant_id = {{String(tenant)}} GROUP BY status',
      ')',
      'SELECT e.status, any(totals.n) AS n',
      'FROM events e JOIN totals ON totals.status = e.status',
      'WHERE e.tenant_id = {{String(tenant)}}',
      'GROUP BY e.status',
    ),
  },
  {
    name: 'an administrator sees all',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT * FROM events',
      'WHERE',
      "{% if role == 'admin' %}",
      '  1',
      '{% else %}',
      '  tenant_id = {{String(tenant)}}',
      '{% end %}',
    ),
    found: ['optional-fixed-param read.token.hbs:6', 'optional-filter usage.pipe:8'],
    corrected: one(
      '%',
      'SELECT * FROM events',
      'WHERE tenant_id = {{String(tenant)}}',
      "{% if role == 'short' %}",
      '  LIMIT 10',
      '{% end %}',
    ),
  },
  {
    name: 'one of several ids, whichever is given',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT * FROM events',
      'WHERE',
      '{% if defined(user_id) %}',
      '  user_id = {{String(user_id)}}',
      '{% elif defined(tenant) %}',
      '  tenant_id = {{String(tenant)}}',
      '{% else %}',
      "  {{ error('user_id or tenant') }}",
      '{% end %}',
    ),
    found: ['optional-fixed-param read.token.hbs:6', 'optional-filter usage.pipe:8'],
    corrected: one(
      '%',
      'SELECT * FROM events',
      'WHERE tenant_id = {{String(tenant)}}',
      '{% if defined(user_id) %}',
      '  AND user_id = {{String(user_id)}}',
      '{% end %}',
    ),
  },
  {
    name: 'the parameter is fixed, and the wrong column compared',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT * FROM events',
      'PREWHERE user_id = {{String(tenant, required=True)}}',
      'LIMIT 10',
    ),
    found: ['unfiltered-table usage.pipe:4'],
    corrected: one(
      '%',
      'SELECT * FROM events',
      'PREWHERE tenant_id = {{String(tenant, required=True)}}',
      'LIMIT 10',
    ),
  },
  {
    name: 'a pattern instead of a value',
    fixed: TENANT,
    pipe: one('%', 'SELECT * FROM events', 'WHERE tenant_id LIKE {{String(tenant)}}'),
    found: ['unfiltered-table usage.pipe:4'],
    corrected: one('%', 'SELECT * FROM events', 'WHERE tenant_id = {{String(tenant)}}'),
  },
  {
    name: 'a list that the caller gives',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT * FROM events',
      "WHERE tenant_id IN {{Array(tenants, 'String')}}",
      '  AND status = {{String(tenant)}}',
    ),
    found: ['unfiltered-table usage.pipe:5'],
    corrected: one('%', 'SELECT * FROM events', 'WHERE tenant_id IN ({{String(tenant)}})'),
  },
  {
    name: 'the filter was moved to a LEFT JOIN',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT e.user_id, a.name',
      'FROM events AS e',
      'LEFT JOIN accounts AS a',
      '  ON a.user_id = e.user_id AND e.tenant_id = {{String(tenant)}}',
      '  AND a.tenant_id = {{String(tenant)}}',
    ),
    found: ['unfiltered-table usage.pipe:5'],
    corrected: one(
      '%',
      'SELECT e.user_id, a.name',
      'FROM events AS e',
      'LEFT JOIN accounts AS a',
      '  ON a.user_id = e.user_id AND a.tenant_id = {{String(tenant)}}',
      'WHERE e.tenant_id = {{String(tenant)}}',
    ),
  },
  {
    name: 'ranks among everybody, then only the own row',
    fixed: TENANT,
    pipe: one(
      '%',
      'SELECT * FROM (',
      '  SELECT tenant_id, rank() OVER (ORDER BY count() DESC) AS place',
      '  FROM events GROUP BY tenant_id',
      ')',
      'WHERE tenant_id = {{String(tenant)}}',
    ),
    found: ['unfiltered-table usage.pipe:6'],
    corrected: one(
      '%',
      'SELECT * FROM (',
      '  SELECT tenant_id, user_id, rank() OVER (PARTITION BY tenant_id ORDER BY count() DESC) AS place',
      '  FROM events GROUP BY tenant_id, user_id',
      ')',
      'WHERE tenant_id = {{String(tenant)}}',
    ),
  },
  {
    name: 'the wrong name in the token',
    fixed: "tenant_id: '{{text id}}'",
    pipe: one('%', 'SELECT * FROM events', 'WHERE tenant_id = {{String(tenant, required=True)}}'),
    found: ['unused-fixed-param read.token.hbs:6', 'unfiltered-table usage.pipe:5'],
    corrected: one('%', 'SELECT * FROM events', 'WHERE tenant_id = {{String(tenant, required=True)}}'),
    fixedThen: TENANT,
  },
];
