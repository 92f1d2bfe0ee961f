// Checks every FORWARD_QUERY that a deployment will use, on the live data source that it reads.
import type { Feedback } from './changes.ts';
import type { Engine } from './engine/engine.ts';
import { EngineError } from './engine/failure.ts';
import type { PhysicalPlan } from './physical-plan.ts';
import { labelOf, type Project } from './project.ts';
import { forwardSelect } from './snapshots.ts';
import { type Catalog, SandboxError } from './state.ts';

export async function checkForwardQueries(
  engine: Engine,
  { tables, project, live }: { tables: PhysicalPlan['tables']; project: Project; live: Catalog },
): Promise<Feedback[]> {
  const feedback: Feedback[] = [];
  for (const [name, fill] of tables) {
    if (!('select' in fill)) continue;
    const wrong = await problem(engine, { name, list: fill.select, project, live });
    if (wrong === null) continue;
    feedback.push({
      resource: labelOf('datasource', name),
      level: 'ERROR',
      message: `FORWARD_QUERY: ${wrong}`,
    });
  }
  return feedback;
}

interface ForwardQuery {
  readonly name: string;
  readonly list: string;
  readonly project: Project;
  readonly live: Catalog;
}

async function problem(engine: Engine, { name, list, project, live }: ForwardQuery): Promise<string | null> {
  try {
    const { columns } = await engine.check(await forwardSelect(engine, name, list), live.database);
    const wanted = project.datasources.get(name)?.file.columns ?? [];
    const extra = columns.find((column) => !wanted.some((candidate) => candidate.name === column.name));
    return extra === undefined ? null : `the data source has no column '${extra.name}'`;
  } catch (error) {
    if (error instanceof EngineError || error instanceof SandboxError) return error.message;
    throw error;
  }
}
