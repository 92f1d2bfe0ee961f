// Makes and unmakes workspaces.
import { randomBytes } from 'node:crypto';
import type { Generation } from '../model.ts';
import { seedDeployment } from './deploy.ts';
import { createDatabase, dropDatabase, dropTable } from './engine/tables.ts';
import { detachViews } from './engine/views.ts';
import { stopJobs } from './jobs.ts';
import { SandboxError } from './state.ts';
import { newWorkspace, type Workspace } from './workspace.ts';
import { stamp, type World } from './world.ts';

export async function addWorkspace(
  world: World,
  name: string,
  generation: Generation = 'forward',
): Promise<Workspace> {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new SandboxError(400, `Invalid workspace name: ${name}`);
  if (world.workspaces.values().some((workspace) => workspace.name === name)) {
    throw new SandboxError(409, `Workspace "${name}" already exists`);
  }
  // Random, because sandboxes of one process share an engine.
  const prefix = `w${randomBytes(4).toString('hex')}`;
  const workspace = newWorkspace({ name, generation, prefix, key: world.key, now: stamp(world) });
  const seed = seedDeployment(world, workspace);
  workspace.deployments.push(seed);
  await createDatabase(world.engine, seed.catalog.database);
  world.workspaces.set(workspace.id, workspace);
  world.save();
  return workspace;
}

export async function removeWorkspace(world: World, workspace: Workspace): Promise<void> {
  world.workspaces.delete(workspace.id);
  stopJobs(workspace);
  await workspace.background;
  const { engine } = world;
  await detachViews(engine, [...new Set(workspace.deployments.flatMap(({ views }) => [...views.values()]))]);
  for (const { catalog, status } of workspace.deployments) {
    if (status !== 'deleted') await dropDatabase(engine, catalog.database);
  }
  const tables = workspace.deployments.flatMap(({ catalog }) =>
    [...catalog.datasources.values()].map(({ table }) => table),
  );
  for (const table of new Set(tables)) await dropTable(engine, table);
  world.save();
}
