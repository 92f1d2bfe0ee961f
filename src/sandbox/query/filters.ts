// Whether ClickHouse takes the row filter of a scope: asked when the token is made, not when it is used.
import type { Engine } from '../engine/engine.ts';
import { type Catalog, SandboxError } from '../state.ts';
import { renderSample } from '../templating/render.ts';
import { NO_NAME } from '../templating/value.ts';
import { aliasTable, expandNode, outputNode } from './expand.ts';
import { queryError } from './failure.ts';
import { joinConditions } from './run.ts';

export interface FilterCheck {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly kind: 'datasource' | 'pipe';
  /** Of a data source, whose columns the filter is about, or a pipe, whose output it is about. */
  readonly name: string;
  readonly filter: string;
}

/** Throws 400. */
export async function checkFilter(check: FilterCheck): Promise<void> {
  try {
    // `1) OR (1` is a condition between brackets, and none by itself.
    await check.engine.format(`SELECT ${check.filter}`);
    const condition = await joinConditions(check.engine, [check.filter], 'AND');
    const sql = `SELECT * FROM ${await sourceOf(check)} WHERE ${condition}`;
    await check.engine.check(sql, check.catalog.database);
  } catch (error) {
    const known = queryError(error);
    if (!(known instanceof SandboxError)) throw known;
    // Which columns a pipe gives may only be known from a request.
    if (check.kind === 'pipe' && known.message.includes(NO_NAME)) return;
    throw new SandboxError(400, `Invalid filter on '${check.name}': ${known.message}`);
  }
}

async function sourceOf({ engine, catalog, kind, name }: FilterCheck): Promise<string> {
  if (kind === 'datasource') return aliasTable(catalog, name);
  const pipe = catalog.pipes.get(name);
  const node = pipe === undefined ? undefined : outputNode(pipe);
  if (pipe === undefined || node === undefined) throw new SandboxError(400, `Pipe '${name}' not found`);
  const render = (text: string): string => renderSample(text).sql;
  return `(${await expandNode({ engine, catalog, render, filtered: new Set() }, { pipe, node })})`;
}
