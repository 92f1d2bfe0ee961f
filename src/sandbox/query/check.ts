// Checks a pipe at deploy time: its templates, and by ClickHouse itself the columns, tables and types of every node.
import type { Node } from '../../datafile/types.ts';
import type { Engine, TypedColumn } from '../engine/engine.ts';
import { describeTable } from '../engine/tables.ts';
import { type Catalog, SandboxError, type StoredPipe } from '../state.ts';
import { checkTemplate } from '../templating/parameters.ts';
import { renderSample } from '../templating/render.ts';
import { NO_NAME } from '../templating/value.ts';
import { expandNode } from './expand.ts';
import { queryError } from './failure.ts';
import { fits } from './types-fit.ts';

/** One thing wrong with a pipe. `file` is `<pipe>.pipe`. */
export interface PipeProblem {
  readonly file: string;
  readonly node: string;
  readonly message: string;
}

export interface PipeCheck {
  readonly engine: Engine;
  /** The candidate's catalog: its alias tables exist. */
  readonly catalog: Catalog;
  /** Name of the pipe in the catalog. */
  readonly pipe: string;
}

/** Everything ClickHouse and the template language have against the pipe; empty when it can be deployed. */
export async function checkPipe(check: PipeCheck): Promise<readonly PipeProblem[]> {
  const pipe = storedPipe(check);
  const problems: PipeProblem[] = [];
  for (const node of pipe.file.nodes) {
    const messages = await checkNode(check, { pipe, node });
    problems.push(...messages.map((message) => ({ file: `${check.pipe}.pipe`, node: node.name, message })));
  }
  return problems;
}

interface PipeNode {
  readonly pipe: StoredPipe;
  readonly node: Node;
}

async function checkNode(check: PipeCheck, what: PipeNode): Promise<readonly string[]> {
  const template = checkTemplate(what.node.sql);
  if (template.problems.length > 0) return template.problems;
  try {
    const columns = await describe(check, what);
    return what.node.type === 'materialized' ? await checkTarget(check, what.node, columns) : [];
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    // Which column or table it is only a request says: that there is none of the sample's name means nothing.
    return error.message.includes(NO_NAME) ? [] : [error.message];
  }
}

async function describe(check: PipeCheck, what: PipeNode): Promise<readonly TypedColumn[]> {
  const { engine, catalog } = check;
  const render = (text: string): string => renderSample(text).sql;
  const sql = await expandNode({ engine, catalog, render, filtered: new Set() }, what);
  try {
    return (await engine.check(sql, catalog.database)).columns;
  } catch (error) {
    throw queryError(error);
  }
}

function storedPipe({ catalog, pipe }: PipeCheck): StoredPipe {
  const stored = catalog.pipes.get(pipe);
  if (stored === undefined) throw new SandboxError(404, `Pipe '${pipe}' not found`);
  return stored;
}

/** Name of the data source that a materialized or copy node writes to. */
function targetOf(node: Node): string | null {
  const names = ['DATASOURCE', 'TARGET_DATASOURCE'];
  return node.settings.find(({ command }) => names.includes(command))?.value ?? null;
}

async function checkTarget(
  check: PipeCheck,
  node: Node,
  columns: readonly TypedColumn[],
): Promise<readonly string[]> {
  const name = targetOf(node);
  const target = name === null ? undefined : check.catalog.datasources.get(name);
  if (name === null || target === undefined) return [`Resource '${name ?? ''}' not found`];
  const wanted = new Map(
    (await describeTable(check.engine, target.table)).map((column) => [column.name, column.type]),
  );
  return columns.flatMap((column) => {
    const type = wanted.get(column.name);
    if (type === undefined) return [`Column '${column.name}' is not in the target Data Source '${name}'`];
    if (fits(column.type, type)) return [];
    return [`Column '${column.name}' is ${column.type}, but the target Data Source '${name}' has ${type}`];
  });
}
