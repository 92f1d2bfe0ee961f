// POST /v1/deploy: reads the project, says what it changes and whether it can be done, and starts the deployment.
import { catalogOf } from './catalog.ts';
import { type Changes, changesBetween, type Feedback, isEmpty, NO_CHANGES } from './changes.ts';
import { checkForwardQueries } from './check-forward.ts';
import { checkProject } from './check-project.ts';
import { describeDeployment } from './deployment-view.ts';
import type { Part } from './multipart.ts';
import { type PhysicalPlan, planTables } from './physical-plan.ts';
import { labelOf, readProject } from './project.ts';
import { realise } from './realise.ts';
import { type Deployment, liveOf, otherOf, type Workspace } from './workspace.ts';
import { stamp, type World } from './world.ts';

export interface DeployOptions {
  readonly check: boolean;
  readonly allowDestructive: boolean;
  readonly autoPromote: boolean;
}

export interface DeployAnswer {
  readonly status: 200 | 400;
  readonly body: {
    readonly result: 'success' | 'failed' | 'no_changes';
    readonly deployment: Readonly<Record<string, unknown>>;
  };
}

const IN_PROGRESS =
  "There's already a deployment in progress.\n\nYou can check the status of your deployments with `tb deployment ls`.";

export async function deploy(
  world: World,
  workspace: Workspace,
  { parts, options }: { parts: readonly Part[]; options: DeployOptions },
): Promise<DeployAnswer> {
  const busy = otherOf(workspace);
  if (busy !== undefined && !options.check) {
    const feedback = [{ resource: null, level: 'ERROR', message: IN_PROGRESS }];
    return {
      status: 400,
      body: { result: 'failed', deployment: { ...describeDeployment(workspace, busy), feedback } },
    };
  }
  const live = liveOf(workspace);
  const { project, feedback } = readProject(parts, live.project);
  const changes = changesBetween(live.project, project);
  const plan = planTables(live.project, project);
  const candidate = candidateOf(world, workspace, { project, changes, plan: plan.plan });
  const answer = (result: 'success' | 'failed' | 'no_changes'): DeployAnswer => ({
    status: result === 'failed' ? 400 : 200,
    body: { result, deployment: describeDeployment(workspace, candidate) },
  });
  if (feedback.length === 0 && isEmpty(changes)) return answer('no_changes');
  const errors = [...feedback, ...plan.feedback];
  // A file that does not parse would look deleted, and everything that reads it broken.
  if (feedback.length === 0) {
    const { tables } = plan.plan;
    errors.push(
      ...destruction(changes, options),
      ...(await checkForwardQueries(world.engine, { tables, project, live: live.catalog })),
      ...(await askClickHouse(world, workspace, candidate)),
    );
  }
  candidate.feedback = [...errors, ...losses(live, candidate)];
  if (errors.length > 0) return answer('failed');
  if (!options.check) {
    start(world, workspace, { candidate, plan: plan.plan, autoPromote: options.autoPromote });
  }
  return answer('success');
}

function candidateOf(
  world: World,
  workspace: Workspace,
  { project, changes, plan }: Pick<Deployment, 'project' | 'changes'> & { plan: PhysicalPlan },
): Deployment {
  const live = liveOf(workspace);
  const id = String(Math.max(...workspace.deployments.map((deployment) => Number(deployment.id))) + 1);
  const now = stamp(world);
  const catalog = catalogOf({
    project,
    live: live.catalog,
    plan,
    database: `ws_${workspace.prefix}_d${id}`,
    tableFor: (name) => `data.${workspace.prefix}_${name}__${id}`,
    now,
  });
  return {
    id,
    status: 'calculating',
    createdAt: now,
    updatedAt: now,
    feedback: [],
    changes,
    movements: plan.movements,
    project,
    catalog,
    views: new Map(),
    receiving: false,
  };
}

async function askClickHouse(world: World, workspace: Workspace, candidate: Deployment): Promise<Feedback[]> {
  const live = liveOf(workspace);
  workspace.serial += 1;
  return checkProject({
    engine: world.engine,
    project: candidate.project,
    changes: candidate.changes,
    live: live.catalog,
    catalog: candidate.catalog,
    scratch: `${workspace.prefix}_check${workspace.serial}`,
    passed: workspace.passed,
  });
}

function destruction(changes: Changes, { allowDestructive }: DeployOptions): Feedback[] {
  if (allowDestructive) return [];
  const deleted = (names: readonly string[], kind: 'datasource' | 'pipe'): Feedback[] =>
    names.map((name) => ({
      resource: labelOf(kind, name),
      level: 'ERROR',
      message: `This ${kind} would be deleted. Deleting resources is a destructive operation: add the --allow-destructive-operations flag if you are sure.`,
    }));
  return [
    ...deleted(changes.deleted_datasource_names, 'datasource'),
    ...deleted(changes.deleted_pipe_names, 'pipe'),
  ];
}

/** Columns that go: allowed, but said. */
function losses(live: Deployment, candidate: Deployment): Feedback[] {
  return candidate.changes.changed_datasource_names.flatMap((name) => {
    const after = new Set(candidate.project.datasources.get(name)?.file.columns.map((column) => column.name));
    const before = live.project.datasources.get(name)?.file.columns ?? [];
    return before
      .filter((column) => !after.has(column.name))
      .map(
        (column): Feedback => ({
          resource: labelOf('datasource', name),
          level: 'WARNING',
          message: `Column '${column.name}' will be deleted with its data.`,
        }),
      );
  });
}

function start(
  world: World,
  workspace: Workspace,
  { candidate, plan, autoPromote }: { candidate: Deployment; plan: PhysicalPlan; autoPromote: boolean },
): void {
  workspace.deployments.push(candidate);
  world.save();
  workspace.background = workspace.background.then(() =>
    realise(world, workspace, { deployment: candidate, plan, autoPromote }),
  );
}

/** A workspace begins with an empty live deployment `0`. */
export function seedDeployment(world: World, workspace: Workspace): Deployment {
  return {
    id: '0',
    status: 'data_ready',
    createdAt: stamp(world),
    updatedAt: stamp(world),
    feedback: [],
    changes: NO_CHANGES,
    movements: [],
    project: { datasources: new Map(), pipes: new Map() },
    catalog: { database: `ws_${workspace.prefix}_d0`, datasources: new Map(), pipes: new Map() },
    views: new Map(),
    receiving: true,
  };
}
