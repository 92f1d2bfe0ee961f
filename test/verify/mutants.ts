// Every way to weaken what keeps tenants apart: the shipped sets and the example's project, each with one edit.
import type { Generation } from '../../src/model.ts';

export interface Mutant {
  readonly name: string;
  readonly set: 'own-endpoints' | 'own-table' | 'own-token';
  readonly generation: Generation;
  /** Below `sets/<set>/`, or below `project/`. */
  readonly file: string;
  readonly edits: readonly (readonly [from: string, to: string])[];
}

const OWN = 'WHERE tenant_id = {{sql id}}';
const COUNT = 'count() AS events';
const ALL_DAYS =
  'SELECT toDate(timestamp), event_type, count(), countIf(response >= 400) FROM events GROUP BY ALL';
const OPTIONAL = `WHERE 1 {% if defined(mine) %} AND tenant_id = {{sql id}} {% end %}`;

type Edits = Mutant['edits'];
const where = (condition: string): Edits => [[OWN, `WHERE ${condition}`]];

/** Conditions that let in more than the tenant's rows; `{{sql id}}` is its name. */
const CONDITIONS: readonly (readonly [string, Edits])[] = [
  ['filter dropped', where('1')],
  ['OR 1', where('tenant_id = {{sql id}} OR 1')],
  ['OR in brackets', where("(tenant_id = {{sql id}} OR event_type = 'login')")],
  ['!=', where('tenant_id != {{sql id}}')],
  ['NOT', where('NOT (tenant_id = {{sql id}})')],
  ["LIKE '%'", where("tenant_id LIKE '%'")],
  ['LIKE a prefix', where("tenant_id LIKE concat({{sql id}}, '%')")],
  ['startsWith', where('startsWith(tenant_id, {{sql id}})')],
  ['match', where('match(tenant_id, {{sql id}})')],
  ['lower case', where('lower(tenant_id) = lower({{sql id}})')],
  ['white space', where('trimBoth(tenant_id) = {{sql id}}')],
  ['>=', where('tenant_id >= {{sql id}}')],
  ["another's literal", where("tenant_id = 'globex'")],
  ["another's literal in a list", where("tenant_id IN ({{sql id}}, 'globex')")],
  ['column = column', where('tenant_id = tenant_id')],
  ['literal = literal', where('{{sql id}} = {{sql id}}')],
  ['commented out', where("1 -- AND tenant_id = 'acme'")],
  ['commented out in a block', where("1 /* AND tenant_id = 'acme' */")],
  ['subquery on the landing table', where('tenant_id IN (SELECT tenant_id FROM events)')],
  [
    'filter in a subquery only',
    where('event_type IN (SELECT event_type FROM events WHERE tenant_id = {{sql id}})'),
  ],
  ['filter on an alias', [['SELECT', 'WITH {{sql id}} AS tenant_id SELECT']]],
];

/** What only an endpoint can do wrong. */
const OF_ENDPOINTS: readonly (readonly [string, Edits])[] = [
  ['optional', [[OWN, OPTIONAL]]],
  ["the caller's parameter", where('tenant_id = {{String(tenant)}}')],
  ["the caller's parameter with a default", where("tenant_id = {{String(tenant, 'acme')}}")],
  ["the caller's switch", where('({{Boolean(everything, 0)}} OR tenant_id = {{sql id}})')],
  ['UNION ALL of everything', [['TYPE endpoint', `    UNION ALL ${ALL_DAYS}\n\nTYPE endpoint`]]],
  ['join without predicate', [['FROM events', 'FROM events CROSS JOIN (SELECT 1 FROM events) AS o']]],
  [
    'join on another column',
    [
      [
        'FROM events',
        'FROM events INNER JOIN (SELECT event_type AS type FROM events) AS o ON event_type = o.type',
      ],
    ],
  ],
  ['count of everything', [[COUNT, '(SELECT count() FROM events) AS events']]],
  [
    'filter on one of two counts',
    [
      [COUNT, 'countIf(tenant_id = {{sql id}}) AS mine, count() AS events'],
      [OWN, 'WHERE 1'],
    ],
  ],
];

const DAY = 'usage_by_day.pipe.hbs';
const MONTH = 'usage_this_month.pipe.hbs';
const VIEW = 'usage_events_mv.pipe.hbs';
const TOKEN = 'read.token.hbs';

const all = (base: Omit<Mutant, 'name' | 'edits'>, edits: readonly (readonly [string, Edits])[]): Mutant[] =>
  edits.map(([name, edit]) => ({ ...base, name, edits: edit }));

const endpoints = { set: 'own-endpoints', generation: 'forward' } as const;
const table = { set: 'own-table', generation: 'forward' } as const;
const token = { set: 'own-token', generation: 'forward' } as const;
const classic = { generation: 'classic' } as const;

const SCOPES = 'scopes:';
const also = (scope: string): Edits => [[SCOPES, `${SCOPES}\n  - ${scope}`]];
const FIXED = "    fixed_params:\n      tenant: '{{text id}}'\n";
const JWT = 'filter: tenant_id = {{sql id}}\n    generation: classic';
const PARAM = 'tenant_id = {{String(tenant, required=True, description="Fixed by the token")}}';

