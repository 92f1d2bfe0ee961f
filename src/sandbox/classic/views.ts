// The views of a Classic workspace: made from a pipe's text, kept while that says the same, and told where they write.
import type { Node, Pipe } from '../../datafile/types.ts';
import { attachViews, detachViews, type View } from '../engine/views.ts';
import { materializedNode } from '../references.ts';
import { type Catalog, SandboxError, type StoredPipe } from '../state.ts';
import { viewsOf } from '../view-sql.ts';
import { liveOf, type Workspace } from '../workspace.ts';
import { commit, type Edit, edited, type Place } from './edit.ts';

/** Of a materialized pipe in this catalog; null for any other. Each call gives the view a name of its own. */
export async function viewOf(place: Place, catalog: Catalog, pipe: string): Promise<View | null> {
  const { world, workspace } = place;
  const file = catalog.pipes.get(pipe)?.file;
  const target = file === undefined ? null : (materializedNode(file)?.target ?? null);
  if (target === null) return null;
  workspace.serial += 1;
  const deployment = { catalog, id: String(workspace.serial) };
  const plan = { views: new Map([[pipe, { target, backfill: false }]]) };
  return (await viewsOf(world.engine, { workspace, deployment, plan })).get(pipe) ?? null;
}

/** Puts the pipe's view, if it has one, in the place of the one of `before`; without a change of what it does, that stays. */
export async function commitPipe(
  place: Place,
  { name, edit, before }: { readonly name: string; readonly edit: Edit; readonly before: string | null },
): Promise<void> {
  const live = liveOf(place.workspace);
  const after = edited(live, edit);
  const attached = before === null ? undefined : live.views.get(before);
  const next = await viewOf(place, after.catalog, name);
  const previous = before === null ? null : await viewOf(place, live.catalog, before).catch(() => null);
  const stays = attached !== undefined && next !== null && workOf(next) === workOf(previous);
  if (!stays && next !== null) {
    await attachViews(place.world.engine, [next], attached === undefined ? [] : [attached]);
  }
  const view = stays ? attached : (next?.name ?? null);
  const views = new Map<string, string | null>(before === null ? [] : [[before, null]]);
  commit(place, { ...edit, views: views.set(name, view) });
  if (next === null && attached !== undefined) {
    await place.world.saved();
    await detachViews(place.world.engine, [attached]);
  }
}

const workOf = (view: View | null): string =>
  view === null ? '' : JSON.stringify([view.sql, [...view.sources], view.target]);

/** Takes away the views of these pipes; their nodes become standard ones. */
export async function unlinkPipes(place: Place, pipes: readonly string[]): Promise<void> {
  const { catalog } = liveOf(place.workspace);
  for (const name of new Set(pipes)) {
    const stored = catalog.pipes.get(name);
    if (stored === undefined || materializedNode(stored.file) === null) continue;
    const unlinked = { ...stored, file: unlinkedFile(stored.file) };
    await commitPipe(place, { name, edit: { pipes: new Map([[name, unlinked]]) }, before: name });
  }
}

const unlinkedFile = (file: Pipe): Pipe => ({
  ...file,
  nodes: file.nodes.map((node) => (node.type === 'materialized' ? standardNode(node) : node)),
});

export const standardNode = (node: Node): Node => ({
  ...node,
  type: 'standard',
  settings: node.settings.filter(({ command }) => command !== 'DATASOURCE'),
});

/** The node as one that fills a data source. */
export const materializedInto = (node: Node, target: string): Node => ({
  ...node,
  type: 'materialized',
  settings: [...standardNode(node).settings, { command: 'DATASOURCE', value: target }],
});

/** The pipes that fill data sources with new names, old name to new. Their views stay: they know tables. */
export function retarget(
  workspace: Workspace,
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, StoredPipe> {
  const changed = new Map<string, StoredPipe>();
  for (const [pipe, stored] of liveOf(workspace).catalog.pipes) {
    const to = names.get(materializedNode(stored.file)?.target ?? '');
    if (to === undefined) continue;
    const nodes = stored.file.nodes.map((node) =>
      node.type === 'materialized' ? materializedInto(node, to) : node,
    );
    changed.set(pipe, { ...stored, file: { ...stored.file, nodes } });
  }
  return changed;
}

/** 400 unless the pipe has at most one special node. */
export function demandOneKind(file: Pipe): void {
  const special = file.nodes.filter(({ type }) => type !== 'standard');
  if (special.length <= 1) return;
  const names = special.map(({ name, type }) => `${name} (${type})`).join(', ');
  throw new SandboxError(400, `A pipe can have one endpoint or one materialized node: ${names}`);
}
