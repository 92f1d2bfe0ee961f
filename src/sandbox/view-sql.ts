// The new views of a deployment, as the engine attaches them.
import type { Node, Pipe } from '../datafile/types.ts';
import type { Engine } from './engine/engine.ts';
import { guardSelect } from './engine/guard.ts';
import { type Source, substitute } from './engine/substitute.ts';
import type { View } from './engine/views.ts';
import type { PhysicalPlan } from './physical-plan.ts';
import { materializedNode } from './references.ts';
import { type Catalog, SandboxError } from './state.ts';
import { renderSql } from './templating/render.ts';
import { type Deployment, secretsOf, type Workspace } from './workspace.ts';

export interface Viewing {
  readonly workspace: Pick<Workspace, 'prefix' | 'variables'>;
  /** `id` ends the names of the views. */
  readonly deployment: Pick<Deployment, 'id' | 'catalog'>;
  readonly plan: Pick<PhysicalPlan, 'views'>;
}

export async function viewsOf(
  engine: Engine,
  { workspace, deployment, plan }: Viewing,
): Promise<ReadonlyMap<string, View>> {
  const { catalog, id } = deployment;
  const reader: Reader = { engine, catalog, secrets: secretsOf(workspace) };
  const views = new Map<string, View>();
  for (const [pipe, { target, backfill }] of plan.views) {
    const file = catalog.pipes.get(pipe)?.file;
    const table = catalog.datasources.get(target)?.table;
    const node = file === undefined ? null : materializedNode(file);
    if (file === undefined || node === null || table === undefined) continue;
    const select = await selectOf(reader, file, node.node);
    const sources = await sourcesOf(reader, select.tables);
    const name = `data.${workspace.prefix}_${pipe}__v${id}`;
    views.set(pipe, { name, sql: select.sql, sources, target: table, backfill });
  }
  return views;
}

interface Reader {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly secrets: ReadonlyMap<string, string>;
}

interface Select {
  /** Guarded, over names of resources only. */
  readonly sql: string;
  readonly tables: readonly string[];
}

/** A node's SELECT with the pipe's other nodes in place of their names. */
async function selectOf({ engine, catalog, secrets }: Reader, pipe: Pipe, wanted: string): Promise<Select> {
  const nodes = new Map(pipe.nodes.map((node) => [node.name, node]));
  const isResource = (name: string): boolean =>
    nodes.has(name) || catalog.datasources.has(name) || catalog.pipes.has(name);
  const read = async (node: Node): Promise<Select> => {
    const { sql } = renderSql(node.sql, new Map(), { secrets });
    const guarded = await guardSelect(engine, sql, isResource);
    if (!guarded.ok) throw new SandboxError(400, `${pipe.name}.pipe: ${guarded.refusal.message}`);
    return { sql: guarded.value.canonical, tables: guarded.value.tables };
  };
  const selects = new Map<string, Select>();
  const gather = async (name: string): Promise<void> => {
    const node = nodes.get(name);
    if (node === undefined || selects.has(name)) return;
    const select = await read(node);
    selects.set(name, select);
    for (const table of select.tables) await gather(table);
  };
  await gather(wanted);
  const own = selects.get(wanted);
  if (own === undefined) throw new SandboxError(400, `${pipe.name}.pipe has no node ${wanted}`);
  const sql = substitute(own.sql, new Map([...selects].map(([name, select]) => [name, { sql: select.sql }])));
  const tables = [...selects.values()].flatMap((select) => select.tables).filter((name) => !nodes.has(name));
  return { sql, tables };
}

/** Every resource that the names lead to: tables, and for pipes the SELECT of their endpoint (or last) node. */
async function sourcesOf(reader: Reader, names: readonly string[]): Promise<ReadonlyMap<string, Source>> {
  const sources = new Map<string, Source>();
  const gather = async (name: string): Promise<void> => {
    if (sources.has(name)) return;
    const table = reader.catalog.datasources.get(name)?.table;
    if (table !== undefined) {
      sources.set(name, { table });
      return;
    }
    const pipe = reader.catalog.pipes.get(name)?.file;
    const last = pipe?.nodes.find(({ type }) => type === 'endpoint') ?? pipe?.nodes.at(-1);
    if (pipe === undefined || last === undefined) return;
    const select = await selectOf(reader, pipe, last.name);
    sources.set(name, { sql: select.sql });
    for (const table of select.tables) await gather(table);
  };
  for (const name of names) await gather(name);
  return sources;
}
