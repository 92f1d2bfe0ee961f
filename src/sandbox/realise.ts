// The life of a deployment after its check: schema, snapshots, views, ready; promotion and removal.
import { setImmediate as tick } from 'node:timers/promises';
import { forgetTokenIndex, scopesOfProject } from './authentication.ts';
import { changeColumns } from './column-changes.ts';
import { createAlias, createDatabase, createTable, dropDatabase, dropTable } from './engine/tables.ts';
import { attachViews, detachViews } from './engine/views.ts';
import type { PhysicalPlan } from './physical-plan.ts';
import { EMPTY_PROJECT } from './project.ts';
import { fillTables } from './snapshots.ts';
import { SandboxError } from './state.ts';
import { viewsOf } from './view-sql.ts';
import { type Deployment, liveOf, newToken, otherOf, type Status, type Workspace } from './workspace.ts';
import { stamp, type World } from './world.ts';

export interface Realisation {
  readonly deployment: Deployment;
  readonly plan: PhysicalPlan;
  readonly autoPromote: boolean;
}

/** Runs in the background; every end is told by the deployment's status. */
export async function realise(world: World, workspace: Workspace, realisation: Realisation): Promise<void> {
  const { deployment, plan } = realisation;
  try {
    await enter(world, deployment, 'creating_schema');
    await createSchema(world, workspace, realisation);
    await enter(world, deployment, 'schema_ready');
    const live = liveOf(workspace);
    await fillTables(world.engine, { workspace, live, deployment, tables: plan.tables });
    deployment.views = await attachNewViews(world, workspace, realisation);
    mintTokens(world, workspace, deployment);
    await enter(world, deployment, 'data_ready');
  } catch (error) {
    await undo(world, workspace, { deployment, error });
    return;
  }
  if (!realisation.autoPromote) return;
  const previous = liveOf(workspace);
  await promote(world, workspace, deployment.id);
  await remove(world, workspace, previous);
}

class Discarded extends Error {}

async function enter(world: World, deployment: Deployment, status: Status): Promise<void> {
  await tick();
  if (deployment.status === 'deleting') throw new Discarded();
  setStatus(world, deployment, status);
}

function setStatus(world: World, deployment: Deployment, status: Status): void {
  deployment.status = status;
  deployment.updatedAt = stamp(world);
  world.save();
}

async function createSchema(
  world: World,
  workspace: Workspace,
  { deployment, plan }: Realisation,
): Promise<void> {
  const { engine } = world;
  const live = liveOf(workspace);
  const { catalog } = deployment;
  for (const name of plan.tables.keys()) {
    const stored = catalog.datasources.get(name);
    if (stored !== undefined) await createTable(engine, { table: stored.table, datasource: stored.file });
  }
  await changeColumns(engine, { from: live, to: deployment, when: 'created' });
  if (catalog.database === live.catalog.database) return;
  await createDatabase(engine, catalog.database);
  for (const [name, { table }] of catalog.datasources) {
    await createAlias(engine, { database: catalog.database, name, table });
  }
}

/** The views that stay, and the new ones, attached and filled. */
async function attachNewViews(
  world: World,
  workspace: Workspace,
  { deployment, plan }: Realisation,
): Promise<ReadonlyMap<string, string>> {
  const views = new Map<string, string>();
  for (const [pipe, view] of liveOf(workspace).views) {
    if (deployment.project.pipes.has(pipe) && !plan.views.has(pipe)) views.set(pipe, view);
  }
  const added = await viewsOf(world.engine, { workspace, deployment, plan });
  await attachViews(world.engine, [...added.values()]);
  for (const [pipe, { name }] of added) views.set(pipe, name);
  return views;
}

/** A token's value lives as long as a standing deployment names it. */
function mintTokens(world: World, workspace: Workspace, deployment: Deployment): void {
  for (const name of scopesOfProject(deployment.project).keys()) {
    if (workspace.fileTokens.has(name) || workspace.apiTokens.has(name)) continue;
    const owner = { workspace: workspace.id, key: world.key };
    workspace.fileTokens.set(name, newToken({ name }, owner));
  }
  forgetTokenIndex(workspace);
}

