// What everything is measured on: a sandbox in another process, and a checkout with a list of tenants of own-endpoints.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../scripts/bundle.ts';

export interface World extends AsyncDisposable {
  readonly url: string;
  /** Admin tokens by the workspace's name. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Scratch. */
  readonly folder: string;
}

export async function openWorld(workspaces: readonly string[]): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'tenants-bench-'));
  const server = spawn(process.execPath, [join(root, 'bench/server.ts'), ...workspaces], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  });
  const close = async () => {
    await stop(server);
    await rm(folder, { recursive: true, force: true });
  };
  const [line] = await Promise.race([once(createInterface(server.stdout), 'line'), once(server, 'exit')]);
  if (typeof line !== 'string') {
    await close();
    throw new Error('the sandbox did not start');
  }
  return { ...JSON.parse(line), folder, [Symbol.asyncDispose]: close };
}

/** For the engine to end. */
const PATIENCE_MS = 20_000;

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const ended = once(server, 'exit');
  server.stdin?.end();
  const late = setTimeout(() => server.kill('SIGKILL'), PATIENCE_MS);
  await ended;
  clearTimeout(late);
}

/** A checkout with `count` tenants of own-endpoints; gives its path. */
export async function checkOut(
  { folder: at }: Pick<World, 'folder'>,
  name: string,
  count: number,
): Promise<string> {
  const folder = join(at, name);
  await mkdir(folder);
  await cp(join(root, 'examples/usage-billing/tinybird'), join(folder, 'tinybird'), { recursive: true });
  await writeList(folder, count);
  return folder;
}

export type SetName = 'own-endpoints' | 'own-table' | 'own-token';

export const writeList = (checkout: string, count: number, set: SetName = 'own-endpoints'): Promise<void> =>
  writeFile(join(checkout, 'tenants.yaml'), listOf(count, set));

export const tenantId = (n: number): string => `customer-${n}`;

const EVENT_TYPES = ['login', 'search', 'purchase', 'refund'];

function listOf(count: number, set: SetName): string {
  const tenants = Array.from({ length: count }, (_, n) => {
    const types = EVENT_TYPES.slice(0, 2 + (n % 3)).join(', ');
    const vars = set === 'own-endpoints' ? `    vars: { event_types: [${types}] }\n` : '';
    return `  - id: ${tenantId(n)}\n${vars}`;
  });
  return `fleet: bench\ndefaults:\n  template: ${set}\ntenants:\n${tenants.join('')}`;
}
