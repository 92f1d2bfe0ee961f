// POST /v0/datasources/exchange: two data sources swap names.
import { quote, quoteTable } from '../engine/quoting.ts';
import { attachViews, type View } from '../engine/views.ts';
import { reachOf } from '../references.ts';
import { SandboxError, type StoredDatasource } from '../state.ts';
import { liveOf } from '../workspace.ts';
import { commit, type Edit, edited, type Place } from './edit.ts';
import { retarget, viewOf } from './views.ts';

/**
 * Id, rows, description, quarantine and the views that fill it stay with a table. What reads a data source by its name
 * reads the other table from then on, and so do views: they are made anew at the same instant, without a row lost.
 */
export async function exchangeDatasources(
  place: Place,
  [one, other]: readonly [StoredDatasource, StoredDatasource],
): Promise<void> {
  const { world, workspace } = place;
  const [a, b] = [one.file.name, other.file.name];
  if (a === b) throw new SandboxError(400, 'Two different Data Sources are needed for an exchange');
  const edit: Edit = {
    datasources: new Map([
      [a, { ...other, file: { ...other.file, name: a } }],
      [b, { ...one, file: { ...one.file, name: b } }],
    ]),
    pipes: retarget(
      workspace,
      new Map([
        [a, b],
        [b, a],
      ]),
    ),
  };
  const readers = await readingViews(place, edit, [a, b]);
  const database = quoteTable(liveOf(workspace).catalog.database);
  await workspace.writes.cut(async () => {
    const replaced = [...readers.keys()].flatMap((pipe) => liveOf(workspace).views.get(pipe) ?? []);
    await attachViews(world.engine, [...readers.values()], replaced);
    await world.engine.admin(`EXCHANGE TABLES ${database}.${quote(a)} AND ${database}.${quote(b)}`);
    commit(place, { ...edit, views: new Map([...readers].map(([pipe, { name }]) => [pipe, name])) });
  });
}

/** New views of the materialized pipes that read one of these data sources. */
async function readingViews(
  place: Place,
  edit: Edit,
  names: readonly string[],
): Promise<ReadonlyMap<string, View>> {
  const live = liveOf(place.workspace);
  const { catalog } = edited(live, edit);
  const views = new Map<string, View>();
  for (const pipe of live.views.keys()) {
    const reach = reachOf(pipe, live.project);
    const view = names.some((name) => reach.has(name)) ? await viewOf(place, catalog, pipe) : null;
    if (view !== null) views.set(pipe, view);
  }
  return views;
}
