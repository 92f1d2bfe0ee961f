// Which workspace the token opens, and of which generation it is.
import * as z from 'zod';
import { Stop } from '../errors.ts';
import { ApiError } from './api-error.ts';
import type { Client } from './http.ts';
import type { Workspace } from './ports.ts';

const Shape = z.object({ id: z.string().min(1), name: z.string(), is_forward: z.boolean().nullish() });
type Shape = z.infer<typeof Shape>;

/** Classic workspaces may lack the first route, or refuse it saying what they are not. An unclear answer is an error. */
export async function readWorkspace(client: Client): Promise<Workspace> {
  const first = await readForward(client);
  const answer = first ?? (await client.json({ method: 'GET', path: '/v0/workspace' }, Shape));
  if (typeof answer.is_forward !== 'boolean') {
    const path = first === null ? '/v0/workspace' : '/v1/workspace';
    throw new Stop(
      'request-failed',
      `GET ${path} does not say whether the workspace ${answer.name} is Forward or Classic (no is_forward). ` +
        `Check tinybird-host: ${client.host}.`,
    );
  }
  return { id: answer.id, name: answer.name, generation: answer.is_forward ? 'forward' : 'classic' };
}

async function readForward(client: Client): Promise<Shape | null> {
  try {
    return await client.find({ method: 'GET', path: '/v1/workspace' }, Shape);
  } catch (error) {
    if (
      error instanceof ApiError &&
      /Tinybird Forward workspace|Tinybird Classic workspace/i.test(error.body)
    )
      return null;
    throw error;
  }
}
