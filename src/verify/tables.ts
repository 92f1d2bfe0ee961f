// Questions in SQL to what is not a tenant's: tables in every form of a query, quarantines, other tenants' pipes and datafiles.
import { pathOf, type Question } from './ask.ts';
import type { Ground, Held } from './ground.ts';

interface Target {
  readonly name: string;
  readonly owner: string | null;
  readonly kind: 'datasource' | 'pipe';
}

export interface Looking {
  readonly ground: Ground;
  readonly held: Held;
  /** Ids of the tenants whose resources are tried. */
  readonly others: ReadonlySet<string>;
  readonly full: boolean;
}

/** Every way to read what the token's own endpoints do not give. */
export function strangeQuestions(looking: Looking): Question[] {
  const { held, full } = looking;
  const own = held.token.scopes.find(({ type }) => type === 'PIPES:READ')?.resource ?? null;
  const targets = targetsOf(looking);
  const asked = targets.flatMap((target) => (full ? fullForms(target, own) : fewForms(target)));
  const parts = full
    ? [listed('/v0/pipes'), listed('/v0/datasources'), closed('/v0/variables'), closed('/v0/jobs')]
    : [];
  const system = full
    ? SYSTEM.map((sql): Question => ({ ...inSql('system tables', null, sql), wants: 'closed' }))
    : [];
  return [...asked, ...parts, ...system, closed('/v0/tokens')];
}

const SYSTEM = [
  'SELECT * FROM tinybird.pipe_stats_rt FORMAT JSON',
  'SELECT * FROM system.tables FORMAT JSON',
  "SELECT * FROM merge(currentDatabase(), '.*') FORMAT JSON",
];

/** Own data sources and pipes are asked elsewhere; shared pipes answer by their endpoints. */
function targetsOf({ ground, held, others }: Looking): Target[] {
  const opened = new Set(held.token.scopes.map(({ resource }) => resource));
  const own = held.tenant.id;
  const targets: Target[] = [];
  for (const [name, { tenant }] of ground.datasources) {
    const owner = tenant?.id ?? null;
    if (owner === null || (owner !== own && others.has(owner)))
      targets.push({ name, owner, kind: 'datasource' });
  }
  for (const [name, { tenant, datafile }] of ground.pipes) {
    const owner = tenant?.id ?? null;
    if (datafile.nodes.some(({ type }) => type !== 'standard' && type !== 'endpoint')) continue;
    const foreign = owner !== null && owner !== own && others.has(owner);
    if (foreign || (owner === null && !opened.has(name))) targets.push({ name, owner, kind: 'pipe' });
  }
  return targets;
}

const inSql = (resource: string, owner: string | null, sql: string): Question => ({
  resource,
  owner,
  wants: 'rows',
  method: 'GET',
  path: pathOf('/v0/sql', [['q', sql]]),
});

function fewForms({ name, owner, kind }: Target): Question[] {
  if (kind === 'pipe') return [endpoint(name, owner)];
  return [
    inSql(name, owner, `SELECT * FROM ${name} FORMAT JSON`),
    inSql(`${name}_quarantine`, owner, `SELECT * FROM ${name}_quarantine FORMAT JSON`),
  ];
}

function fullForms({ name, owner, kind }: Target, own: string | null): Question[] {
  const path = encodeURIComponent(name);
  const file = kind === 'pipe' ? `/v1/pipes/${path}.pipe` : `/v0/datasources/${path}.datasource`;
  const forms = [
    `SELECT * FROM ${name} FORMAT JSON`,
    `SELECT count() AS rows FROM ${name} FORMAT JSON`,
    `SELECT * FROM (SELECT * FROM ${name}) FORMAT JSON`,
    `WITH seen AS (SELECT * FROM ${name}) SELECT * FROM seen FORMAT JSON`,
    `SELECT (SELECT count() FROM ${name}) AS rows FORMAT JSON`,
    `SELECT 1 AS n UNION ALL SELECT toInt64(count()) FROM ${name} FORMAT JSON`,
    `SELECT * FROM view(SELECT * FROM ${name}) FORMAT JSON`,
    ...(own === null ? [] : [`SELECT * FROM ${own} AS a CROSS JOIN ${name} AS b FORMAT JSON`]),
  ];
  const asked = forms.map((sql) => inSql(name, owner, sql));
  const through =
    own === null
      ? []
      : [
          {
            ...endpoint(own, null),
            resource: name,
            owner,
            path: pathOf(`/v0/pipes/${encodeURIComponent(own)}.json`, [['q', `SELECT * FROM ${name}`]]),
          },
        ];
  // A shared file says nothing of any tenant.
  const files: Question[] = owner === null ? [] : [{ ...endpoint(name, owner), path: file }];
  if (kind === 'pipe') return [endpoint(name, owner), ...asked, ...through, ...files];
  return [
    ...asked,
    ...through,
    ...files,
    inSql(`${name}_quarantine`, owner, `SELECT * FROM ${name}_quarantine FORMAT JSON`),
    inSql(`${name}_quarantine`, owner, `SELECT count() AS rows FROM ${name}_quarantine FORMAT JSON`),
  ];
}

const endpoint = (name: string, owner: string | null): Question => ({
  resource: name,
  owner,
  wants: 'rows',
  method: 'GET',
  path: `/v0/pipes/${encodeURIComponent(name)}.json`,
});

const listed = (path: string): Question => ({
  resource: path,
  owner: null,
  wants: 'list',
  method: 'GET',
  path,
});

const closed = (path: string): Question => ({ ...listed(path), wants: 'closed' });

/** What would change rows, tokens or files. Some of it would be harmless: that it is accepted is enough. */
export function changeQuestions({ ground, held, others, full }: Looking): Question[] {
  const asked: Question[] = [];
  for (const [name, { tenant }] of ground.datasources) {
    const owner = tenant?.id ?? null;
    if (owner !== null && (owner === held.tenant.id || !others.has(owner))) continue;
    const path = `/v0/datasources/${encodeURIComponent(name)}`;
    asked.push(change(name, owner, pathOf('/v0/events', [['name', name]]), '{}'));
    if (!full) continue;
    asked.push(
      change(
        name,
        owner,
        pathOf('/v0/datasources', [
          ['name', name],
          ['mode', 'append'],
          ['format', 'ndjson'],
        ]),
        '{}',
      ),
      change(name, owner, `${path}/delete`, 'delete_condition=0', FORM),
      change(name, owner, `${path}/truncate`, ''),
    );
  }
  if (!full) return asked;
  const scope = encodeURIComponent('ADMIN');
  const deploy =
    '--b\r\nContent-Disposition: form-data; name="data_project://"; filename="x.pipe"\r\n\r\nNODE n\nSQL >\n    SELECT 1\n\r\n--b--\r\n';
  for (const [name, { datafile }] of ground.pipes) {
    const copies = datafile.nodes.some(({ type }) => type === 'copy');
    if (copies) asked.push(change(name, null, `/v0/pipes/${encodeURIComponent(name)}/copy`, ''));
  }
  return [
    ...asked,
    change('/v0/tokens', null, `/v0/tokens?name=stolen&scope=${scope}`, ''),
    change('/v1/deploy', null, '/v1/deploy?check=true', deploy, 'multipart/form-data; boundary=b'),
  ];
}

const FORM = 'application/x-www-form-urlencoded';

const change = (
  resource: string,
  owner: string | null,
  ...[path, text, type = 'application/json']: readonly [string, string, string?]
): Question => ({ resource, owner, wants: 'change', method: 'POST', path, body: { type, text } });
