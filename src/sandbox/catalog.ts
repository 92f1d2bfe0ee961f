// The catalog of a new deployment: ids stay with names, tables are shared unless the plan says otherwise.
import { randomBytes } from 'node:crypto';
import type { PhysicalPlan } from './physical-plan.ts';
import type { Project } from './project.ts';
import type { Catalog, StoredDatasource, StoredPipe } from './state.ts';

export interface CatalogOf {
  readonly project: Project;
  readonly live: Catalog;
  readonly plan: Pick<PhysicalPlan, 'tables'>;
  /** Name for the database of aliases, if a new one is needed. */
  readonly database: string;
  /** Physical table of a data source that gets a new one. */
  readonly tableFor: (name: string) => string;
  readonly now: string;
}

export const newId = (): string => `t_${randomBytes(16).toString('hex')}`;

export function catalogOf({ project, live, plan, database, tableFor, now }: CatalogOf): Catalog {
  const datasources = new Map<string, StoredDatasource>();
  for (const [name, { file }] of project.datasources) {
    const before = live.datasources.get(name);
    if (before !== undefined && before.file === file && !plan.tables.has(name)) {
      datasources.set(name, before);
      continue;
    }
    const table = before === undefined || plan.tables.has(name) ? tableFor(name) : before.table;
    const id = before?.id ?? newId();
    datasources.set(name, { id, file, table, createdAt: before?.createdAt ?? now, updatedAt: now });
  }
  const pipes = new Map<string, StoredPipe>();
  for (const [name, { file }] of project.pipes) {
    const before = live.pipes.get(name);
    pipes.set(name, before?.file === file ? before : storePipe({ file, before, now }));
  }
  const shared = sameTables(live, datasources);
  return { database: shared ? live.database : database, datasources, pipes };
}

/** Ids stay with the pipe and, by their names, with its nodes. */
export function storePipe(pipe: {
  file: StoredPipe['file'];
  before: StoredPipe | undefined;
  now: string;
}): StoredPipe {
  const { file, before, now } = pipe;
  const nodeIds = Object.fromEntries(file.nodes.map(({ name }) => [name, before?.nodeIds[name] ?? newId()]));
  return { id: before?.id ?? newId(), file, nodeIds, createdAt: before?.createdAt ?? now, updatedAt: now };
}

/** Then the aliases are the same too, and the deployments can share the database. */
function sameTables(live: Catalog, datasources: ReadonlyMap<string, StoredDatasource>): boolean {
  if (live.datasources.size !== datasources.size) return false;
  return datasources.entries().every(([name, { table }]) => live.datasources.get(name)?.table === table);
}
