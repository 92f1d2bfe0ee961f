// How a route serves Classic workspaces and leaves the others to the route after it.
import { Stop } from '../../errors.ts';
import type { Place } from '../classic/edit.ts';
import { EngineError } from '../engine/failure.ts';
import { SandboxError } from '../state.ts';
import type { World } from '../world.ts';
import type { Request } from './request.ts';

type Next = () => Promise<void>;
type Handler = (request: Request, next: Next) => Promise<Response | undefined>;

export const isClassic = (request: Request): boolean =>
  request.get('caller').workspace.generation === 'classic';

/** To the route after this one. */
export async function pass(next: Next): Promise<undefined> {
  await next();
}

/** Changes of one workspace come one after another. What the engine or the datafile grammar refuses is a 400. */
export const onClassic =
  (world: World, handle: (request: Request, place: Place) => Promise<Response>): Handler =>
  async (request, next) => {
    if (!isClassic(request)) return pass(next);
    const { workspace } = request.get('caller');
    try {
      return await workspace.deploys.exclusive(() => handle(request, { world, workspace }));
    } catch (error) {
      if (error instanceof EngineError || error instanceof Stop) throw new SandboxError(400, error.message);
      throw error;
    }
  };
