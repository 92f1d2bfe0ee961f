// Data sources of a Classic workspace: created, changed and deleted one by one, in place.
import type { Datasource } from '../../datafile/types.ts';
import { newId } from '../catalog.ts';
import { alterPlan, alterTable } from '../engine/alter.ts';
import { quote } from '../engine/quoting.ts';
import { createAlias, createTable, dropTable } from '../engine/tables.ts';
import { SandboxError, type StoredDatasource } from '../state.ts';
import { liveOf } from '../workspace.ts';
import { stamp } from '../world.ts';
import { columnsOf, datasourceFile, indexesOf, withTtl } from './datasource-file.ts';
import { dependantsText, fillersOf, readersOf } from './dependants.ts';
import { canonical, commit, demandFreeName, type Place } from './edit.ts';
import { retarget, unlinkPipes } from './views.ts';

type Params = ReadonlyMap<string, string>;

export async function createDatasource(place: Place, params: Params): Promise<StoredDatasource> {
  const { world, workspace } = place;
  const name = params.get('name') ?? '';
  demandFreeName(place, name);
  const file = datasourceFile(name, params);
  workspace.serial += 1;
  const table = `data.${workspace.prefix}_${name}__${workspace.serial}`;
  await createTable(world.engine, { table, datasource: file });
  await putAlias(place, name, table);
  const now = stamp(world);
  const stored = { id: newId(), file, table, createdAt: now, updatedAt: now };
  commit(place, { datasources: new Map([[name, stored]]) });
  return stored;
}

async function putAlias({ world, workspace }: Place, name: string, table: string): Promise<void> {
  const { database } = liveOf(workspace).catalog;
  await dropAlias({ world, workspace }, name);
  await createAlias(world.engine, { database, name, table });
}

async function dropAlias({ world, workspace }: Place, name: string): Promise<void> {
  const { database } = liveOf(workspace).catalog;
  await world.engine.admin(`DROP TABLE IF EXISTS ${quote(database)}.${quote(name)}`);
}

export interface Alteration {
  readonly operations: readonly string[];
  readonly dependencies: readonly string[];
}

/** With `dry` nothing changes; ClickHouse is asked either way, on a table of its own. */
export async function alterDatasource(
  place: Place,
  stored: StoredDatasource,
  params: Params,
): Promise<Alteration> {
  const file = alteredFile(stored.file, params);
  const operations = operationsBetween(stored.file, file);
  if (operations.length === 0) throw new SandboxError(400, 'There were no operations to perform');
  await probe(place, file);
  if (params.get('dry') !== 'true') await replaceFile(place, stored, file);
  return { operations, dependencies: readersOf(place.workspace, file.name) };
}

function alteredFile(file: Datasource, params: Params): Datasource {
  const ttl = params.get('ttl');
  const schema = params.get('schema');
  const indexes = params.get('indexes');
  const columns = schema === undefined ? file.columns : columnsOf(schema);
  for (const column of file.columns) {
    const kept = columns.find(({ name }) => name === column.name);
    if (JSON.stringify(kept) === JSON.stringify(column)) continue;
    const what = kept === undefined ? 'is not in the new schema' : 'is another one in the new schema';
    throw new SandboxError(400, `Only adding columns is supported: the column "${column.name}" ${what}`);
  }
  const changed = ttl === undefined ? file : withTtl(file, ttl === 'false' ? '' : ttl);
  return canonical({
    ...changed,
    columns,
    description: params.get('description') ?? file.description,
    indexes: indexes === undefined ? file.indexes : indexesOf(indexes),
  });
}

function operationsBetween(before: Datasource, after: Datasource): string[] {
  const plan = alterPlan(before, after);
  if (plan.kind === 'rebuild') throw new SandboxError(400, `The Data Source cannot be altered: ${plan.why}`);
  const described = before.description === after.description ? [] : ['MODIFY DESCRIPTION'];
  return [...(plan.kind === 'alter' ? plan.statements : []), ...described];
}

/** A step that fails on the real table would leave the ones before it. */
async function probe({ world, workspace }: Place, datasource: Datasource): Promise<void> {
  workspace.serial += 1;
  const table = `data.${workspace.prefix}_check${workspace.serial}`;
  try {
    await createTable(world.engine, { table, datasource });
  } finally {
    await dropTable(world.engine, table);
  }
}

async function replaceFile(place: Place, stored: StoredDatasource, file: Datasource): Promise<void> {
  const { world, workspace } = place;
  const plan = alterPlan(stored.file, file);
  await workspace.writes.cut(async () => {
    if (plan.kind === 'alter') await alterTable(world.engine, stored.table, plan);
    commit(place, { datasources: new Map([[file.name, { ...stored, file, updatedAt: stamp(world) }]]) });
  });
}

/** PUT: name, description and TTL. */
export async function updateDatasource(
  place: Place,
  stored: StoredDatasource,
  params: Params,
): Promise<StoredDatasource> {
  const { workspace } = place;
  const before = stored.file.name;
  const name = params.get('name') ?? before;
  const file = alteredFile(
    stored.file,
    new Map([...params].filter(([key]) => /^(?:ttl|description)$/.test(key))),
  );
  if (operationsBetween(stored.file, file).length > 0) {
    await probe(place, file);
    await replaceFile(place, stored, file);
  }
  if (name !== before) await rename(place, before, name);
  const after = liveOf(workspace).catalog.datasources.get(name);
  if (after === undefined) throw new Error(`${name} is gone`);
  return after;
}

async function rename(place: Place, before: string, name: string): Promise<void> {
  const { world, workspace } = place;
  demandFreeName(place, name);
  const readers = readersOf(workspace, before);
  if (readers.length > 0) throw inUse(before, dependantsText([], readers));
  const stored = liveOf(workspace).catalog.datasources.get(before);
  if (stored === undefined) throw new Error(`${before} is gone`);
  await workspace.writes.cut(async () => {
    await putAlias(place, name, stored.table);
    const renamed = { ...stored, file: { ...stored.file, name }, updatedAt: stamp(world) };
    commit(place, {
      datasources: new Map([
        [before, null],
        [name, renamed],
      ]),
      pipes: retarget(workspace, new Map([[before, name]])),
    });
    await dropAlias(place, before);
  });
}

const inUse = (name: string, by: string): SandboxError =>
  new SandboxError(
    409,
    `The Data Source "${name}" is in use: ${by}. Delete or unlink what depends on it first`,
  );

export async function deleteDatasource(
  place: Place,
  stored: StoredDatasource,
  { force, dryRun }: { readonly force: boolean; readonly dryRun: boolean },
): Promise<void> {
  const { world, workspace } = place;
  const { name } = stored.file;
  const fillers = fillersOf(workspace, name);
  const readers = readersOf(workspace, name);
  if (!force && fillers.length + readers.length > 0) throw inUse(name, dependantsText(fillers, readers));
  if (dryRun) return;
  // A view that is left without its source or target would refuse rows, or every row of its source.
  await unlinkPipes(place, [...fillers, ...readers]);
  await workspace.writes.cut(async () => {
    commit(place, { datasources: new Map([[name, null]]) });
    await world.saved();
    await dropAlias(place, name);
    await dropTable(world.engine, stored.table);
  });
}
