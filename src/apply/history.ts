// Makes views on Classic, and makes them anew beside the old ones where they change.
import type { Pipe } from '../datafile/types.ts';
import { Stop } from '../errors.ts';
import type { LiveToken } from '../model.ts';
import type { Build } from '../plan/builds.ts';
import { nextOf } from '../plan/views.ts';
import { fillView, type Historian, withCutoff } from './fill.ts';

/** The view, with its history, in the place where it belongs. */
export async function makeView(at: Historian, build: Build): Promise<void> {
  switch (build.how) {
    case 'new':
      return fillView(at, build, build.pipe);
    case 'moved':
      await fillView(at, build, { ...build.pipe, name: nextOf(build.pipe.name) });
      return replaceView(at, build.pipe.name);
    case 'beside':
      return remake(at, build);
  }
}

async function replaceView({ writer }: Historian, name: string): Promise<void> {
  await writer.deletePipe(name);
  await writer.updatePipe(nextOf(name), { name });
}

/** New table and new view, filled, then swapped with what serves; the old ones go when nothing needs them. */
async function remake(at: Historian, build: Build): Promise<void> {
  const { writer } = at;
  const { name } = build.target;
  const target = { ...build.target, name: nextOf(name) };
  const pipe = { ...onto(build.pipe, target.name), name: nextOf(build.pipe.name) };
  await writer.createDatasource({ ...target, description: withCutoff(target.description, 0) });
  await fillView(at, { ...build, target }, pipe);
  await writer.exchangeDatasources(name, target.name);
  await refuseOtherSwap(at, { view: pipe.name, target: name, old: target.name });
  for (const token of tokensOf(at, name)) await writer.updateToken(token);
  await writer.deletePipe(build.pipe.name);
  await writer.deleteDatasource(target.name);
  await writer.updatePipe(pipe.name, { name: build.pipe.name });
}

/** A token's scope may have followed the table that it opened, and not the name: it is said again. */
const tokensOf = ({ tokens }: Historian, table: string): LiveToken[] =>
  [...tokens.values()].filter(({ scopes }) =>
    scopes.some(({ type, resource }) => type.startsWith('DATASOURCES:') && resource === table),
  );

const onto = (pipe: Pipe, target: string): Pipe => ({
  ...pipe,
  nodes: pipe.nodes.map((node) =>
    node.type === 'materialized' ? { ...node, settings: [{ command: 'DATASOURCE', value: target }] } : node,
  ),
});

/** Nowhere documented: that views keep filling the tables that they fill. Otherwise the swap is undone. */
async function refuseOtherSwap(
  { reader, writer }: Historian,
  { view, target, old }: { view: string; target: string; old: string },
): Promise<void> {
  const [datasources, pipes] = await Promise.all([reader.datasources(), reader.pipes()]);
  const id = datasources.find(({ name }) => name === target)?.id;
  const found = pipes.find(({ name }) => name === view)?.datafile;
  const node = found?.kind === 'pipe' ? found.nodes.find(({ type }) => type === 'materialized') : undefined;
  const fills = node?.settings.find(({ command }) => command === 'DATASOURCE')?.value;
  if (fills === id || fills === target) return;
  await writer.exchangeDatasources(target, old);
  throw new Stop(
    'server-refused',
    `The workspace swapped ${target} and ${old} without leaving the view ${view} at its table, so the swap was undone. The old table serves as before. Give the changed resource a new role, so that it stands beside the old one.`,
  );
}
