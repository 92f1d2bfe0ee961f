// How the time for one tenant more grows with the list: this action and the official tools in turn, on one workspace for each size.
import { act, type Run } from './action.ts';
import type { Line } from './chart.ts';
import { type Found, openPlace, type Peer, type Place, take } from './peers.ts';
import { datafiles, writeFiles } from './rendered.ts';
import { median, type Row } from './table.ts';
import { checkOut, type World, writeList } from './world.ts';

export interface Growth {
  readonly rows: readonly Row[];
  readonly lines: readonly Line[];
}

export interface GrowthAsked {
  readonly entry: string;
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly say: (text: string) => void;
}

export const growthWorkspaces = (sizes: readonly number[]): string[] => sizes.map((size) => `growth${size}`);

/** Whoever takes longer than this is not asked for the next size. */
const PATIENCE_MS = 60_000;
const OURS = 'this action';

/** What was measured of one tool: milliseconds by size. */
interface Times {
  readonly check: Map<number, number[]>;
  readonly deploy: Map<number, number[]>;
}

export async function growth(world: World, { peers }: Found, asked: GrowthAsked): Promise<Growth> {
  const times = new Map([OURS, ...peers.map(({ name }) => name)].map((name) => [name, noTimes()]));
  for (const size of asked.sizes) {
    asked.say(`one tenant more among ${size}, by all tools`);
    const patient = peers.filter(({ name }) => isPatient(times.get(name)));
    await grow(world, { ...asked, size, peers: patient }, times);
  }
  const last = asked.sizes.at(-1) ?? 0;
  return {
    rows: [...times].flatMap(([name, of]) => rowsOf(name, of, last)),
    lines: [...times].map(([name, { deploy }]) => ({
      name,
      points: [...deploy].map(([size, values]) => [size, median(values)] as const),
    })),
  };
}

const noTimes = (): Times => ({ check: new Map(), deploy: new Map() });

const isPatient = (times: Times | undefined): boolean =>
  [...(times?.deploy.values() ?? [])].every((values) => median(values) < PATIENCE_MS);

/** Milliseconds. */
interface Tool {
  readonly name: string;
  readonly check: () => Promise<number>;
  readonly deploy: () => Promise<number>;
}

async function grow(
  world: World,
  { entry, size, peers, rounds }: GrowthAsked & { readonly size: number; readonly peers: readonly Peer[] },
  times: ReadonlyMap<string, Times>,
): Promise<void> {
  const workspace = `growth${size}`;
  const checkout = await checkOut(world, workspace, size);
  const place = await openPlace(world, workspace);
  const start = { checkout, workspace, entry, profiles: null };
  const ours = async (command: 'plan' | 'apply') => (await act(world, { ...start, command })).wallMs;
  const tools: Tool[] = [
    { name: OURS, check: () => ours('plan'), deploy: () => ours('apply') },
    ...peers.map(({ name, check, deploy }): Tool => {
      return { name, check: () => take(check(place), place), deploy: () => take(deploy(place), place) };
    }),
  ];
  await ours('apply');
  for (let round = 0; round <= rounds; round += 1) {
    for (const [nth, tool] of tools.entries()) {
      // All of them find the same, and one tenant more than is live.
      await writeList(checkout, size + round * tools.length + nth + 1);
      await writeFiles(await datafiles(checkout), place.folder);
      const taken = { check: await tool.check(), deploy: await tool.deploy() };
      // The first round is for whatever a tool or the server does only once.
      if (round > 0) note(times.get(tool.name), size, taken);
    }
  }
}

function note(times: Times | undefined, size: number, taken: Readonly<Record<keyof Times, number>>): void {
  for (const kind of ['check', 'deploy'] as const) {
    times?.[kind].set(size, [...(times[kind].get(size) ?? []), taken[kind]]);
  }
}

function rowsOf(name: string, times: Times, size: number): Row[] {
  const among = `one tenant more among ${size.toLocaleString('en')}`;
  const said =
    name === OURS ? { check: 'plan', deploy: 'apply' } : { check: 'deploy --check', deploy: 'deploy' };
  return (['check', 'deploy'] as const).flatMap((kind): Row[] => {
    const values = times[kind].get(size);
    return values === undefined ? [] : [{ name: `${among}: ${name}, ${said[kind]}`, unit: 'ms', values }];
  });
}

/** The first run of a few tenants on Classic: this action, and a loop over `tb push` where there is one. */
export async function classicRows(
  world: World,
  { pusher }: Found,
  asked: { entry: string; count: number },
): Promise<Row[]> {
  const { entry, count } = asked;
  const run = (workspace: string, checkout: string): Promise<Run> =>
    act(world, { checkout, workspace, command: 'apply', entry, profiles: null });
  const what = `Classic: first run, ${count} tenants`;
  const ours = await run('classic_ours', await checkOut(world, 'classic_ours', count));
  const rows: Row[] = [
    { name: `${what}: ${OURS}`, unit: 'ms', values: [ours.wallMs], requests: ours.requests },
  ];
  if (pusher === null) return rows;
  const place = await openPlace(world, 'classic_pushed');
  const files = await datafiles(await checkOut(world, 'classic_pushed', count), 'classic');
  await writeFiles(files, place.folder);
  return [
    ...rows,
    {
      name: `${what}: a loop over ${pusher.name}`,
      unit: 'ms',
      values: [await pushAll(files, place, pusher.push)],
    },
  ];
}

async function pushAll(
  files: readonly { readonly name: string }[],
  place: Place,
  push: (place: Place, file: string) => readonly string[],
): Promise<number> {
  const sources = files.filter(({ name }) => name.endsWith('.datasource'));
  const pipes = files.filter(({ name }) => name.endsWith('.pipe'));
  let sum = 0;
  for (const { name } of sources) sum += await take(push(place, `datasources/${name}`), place);
  for (const { name } of pipes) sum += await take(push(place, `endpoints/${name}`), place);
  return sum;
}
