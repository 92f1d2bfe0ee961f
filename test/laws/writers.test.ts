// The law: several writers of one workspace, in turn or at once, end as if each had been alone, and nobody loses anything. Runs of this process, each with a connection of its own.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Report } from '../../src/report/report.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Ground, openGround } from '../apply/ground.ts';
import { openGate, type Passing } from './gate.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const TABLE = {
  'sets/table/set.yaml':
    'description: A table\nvariables:\n  version: { type: integer, default: 1, description: In the endpoint }\n',
  'sets/table/rows.datasource.hbs':
    'SCHEMA >\n    `n` Int64 `json:$.n`\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "n"\n',
  'sets/table/count.pipe.hbs':
    'NODE count\nSQL >\n    SELECT count() AS n, {{sql version}} AS version FROM {{resource "rows"}}\n\nTYPE endpoint\n',
  'sets/table/read.token.hbs': 'kind: static\nscopes:\n  - PIPES:READ {{resource "count"}}\n',
};

const listOf = (fleet: string, ...lines: readonly string[]): string =>
  `fleet: ${fleet}\ndefaults: { template: table }\ntenants:\n${lines.map((line) => `  - { ${line} }\n`).join('')}`;

/** What one way adds, the other removes; the first tenant stays and changes. */
const waysOf = (fleet: string, [stays, comes, goes]: readonly [string, string, string]) =>
  [
    listOf(fleet, `id: ${stays}, vars: { version: 2 }`, `id: ${comes}`, `id: ${goes}, state: removed`),
    listOf(fleet, `id: ${stays}`, `id: ${comes}, state: removed`, `id: ${goes}`),
  ] as const;
const USAGE = waysOf('usage', ['acme', 'initech', 'hooli']);
const BILLING = waysOf('billing', ['stark', 'umbrella', 'wonka']);

type Write = (list: string, inputs?: Readonly<Record<string, string>>) => Promise<Report>;

/** Applies a list of any fleet from one checkout, with `prune`. */
async function writer(ground: Ground): Promise<Write> {
  await ground.write(TABLE);
  return async (list, inputs = {}) => {
    const file = `${/^fleet: (\w+)/.exec(list)?.[1] ?? ''}.yaml`;
    await ground.write({ [file]: list });
    const tenants = join(ground.folder, file);
    return ground.apply({ tenants, prune: 'true', 'deploy-timeout': '120s', ...inputs });
  };
}

async function insert(ground: Ground, table: string): Promise<void> {
  const answer = await ground.ask(`/v0/events?name=${table}&wait=true`, {
    method: 'POST',
    body: '{"n":1}\n{"n":2}',
  });
  expect(await answer.json()).toEqual({ successful_rows: 2, quarantined_rows: 0 });
}

/** Everything that a run could lose. */
async function stateOf(ground: Ground): Promise<object> {
  const { deployments } = (await (await ground.ask('/v1/deployments')).json()) as {
    deployments: { status: string }[];
  };
  const sum = async (table: string): Promise<string> =>
    (await ground.ask(`/v0/sql?q=${encodeURIComponent(`SELECT sum(n) FROM ${table} FORMAT TSV`)}`)).text();
  return {
    files: Object.fromEntries(await ground.files()),
    tokens: Object.fromEntries(await ground.tokens()),
    rows: [await sum('acme_rows'), await sum('stark_rows')],
    deployments: deployments.filter(({ status }) => !status.startsWith('delet')).length,
  };
}

const expectDone = (report: Report | undefined): void => {
  expect(report?.stop).toBeNull();
  expect(report?.outcomes.filter(({ result }) => result !== 'applied')).toEqual([]);
};

