// Materialized views on Classic: how a view and its history share the rows of a moment, told apart by the time of their ingestion.
import { mentionsIn } from '../datafile/mentions.ts';
import type { Column, Datasource, Node, Pipe } from '../datafile/types.ts';
import type { Backfill } from '../model.ts';

export interface View {
  readonly pipe: Pipe;
  readonly node: Node;
  /** Name of the data source that it fills. */
  readonly target: string;
}

/** Names of what stands beside the resource that it will replace, or that it fills. No role may end like this. */
export const BESIDE = /__(?:next|fill)$/;
export const nextOf = (name: string): string => `${name}__next`;
export const fillOf = (name: string): string => `${name}__fill`;

/** Null for a pipe that materializes nothing. */
export function viewOf(pipe: Pipe): View | null {
  const node = pipe.nodes.find(({ type }) => type === 'materialized');
  const target = node?.settings.find(({ command }) => command === 'DATASOURCE')?.value;
  return node === undefined || target === undefined ? null : { pipe, node, target };
}

/** How a new view's target gets the rows that are older than the view. */
export type Filling =
  | { readonly kind: 'exact'; readonly source: string; readonly column: string }
  | { readonly kind: 'approximate' }
  | { readonly kind: 'none' }
  | { readonly kind: 'impossible'; readonly why: string };

export function fillingOf(
  pipe: Pipe,
  backfill: Backfill,
  datasourceOf: (name: string) => Datasource | undefined,
): Filling {
  if (backfill !== 'exact') return { kind: backfill };
  const nodes = new Set(pipe.nodes.map(({ name }) => name));
  const tables = pipe.nodes
    .flatMap(({ sql }) => mentionsIn(sql))
    .filter(({ isTable, name }) => isTable && !nodes.has(name))
    .map(({ name }) => name);
  const [source, ...others] = tables;
  if (source === undefined || others.length > 0) {
    return { kind: 'impossible', why: `it reads ${tables.length === 0 ? 'no table' : tables.join(' and ')}` };
  }
  const datasource = datasourceOf(source);
  if (datasource === undefined) return { kind: 'impossible', why: `${source} is not a data source` };
  const column = ingestionColumn(datasource.columns);
  if (column !== undefined) return { kind: 'exact', source, column: column.name };
  return {
    kind: 'impossible',
    why: `${source} has no column that says when a row was ingested (like \`inserted_at DateTime64(3) DEFAULT now64(3)\`)`,
  };
}

const ingestionColumn = (columns: readonly Column[]): Column | undefined =>
  columns.find(
    ({ type, default: value }) => /^DateTime/.test(type) && /^now(64)?\s*\(/i.test((value ?? '').trim()),
  );

// Part of the live view's SQL, so that it must stay readable for later versions.
const CUT_NODE = 'ingested_since';
const FILL_NODE = 'ingested_before';

/** The view for what is ingested from `cutoff` (Unix milliseconds) on, and the one for everything before. */
export function cutView(
  pipe: Pipe,
  { source, column }: { source: string; column: string },
  cutoff: number,
): { since: Pipe; before: Pipe } {
  const half = (name: string, operator: string): Pipe => {
    const cut: Node = {
      name,
      description: '',
      sql: `SELECT * FROM ${source} WHERE ${column} ${operator} fromUnixTimestamp64Milli(toInt64(${cutoff}))`,
      type: 'standard',
      settings: [],
    };
    return { ...pipe, nodes: [cut, ...pipe.nodes.map((node) => reading(node, source, name))] };
  };
  return { since: half(CUT_NODE, '>='), before: half(FILL_NODE, '<') };
}

/** Columns may be written `source.column`: where the table has no other name, it keeps its own. */
function reading(node: Node, source: string, instead: string): Node {
  const place = mentionsIn(node.sql).find(({ name, isTable }) => isTable && name === source);
  if (place === undefined) return node;
  const rest = node.sql.slice(place.end);
  const alias = isAliased(rest) ? '' : ` AS \`${source}\``;
  return { ...node, sql: `${node.sql.slice(0, place.at)}${instead}${alias}${rest}` };
}

const CLAUSE =
  /^(?:PREWHERE|WHERE|GROUP|ORDER|HAVING|LIMIT|UNION|SETTINGS|FINAL|SAMPLE|ARRAY|LEFT|RIGHT|INNER|FULL|CROSS|ANY|ALL|ASOF|SEMI|ANTI|JOIN|GLOBAL|WINDOW|QUALIFY|INTERSECT|EXCEPT|FORMAT|OFFSET|WITH)$/i;

function isAliased(rest: string): boolean {
  const word = /^\s+([A-Za-z_`"]\w*)/.exec(rest)?.[1];
  return word !== undefined && !CLAUSE.test(word);
}

/** The view as its template says it, without the node that holds the cut-off. */
export function uncut(pipe: Pipe): Pipe {
  const [cut, ...nodes] = pipe.nodes;
  if (cut?.name !== CUT_NODE) return pipe;
  const source = mentionsIn(cut.sql).find(({ isTable }) => isTable)?.name;
  if (source === undefined) return pipe;
  return { ...pipe, nodes: nodes.map((node) => ({ ...node, sql: plain(node.sql, source) })) };
}

function plain(sql: string, source: string): string {
  const place = mentionsIn(sql).find(({ name }) => name === CUT_NODE);
  if (place === undefined) return sql;
  const rest = sql.slice(place.end);
  const alias = ` AS \`${source}\``;
  return `${sql.slice(0, place.at)}${source}${rest.startsWith(alias) ? rest.slice(alias.length) : rest}`;
}
