// One run of the built action, started as GitHub's runner starts it, with what it took.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/bundle.ts';
import { runAction } from '../src/sandbox/github/runner.ts';
import type { World } from './world.ts';

export interface Run {
  /** From before the process was started until it was gone. */
  readonly wallMs: number;
  /** From there to the first request. */
  readonly firstRequestMs: number;
  /** User and system, all threads. */
  readonly cpuMs: number;
  readonly maxRssMb: number;
  readonly requests: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What the server says that it took, all requests together; some overlap. */
  readonly serverMs: number;
}

export interface Start {
  readonly checkout: string;
  readonly workspace: string;
  readonly command: 'plan' | 'apply';
  /** The bundle. */
  readonly entry: string;
  /** Folder of template sets; those that are shipped when absent. */
  readonly templates?: string;
  /** Where V8 shall write a CPU profile; null for none. */
  readonly profiles: string | null;
}

interface Call {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly sent: number;
  readonly received: number;
  readonly serverMs: number;
}

interface Used {
  readonly cpuMs: number;
  readonly maxRssKb: number;
  readonly calls: readonly Call[];
}

let runs = 0;

/** Throws when the action fails. */
export async function act(world: World, start: Start): Promise<Run> {
  const { checkout, workspace, command, entry, profiles } = start;
  const tap = join(world.folder, `tap-${runs++}.json`);
  const tapped = `--require=${JSON.stringify(join(root, 'bench/tap.cjs'))}`;
  const profiled = profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${JSON.stringify(profiles)}`];
  const started = performance.now();
  const end = await runAction({
    entry,
    event: 'workflow_dispatch',
    payload: { repository: { default_branch: 'main', full_name: 'acme/customers' } },
    repository: 'acme/customers',
    sha: '0'.repeat(40),
    ref: 'refs/heads/main',
    workspace: checkout,
    apiUrl: 'http://127.0.0.1:9',
    inputs: {
      command,
      project: 'tinybird',
      // Another build may stand where no sets are beside it.
      templates: start.templates ?? (entry.startsWith(root) ? '' : join(root, 'datafiles-templates')),
      'tinybird-token': world.tokens[workspace] ?? '',
      'tinybird-host': world.url,
    },
    env: { NODE_OPTIONS: [tapped, ...profiled].join(' '), BENCH_TAP: tap },
  });
  const wallMs = performance.now() - started;
  if (end.exitCode !== 0) throw new Error(`the action ended with ${end.exitCode}:\n${end.log.slice(-4000)}`);
  const { cpuMs, maxRssKb, calls }: Used = JSON.parse(await readFile(tap, 'utf8'));
  const sum = (each: (call: Call) => number) => calls.reduce((total, call) => total + each(call), 0);
  return {
    wallMs,
    firstRequestMs: (calls[0]?.at ?? Number.NaN) - performance.timeOrigin - started,
    cpuMs,
    maxRssMb: maxRssKb / 1024,
    requests: calls.length,
    sentBytes: sum(({ sent }) => sent),
    receivedBytes: sum(({ received }) => received),
    serverMs: sum(({ serverMs }) => serverMs),
  };
}
