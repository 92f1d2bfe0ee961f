// A fleet of two tenants on a shared table, with whatever a test puts beside it.
import { unwrap } from '../../src/errors.ts';
import { type Finding, lint } from '../../src/lint/lint.ts';
import type { Generation } from '../../src/model.ts';
import { parseProject } from '../../src/project.ts';
import type { Sources } from '../../src/sources.ts';
import { compileSets } from '../../src/templates/sets.ts';
import { parseTenants } from '../../src/tenants.ts';

const EVENTS = `SCHEMA >
    \`tenant_id\` String,
    \`event_type\` LowCardinality(String),
    \`user_id\` String,
    \`status\` String,
    \`response\` Int16,
    \`tags\` Array(String),
    \`timestamp\` DateTime64(3)

ENGINE "MergeTree"
ENGINE_SORTING_KEY "tenant_id, timestamp"
`;
const ACCOUNTS = `SCHEMA >
    \`tenant_id\` String,
    \`user_id\` String,
    \`name\` String

ENGINE "MergeTree"
ENGINE_SORTING_KEY "tenant_id, user_id"
`;
const COUNTRIES = `SCHEMA >
    \`code\` String,
    \`country\` String

ENGINE "MergeTree"
ENGINE_SORTING_KEY "code"
`;
/** What makes tenant_id known for the column that says whose row it is. */
const FIRM = `NODE firm
SQL >
    SELECT count() AS n FROM events WHERE tenant_id = {{sql id}}

TYPE endpoint
`;

const TENANTS = `fleet: test
defaults: { template: s }
tenants:
  - id: acme
  - id: globex
`;

export interface Given {
  /** Files of the set `s`, by name. */
  readonly set?: Readonly<Record<string, string>>;
  readonly project?: Readonly<Record<string, string>>;
  readonly tenants?: string;
  readonly generation?: Generation;
  /** Without any other sign of which column says whose row it is. */
  readonly alone?: boolean;
}

function sourcesOf({ set = {}, project = {}, tenants = TENANTS, alone = false }: Given): Sources {
  const files = { 'set.yaml': '{}', ...(alone ? {} : { 'firm.pipe.hbs': FIRM }), ...set };
  const shared = {
    'datasources/events.datasource': EVENTS,
    'datasources/accounts.datasource': ACCOUNTS,
    'datasources/countries.datasource': COUNTRIES,
    ...project,
  };
  return {
    fleet: unwrap(parseTenants({ file: 'tenants.yaml', text: tenants, format: 'yaml' })),
    sets: unwrap(compileSets([{ name: 's', path: 'sets/s', files: new Map(Object.entries(files)) }])),
    project: unwrap(
      parseProject(Object.entries(shared).map(([path, text]) => ({ path: `tinybird/${path}`, text }))),
    ),
  };
}

export const linted = (given: Given): Finding[] => lint(sourcesOf(given), given.generation ?? 'forward');

/** `rule file:line`, or `rule? file:line` for what is not sure. */
export const places = (findings: readonly Finding[]): string[] =>
  findings.map(
    ({ rule, level, file, line }) =>
      `${rule}${level === 'unsure' ? '?' : ''} ${file.slice(file.lastIndexOf('/') + 1)}:${line}`,
  );

/** A node of an endpoint, its SQL indented. */
export const endpoint = (sql: string, name = 'node'): string =>
  `NODE ${name}\nSQL >\n    ${sql.replaceAll('\n', '\n    ')}\n\nTYPE endpoint\n`;

/** Rules that an endpoint of the set with such SQL has, without their places. */
export const rulesOf = (sql: string): string[] =>
  linted({ set: { 'x.pipe.hbs': endpoint(sql) } })
    .filter(({ file }) => file.endsWith('x.pipe.hbs'))
    .map(({ rule, level }) => (level === 'unsure' ? `${rule}?` : rule));
