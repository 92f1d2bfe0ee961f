// A Classic workspace after a restart.
import type { Engine } from '../engine/engine.ts';
import { createAlias, createDatabase, dropDatabase } from '../engine/tables.ts';
import { liveOf, type Workspace } from '../workspace.ts';

/** Aliases change in place and before the state is saved: after a kill they may be those of a call that was never answered. */
export async function restoreAliases(engine: Engine, workspace: Workspace): Promise<void> {
  const { database, datasources } = liveOf(workspace).catalog;
  await dropDatabase(engine, database);
  await createDatabase(engine, database);
  for (const [name, { table }] of datasources) await createAlias(engine, { database, name, table });
}
