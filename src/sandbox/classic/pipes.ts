// Pipes of a Classic workspace: created, replaced, renamed and deleted one by one, in place.
import type { Pipe } from '../../datafile/types.ts';
import { storePipe } from '../catalog.ts';
import { detachViews } from '../engine/views.ts';
import { checkPipe } from '../query/check.ts';
import { SandboxError, type StoredPipe } from '../state.ts';
import { liveOf } from '../workspace.ts';
import { stamp } from '../world.ts';
import { dependantsText, readersOf } from './dependants.ts';
import { canonical, commit, demandFreeName, type Edit, edited, type Place } from './edit.ts';
import { commitPipe } from './views.ts';

/** With `force` in the place of the pipe of that name, which keeps its id. */
export async function createPipe(place: Place, file: Pipe, force: boolean): Promise<StoredPipe> {
  const before = liveOf(place.workspace).catalog.pipes.get(file.name);
  if (before !== undefined && !force) {
    throw new SandboxError(400, `There is already a Pipe with name "${file.name}": it already exists`);
  }
  if (before === undefined) demandFreeName(place, file.name);
  return putPipe(place, file, before);
}

/** Puts a pipe in the place of what it was before, once ClickHouse has taken its SQL. 400 with everything wrong. */
export async function putPipe(place: Place, file: Pipe, before: StoredPipe | undefined): Promise<StoredPipe> {
  const { world, workspace } = place;
  const live = liveOf(workspace);
  const stored = storePipe({ file: canonical(file), before, now: stamp(world) });
  const old = before?.file.name ?? null;
  const edit: Edit = {
    pipes: new Map<string, StoredPipe | null>([
      ...(old === null ? [] : [[old, null] as const]),
      [file.name, stored],
    ]),
  };
  const { catalog } = edited(live, edit);
  // Another name or description must not fail for what has changed around the nodes meanwhile.
  const isNew = JSON.stringify(stored.file.nodes) !== JSON.stringify(before?.file.nodes);
  const problems = isNew ? await checkPipe({ engine: world.engine, catalog, pipe: file.name }) : [];
  if (problems.length > 0) throw new SandboxError(400, problems.map(({ message }) => message).join('; '));
  await commitPipe(place, { name: file.name, edit, before: old });
  return stored;
}

/** PUT: another name or description. Its id, its nodes and its view stay. */
export async function updatePipe(
  place: Place,
  stored: StoredPipe,
  { name, description }: { readonly name: string; readonly description: string },
): Promise<StoredPipe> {
  if (name !== stored.file.name) {
    demandFreeName(place, name);
    refuseReaders(place, stored.file.name);
  }
  return putPipe(place, { ...stored.file, name, description }, stored);
}

export async function deletePipe(place: Place, { file }: StoredPipe): Promise<void> {
  const { world, workspace } = place;
  refuseReaders(place, file.name);
  const view = liveOf(workspace).views.get(file.name);
  commit(place, { pipes: new Map([[file.name, null]]), views: new Map([[file.name, null]]) });
  await world.saved();
  if (view !== undefined) await detachViews(world.engine, [view]);
}

function refuseReaders({ workspace }: Place, name: string): void {
  const readers = readersOf(workspace, name);
  if (readers.length === 0) return;
  throw new SandboxError(409, `The Pipe "${name}" is in use: ${dependantsText([], readers)}`);
}
