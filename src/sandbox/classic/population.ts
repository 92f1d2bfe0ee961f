// POST …/population: a job that runs a materialized node over all rows of its source.
import type { Node } from '../../datafile/types.ts';
import { guardCondition } from '../engine/guard.ts';
import { populate } from '../engine/populate.ts';
import { queueJob } from '../jobs.ts';
import { SandboxError, type StoredPipe } from '../state.ts';
import { type Job, liveOf } from '../workspace.ts';
import type { Place } from './edit.ts';
import { demandTarget } from './pipe-file.ts';
import { unlinkPipes, viewOf } from './views.ts';

interface Filled {
  readonly stored: StoredPipe;
  readonly node: Node;
  /** `populate_condition`, `truncate` and `unlink_on_populate_error`, as the API names them. */
  readonly params: ReadonlyMap<string, string>;
}

export async function startPopulation(place: Place, { stored, node, params }: Filled): Promise<Job> {
  const { world, workspace } = place;
  const { name } = stored.file;
  if (node.type !== 'materialized') {
    throw new SandboxError(400, `The node "${node.name}" of the pipe "${name}" is not materialized`);
  }
  if (params.has('populate_subset')) {
    throw new SandboxError(400, 'populate_subset is not supported by the sandbox');
  }
  const condition = await conditionOf(place, params.get('populate_condition') ?? '');
  const setting = node.settings.find(({ command }) => command === 'DATASOURCE');
  const target = demandTarget(liveOf(workspace).catalog, setting?.value ?? '');
  const unlinks = params.get('unlink_on_populate_error') === 'true';
  const details = {
    progress_percentage: 0,
    pipe_id: stored.id,
    pipe_name: name,
    datasource: { id: target.id, name: target.file.name },
  };
  const work = async (signal: AbortSignal): Promise<Record<string, unknown>> => {
    try {
      await fill(place, stored.id, { condition, truncate: params.get('truncate') === 'true', signal });
    } catch (error) {
      if (unlinks && !signal.aborted) await unlink(place, stored.id);
      throw error;
    }
    return { progress_percentage: 100 };
  };
  const turn = <T>(filling: () => Promise<T>): Promise<T> => workspace.populations.exclusive(filling);
  return queueJob(world, workspace, { kind: 'populateview', details, turn, work });
}

async function conditionOf({ world }: Place, text: string): Promise<string | null> {
  if (text.trim() === '') return null;
  const guarded = await guardCondition(world.engine, text);
  if (!guarded.ok) throw new SandboxError(400, `populate_condition: ${guarded.refusal.message}`);
  return guarded.value;
}

/** As the pipe is when the job's turn comes: it may have another name by then. */
async function fill(
  { world, workspace }: Place,
  id: string,
  how: { condition: string | null; truncate: boolean; signal: AbortSignal },
): Promise<void> {
  const live = liveOf(workspace);
  const name = nameOf({ world, workspace }, id);
  const attached = live.views.get(name);
  const view = await viewOf({ world, workspace }, live.catalog, name);
  if (attached === undefined || view === null)
    throw new Error(`The pipe "${name}" is not materialized any more`);
  await populate(world.engine, { view, attached, ...how });
}

const unlink = (place: Place, id: string): Promise<void> =>
  place.workspace.deploys.exclusive(() => unlinkPipes(place, [nameOf(place, id)]));

function nameOf({ workspace }: Place, id: string): string {
  const stored = liveOf(workspace)
    .catalog.pipes.values()
    .find((pipe) => pipe.id === id);
  if (stored === undefined) throw new Error('The pipe has been deleted');
  return stored.file.name;
}
