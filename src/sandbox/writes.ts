// Rows into data sources: who may, and to which tables.
import { type Caller, may, opens } from './authentication.ts';
import type { Engine } from './engine/engine.ts';
import { EngineError } from './engine/failure.ts';
import type { Batch, Ingested } from './engine/ingest.ts';
import { receiversOf } from './receivers.ts';
import { byNameOrId } from './routes/request.ts';
import { SandboxError, type StoredDatasource } from './state.ts';
import type { World } from './world.ts';

/** The data source, if the token may append to it; unknown and forbidden look alike. */
export function demandAppend({ access, deployment }: Caller, name: string): StoredDatasource {
  const stored = byNameOrId(deployment.catalog.datasources, name);
  const known = stored !== undefined;
  const granted = may(access, 'DATASOURCES:CREATE') || (known && opens(access, stored, 'DATASOURCES:APPEND'));
  if (!granted) throw new SandboxError(403, `Resource '${name}' not found`);
  if (!known) throw new SandboxError(404, `Data Source "${name}" does not exist`);
  return stored;
}

export interface Writing {
  readonly caller: Caller;
  /** Name of the data source. */
  readonly name: string;
  readonly body: Uint8Array;
  readonly ingest: (engine: Engine, batch: Batch) => Promise<Ingested>;
}

/** The counts are those of the deployment that was asked. */
export async function writeRows(world: World, { caller, name, body, ingest }: Writing): Promise<Ingested> {
  const { workspace, deployment } = caller;
  return workspace.writes.write(async () => {
    const [first, ...others] = receiversOf(workspace, deployment, name);
    if (first === undefined) throw new SandboxError(404, `Data Source "${name}" does not exist`);
    try {
      const result = await ingest(world.engine, { ...first, body });
      for (const receiver of others) await ingest(world.engine, { ...receiver, body });
      return result;
    } catch (error) {
      if (error instanceof EngineError) throw new SandboxError(400, error.message);
      throw error;
    }
  });
}
