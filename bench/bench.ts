// Speed and size of what is shipped, beside the official tools. README.md beside this says what each row means. Nothing is asserted.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/bundle.ts';
import { chart } from './chart.ts';
import { deployAll } from './deployment.ts';
import { classicRows, growth, growthWorkspaces } from './growth.ts';
import { type Ingest, ingest, ingestTable, ingestWorkspaces } from './ingest.ts';
import { findPeers } from './peers.ts';
import { renderAndPlan } from './rendering.ts';
import { actionRows, RUN_WORKSPACES } from './runs.ts';
import { bundleSize } from './size.ts';
import { aligned, median, type Row, tableOf } from './table.ts';
import { proveIsolation } from './verifying.ts';
import { checkOut, openWorld } from './world.ts';

const PARTS = ['action', 'growth', 'render', 'sandbox', 'verify', 'ingest', 'bundle'] as const;
type Part = (typeof PARTS)[number];

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** Every single value, to this file. */
    json: { type: 'string' },
    /** Only these, with commas between. */
    parts: { type: 'string', default: PARTS.join(',') },
    /** Another build of the action than dist/index.cjs. */
    entry: { type: 'string', default: join(root, 'dist/index.cjs') },
    /** Folder for V8's CPU profiles of one more run of each kind. */
    'cpu-prof': { type: 'string' },
  },
});
const FULL = {
  ...{ few: 1_000, many: 10_000, vast: 100_000, deployed: 15_000, rounds: 5, verified: 1_000, classic: 10 },
  ...{ sizes: [10, 100, 1_000, 10_000], fleets: [1, 10, 100, 500, 1_000] },
};
const QUICK: typeof FULL = {
  ...{ few: 20, many: 100, vast: 200, deployed: 100, rounds: 1, verified: 5, classic: 2 },
  ...{ sizes: [5], fleets: [1, 3] },
};
const scale = flags.quick ? QUICK : FULL;
const { entry } = flags;
const parts = flags.parts.split(',');
const unknown = parts.filter((part) => !PARTS.some((known) => known === part));
if (unknown.length > 0)
  throw new Error(`--parts: there is no ${unknown.join(', ')}, only ${PARTS.join(', ')}`);
const has = (part: Part): boolean => parts.includes(part);
/** What shall be reached holds for the full sizes only. */
const reach = (text: string) => (flags.quick ? {} : { reach: text });
const tenants = (count: number) => `${count.toLocaleString('en')} tenants`;
const say = (text: string) => process.stderr.write(`${text}\n`);

const started = performance.now();
const peers = await findPeers(process.env);
for (const told of peers.told) say(told);
await using world = await openWorld([
  ...RUN_WORKSPACES,
  ...growthWorkspaces(scale.sizes),
  ...ingestWorkspaces(scale.fleets),
  ...['deployed', 'classic_ours', 'classic_pushed'],
]);
const rows: Row[] = [];
const profiles = flags['cpu-prof'] ?? null;
if (has('action')) rows.push(...(await actionRows(world, { ...scale, entry, profiles, say, reach })));
if (has('render')) rows.push(...(await rendering()));
const grown = has('growth')
  ? await growth(world, peers, { ...scale, entry, rounds: Math.min(3, scale.rounds), say })
  : null;
if (grown !== null)
  rows.push(...grown.rows, ...(await classicRows(world, peers, { entry, count: scale.classic })));
if (has('sandbox')) rows.push(...(await deployment()));
if (has('verify')) rows.push(await proving());
const inserts = has('ingest') ? await ingest(world, scale.fleets, say) : [];
const size = has('bundle') ? await bundleSize() : null;
if (size !== null) rows.push({ name: 'bundle', unit: 'MB', values: [size.bytes / 1e6], ...reach('2.2 MB') });
await report(inserts);

async function report(inserts: readonly Ingest[]): Promise<void> {
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    load: loadavg(),
  };
  console.log(`\n${tableOf(rows)}\n`);
  if (inserts.length > 0) console.log(`An insert of 1,000 rows:\n${ingestTable(inserts)}\n`);
  if (size !== null) {
    const packages = size.packages.map(({ name, bytes, lazy }) => [
      name,
      kilobytes(bytes),
      lazy === 0 ? '' : `${kilobytes(lazy)} later, or never`,
    ]);
    console.log(`The bundle by package:\n${aligned(packages.slice(0, 20))}\n`);
  }
  for (const told of peers.told) console.log(told);
  const { node, cpu, cores, load } = machine;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${seconds} s; Node ${node}, ${cores} × ${cpu}, load ${load.map((each) => each.toFixed(1)).join(' ')}`,
  );
  const svg =
    grown === null ? null : chart('One tenant more: from starting the tool until it is live', grown.lines);
  if (svg !== null)
    await writeFile(flags.quick ? join(world.folder, 'growth.svg') : join(root, 'bench/growth.svg'), svg);
  if (flags.json === undefined) return;
  const all = {
    machine,
    peers: peers.told,
    rows,
    growth: grown?.lines ?? [],
    inserts,
    packages: size?.packages ?? [],
  };
  await writeFile(flags.json, `${JSON.stringify(all, null, 2)}\n`);
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}

async function rendering(): Promise<Row[]> {
  say('render, diff, pack');
  const passes = await renderAndPlan(await checkOut(world, 'render', scale.many), scale.rounds);
  const name = (what: string) => `${what}, ${tenants(scale.many)}`;
  return [
    { name: name('render only'), unit: 'ms', values: passes.map(({ renderMs }) => renderMs) },
    { name: name('diff only'), unit: 'ms', values: passes.map(({ planMs }) => planMs) },
    {
      name: name('render and diff'),
      unit: 'files/s',
      values: passes.map(({ datafiles, renderMs, planMs }) => (datafiles / (renderMs + planMs)) * 1000),
      cpuMs: median(passes.map(({ cpuMs }) => cpuMs)),
      ...reach('50,000 /s'),
    },
    { name: name('secrets packing'), unit: 'ms', values: passes.map(({ packMs }) => packMs) },
  ];
}

async function deployment(): Promise<Row[]> {
  say('a deployment straight to the sandbox');
  const taken = await deployAll(world, 'deployed', await checkOut(world, 'deployed', scale.deployed));
  const files = `${taken.files.toLocaleString('en')} datafiles, no table`;
  return [
    { name: `the sandbox: check ${files}`, unit: 'ms', values: [taken.checkMs] },
    { name: `the sandbox: deploy ${files}`, unit: 'ms', values: [taken.totalMs], ...reach('10 s') },
    { name: '  until it answers', unit: 'ms', values: [taken.acceptMs] },
    { name: '  until it is ready', unit: 'ms', values: [taken.readyMs] },
  ];
}

async function proving(): Promise<Row> {
  say('a proof of isolation');
  const { wallMs, cpuMs, maxRssMb, tried } = await proveIsolation(
    await checkOut(world, 'verify', scale.verified),
  );
  const name = `verify, ${tenants(scale.verified)}`;
  return { name, unit: 'ms', values: [wallMs], cpuMs, maxRssMb, requests: tried, ...reach('120 s') };
}
