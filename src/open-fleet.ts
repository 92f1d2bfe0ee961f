// The list with its sets and the workspace that it is for, opened together: what an apply would refuse is refused here too.
import type { Declared } from './declared.ts';
import { Stop, unwrap } from './errors.ts';
import type { Inputs } from './inputs.ts';
import { readSources } from './read-sources.ts';
import { declaredOf, type Sources } from './sources.ts';
import type { Surroundings } from './surroundings.ts';
import type { Connection } from './tinybird/connect.ts';
import { connectFor } from './workspace.ts';

export interface OpenFleet extends AsyncDisposable {
  readonly sources: Sources;
  readonly connection: Connection;
  readonly declared: Declared;
}

export type Around = Pick<Surroundings, 'clock' | 'env' | 'shippedSets'>;

/** Throws a Stop for a list that could not be applied, and for a workspace that does not answer or is another one. */
export async function openFleet(inputs: Inputs, around: Around): Promise<OpenFleet> {
  const sources = await readSources(inputs, around.shippedSets);
  const token = inputs['tinybird-token'];
  if (token === null) {
    throw new Stop(
      'bad-input',
      'input tinybird-token: it is needed to ask the workspace, and it is empty: set TINYBIRD_TOKEN. Nothing was sent.',
    );
  }
  const connection = await connectFor(inputs, around, { token, fleet: sources.fleet });
  const close = () => connection[Symbol.asyncDispose]();
  try {
    const declared = unwrap(declaredOf(sources, connection.workspace.generation));
    return { sources, connection, declared, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
