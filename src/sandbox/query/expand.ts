// From SQL that names data sources, pipes and nodes to SQL that names only tables of the engine.
//
// Every mention is replaced in place: a data source by a qualified table, a node or a pipe by its own expanded SQL in parentheses.
// Nothing that comes out is looked up by a plain name, because ClickHouse resolves the names inside a CTE where the CTE is used:
// a caller's `WITH events AS (…)` would otherwise take the place of `events` inside the pipes that the caller reads.
import type { Node } from '../../datafile/types.ts';
import type { Engine } from '../engine/engine.ts';
import { type Guarded, type GuardedSelect, guardSelect } from '../engine/guard.ts';
import { quote, quoteTable } from '../engine/quoting.ts';
import { quarantineOf } from '../engine/tables.ts';
import { type Catalog, SandboxError, type StoredPipe } from '../state.ts';
import { notFound, refusalError } from './failure.ts';
import { type Reference, referencesIn, rewrite } from './references.ts';

export interface Expansion {
  readonly engine: Engine;
  readonly catalog: Catalog;
  /** The node's template, rendered with what this request may decide. */
  readonly render: (sql: string) => string;
  /** Data sources that pipes read through the alias tables, where row filters hold, instead of the tables behind them. */
  readonly filtered: ReadonlySet<string>;
}

/** What a name stands for: SQL that can stand in FROM. */
export type Resolve = (name: string) => Promise<string | null>;

/** Nodes refer to nodes: text that doubles at each step would fill the memory before the engine sees it. */
const MAX_EXPANDED = 1_000_000;

/** The SQL of a pipe's node, `(SELECT …)` without the parentheses. `within` are the nodes being expanded around it. */
export async function expandNode(
  expansion: Expansion,
  what: { readonly pipe: StoredPipe; readonly node: Node },
  within: readonly Node[] = [],
): Promise<string> {
  const { pipe, node } = what;
  if (within.includes(node)) {
    const path = [...within.slice(within.indexOf(node)), node].map(({ name }) => name).join(' -> ');
    throw new SandboxError(400, `The nodes of pipe '${pipe.file.name}' read each other in a circle: ${path}`);
  }
  const guarded = await trusted(expansion.engine, expansion.render(node.sql));
  const inside = [...within, node];
  return expandBody(guarded.canonical, async (name) => {
    const sibling = pipe.file.nodes.find((other) => other.name === name);
    if (sibling !== undefined) return `(${await expandNode(expansion, { pipe, node: sibling }, inside)})`;
    const table = tableOf(expansion, name);
    if (table !== null) return table;
    const other = expansion.catalog.pipes.get(name);
    const output = other === undefined ? undefined : outputNode(other);
    if (other === undefined || output === undefined) return null;
    return `(${await expandNode(expansion, { pipe: other, node: output }, inside)})`;
  });
}

/** The node that a pipe shows to others: its endpoint, or else its last one. */
export const outputNode = (pipe: StoredPipe): Node | undefined =>
  endpointNode(pipe) ?? pipe.file.nodes.at(-1);

export const endpointNode = (pipe: StoredPipe): Node | undefined =>
  pipe.file.nodes.find((node) => node.type === 'endpoint');

/** Replaces every mention. A table that `resolve` does not know is an error; right of IN it is a column. */
export async function expandBody(canonical: string, resolve: Resolve): Promise<string> {
  const replacement = new Map<Reference, string>();
  for (const reference of referencesIn(canonical)) {
    const sql = await resolve(reference.name);
    if (sql !== null) replacement.set(reference, asText(reference, sql));
    else if (reference.place === 'table') throw notFound(reference.name);
  }
  const expanded = rewrite(canonical, replacement);
  if (expanded.length <= MAX_EXPANDED) return expanded;
  throw new SandboxError(400, 'The query is too long once its pipes are expanded');
}

function asText({ name, place, aliased }: Reference, sql: string): string {
  if (place === 'in') return `SELECT * FROM ${sql}`;
  // Columns may be written `name.column`.
  return aliased ? sql : `${sql} AS ${quote(name.slice(name.lastIndexOf('.') + 1))}`;
}

function tableOf({ catalog, filtered }: Expansion, name: string): string | null {
  const stored = catalog.datasources.get(name);
  if (stored !== undefined) return filtered.has(name) ? aliasTable(catalog, name) : quoteTable(stored.table);
  // Rejected rows are kept as they came: a condition on proper rows says nothing about whose they are.
  return filtered.has(quarantined(name) ?? '') ? null : quarantineTable(catalog, name);
}

/** Where the row filters of the token hold. */
export const aliasTable = (catalog: Catalog, name: string): string =>
  `${quote(catalog.database)}.${quote(name)}`;

/** The table of `<data source>_quarantine`. */
export function quarantineTable(catalog: Catalog, name: string): string | null {
  const stored = catalog.datasources.get(quarantined(name) ?? '');
  return stored === undefined ? null : quoteTable(quarantineOf(stored.table));
}

/** The data source whose quarantine has this name, whether there is one or not. */
export const quarantined = (name: string): string | null => /^(.+)_quarantine$/.exec(name)?.[1] ?? null;

const CACHED_TEXTS = 10_000;
const judged = new WeakMap<Engine, Map<string, Promise<Guarded<GuardedSelect>>>>();

/** A pipe's text, judged like any other: what it may name is only known after rendering. */
async function trusted(engine: Engine, sql: string): Promise<GuardedSelect> {
  const known = judged.get(engine) ?? new Map<string, Promise<Guarded<GuardedSelect>>>();
  judged.set(engine, known);
  // A pipe may name a CTE like a resource: it has no one to deceive but itself.
  const guarded = known.get(sql) ?? guardSelect(engine, sql, () => false);
  if (known.size >= CACHED_TEXTS) known.clear();
  known.set(sql, guarded);
  const result = await guarded;
  if (result.ok) return result.value;
  throw refusalError(result.refusal);
}