/** Of a token's row filter. */
const filters = (edit: (condition: string) => Edits): readonly (readonly [string, Edits])[] => [
  ['filter dropped', edit('1')],
  ['filter with OR', edit('tenant_id = {{sql id}} OR 1')],
  ['filter negated', edit('tenant_id != {{sql id}}')],
  ["filter with another's literal", edit("tenant_id = 'globex'")],
  ["filter LIKE '%'", edit("tenant_id LIKE '%'")],
  ['filter startsWith', edit('startsWith(tenant_id, {{sql id}})')],
  ['filter in lower case', edit('lower(tenant_id) = lower({{sql id}})')],
  ['filter on the wrong column', edit('event_type = {{sql id}} OR response > 0')],
];

export const MUTANTS: readonly Mutant[] = [
  ...all({ ...endpoints, file: DAY }, [...CONDITIONS, ...OF_ENDPOINTS]),
  ...all({ ...endpoints, file: MONTH }, [
    ...CONDITIONS.filter(([name]) => /dropped|OR 1|literal in/.test(name)),
    [
      'wrong column',
      [[`${OWN}\n        AND event_type IN {{sql event_types}}`, 'WHERE event_type = {{sql id}}']],
    ],
    ['count of everything', [[COUNT, '(SELECT count() FROM events) AS events']]],
    ['quarantine', [[`${COUNT},`, `${COUNT}, (SELECT count() FROM events_quarantine) AS rejected,`]]],
  ]),
  ...all({ ...endpoints, file: TOKEN }, [
    ['the landing table', also('DATASOURCES:READ events')],
    ['appends to the landing table', also('DATASOURCES:APPEND events')],
    ['the shared endpoint', also('PIPES:READ usage_by_day')],
    ["another's endpoint", also('PIPES:READ globex_usage_by_day')],
  ]),
  ...all({ ...endpoints, ...classic, file: DAY }, [
    ...CONDITIONS.filter(([name]) => /dropped|OR 1|startsWith/.test(name)),
    ...OF_ENDPOINTS.filter(([name]) => /UNION|caller's parameter$/.test(name)),
  ]),
  ...all({ ...endpoints, ...classic, file: TOKEN }, [['the landing table', also('DATASOURCES:READ events')]]),
  ...all({ ...table, file: VIEW }, [
    ['without filter', where('1')],
    ...CONDITIONS.filter(([name]) => /OR 1|!=|LIKE a|startsWith|another's literal$|subquery only/.test(name)),
    ['wrong column', where('event_type = {{sql id}}')],
    [
      'everybody as the tenant',
      [
        ['tenant_id,', '{{sql id}} AS tenant_id,'],
        [OWN, ''],
      ],
    ],
  ]),
  ...all({ ...table, file: DAY }, [
    ['reads the landing table', [['{{resource "usage_events"}}', 'events']]],
    ['UNION ALL of everything', [['TYPE endpoint', `    UNION ALL ${ALL_DAYS}\n\nTYPE endpoint`]]],
    ['count of everything', [[COUNT, '(SELECT count() FROM events) AS events']]],
    ['join with the landing table', [['WHERE 1', 'CROSS JOIN (SELECT 1 FROM events) AS o WHERE 1']]],
  ]),
  ...all({ ...table, file: MONTH }, [
    ['reads the landing table', [['{{resource "usage_events"}}', 'events']]],
  ]),
  ...all({ ...table, file: TOKEN }, [
    ['the landing table', also('DATASOURCES:READ events')],
    ['appends to the landing table', also('DATASOURCES:APPEND events')],
    ["another's table", also('DATASOURCES:READ globex_usage_events')],
  ]),
  ...all({ ...table, ...classic, file: VIEW }, [
    ['without filter', where('1')],
    ['LIKE a prefix', where("tenant_id LIKE concat({{sql id}}, '%')")],
  ]),
  ...all({ ...token, file: TOKEN }, [
    ['no fixed parameter', [[FIXED, '']]],
    ['fixed parameter of another name', [["tenant: '{{text id}}'", "tenants: '{{text id}}'"]]],
    ["another's fixed parameter", [["tenant: '{{text id}}'", "tenant: 'globex'"]]],
    ['the landing table', also('DATASOURCES:READ events')],
    ...filters((condition) => [[JWT, `filter: "${condition}"`]]).filter(([name]) =>
      /OR|starts|wrong/.test(name),
    ),
  ]),
  ...all({ ...token, file: 'project/endpoints/usage_by_day.pipe' }, [
    ['filter dropped', [[PARAM, "{{String(tenant, '')}} != ''"]]],
    ['OR', [[PARAM, `(${PARAM} OR 1)`]]],
    ['negated', [[PARAM, PARAM.replace('=', '!=')]]],
    ['startsWith', [[PARAM, "startsWith(tenant_id, {{String(tenant, '')}})"]]],
    ['another parameter beside', [[PARAM, "tenant_id IN ({{String(tenant, '')}}, {{String(other, '')}})"]]],
    ['UNION ALL of everything', [['TYPE endpoint', `    UNION ALL ${ALL_DAYS}\n\nTYPE endpoint`]]],
    ['join without predicate', [['FROM events', 'FROM events CROSS JOIN (SELECT 1 FROM events) AS o']]],
  ]),
  ...all({ ...token, ...classic, file: TOKEN }, [
    ...filters((condition) => [['filter: tenant_id = {{sql id}}', `filter: "${condition}"`]]),
    ['no filter', [['    filter: tenant_id = {{sql id}}\n', '']]],
    ['filter for Forward alone', [['generation: classic', 'generation: forward']]],
  ]),
];
