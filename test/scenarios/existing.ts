// A Forward workspace as a team has it before there is a list: 10 data sources, a view, a copy, 38 endpoints, tokens, rows; and what its own deploy job does to it.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { root } from '../../scripts/bundle.ts';
import type { Stage } from './stage.ts';
import type { Act } from './step.ts';

const TABLES = Array.from({ length: 8 }, (_, nth) => `source_${nth}`);
const ENDPOINTS = 38;
const ROWS = 25;

/** The landing data source that the shipped sets read, written by hand and opened for their own services. */
const EVENTS = `DESCRIPTION >
    Everything our product sends

TOKEN "ingest" APPEND
TOKEN "dashboard" READ

SCHEMA >
    \`tenant_id\` String \`json:$.tenant_id\`,
    \`event_type\` LowCardinality(String) \`json:$.event_type\`,
    \`response\` Int16 \`json:$.response\`,
    \`timestamp\` DateTime64(3) \`json:$.timestamp\`,
    \`inserted_at\` DateTime64(3) DEFAULT now64(3)

ENGINE "MergeTree"
ENGINE_PARTITION_KEY "toYYYYMM(timestamp)"
ENGINE_SORTING_KEY "tenant_id, timestamp"
`;

const table = (name: string): string => `DESCRIPTION >
    ${name}, as the backend writes it

SCHEMA >
    \`id\` UInt64 \`json:$.id\`,
    \`amount\` Float64 \`json:$.amount\`,
    \`note\` Nullable(String) \`json:$.note\`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "id"
`;

const DAILY = `SCHEMA >
    \`day\` Date,
    \`events\` SimpleAggregateFunction(sum, UInt64)

ENGINE "AggregatingMergeTree"
ENGINE_SORTING_KEY "day"
`;

const DAILY_VIEW = `NODE by_day
SQL >
    SELECT toDate(timestamp) AS day, count() AS events FROM events GROUP BY day

TYPE materialized
DATASOURCE daily
`;

const COPY = `NODE ten_largest
SQL >
    SELECT id, amount, note FROM source_0 ORDER BY amount DESC LIMIT 10

TYPE COPY
TARGET_DATASOURCE source_1
COPY_SCHEDULE 0 3 * * *
`;

const endpoint = (nth: number): string => `TOKEN "${nth % 2 === 0 ? 'dashboard' : 'backend'}" READ

NODE filtered
SQL >
    %
    SELECT id, amount
    FROM source_${nth % TABLES.length}
    WHERE amount >= {{Float64(least, 0)}}
    {% if defined(note) %} AND note = {{String(note, '')}} {% end %}

NODE endpoint
SQL >
    SELECT count() AS rows, sum(amount) AS amount, ${nth} AS report FROM filtered

TYPE endpoint
`;

const CLICKS = `SCHEMA >
    \`url\` String \`json:$.url\`

ENGINE "MergeTree"

KAFKA_CONNECTION_NAME kafka_main
KAFKA_TOPIC clicks
KAFKA_GROUP_ID tinybird
`;

/** The whole project, by file name. */
function existingFiles(): Map<string, string> {
  return new Map([
    ['events.datasource', EVENTS],
    ...TABLES.map((name): [string, string] => [`${name}.datasource`, table(name)]),
    ['daily.datasource', DAILY],
    ['daily_mv.pipe', DAILY_VIEW],
    ['largest.pipe', COPY],
    ...Array.from({ length: ENDPOINTS }, (_, nth): [string, string] => [`report_${nth}.pipe`, endpoint(nth)]),
  ]);
}

/** Rows of each of their data sources that somebody writes into. */
function existingRows(): Record<string, object[]> {
  const numbers = Array.from({ length: ROWS }, (_, nth) => nth);
  const note = (nth: number): string | null => (nth % 3 === 0 ? null : `note ${nth}`);
  const events = numbers.map((nth) => ({
    tenant_id: nth % 2 === 0 ? 'acme' : 'globex',
    event_type: 'login',
    response: 200,
    timestamp: '2026-01-01 00:00:00',
  }));
  const rows = numbers.map((nth) => ({ id: nth, amount: nth / 4, note: note(nth) }));
  return { events, ...Object.fromEntries(TABLES.map((name) => [name, rows])) };
}

/** They have deployed it, and it is in use. */
export async function settle(
  { workspace, folder }: Stage,
  { existing, kafka }: Extract<Act, { existing: string }>,
): Promise<void> {
  const files = existingFiles();
  if (kafka) files.set('clicks.datasource', CLICKS);
  await workspace.upload(files, { destructive: false, promote: true });
  for (const [name, rows] of Object.entries(existingRows())) await workspace.append(name, rows);
  if (existing === 'workspace') return;
  rmSync(join(folder, 'tinybird'), { recursive: true });
  for (const [name, text] of files) {
    const place = join(folder, 'tinybird', name.endsWith('.pipe') ? 'pipes' : 'datasources');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, name), text);
  }
}

export async function deployAlone(
  { workspace, folder }: Stage,
  { tb, destructive, refused }: Extract<Act, { tb: string }>,
): Promise<void> {
  const paths = readdirSync(join(folder, tb), { recursive: true, encoding: 'utf8' }).map((path) =>
    join(folder, tb, path),
  );
  const files = new Map(
    paths.filter((path) => statSync(path).isFile()).map((path) => [basename(path), readFileSync(path, 'utf8')]),
  );
  const deploying = workspace.upload(files, { destructive, promote: true });
  if (refused === undefined) await deploying;
  else await expect(deploying).rejects.toThrow(refused);
}

const run = promisify(execFile);

export async function render({ folder }: Stage, out: string): Promise<void> {
  const args = ['render', '--tenants', 'tenants.yaml', '--project', 'tinybird', '--out', out];
  await run(process.execPath, [join(root, 'src/cli.ts'), ...args], { cwd: folder });
}
