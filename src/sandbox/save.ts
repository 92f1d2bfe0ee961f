// The sandbox's memory as one JSON file beside ClickHouse's: written whole and renamed into place, so that a crash leaves the old or the new one.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from './engine/engine.ts';
import { PipeStats } from './pipe-stats.ts';
import { RateLimit } from './rate-limit.ts';
import { restoreWorkspace, type SavedWorkspace, saveWorkspace } from './saved-workspace.ts';
import type { User, World } from './world.ts';

const FILE = 'sandbox.json';
const VERSION = 2;

interface SavedWorld {
  readonly version: number;
  readonly key: string;
  readonly user: User;
  readonly organizationId: string;
  readonly workspaces: readonly SavedWorkspace[];
}

/** Writes after each change, one file at a time; changes that come meanwhile share the next one. */
export class Saver {
  readonly #world: World;
  readonly #dataDir: string | null;
  #wanted = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(world: World, dataDir: string | null) {
    this.#world = world;
    this.#dataDir = dataDir;
    world.save = () => this.#request();
    world.saved = () => this.finish();
  }

  #request(): void {
    if (this.#dataDir === null || this.#wanted) return;
    this.#wanted = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(resolve);
    const dataDir = this.#dataDir;
    this.#writing = Promise.all([this.#writing, promise]).then(() => this.#write(dataDir));
  }

  async #write(dataDir: string): Promise<void> {
    this.#wanted = false;
    const file = join(dataDir, FILE);
    await writeFile(`${file}.new`, JSON.stringify(savedWorld(this.#world)));
    await rename(`${file}.new`, file);
  }

  /** Everything so far is on disk. */
  finish(): Promise<void> {
    return this.#writing;
  }
}

const savedWorld = (world: World): SavedWorld => ({
  version: VERSION,
  key: world.key,
  user: world.user,
  organizationId: world.organizationId,
  workspaces: [...world.workspaces.values()].map(saveWorkspace),
});

/** Null when nothing was saved in this directory yet. */
export async function loadState(from: {
  engine: Engine;
  dataDir: string;
  now: () => number;
}): Promise<World | null> {
  const text = await readFile(join(from.dataDir, FILE), 'utf8').catch(() => null);
  if (text === null) return null;
  const saved: SavedWorld = JSON.parse(text);
  if (saved.version !== VERSION) {
    throw new Error(
      `${join(from.dataDir, FILE)} is of version ${saved.version}; this sandbox reads ${VERSION}`,
    );
  }
  const workspaces = new Map<string, Awaited<ReturnType<typeof restoreWorkspace>>>();
  for (const workspace of saved.workspaces) {
    workspaces.set(workspace.id, await restoreWorkspace(from.engine, workspace));
  }
  return {
    engine: from.engine,
    key: saved.key,
    user: saved.user,
    organizationId: saved.organizationId,
    workspaces,
    now: from.now,
    rates: new RateLimit(from.now),
    pipeStats: new PipeStats(from.now),
    limits: false,
    url: '',
    save: () => undefined,
    saved: async () => undefined,
  };
}
