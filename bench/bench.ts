// Speed and size of what is shipped, in one table. README.md beside this says what each row means. Nothing is asserted.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { root } from '../scripts/bundle.ts';
import { act, type Run, type Start } from './action.ts';
import { deployAll } from './deployment.ts';
import { renderAndPlan } from './rendering.ts';
import { bundleSize } from './size.ts';
import { aligned, median, type Row, tableOf } from './table.ts';
import { checkOut, openWorld, type World, writeList } from './world.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Another build of the action than dist/index.cjs. */
    entry: { type: 'string', default: join(root, 'dist/index.cjs') },
    /** Folder for V8's CPU profiles of one more run of each kind. */
    'cpu-prof': { type: 'string' },
  },
});
const FULL = { few: 1_000, many: 10_000, deployed: 15_000, rounds: 5 };
const QUICK = { few: 100, many: 1_000, deployed: 1_500, rounds: 2 };
const { few, many, deployed, rounds } = flags.quick ? QUICK : FULL;
/** What shall be reached holds for the full sizes only. */
const reach = (text: string) => (flags.quick ? {} : { reach: text });
const tenants = (count: number) => `${count.toLocaleString('en')} tenants`;
const say = (text: string) => process.stderr.write(`${text}\n`);

await using world = await openWorld(['cold', 'few', 'many', 'deployed']);
const started = performance.now();
const measured = await runs(world);
const size = await bundleSize();
const rows: Row[] = [
  row(`nothing to do, ${tenants(few)}`, measured.few, reach('600 ms')),
  row(`nothing to do, ${tenants(many)}`, measured.many, reach('3 s, 400 MB')),
  row(`one tenant more among ${many.toLocaleString('en')}`, measured.more),
  row(`first run, ${tenants(many)}`, measured.first),
  { name: 'empty Node process', unit: 'ms', values: measured.empty },
  ...coldStart(),
  await rendering(),
  ...(await deployment()),
  { name: 'bundle', unit: 'MB', values: [size.bytes / 1e6], ...reach('2.2 MB') },
];
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  load: loadavg(),
};
if (flags.json) console.log(JSON.stringify({ machine, rounds, rows, packages: size.packages }, null, 2));
else {
  const packages = size.packages.map(({ name, bytes }) => [name, `${Math.round(bytes / 1000)} kB`]);
  const { node, cpu, cores, load } = machine;
  console.log(`\n${tableOf(rows)}\n\nThe bundle by package:\n${aligned(packages.slice(0, 20))}\n`);
  console.log(
    `${rounds} rounds in turn, ${((performance.now() - started) / 1000).toFixed(0)} s; Node ${node}, ${cores} × ${cpu}, load ${load.map((each) => each.toFixed(1)).join(' ')}`,
  );
}

/** All kinds in turn, round by round, so that what else the machine does falls on all of them. */
async function runs(world: World) {
  const start = async (workspace: string, count: number): Promise<Start> => ({
    workspace,
    checkout: await checkOut(world, workspace, count),
    command: 'apply',
    entry: flags.entry,
    profiles: null,
  });
  const starts = {
    cold: await start('cold', 10),
    few: await start('few', few),
    many: await start('many', many),
  };
  const found = {
    cold: [] as Run[],
    few: [] as Run[],
    many: [] as Run[],
    more: [] as Run[],
    empty: [] as number[],
  };
  say(`first run of ${tenants(many)}`);
  const first = [await act(world, starts.many)];
  await act(world, starts.few);
  await act(world, starts.cold);
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`);
    found.empty.push(await emptyProcess(world));
    found.cold.push(await act(world, starts.cold));
    found.few.push(await act(world, starts.few));
    found.many.push(await act(world, starts.many));
    await writeList(starts.many.checkout, many + round);
    found.more.push(await act(world, starts.many));
  }
  const profiles = flags['cpu-prof'];
  if (profiles !== undefined) for (const one of Object.values(starts)) await act(world, { ...one, profiles });
  return { ...found, first };
}

async function emptyProcess({ folder }: World): Promise<number> {
  const file = join(folder, 'empty.cjs');
  await writeFile(file, '');
  const at = performance.now();
  await promisify(execFile)(process.execPath, [file]);
  return performance.now() - at;
}

function row(name: string, runs: readonly Run[], wanted: Pick<Row, 'reach'> = {}): Row {
  const of = (each: (run: Run) => number) => median(runs.map(each));
  return {
    name,
    unit: 'ms',
    values: runs.map(({ wallMs }) => wallMs),
    cpuMs: of(({ cpuMs }) => cpuMs),
    maxRssMb: of(({ maxRssMb }) => maxRssMb),
    serverMs: of(({ serverMs }) => serverMs),
    requests: of(({ requests }) => requests),
    sentBytes: of(({ sentBytes }) => sentBytes),
    receivedBytes: of(({ receivedBytes }) => receivedBytes),
    ...wanted,
  };
}

function coldStart(): Row[] {
  const firsts = measured.cold.map(({ firstRequestMs }) => firstRequestMs);
  const over = firsts.map((each, round) => each - (measured.empty[round] ?? 0));
  return [
    { name: 'to the first request, 10 tenants', unit: 'ms', values: firsts },
    { name: '  over the empty process', unit: 'ms', values: over, ...reach('100 ms') },
    {
      name: `to the first request, ${tenants(many)}`,
      unit: 'ms',
      values: measured.many.map(({ firstRequestMs }) => firstRequestMs),
    },
  ];
}

async function rendering(): Promise<Row> {
  say('render and plan');
  const passes = await renderAndPlan(await checkOut(world, 'render', many), rounds);
  const values = passes.map(({ datafiles, wallMs }) => (datafiles / wallMs) * 1000);
  const cpuMs = median(passes.map((pass) => pass.cpuMs));
  return { name: `render and plan, ${tenants(many)}`, unit: 'files/s', values, cpuMs, ...reach('50,000 /s') };
}

async function deployment(): Promise<Row[]> {
  say('a deployment straight to the sandbox');
  const taken = await deployAll(world, 'deployed', await checkOut(world, 'deployed', deployed));
  const files = `${taken.files.toLocaleString('en')} datafiles, no table`;
  return [
    { name: `the sandbox: check ${files}`, unit: 'ms', values: [taken.checkMs] },
    { name: `the sandbox: deploy ${files}`, unit: 'ms', values: [taken.totalMs], ...reach('10 s') },
    { name: '  until it answers', unit: 'ms', values: [taken.acceptMs] },
    { name: '  until it is ready', unit: 'ms', values: [taken.readyMs] },
  ];
}
