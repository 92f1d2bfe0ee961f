// Asks ClickHouse about every data source and pipe that a deployment brings or touches, on empty tables of its own.

import type { Changes, Feedback } from './changes.ts';
import type { Engine } from './engine/engine.ts';
import { labelOf, type Project } from './project.ts';
import { checkPipe } from './query/check.ts';
import { materializedNode, reachOf, Shapes, tableShape, wordsOf } from './references.ts';
import { Scratch } from './scratch.ts';
import type { Catalog } from './state.ts';

export interface ProjectCheck {
  readonly engine: Engine;
  readonly project: Project;
  readonly changes: Changes;
  readonly live: Catalog;
  /** Of the candidate; the tables it adds need not exist. */
  readonly catalog: Catalog;
  /** For names of databases and tables of this check alone, e.g. `w1_check7`. */
  readonly scratch: string;
  /** Shapes known to be right, kept from check to check. */
  readonly passed: Set<string>;
}

export async function checkProject(check: ProjectCheck): Promise<Feedback[]> {
  const { engine, project, changes, passed } = check;
  const fresh = new Set([...changes.new_datasource_names, ...changes.changed_datasource_names]);
  const shapeOf = (name: string): string => shapeIn(project, name);
  const { catalog, live, scratch: prefix } = check;
  const scratch = new Scratch({ engine, catalog, live, fresh, prefix, shapeOf });
  try {
    const tables = newShapes(check, fresh);
    await scratch.hold(tables);
    for (const name of tables) if (!scratch.broken.has(name)) passed.add(shapeOf(name));
    return [...scratch.feedback, ...(await checkPipes(check, scratch))];
  } finally {
    await scratch.close();
  }
}

async function checkPipes(check: ProjectCheck, scratch: Scratch): Promise<Feedback[]> {
  const { project, passed } = check;
  const shapes = new Shapes(project);
  const feedback: Feedback[] = [];
  const verdicts = new Map<string, Verdict>();
  for (const pipe of pipesToCheck(check)) {
    const shape = shapes.of(pipe);
    const reads = readBy(project, pipe);
    // What reads a broken data source would only repeat its error.
    if (passed.has(shape) || reads.some((name) => scratch.broken.has(name))) continue;
    const before = verdicts.get(shape) ?? { messages: [], asked: 0 };
    const verdict =
      before.asked < ASKED_PER_SHAPE ? await judge(check, { scratch, pipe, reads, before }) : before;
    verdicts.set(shape, verdict);
    if (verdict.messages.length === 0) passed.add(shape);
    for (const message of verdict.messages) {
      feedback.push({ resource: labelOf('pipe', pipe), level: 'ERROR', message });
    }
  }
  return feedback;
}

/** What ClickHouse said of the last pipe of one shape that it was asked about. */
interface Verdict {
  readonly messages: readonly string[];
  readonly asked: number;
}

/** One of each shape is enough while it passes; where it fails, so many files get their own message, the rest the last one. */
const ASKED_PER_SHAPE = 20;

interface Case {
  readonly scratch: Scratch;
  readonly pipe: string;
  /** Data sources that it needs. */
  readonly reads: readonly string[];
  readonly before: Verdict;
}

async function judge(
  { engine, live }: ProjectCheck,
  { scratch, pipe, reads, before }: Case,
): Promise<Verdict> {
  const { catalog, fresh } = scratch;
  const isLive = reads.every((name) => !fresh.has(name) && live.datasources.has(name));
  if (!isLive) await scratch.hold(reads);
  const problems = await checkPipe({
    engine,
    catalog: isLive ? { ...catalog, database: live.database } : catalog,
    pipe,
  });
  return { messages: problems.map(({ message }) => message), asked: before.asked + 1 };
}

/** New and changed data sources, one of each shape that is not known to be right. */
function newShapes({ project, passed }: ProjectCheck, fresh: ReadonlySet<string>): string[] {
  const seen = new Set(passed);
  return [...fresh].filter((name) => {
    const shape = shapeIn(project, name);
    const isNew = !seen.has(shape);
    seen.add(shape);
    return isNew;
  });
}

function shapeIn(project: Project, datasource: string): string {
  const file = project.datasources.get(datasource);
  return file === undefined ? '' : tableShape(file);
}

/** New and changed pipes, and those that read, directly or not, something that changed or went. */
function pipesToCheck({ project, changes }: ProjectCheck): string[] {
  const wanted = new Set([...changes.new_pipe_names, ...changes.changed_pipe_names]);
  const touched = new Set([
    ...changes.changed_datasource_names,
    ...changes.deleted_datasource_names,
    ...changes.changed_pipe_names,
    ...changes.deleted_pipe_names,
  ]);
  for (let before = -1; touched.size > 0 && touched.size !== before; ) {
    before = touched.size;
    for (const [name, file] of project.pipes) {
      if (touched.has(name) && wanted.has(name)) continue;
      const target = materializedNode(file.file)?.target ?? '';
      if (!touched.has(target) && wordsOf(file).isDisjointFrom(touched)) continue;
      wanted.add(name);
      touched.add(name);
    }
  }
  return [...wanted].sort();
}

/** Data sources that a pipe needs: what it reads, directly or through pipes, and what it fills. */
function readBy(project: Project, pipe: string): string[] {
  const file = project.pipes.get(pipe)?.file;
  const target = file === undefined ? null : materializedNode(file);
  const names = [...reachOf(pipe, project), ...(target === null ? [] : [target.target])];
  return names.filter((name) => project.datasources.has(name));
}
