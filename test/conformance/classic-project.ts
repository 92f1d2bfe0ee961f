// What the official Classic CLI pushes: a landing data source, and for each tenant a target, a view that fills it, and an endpoint with its token.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const TENANTS = ['acme', 'globex'] as const;

const LANDING = `SCHEMA >
    \`tenant_id\` String \`json:$.tenant_id\`,
    \`ts\` DateTime \`json:$.ts\`,
    \`n\` Int32 \`json:$.n\`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "tenant_id, ts"

TOKEN "ingest" APPEND
`;

const target = `SCHEMA >
    \`ts\` DateTime,
    \`n\` Int32

ENGINE "MergeTree"
ENGINE_SORTING_KEY "ts"
`;

const view = (tenant: string): string => `NODE ${tenant}_rows
SQL >
    SELECT ts, n FROM landing WHERE tenant_id = '${tenant}'

TYPE materialized
DATASOURCE ${tenant}_events
`;

const endpoint = (tenant: string): string => `TOKEN "${tenant}_read" READ

NODE ${tenant}_totals
SQL >
    %
    SELECT count() AS events, sum(n) AS total FROM ${tenant}_events WHERE n >= {{Int32(least, 0)}}

TYPE endpoint
`;

/** Over the landing data source itself: what a filter on it must narrow. */
const BY_TENANT = `NODE by_tenant_totals
SQL >
    SELECT tenant_id, sum(n) AS total FROM landing GROUP BY tenant_id ORDER BY tenant_id

TYPE endpoint
`;

const line = (tenant_id: string, n: number): string =>
  JSON.stringify({ tenant_id, ts: '2026-01-01 00:00:00', n });

/** Before the views are there, and after. */
const BATCHES = {
  history: [line('acme', 1), line('acme', 2), line('globex', 10)].join('\n'),
  later: [line('acme', 4), line('globex', 20)].join('\n'),
};

/** Into this folder, laid out as the CLI wants it. */
export async function writeProject(folder: string): Promise<void> {
  const files: Record<string, string> = {
    'datasources/landing.datasource': LANDING,
    'pipes/by_tenant.pipe': BY_TENANT,
    'history.ndjson': BATCHES.history,
    'later.ndjson': BATCHES.later,
  };
  for (const tenant of TENANTS) {
    files[`datasources/${tenant}_events.datasource`] = target;
    files[`pipes/${tenant}_view.pipe`] = view(tenant);
    files[`pipes/${tenant}_usage.pipe`] = endpoint(tenant);
  }
  await Promise.all(['datasources', 'pipes'].map((name) => mkdir(join(folder, name), { recursive: true })));
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}
