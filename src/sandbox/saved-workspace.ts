// A workspace as JSON and back. Datafiles are kept as text, and texts that deployments share are kept once.
import { createHash } from 'node:crypto';
import { parseDatafile } from '../datafile/parse.ts';
import type { Datasource, Pipe } from '../datafile/types.ts';
import { unwrap } from '../errors.ts';
import { restoreAliases } from './classic/restore.ts';
import type { Engine } from './engine/engine.ts';
import { createLock } from './engine/lock.ts';
import { dropDatabase, dropTable } from './engine/tables.ts';
import { EMPTY_PROJECT, type Project, type ProjectFile } from './project.ts';
import type { Catalog, StoredDatasource, StoredPipe } from './state.ts';
import type { Deployment, StoredToken, Variable, Workspace } from './workspace.ts';
import { createWriteGate } from './write-gate.ts';

type Plain<T> = Omit<T, 'file'>;

interface SavedDeployment extends Omit<Deployment, 'project' | 'catalog' | 'views'> {
  /** Hash of the path and text of every file. */
  readonly files: readonly string[];
  readonly database: string;
  readonly datasources: readonly (Plain<StoredDatasource> & { name: string })[];
  readonly pipes: readonly (Plain<StoredPipe> & { name: string })[];
  readonly views: readonly (readonly [string, string])[];
}

export interface SavedWorkspace
  extends Pick<Workspace, 'id' | 'name' | 'generation' | 'prefix' | 'createdAt' | 'liveId' | 'serial'> {
  readonly files: Readonly<Record<string, { readonly path: string; readonly text: string }>>;
  readonly deployments: readonly SavedDeployment[];
  readonly apiTokens: readonly StoredToken[];
  readonly fileTokens: readonly StoredToken[];
  readonly variables: readonly Variable[];
}

const hashes = new WeakMap<ProjectFile, string>();

function hashOf(file: ProjectFile): string {
  let hash = hashes.get(file);
  if (hash === undefined) {
    hash = createHash('sha1').update(`${file.path}\n${file.text}`).digest('base64');
    hashes.set(file, hash);
  }
  return hash;
}

const filesOf = ({ datasources, pipes }: Project): ProjectFile[] => [
  ...datasources.values(),
  ...pipes.values(),
];

export function saveWorkspace(workspace: Workspace): SavedWorkspace {
  const { id, name, generation, prefix, createdAt, liveId, serial } = workspace;
  const files: Record<string, { path: string; text: string }> = {};
  for (const file of workspace.deployments.flatMap(({ project }) => filesOf(project))) {
    files[hashOf(file)] = { path: file.path, text: file.text };
  }
  return {
    id,
    name,
    generation,
    prefix,
    createdAt,
    liveId,
    serial,
    files,
    deployments: workspace.deployments.map(saveDeployment),
    apiTokens: [...workspace.apiTokens.values()],
    fileTokens: [...workspace.fileTokens.values()],
    variables: [...workspace.variables.values()],
  };
}

function saveDeployment({ project, catalog, views, ...rest }: Deployment): SavedDeployment {
  return {
    ...rest,
    files: filesOf(project).map(hashOf),
    database: catalog.database,
    datasources: [...catalog.datasources].map(([name, { id, table, createdAt, updatedAt }]) => {
      return { name, id, table, createdAt, updatedAt };
    }),
    pipes: [...catalog.pipes].map(([name, { id, nodeIds, createdAt, updatedAt }]) => {
      return { name, id, nodeIds, createdAt, updatedAt };
    }),
    views: [...views],
  };
}

/** A deployment that was being made when the process ended is gone; so are its tables. */
export async function restoreWorkspace(engine: Engine, saved: SavedWorkspace): Promise<Workspace> {
  const parsed = new Map<string, ProjectFile>();
  for (const [hash, { path, text }] of Object.entries(saved.files)) {
    parsed.set(hash, { path, text, file: unwrap(parseDatafile(path, text)) });
  }
  const deployments = saved.deployments.map((deployment) => restoreDeployment(deployment, parsed));
  const byName = <T extends { readonly name: string }>(items: readonly T[]): Map<string, T> =>
    new Map(items.map((item) => [item.name, item]));
  const { id, name, generation, prefix, createdAt, liveId, serial } = saved;
  const workspace: Workspace = {
    id,
    name,
    generation,
    prefix,
    createdAt,
    liveId,
    serial,
    deployments,
    passed: new Set(),
    apiTokens: byName(saved.apiTokens),
    fileTokens: byName(saved.fileTokens),
    variables: byName(saved.variables),
    jobs: new Map(),
    writes: createWriteGate(),
    deploys: createLock(),
    populations: createLock(),
    background: Promise.resolve(),
  };
  await dropLeftovers(engine, workspace);
  if (generation === 'classic') await restoreAliases(engine, workspace);
  return workspace;
}

function restoreDeployment(saved: SavedDeployment, parsed: ReadonlyMap<string, ProjectFile>): Deployment {
  const { files, database, datasources, pipes, views, ...rest } = saved;
  if (saved.status !== 'data_ready') {
    return {
      ...rest,
      status: 'deleted',
      project: EMPTY_PROJECT,
      catalog: { database, datasources: new Map(), pipes: new Map() },
      views: new Map(),
      receiving: false,
    };
  }
  const project = projectOf(files.flatMap((hash) => parsed.get(hash) ?? []));
  const catalog: Catalog = {
    database,
    datasources: withFiles(datasources, project.datasources),
    pipes: withFiles(pipes, project.pipes),
  };
  return { ...rest, project, catalog, views: new Map(views) };
}

function projectOf(files: readonly ProjectFile[]): Project {
  const datasources = new Map<string, ProjectFile<Datasource>>();
  const pipes = new Map<string, ProjectFile<Pipe>>();
  for (const { file, ...rest } of files) {
    if (file.kind === 'datasource') datasources.set(file.name, { ...rest, file });
    else pipes.set(file.name, { ...rest, file });
  }
  return { datasources, pipes };
}

function withFiles<S extends { readonly name: string }, F extends Datasource | Pipe>(
  saved: readonly S[],
  files: ReadonlyMap<string, ProjectFile<F>>,
): Map<string, S & { readonly file: F }> {
  const restored = new Map<string, S & { readonly file: F }>();
  for (const stored of saved) {
    const file = files.get(stored.name)?.file;
    if (file !== undefined) restored.set(stored.name, { ...stored, file });
  }
  return restored;
}

/** Databases, tables and views of this workspace that no deployment names. */
async function dropLeftovers(engine: Engine, { prefix, deployments }: Workspace): Promise<void> {
  const databases = new Set(
    deployments.map(({ catalog, status }) => (status === 'deleted' ? '' : catalog.database)),
  );
  const names = new Set(
    deployments.flatMap(({ catalog, views }) => [
      ...[...catalog.datasources.values()].flatMap(({ table }) => [table, `${table}_quarantine`]),
      ...views.values(),
    ]),
  );
  for (const { name } of await engine.rows(
    `SELECT name FROM system.databases WHERE name LIKE 'ws\\\\_${prefix}\\\\_%'`,
  )) {
    if (!databases.has(String(name))) await dropDatabase(engine, String(name));
  }
  const tables = await engine.rows(
    `SELECT concat('data.', name) AS name FROM system.tables WHERE database = 'data' AND name LIKE '${prefix}\\\\_%'
     ORDER BY engine = 'MaterializedView' DESC`,
  );
  for (const { name } of tables) if (!names.has(String(name))) await dropTable(engine, String(name));
}