async function undo(
  world: World,
  workspace: Workspace,
  { deployment, error }: { deployment: Deployment; error: unknown },
): Promise<void> {
  if (!(error instanceof Discarded)) {
    const message = error instanceof Error ? error.message : String(error);
    deployment.feedback = [...deployment.feedback, { resource: null, level: 'ERROR', message }];
    setStatus(world, deployment, 'failed');
    await tick();
  }
  await remove(world, workspace, deployment);
}

/** Makes it live; the one that was live stays, with its tables fed, until it is deleted. */
export async function promote(world: World, workspace: Workspace, id: string): Promise<Deployment> {
  const deployment = demandDeployment(workspace, id);
  if (deployment.status !== 'data_ready') {
    throw new SandboxError(400, `Deployment ${id} is not ready to be promoted: it is ${deployment.status}`);
  }
  const live = liveOf(workspace);
  if (live === deployment) throw new SandboxError(400, `Deployment ${id} is already live`);
  await workspace.writes.cut(async () => {
    await changeColumns(world.engine, { from: live, to: deployment, when: 'promoted' });
    workspace.liveId = deployment.id;
  });
  deployment.updatedAt = stamp(world);
  world.save();
  return deployment;
}

export function demandDeployment(workspace: Workspace, id: string): Deployment {
  const deployment = workspace.deployments.find((candidate) => candidate.id === id);
  if (deployment === undefined) throw new SandboxError(404, `Deployment '${id}' not found`);
  return deployment;
}

/** DELETE: the slot is free at once, the tables go in the background. */
export function discard(world: World, workspace: Workspace, id: string): Deployment {
  const deployment = demandDeployment(workspace, id);
  if (id === workspace.liveId) throw new SandboxError(400, 'The live deployment cannot be deleted');
  if (deployment !== otherOf(workspace)) return deployment;
  const ready = deployment.status === 'data_ready';
  setStatus(world, deployment, 'deleting');
  // One that is still being made sees the status at its next step and removes itself.
  if (ready) workspace.background = workspace.background.then(() => remove(world, workspace, deployment));
  return deployment;
}

/** Takes away what only this deployment uses. */
async function remove(world: World, workspace: Workspace, deployment: Deployment): Promise<void> {
  setStatus(world, deployment, 'deleting');
  const { engine } = world;
  const live = liveOf(workspace);
  const { catalog } = deployment;
  try {
    deployment.receiving = false;
    const shared = new Set(live.views.values());
    await detachViews(
      engine,
      [...deployment.views.values()].filter((view) => !shared.has(view)),
    );
    if (catalog.database !== live.catalog.database) await dropDatabase(engine, catalog.database);
    const kept = new Set(live.catalog.datasources.values().map(({ table }) => table));
    for (const { table } of catalog.datasources.values())
      if (!kept.has(table)) await dropTable(engine, table);
    await changeColumns(engine, { from: deployment, to: live, when: 'removed' });
  } catch (error) {
    // It is gone for everyone who asks; what could not be dropped is named.
    const message = String(error);
    deployment.feedback = [...deployment.feedback, { resource: null, level: 'WARNING', message }];
  }
  deployment.project = EMPTY_PROJECT;
  deployment.catalog = { ...catalog, datasources: new Map(), pipes: new Map() };
  deployment.views = new Map();
  forgetTokens(workspace);
  setStatus(world, deployment, 'deleted');
}

function forgetTokens(workspace: Workspace): void {
  const standing = [liveOf(workspace), otherOf(workspace)];
  const named = standing.map((deployment) => scopesOfProject(deployment?.project ?? EMPTY_PROJECT));
  for (const name of [...workspace.fileTokens.keys()]) {
    if (!named.some((tokens) => tokens.has(name))) workspace.fileTokens.delete(name);
  }
  forgetTokenIndex(workspace);
}
