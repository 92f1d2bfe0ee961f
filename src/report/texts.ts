// Both texts of a change, as a reader compares them: without marker, and no more of what is live than the plan says differs.
import { squeeze } from '../datafile/expression.ts';
import { markerOf } from '../datafile/marker.ts';
import { printDatafile } from '../datafile/print.ts';
import type { Column, Datafile, Datasource, Engine, Pipe } from '../datafile/types.ts';
import { Stop } from '../errors.ts';
import type { Change, Key, Scope } from '../model.ts';

export interface Texts {
  readonly before: string;
  readonly after: string;
}

/** Null where there is nothing to compare. `told`: keys of all changes; TOKEN lines of a token that has one are left out. */
export function textsOf(change: Change, told: ReadonlySet<Key>): Texts | null {
  if (change.action === 'delete') return null;
  const after = change.after.resource;
  if (after.kind === 'token') {
    if (change.action === 'create') return { before: '', after: sortedLines(after.scopes.map(scopeLine)) };
    if (change.action !== 'update' || change.access === undefined) return null;
    return { before: sortedLines(change.access.live), after: sortedLines(change.access.listed) };
  }
  const now = shown(after, told);
  if (change.action === 'create') return printed(null, now);
  const live = change.before.datafile;
  if (live === undefined || live.kind !== now.kind) return null;
  const before = shown(live, told);
  return printed(change.action === 'update' ? asTold(before, now, new Set(change.fields)) : before, now);
}

/** Null for what no datafile can hold, e.g. a control character in a live text. */
function printed(before: Datafile | null, after: Datafile): Texts | null {
  try {
    return {
      before: before === null ? '' : printDatafile(before).trimEnd(),
      after: printDatafile(after).trimEnd(),
    };
  } catch (error) {
    if (error instanceof Stop) return null;
    throw error;
  }
}

function shown<T extends Datafile>(datafile: T, told: ReadonlySet<Key>): T {
  const description = (markerOf(datafile.description)?.rest ?? datafile.description).trim();
  const grants = datafile.grants
    .filter(({ token }) => !told.has(`token/${token}`))
    .toSorted((one, other) => compare(one.token, other.token) || compare(one.permission, other.permission));
  return { ...datafile, description, grants };
}

/** Servers reflow text and fill in what nobody wrote: where the plan sees no difference, the reader sees none. */
function asTold(before: Datafile, after: Datafile, fields: ReadonlySet<string>): Datafile {
  const all = fields.has('text');
  const either = (...names: string[]) => all || names.some((name) => fields.has(name));
  const description = either('description') ? before.description : after.description;
  const grants = either('tokens') ? before.grants : after.grants;
  if (before.kind === 'pipe' && after.kind === 'pipe') {
    return { ...after, description, grants, nodes: nodesAsTold(before, after, either('target', 'type')) };
  }
  if (before.kind !== 'datasource' || after.kind !== 'datasource') return before;
  return {
    ...after,
    description,
    grants,
    columns: either('columns') ? before.columns.map((column) => columnAsTold(column, after)) : after.columns,
    engine: either('engine', 'ttl') ? engineAsTold(before.engine, after.engine) : after.engine,
    ...(all ? { indexes: before.indexes, forwardQuery: before.forwardQuery } : {}),
  };
}

function nodesAsTold(before: Pipe, after: Pipe, isTyped: boolean): Pipe['nodes'] {
  const wanted = new Map(after.nodes.map((node) => [node.name, node]));
  return before.nodes.map((node) => {
    const same = wanted.get(node.name);
    if (same === undefined) return node;
    const sql = sameText(node.sql, same.sql) ? same.sql : node.sql;
    return isTyped ? { ...node, sql } : { ...same, description: node.description, sql };
  });
}

function columnAsTold(column: Column, { columns }: Datasource): Column {
  const same = columns.find(({ name }) => name === column.name);
  if (same === undefined) return column;
  return {
    ...column,
    type: sameText(column.type, same.type) ? same.type : column.type,
    default: sameText(column.default ?? '', same.default ?? '') ? same.default : column.default,
    jsonpath: column.jsonpath ?? same.jsonpath,
    codec: same.codec,
  };
}

/** Options that the server adds by itself say nothing; the keys and the TTL do. */
const TELLING: ReadonlySet<string> = new Set(['SORTING_KEY', 'PARTITION_KEY', 'TTL']);

function engineAsTold(before: Engine | null, after: Engine | null): Engine | null {
  if (before === null) return after;
  const wanted = new Map(after?.options.map(({ command, value }) => [command, value]));
  const options = before.options
    .filter(({ command }) => wanted.has(command) || TELLING.has(command))
    .map(({ command, value }) => {
      const same = wanted.get(command);
      return { command, value: same !== undefined && sameText(same, value) ? same : value };
    });
  return { type: before.type, options };
}

const sameText = (one: string, other: string): boolean => one === other || tight(one) === tight(other);
const tight = (text: string): string => squeeze(text).replace(/\s*([(),])\s*/g, '$1');

const scopeLine = ({ type, resource, filter, fixedParams = {} }: Scope): string => {
  const fixed = Object.entries(fixedParams).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const narrowed = [...(filter === undefined ? [] : [filter.replace(/\s+/g, ' ').trim()]), ...fixed];
  return `${type} ${resource}${narrowed.length === 0 ? '' : ` (${narrowed.join(', ')})`}`;
};

const sortedLines = (lines: readonly string[]): string => lines.toSorted(compare).join('\n');
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
