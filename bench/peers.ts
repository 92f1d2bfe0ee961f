// The official tools that deploy the same files: the TypeScript SDK, which is always here, and the two command lines where they are installed.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../scripts/bundle.ts';
import type { World } from './world.ts';

/** A folder of datafiles and the workspace that they are for. */
export interface Place {
  readonly folder: string;
  readonly url: string;
  readonly token: string;
}

export interface Peer {
  readonly name: string;
  /** Arguments, the program first. */
  readonly check: (place: Place) => readonly string[];
  readonly deploy: (place: Place) => readonly string[];
}

/** The guide's way on Classic: one file, with the options of the program before it. */
export interface Pusher {
  readonly name: string;
  readonly push: (place: Place, file: string) => readonly string[];
}

export interface Found {
  readonly peers: readonly Peer[];
  readonly pusher: Pusher | null;
  /** Each tool and what became of it. */
  readonly told: readonly string[];
}

const SDK = join(root, 'node_modules/@tinybirdco/sdk/bin/tinybird.js');
const sdk: Peer = {
  name: 'SDK',
  check: () => [process.execPath, SDK, 'deploy', '--check'],
  deploy: () => [process.execPath, SDK, 'deploy'],
};

export async function findPeers(env: NodeJS.ProcessEnv): Promise<Found> {
  const [tb, classic] = [env.BENCH_TB, env.BENCH_TB_CLASSIC];
  const [forward, older] = [await versionOf(tb), await versionOf(classic)];
  const at = ({ url, token }: Place): string[] => ['--host', url, '--token', token];
  const peers =
    tb === undefined || forward === null
      ? [sdk]
      : [
          sdk,
          {
            name: 'tb',
            check: (place: Place) => [tb, '--cloud', ...at(place), 'deploy', '--check'],
            deploy: (place: Place) => [tb, '--cloud', ...at(place), 'deploy', '--wait'],
          },
        ];
  const pusher =
    classic === undefined || older === null
      ? null
      : {
          name: 'tb push',
          push: (place: Place, file: string) => [classic, ...at(place), 'push', '--no-check', file],
        };
  return {
    peers,
    pusher,
    told: [
      'the official SDK: found',
      told('tb', forward, 'BENCH_TB=path (pip install tinybird)'),
      told('tb of Classic', older, 'BENCH_TB_CLASSIC=path (pip install tinybird-cli)'),
    ],
  };
}

const told = (name: string, version: string | null, how: string): string =>
  version === null ? `the official CLI, ${name}: not found; ${how}` : `the official CLI, ${name}: ${version}`;

async function versionOf(program: string | undefined): Promise<string | null> {
  if (program === undefined) return null;
  const { stdout } = await promisify(execFile)(program, ['--version']);
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? null;
}

/** An empty folder that each tool takes for a project of that workspace. */
export async function openPlace(world: World, name: string): Promise<Place> {
  const folder = join(world.folder, `${name}-files`);
  await mkdir(folder);
  const place = { folder, url: world.url, token: world.tokens[name] ?? '' };
  const config = {
    include: ['datasources/*.datasource', 'endpoints/*.pipe'],
    token: place.token,
    baseUrl: place.url,
  };
  await writeFile(join(folder, 'tinybird.config.json'), JSON.stringify(config));
  return place;
}

const NOWHERE = 'http://127.0.0.1:9';

/** Milliseconds of the whole process. Throws when it fails. */
export async function take([program = '', ...args]: readonly string[], { folder }: Place): Promise<number> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    LANG: 'C.UTF-8',
    // Neither package indexes nor telemetry: nothing leaves the machine, and nobody waits for it.
    TB_VERSION_WARNING: '0',
    TB_CLI_TELEMETRY_OPTOUT: '1',
    HTTP_PROXY: NOWHERE,
    HTTPS_PROXY: NOWHERE,
    NO_PROXY: '127.0.0.1,localhost',
  };
  const started = performance.now();
  const running = promisify(execFile)(program, args, { cwd: folder, env, maxBuffer: 1 << 28 });
  // A question would wait for ever.
  running.child.stdin?.end();
  await running;
  return performance.now() - started;
}
