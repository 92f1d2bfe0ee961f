// The built action as whole processes: all kinds of runs in turn, round by round, so that what else the machine does falls on all of them.
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../scripts/bundle.ts';
import { act, type Run, type Start } from './action.ts';
import { median, type Row } from './table.ts';
import { checkOut, type World, writeList } from './world.ts';

export interface RunsAsked {
  readonly entry: string;
  readonly few: number;
  readonly many: number;
  readonly vast: number;
  readonly rounds: number;
  /** Folder for V8's CPU profiles of one more run of each kind; null for none. */
  readonly profiles: string | null;
  readonly say: (text: string) => void;
  /** What shall be reached, at these sizes. */
  readonly reach: (text: string) => Pick<Row, 'reach'>;
}

export const RUN_WORKSPACES = ['cold', 'few', 'many', 'changed', 'new'];

const tenants = (count: number): string => `${count.toLocaleString('en')} tenants`;

export async function actionRows(world: World, asked: RunsAsked): Promise<Row[]> {
  const { few, many, vast, reach } = asked;
  const found = await measured(world, asked);
  const over = found.cold.map(({ firstRequestMs }, round) => firstRequestMs - (found.empty[round] ?? 0));
  const first = (runs: readonly Run[]) => runs.map(({ firstRequestMs }) => firstRequestMs);
  return [
    row(`plan, nothing to do, ${tenants(few)}`, found.few, reach('600 ms')),
    row(`plan, nothing to do, ${tenants(many)}`, found.many, reach('3 s, 400 MB')),
    row(`one tenant more among ${many.toLocaleString('en')}`, found.more),
    row(`a set changed for all ${tenants(few)}`, found.changed),
    row(`first run, ${tenants(many)}`, found.first),
    row(`plan, all of it new, ${tenants(few)}`, found.fewNew),
    row(`plan, all of it new, ${tenants(many)}`, found.manyNew),
    row(`plan, all of it new, ${tenants(vast)}`, found.vastNew, reach('1 GB')),
    { name: 'empty Node process', unit: 'ms', values: found.empty },
    { name: 'to the first request, 10 tenants', unit: 'ms', values: first(found.cold) },
    { name: '  over the empty process', unit: 'ms', values: over, ...reach('100 ms') },
    { name: `to the first request, ${tenants(many)}`, unit: 'ms', values: first(found.many) },
  ];
}

async function measured(world: World, asked: RunsAsked) {
  const { entry, few, many, rounds, profiles, say } = asked;
  const start = async (workspace: string, count: number, command: Start['command']): Promise<Start> => {
    return { workspace, checkout: await checkOut(world, workspace, count), command, entry, profiles: null };
  };
  const own = join(world.folder, 'own-sets');
  await cp(join(root, 'datafiles-templates'), own, { recursive: true });
  const starts = {
    cold: await start('cold', 10, 'plan'),
    few: await start('few', few, 'plan'),
    many: await start('many', many, 'plan'),
    changed: { ...(await start('changed', few, 'apply')), templates: own },
  };
  const found = {
    cold: [] as Run[],
    few: [] as Run[],
    many: [] as Run[],
    more: [] as Run[],
    changed: [] as Run[],
    empty: [] as number[],
  };
  say(`first run of ${tenants(many)}`);
  const apply = (one: Start): Promise<Run> => act(world, { ...one, command: 'apply' });
  const first = [await apply(starts.many)];
  for (const one of [starts.few, starts.cold, starts.changed]) await apply(one);
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`);
    found.empty.push(await emptyProcess(world));
    found.cold.push(await act(world, starts.cold));
    found.few.push(await act(world, starts.few));
    found.many.push(await act(world, starts.many));
    await writeList(starts.many.checkout, many + round);
    found.more.push(await apply(starts.many));
    await change(own, round);
    found.changed.push(await act(world, starts.changed));
  }
  if (profiles !== null) for (const one of Object.values(starts)) await act(world, { ...one, profiles });
  return { ...found, first, ...(await allNew(world, asked)) };
}

/** Plans for a workspace that has nothing: what grows with the list alone. */
async function allNew(world: World, { entry, few, many, vast, say }: RunsAsked) {
  const run = async (count: number): Promise<Run[]> => {
    say(`a plan for ${tenants(count)}, all of it new`);
    const checkout = await checkOut(world, `new-${count}`, count);
    return [await act(world, { checkout, workspace: 'new', command: 'plan', entry, profiles: null })];
  };
  return { fewNew: await run(few), manyNew: await run(many), vastNew: await run(vast) };
}

/** One endpoint of the set reads otherwise. */
async function change(sets: string, round: number): Promise<void> {
  const file = 'own-endpoints/usage_by_day.pipe.hbs';
  const text = await readFile(join(root, 'datafiles-templates', file), 'utf8');
  await writeFile(join(sets, file), text.replace('response >= 400', `response >= ${400 + round}`));
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
