// The project that most tests of the sandbox deploy: events, a daily count of them, two endpoints and four tokens.
import type { Files } from './client.ts';

export const EVENTS = `SCHEMA >
    \`tenant_id\` String \`json:$.tenant_id\`,
    \`ts\` DateTime64(3) \`json:$.ts\`,
    \`n\` Int32 \`json:$.n\` DEFAULT 1

ENGINE "MergeTree"
ENGINE_SORTING_KEY "tenant_id, ts"

TOKEN "ingest" APPEND
TOKEN "events_read" READ
`;

export const DAILY = `SCHEMA >
    \`day\` Date,
    \`tenant_id\` String,
    \`events\` UInt64

ENGINE "SummingMergeTree"
ENGINE_SORTING_KEY "day, tenant_id"
`;

export const DAILY_MV = `NODE by_day
SQL >
    SELECT toDate(ts) AS day, tenant_id, count() AS events FROM events GROUP BY day, tenant_id

TYPE materialized
DATASOURCE daily
`;

export const endpoint = (tenant: string): string => `NODE ${tenant}_node
SQL >
    %
    SELECT count() AS events, sum(n) AS total FROM events WHERE tenant_id = '${tenant}' {% if defined(n) %} AND n = {{Int32(n)}} {% end %}

TYPE endpoint
TOKEN "${tenant}_read" READ
`;

export const PROJECT: Files = {
  'events.datasource': EVENTS,
  'daily.datasource': DAILY,
  'daily_mv.pipe': DAILY_MV,
  'acme_usage.pipe': endpoint('acme'),
  'globex_usage.pipe': endpoint('globex'),
};

export const without = (files: Files, ...names: readonly string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)));

export const row = (tenant_id: string, n = 1, ts = '2026-01-01 00:00:00'): Record<string, unknown> => ({
  tenant_id,
  n,
  ts,
});
