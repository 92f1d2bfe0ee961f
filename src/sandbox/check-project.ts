// Asks ClickHouse about every data source and pipe that a deployment brings or touches, on empty tables of its own.

import type { Changes, Feedback } from './changes.ts';
import type { Engine } from './engine/engine.ts';
import { EngineError } from './engine/failure.ts';
import { createAlias, createDatabase, createTable, dropDatabase, dropTable } from './engine/tables.ts';
import { labelOf, type Project } from './project.ts';
import { checkPipe } from './query/check.ts';
import { materializedNode, reachOf, Shapes, tableShape, wordsOf } from './references.ts';
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
  const tables = newShapes(check);
  const shapes = new Shapes(check.project);
  const pipes = pipesToCheck(check).filter((name) => !check.passed.has(shapes.of(name)));
  const database = await openScratch(check, tables, pipes);
  try {
    const { feedback, broken, catalog } = database;
    const verdicts = new Map<string, Verdict>();
    for (const pipe of pipes) {
      if (readsOneOf(check.project, pipe, broken)) continue;
      const shape = shapes.of(pipe);
      const before = verdicts.get(shape) ?? { messages: null, asked: 0 };
      const verdict = settled(before) ? before : await judge(check, { catalog, pipe, before });
      verdicts.set(shape, verdict);
      if (verdict.messages?.length === 0) check.passed.add(shape);
      for (const message of verdict.messages ?? []) {
        feedback.push({ resource: labelOf('pipe', pipe), level: 'ERROR', message });
      }
    }
    return feedback;
  } finally {
    await database.close();
  }
}

/** What ClickHouse said of the last pipe of one shape that it was asked about. */
interface Verdict {
  readonly messages: readonly string[] | null;
  readonly asked: number;
}

const ASKED_PER_SHAPE = 20;

/** One of each shape is enough while it passes; where it fails, the first files get their own message, the rest the last one. */
const settled = ({ messages, asked }: Verdict): boolean => messages?.length === 0 || asked >= ASKED_PER_SHAPE;

async function judge(
  { engine }: ProjectCheck,
  { catalog, pipe, before }: { catalog: Catalog; pipe: string; before: Verdict },
): Promise<Verdict> {
  const problems = await checkPipe({ engine, catalog, pipe });
  return { messages: problems.map(({ message }) => message), asked: before.asked + 1 };
}

/** New and changed data sources, one of each shape that is not known to be right. */
function newShapes({ project, changes, passed }: ProjectCheck): string[] {
  const seen = new Set(passed);
  return [...changes.new_datasource_names, ...changes.changed_datasource_names].filter((name) => {
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

interface Scratch {
  readonly catalog: Catalog;
  readonly feedback: Feedback[];
  /** Data sources that ClickHouse refused; what reads them is not checked. */
  readonly broken: ReadonlySet<string>;
  close(): Promise<void>;
}

/** A database with what the pipes read: aliases of live tables, and empty tables for what is new or changed. */
async function openScratch(
  check: ProjectCheck,
  tables: readonly string[],
  pipes: readonly string[],
): Promise<Scratch> {
  const { engine, project, changes, catalog, live, scratch } = check;
  const fresh = new Set([...changes.new_datasource_names, ...changes.changed_datasource_names]);
  // A table that only moves is still where it was.
  const datasources = new Map(catalog.datasources);
  for (const [name, stored] of live.datasources) {
    if (datasources.has(name) && !fresh.has(name)) datasources.set(name, stored);
  }
  const read = new Set([...tables, ...pipes.flatMap((pipe) => readBy(project, pipe))]);
  if (read.values().every((name) => !fresh.has(name) && live.datasources.has(name))) {
    return {
      catalog: { ...catalog, database: live.database, datasources },
      feedback: [],
      broken: new Set(),
      close: async () => {},
    };
  }
  const database = `ws_${scratch}`;
  const feedback: Feedback[] = [];
  const made: string[] = [];
  const broken = new Set<string>();
  await createDatabase(engine, database);
  for (const name of read) {
    const stored = datasources.get(name);
    if (stored === undefined || broken.has(name)) continue;
    const table = fresh.has(name) ? `data.${scratch}_${made.length}` : stored.table;
    try {
      if (fresh.has(name)) {
        made.push(table);
        await createTable(engine, { table, datasource: stored.file });
        check.passed.add(shapeIn(project, name));
      }
      await createAlias(engine, { database, name, table });
      datasources.set(name, { ...stored, table });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      for (const same of [...fresh].filter((other) => shapeIn(project, other) === shapeIn(project, name))) {
        broken.add(same);
        feedback.push({ resource: labelOf('datasource', same), level: 'ERROR', message: error.message });
      }
    }
  }
  return {
    catalog: { ...catalog, database, datasources },
    feedback,
    broken,
    close: async () => {
      await dropDatabase(engine, database);
      for (const table of made) await dropTable(engine, table);
    },
  };
}

/** Data sources that a pipe needs: what it reads, directly or through pipes, and what it fills. */
function readBy(project: Project, pipe: string): string[] {
  const file = project.pipes.get(pipe)?.file;
  const target = file === undefined ? null : materializedNode(file);
  const names = [...reachOf(pipe, project), ...(target === null ? [] : [target.target])];
  return names.filter((name) => project.datasources.has(name));
}

const readsOneOf = (project: Project, pipe: string, broken: ReadonlySet<string>): boolean =>
  broken.size > 0 && readBy(project, pipe).some((name) => broken.has(name));
