// What the official Classic CLI is asked to do, in order, and what the workspace must answer over HTTP after each.
import type { Client } from '../sandbox/client.ts';

export interface Step {
  /** Arguments of `tb`. */
  readonly run: readonly string[];
  /** What must stand in its output. */
  readonly prints?: string;
  /** What is wrong afterwards; null when nothing is. */
  readonly check?: Check;
}

type Check = (client: Client) => Promise<string | null>;

const query = (sql: string): string => `/v0/sql?q=${encodeURIComponent(`${sql} FORMAT TSV`)}`;

async function expectAnswer(
  client: Client,
  path: string,
  { token, is }: { readonly token?: string; readonly is: string },
): Promise<string | null> {
  const { status, text } = await client.call(`GET ${path}`, token === undefined ? {} : { token });
  const got = status === 200 ? text.trim().replaceAll('\t', ' ').replaceAll('\n', ', ') : `status ${status}`;
  return got === is ? null : `${path}: ${got} instead of ${is}`;
}

/** The answer of a SELECT as the admin sees it: columns with a blank, rows with a comma between them. */
const sees =
  (sql: string, is: string): Check =>
  (client) =>
    expectAnswer(client, query(sql), { is });

const names =
  (kind: 'datasources' | 'pipes' | 'tokens', is: string): Check =>
  async (client) => {
    const { json } = await client.call(`GET /v0/${kind}`);
    const found: readonly string[] = json[kind].map(({ name }: { name: string }) => name);
    const own = found.filter((name) => !/^(?:workspace admin token|admin .*)$/.test(name));
    const got = own.toSorted().join(' ');
    return got === is ? null : `${kind}: ${got} instead of ${is}`;
  };

const all =
  (...checks: readonly Check[]): Check =>
  async (client) => {
    for (const check of checks) {
      const problem = await check(client);
      if (problem !== null) return problem;
    }
    return null;
  };

/** What the bearer of a token, given by name, gets. */
const opens =
  (token: string, path: string, is: string): Check =>
  async (client) =>
    expectAnswer(client, path, { token: await client.tokenValue(token), is });

/** Two checks on one token: `remember` keeps its value, `dead` says that the kept one is nobody's any more. */
function keptValue(name: string): { readonly remember: Check; readonly dead: Check } {
  let token: string | null = null;
  return {
    remember: async (client) => {
      token = await client.tokenValue(name);
      return null;
    },
    dead: async (client) => {
      if (token === null) return `the value of ${name} was never kept`;
      return expectAnswer(client, query('SELECT count() FROM landing'), { token, is: 'status 403' });
    },
  };
}

const scopes =
  (name: string, is: string): Check =>
  async (client) => {
    const { json } = await client.call(`GET /v0/tokens/${name}`);
    const got: string = json.scopes
      .map((scope: Record<string, string>) => Object.values(scope).join(':'))
      .join(', ');
    return got === is ? null : `scopes of ${name}: ${got} instead of ${is}`;
  };

const PIPES = 'acme_usage acme_view by_tenant globex_usage globex_view';
const PATHS = ['acme', 'globex'].flatMap((tenant) => [
  `pipes/${tenant}_view.pipe`,
  `pipes/${tenant}_usage.pipe`,
]);

const filtered = keptValue('filtered');

/** `auth` is how the CLI is told where the workspace is. */
export const stepsWith = (auth: readonly string[]): readonly Step[] => [
  { run: ['auth', ...auth] },
  { run: ['workspace', 'current'], prints: 'sandbox' },
  {
    run: ['push', 'datasources/landing.datasource', '--yes'],
    check: all(names('datasources', 'landing'), scopes('ingest', 'DATASOURCES:APPEND:landing')),
  },
  {
    run: ['datasource', 'append', 'landing', 'history.ndjson'],
    check: sees('SELECT count(), sum(n) FROM landing', '3 13'),
  },
  {
    run: ['push', ...PATHS, 'pipes/by_tenant.pipe', '--push-deps', '--populate', '--wait', '--yes'],
    check: all(
      names('datasources', 'acme_events globex_events landing'),
      names('pipes', PIPES),
      names('tokens', 'acme_read globex_read ingest'),
      sees('SELECT sum(n) FROM acme_events', '3'),
      sees('SELECT sum(n) FROM globex_events', '10'),
      opens('acme_read', '/v0/pipes/acme_usage.csv', '"events","total", 2,3'),
      opens('acme_read', '/v0/pipes/globex_usage.csv', 'status 403'),
    ),
  },
  {
    run: ['datasource', 'append', 'landing', 'later.ndjson'],
    check: all(
      opens('acme_read', '/v0/pipes/acme_usage.csv', '"events","total", 3,7'),
      opens('globex_read', '/v0/pipes/globex_usage.csv?least=20', '"events","total", 1,20'),
    ),
  },
  { run: ['datasource', 'ls'], prints: 'globex_events' },
  { run: ['pipe', 'ls'], prints: 'globex_usage', check: names('pipes', PIPES) },
  {
    run: ['pipe', 'data', 'acme_usage', '--least', '2', '--format', 'csv'],
    prints: '2,6',
  },
  {
    run: ['sql', 'SELECT sum(total) AS s FROM by_tenant', '--format', 'csv'],
    prints: '37',
  },
  { run: ['token', 'ls'], prints: 'globex_read', check: names('tokens', 'acme_read globex_read ingest') },
  {
    run: `token create static filtered --scope PIPES:READ --resource by_tenant --scope DATASOURCES:READ --resource landing --filter`
      .split(' ')
      .concat("tenant_id = 'acme'"),
    check: all(
      scopes('filtered', "PIPES:READ:by_tenant, DATASOURCES:READ:landing:tenant_id = 'acme'"),
      opens('filtered', '/v0/pipes/by_tenant.csv', '"tenant_id","total", "acme",7'),
      opens('filtered', query('SELECT DISTINCT tenant_id FROM landing'), 'acme'),
      opens('filtered', '/v0/pipes/acme_usage.csv', 'status 403'),
      filtered.remember,
    ),
  },
  { run: ['token', 'scopes', 'filtered'], prints: "tenant_id = 'acme'" },
  {
    run: ['token', 'refresh', 'filtered', '--yes'],
    check: all(opens('filtered', query('SELECT sum(n) FROM landing'), '7'), filtered.dead, filtered.remember),
  },
  {
    run: ['token', 'rm', 'filtered', '--yes'],
    check: all(names('tokens', 'acme_read globex_read ingest'), filtered.dead),
  },
  {
    run: [
      'token',
      'create',
      'jwt',
      'web',
      '--ttl',
      '1h',
      '--scope',
      'PIPES:READ',
      '--resource',
      'acme_usage',
    ],
    prints: 'The token is: eyJ',
  },
  {
    run: ['push', 'pipes/acme_usage.pipe', '--force', '--no-check', '--yes'],
    check: scopes('acme_read', 'PIPES:READ:acme_usage'),
  },
  { run: ['datasource', 'truncate', 'landing', '--yes'], check: sees('SELECT count() FROM landing', '0') },
  {
    run: ['pipe', 'rm', 'acme_usage', '--yes'],
    check: all(names('pipes', PIPES.replace('acme_usage ', '')), scopes('acme_read', '')),
  },
  { run: ['pipe', 'rm', 'acme_view', '--yes'], check: names('pipes', 'by_tenant globex_usage globex_view') },
  { run: ['datasource', 'rm', 'acme_events', '--yes'], check: names('datasources', 'globex_events landing') },
];
