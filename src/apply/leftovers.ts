// What a Classic apply that did not end has left: finished where the new one serves already, else dropped and made again.
import { markerOf } from '../datafile/marker.ts';
import { Stop } from '../errors.ts';
import type { LiveResource } from '../model.ts';
import { BESIDE, fillOf, nextOf, viewOf } from '../plan/views.ts';
import type { ClassicWriter } from '../tinybird/ports.ts';

export interface Leftovers {
  readonly writer: ClassicWriter;
  /** Everything ours, of the tenants that this run may change. */
  readonly resources: readonly LiveResource[];
  /** Whether anything of that name is live, ours or not. */
  readonly exists: (name: string) => boolean;
  readonly say: (line: string) => void;
}

/** Whether there was anything: then the workspace is no longer what was read. */
export async function tidy(at: Leftovers): Promise<boolean> {
  const names = new Map(at.resources.map((resource) => [resource.name, resource]));
  const views = at.resources.filter(
    ({ name, datafile }) => datafile.kind === 'pipe' && viewOf(datafile) !== null && !name.endsWith('__fill'),
  );
  let found = false;
  for (const view of views) {
    if (!names.has(view.name)) continue;
    const next = view.name.endsWith('__next');
    if (next && isDone(view)) await finish(at, view, names);
    else if (!isDone(view)) await drop(at, views, { view, names });
    else continue;
    found = true;
  }
  const filled = new Set(views.filter(({ name }) => names.has(name)).map(targetOf));
  const isLeft = (one: LiveResource): boolean =>
    BESIDE.test(one.name) || (one.datafile.kind === 'datasource' && isHalf(one) && !filled.has(one.name));
  // Pipes first: a table does not go while one of them fills it.
  for (const { key, name, datafile } of at.resources.toSorted(byKind)) {
    const one = names.get(name);
    if (one === undefined || !isLeft(one)) continue;
    at.say(`Removing ${key}, left by an earlier run`);
    if (datafile.kind === 'pipe') await at.writer.deletePipe(name);
    else await at.writer.deleteDatasource(name);
    found = true;
  }
  return found;
}

const byKind = (one: LiveResource, other: LiveResource): number =>
  Number(other.datafile.kind === 'pipe') - Number(one.datafile.kind === 'pipe');

type Names = Map<string, LiveResource>;

const cutoffOf = ({ datafile }: LiveResource): number | undefined =>
  markerOf(datafile.description)?.marker.cutoff;
const targetOf = ({ datafile }: LiveResource): string =>
  (datafile.kind === 'pipe' ? viewOf(datafile)?.target : undefined) ?? '';

/** Filled, and no longer onto a table that stands beside another. */
const isDone = (view: LiveResource): boolean =>
  cutoffOf(view) === undefined && !(view.name.endsWith('__next') && BESIDE.test(targetOf(view)));

/** The new view fills what is read: the old one, and the table that it fills, serve nobody. */
async function finish({ writer, say }: Leftovers, view: LiveResource, names: Names): Promise<void> {
  const name = view.name.replace(BESIDE, '');
  const old = nextOf(targetOf(view));
  say(`Finishing the exchange of ${name}, begun by an earlier run`);
  if (names.has(name)) await writer.deletePipe(name);
  if (names.has(old)) await writer.deleteDatasource(old);
  await writer.updatePipe(view.name, { name });
  for (const gone of [view.name, old]) names.delete(gone);
}

/** Nobody reads it: it stands beside another, or its history was never complete. */
const isHalf = (table: LiveResource): boolean => BESIDE.test(table.name) || cutoffOf(table) !== undefined;

/** Only half of the history may be there, and nobody reads it yet: the table goes with all views that fill it. */
async function drop(
  at: Leftovers,
  views: readonly LiveResource[],
  { view, names }: { view: LiveResource; names: Names },
): Promise<void> {
  const target = names.get(targetOf(view));
  if (at.exists(targetOf(view)) && !(target !== undefined && isHalf(target))) throw unclear(view);
  const fillers = target === undefined ? [view] : views.filter((one) => targetOf(one) === target.name);
  for (const { name } of fillers) {
    at.say(`Dropping ${name}, whose history an earlier run did not finish`);
    for (const pipe of [fillOf(name), name]) if (names.delete(pipe)) await at.writer.deletePipe(pipe);
  }
  if (target !== undefined && names.delete(target.name)) await at.writer.deleteDatasource(target.name);
}

const unclear = (view: LiveResource): Stop =>
  new Stop(
    'failed',
    `An earlier run did not finish filling the history of ${view.name} into ${targetOf(view)}, which holds other rows too, so it cannot be told which are missing. Nothing was dropped. Delete the pipe ${view.name} and the rows that it brought, then run again; or write \`backfill: none\` in set.yaml and remove \` cutoff=…\` from the pipe's description.`,
  );
