// A workspace, a GitHub and a gate before both, for laws whose many runs happen in this process: several lanes share one engine.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../scripts/bundle.ts';
import { systemClock } from '../../src/clock.ts';
import { unwrap } from '../../src/errors.ts';
import { type Context, parseContext } from '../../src/github/context.ts';
import type { Generation } from '../../src/model.ts';
import type { Report } from '../../src/report/report.ts';
import { startGithub } from '../../src/sandbox/github/server.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type Ground, openGround } from '../apply/ground.ts';
import { openGate, type Passing, type Watch } from './gate.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

const REPOSITORY = 'acme-analytics/customers';

/** own-table, with its sorting key and a part of the view's SQL to choose. */
const TABLE = {
  'sets/table/set.yaml': `extends: own-table
variables:
  version: { type: integer, default: 1, description: In the view }
  resorted: { type: boolean, default: false, description: The table }
`,
  'sets/table/usage_events.datasource.hbs': `SCHEMA >
    \`tenant_id\` String,
    \`event_type\` String,
    \`response\` Int16,
    \`timestamp\` DateTime64(3),
    \`inserted_at\` DateTime64(3)

ENGINE "MergeTree"
ENGINE_SORTING_KEY "{{#if resorted}}inserted_at{{else}}timestamp{{/if}}"
`,
  'sets/table/usage_events_mv.pipe.hbs': `NODE own_events
SQL >
    SELECT tenant_id, concat(event_type, toString({{sql version}})) AS event_type, response, timestamp, inserted_at
    FROM events
    WHERE tenant_id = {{sql id}}

TYPE materialized
DATASOURCE {{resource "usage_events"}}
`,
};

export interface Ran {
  /** Null when the run was killed. */
  readonly report: Report | null;
  readonly passed: readonly Passing[];
}

export interface RunOptions {
  readonly watch?: Watch;
  readonly stop?: AbortController;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, where a test makes time pass. */
  readonly now?: () => number;
}

export interface Lane extends AsyncDisposable {
  /** Through the gate, one request at a time. Once `stop` has fired nothing of the run reaches a server any more. */
  run(list: string, options?: RunOptions): Promise<Ran>;
  /** One row for each tenant, through the Events API as the product's backend does it. */
  insert(ids: readonly string[], timestamp?: string): Promise<void>;
  /** Numbers of the rows of that tenant in a table, ascending; each insert has the next number. */
  rows(table: string, id: string): Promise<number[]>;
  /** First row of a query, as the administrator. */
  first(sql: string): Promise<Record<string, unknown>>;
  snapshot(): Promise<Snapshot>;
  /** What lies in the repository's secrets, opened, by name. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly inserted: number;
  readonly ground: Ground;
}

class Killed extends Error {}

export async function openLane(
  sandbox: Sandbox,
  name: string,
  generation: Generation = 'classic',
): Promise<Lane> {
  const ground = await openGround(sandbox, name, generation);
  await cp(join(root, 'examples/usage-billing/tinybird'), join(ground.folder, 'project'), {
    recursive: true,
  });
  await cp(join(root, 'datafiles-templates'), join(ground.folder, 'sets'), { recursive: true });
  await rm(join(ground.folder, 'project/datasources/landing.datasource'));
  await ground.write(TABLE);
  const github = await startGithub({ repository: REPOSITORY });
  const gate = await openGate({ tinybird: sandbox.url, github: github.url });
  const context = contextOf(gate.github);
  const { adminToken } = ground.account;
  const lane = { inserted: 0 };
  const first: Lane['first'] = async (sql) => {
    const answer = await ground.ask(`/v0/sql?q=${encodeURIComponent(`${sql} FORMAT JSON`)}`);
    const { data } = (await answer.json()) as { data: Record<string, unknown>[] };
    return data[0] ?? {};
  };
  return {
    get inserted() {
      return lane.inserted;
    },
    ground,
    first,
    run: async (
      list,
      { watch = {}, stop = new AbortController(), inputs: more = {}, now = Date.now } = {},
    ) => {
      await ground.write({ 'tenants.yaml': list });
      gate.watch(watch, stop.signal);
      const clock = { now, sleep: sleepUntil(stop.signal) };
      const inputs = { 'tinybird-host': gate.tinybird, 'secrets-token': github.token, 'max-removals': '99' };
      const report = await ground
        .apply({ ...inputs, 'deploy-timeout': '60s', ...more }, { context, clock })
        .catch((error: unknown) => {
          if (stop.signal.aborted) return null;
          throw error;
        });
      return { report: stop.signal.aborted ? null : report, passed: [...gate.passed] };
    },
    insert: async (ids, timestamp = '2026-11-21 00:00:00') => {
      lane.inserted += 1;
      const row = { event_type: 'login', response: lane.inserted, timestamp };
      const body = ids.map((id) => JSON.stringify({ ...row, tenant_id: id })).join('\n');
      const answer = await ground.ask('/v0/events?name=events&wait=true', { method: 'POST', body });
      const said = await answer.text();
      if (said !== JSON.stringify({ successful_rows: ids.length, quarantined_rows: 0 }))
        throw new Error(said);
    },
    rows: async (table, id) => {
      const sql = `SELECT arraySort(groupArray(response)) AS numbers FROM ${table} WHERE tenant_id = '${id}'`;
      return ((await first(sql)).numbers ?? []) as number[];
    },
    get secrets() {
      return github.secrets;
    },
    snapshot: () => snapshotOf({ url: sandbox.url, adminToken, github, fleet: 'usage', generation }),
    [Symbol.asyncDispose]: async () => {
      await gate[Symbol.asyncDispose]();
      await github[Symbol.asyncDispose]();
      await ground[Symbol.asyncDispose]();
    },
  };
}

/** A process that is gone waits for nothing. */
const sleepUntil = (signal: AbortSignal) => async (ms: number) => {
  if (!signal.aborted) await systemClock.sleep(ms);
  if (signal.aborted) throw new Killed('the run was killed');
};

const contextOf = (apiUrl: string): Context =>
  unwrap(
    parseContext(
      {
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_SHA: '0'.repeat(40),
        GITHUB_REF: 'refs/tags/v1',
        GITHUB_EVENT_NAME: 'workflow_dispatch',
        GITHUB_API_URL: apiUrl,
      },
      { repository: { default_branch: 'main' } },
    ),
  );