test('two fleets in turn, and another run between any two requests of one', {
  timeout: 600_000,
}, async () => {
  await using ground = await openGround(sandbox, 'fleets');
  await using gate = await openGate({ tinybird: sandbox.url, github: sandbox.url });
  const write = await writer(ground);
  const through = { 'tinybird-host': gate.tinybird };
  expectDone(await write(USAGE[1]));
  expectDone(await write(BILLING[1]));
  await insert(ground, 'acme_rows');
  await insert(ground, 'stark_rows');
  const states = [{}, await stateOf(ground)];
  gate.watch({});
  expectDone(await write(USAGE[0], through));
  const moments = momentsOf(gate.passed);
  expectDone(await write(BILLING[0]));
  states[0] = await stateOf(ground);
  expect(states[0]).toMatchObject({ rows: ['3\n', '3\n'], deployments: 1 });

  const trials = [
    ...moments.map((moment) => ({ moment, others: BILLING })),
    // A run of the same list takes up what this one has staged.
    ...moments.filter(isDeploying).map((moment) => ({ moment, others: USAGE })),
  ];
  for (const [trial, { moment, others }] of trials.entries()) {
    const way = trial % 2 === 0 ? 1 : 0;
    let other: Promise<Report> | undefined;
    let nth = 0;
    const arrived = async (passing: Passing): Promise<void> => {
      if (kindOf(passing) === moment.kind) nth += 1;
      if (nth !== moment.nth || other !== undefined) return;
      other = write(others[way]);
      // It is done, or it waits for what this run has staged.
      await Promise.race([other, heard(ground, 'waiting for it')]);
    };
    gate.watch({ arrived });
    expectDone(await write(USAGE[way], through));
    expectDone(await other);
    if (others === USAGE) expectDone(await write(BILLING[way]));
    expect({ moment, ...(await stateOf(ground)) }).toEqual({ moment, ...states[way] });
  }
});

interface Moment {
  readonly kind: string;
  /** From 1. */
  readonly nth: number;
}

/**
 * The last request of each kind, which is one of the step that deletes; what is asked as often as it takes, the first time.
 * Before its first question a run knows nothing: another one there is one before it.
 */
function momentsOf(passed: readonly Passing[]): Moment[] {
  const kinds = Map.groupBy(passed.slice(1), kindOf);
  return [...kinds].map(([kind, { length }]) => ({
    kind,
    nth: kind === 'GET /v1/deployments/*' ? 1 : length,
  }));
}

const isDeploying = ({ kind }: Moment): boolean => /deploy/.test(kind);

const kindOf = ({ method, path }: Passing): string =>
  `${method} ${path.replace(/\/\d+|\/\w+\.(?=pipe|datasource)/, '/*')}`;

/** When a run says so, from now on. */
async function heard({ said }: Ground, words: string): Promise<void> {
  const from = said.length;
  while (!said.slice(from).some((line) => line.includes(words))) await systemClock.sleep(5);
}

const TEN = Array.from({ length: 10 }, (_, nth) => `customer${nth}`);
const SIGN_UPS = listOf('usage', ...TEN.map((id) => `id: ${id}`));

test('ten sign-ups at once: each run does its own part', { timeout: 300_000 }, async () => {
  await using ground = await openGround(sandbox, 'signups');
  const write = await writer(ground);
  const reports = await Promise.all(TEN.map((tenant) => write(SIGN_UPS, { tenant })));
  for (const [nth, report] of reports.entries()) {
    expectDone(report);
    expect(report.tenants.map(({ id }) => id)).toEqual([TEN[nth]]);
  }
  expect([...(await ground.tokens()).keys()].sort()).toEqual(TEN.map((id) => `${id}_read`));
  const after = await write(SIGN_UPS);
  expect(after).toMatchObject({ stop: null, deploymentId: null, plan: { steps: [], orphans: [] } });
});

test('ten equal runs at once: what one does the others find done', { timeout: 300_000 }, async () => {
  await using ground = await openGround(sandbox, 'equal');
  const write = await writer(ground);
  const reports = await Promise.all(TEN.map(() => write(SIGN_UPS)));
  for (const report of reports) expectDone(report);
  expect(new Set(reports.map(({ deploymentId }) => deploymentId))).toEqual(new Set(['1']));
  expect([...(await ground.tokens()).keys()].sort()).toEqual(TEN.map((id) => `${id}_read`));
  expectDone(await write(SIGN_UPS));
});
