// The twin of an answer: the same SQL over nothing but the tenant's own rows. Where both say the same, nobody else's rows were read.
import type { Datasource, Node, Pipe } from '../datafile/types.ts';
import { Unreadable } from '../lint/sql/brackets.ts';
import { sqlLexemes } from '../lint/templating.ts';
import type { Tenant } from '../model.ts';
import { sqlLiteral, sqlName } from '../templates/places.ts';
import { type Evidence, tenantColumns } from '../verify/columns.ts';
import type { Ground } from '../verify/ground.ts';
import { placesIn } from './tables.ts';
import { type Params, renderedSql } from './template.ts';

/** In a URL, where it gets longer, the service takes 8 KB. */
const LONGEST = 5_000;
/** Nodes that read nodes. */
const DEEPEST = 30;

export interface Scene {
  readonly ground: Ground;
  readonly evidence: Evidence;
  readonly tenant: Tenant;
  /** By id and slug of every tenant of the list. */
  readonly names: ReadonlyMap<string, string>;
  readonly params: Params;
}

/** Throws an Unreadable with what keeps it from being written. */
export function twinOf(scene: Scene, pipe: Pipe): string {
  const node = answerNode(pipe);
  if (node === undefined) throw new Unreadable(0, 'the pipe has no node');
  const held = new Set<string>();
  const sql = narrowed({ ...scene, held }, { pipe, node }, 0);
  if (held.size === 0) throw new Unreadable(0, 'no column of what it reads says whose a row is');
  if (sql.length > LONGEST) throw new Unreadable(0, 'over own rows alone it is longer than a query may be');
  return sql;
}

interface Narrowing extends Scene {
  /** Names of the tables that were narrowed to own rows. */
  readonly held: Set<string>;
}

export const answerNode = ({ nodes }: Pipe): Node | undefined =>
  nodes.find(({ type }) => type === 'endpoint') ?? nodes.at(-1);

function narrowed(scene: Narrowing, { pipe, node }: { pipe: Pipe; node: Node }, depth: number): string {
  if (depth > DEEPEST) throw new Unreadable(0, 'its nodes read each other too deeply');
  let sql = renderedSql(node.sql, scene.params);
  const lexemes = sqlLexemes(sql);
  for (const { text, kind, value, at } of lexemes) {
    if (kind === 'text' && scene.ground.datasources.has(value ?? text))
      throw new Unreadable(at, 'a table is named in a text');
  }
  for (const { name, at, end, isAliased, final } of placesIn(lexemes).toSorted((a, b) => b.at - a.at)) {
    const rows = rowsOf(scene, { pipe, node }, { name, depth, isFinal: final !== null });
    if (rows === null) continue;
    if (final !== null) sql = `${sql.slice(0, final.at)}${sql.slice(final.end)}`;
    sql = `${sql.slice(0, at)}(${rows})${isAliased ? '' : ` AS ${sqlName(name)}`}${sql.slice(end)}`;
  }
  return compact(sql).replace(/ ?;$/, '');
}

/** Without comments and what a template leaves blank: there is not much room. */
const compact = (sql: string): string =>
  sqlLexemes(sql)
    .map(
      ({ at, end }, nth, all) => `${at === all[nth - 1]?.end || nth === 0 ? '' : ' '}${sql.slice(at, end)}`,
    )
    .join('');

interface Named {
  readonly name: string;
  readonly depth: number;
  readonly isFinal: boolean;
}

/** What a name stands for; null for a table that nothing says to be of several tenants. */
function rowsOf(
  scene: Narrowing,
  { pipe, node }: { pipe: Pipe; node: Node },
  { name, depth, isFinal }: Named,
) {
  const { ground } = scene;
  const sibling = pipe.nodes.find((one) => one.name === name && one !== node);
  if (sibling !== undefined) return narrowed(scene, { pipe, node: sibling }, depth + 1);
  const other = ground.pipes.get(name)?.datafile;
  const answer = other === undefined ? undefined : answerNode(other);
  if (other !== undefined && answer !== undefined)
    return narrowed(scene, { pipe: other, node: answer }, depth + 1);
  const table = ground.datasources.get(name)?.datafile;
  if (table === undefined) throw new Unreadable(0, `${name} is not in the project`);
  const condition = ownRows(scene, table);
  if (condition === null) return null;
  scene.held.add(name);
  return `SELECT * FROM ${sqlName(name)}${isFinal ? ' FINAL' : ''} WHERE ${condition}`;
}

/** The condition that a row is the tenant's; null when no column says whose it is. */
export function ownRows(
  { evidence, tenant, names }: Pick<Scene, 'evidence' | 'tenant' | 'names'>,
  table: Datasource,
): string | null {
  const columns = tenantColumns(table, evidence).filter(({ weak }) => !weak);
  for (const { name, valuesOf } of columns) {
    const own = valuesOf(tenant);
    // Rows that the team's own SQL gives to everybody, `tenant_id IN ('acme', 'all')`, are nobody's.
    const common = (evidence.literals.get(name) ?? []).filter((value) => !names.has(value));
    const values = [...new Set([...own, ...common])];
    if (own.length > 0) return `${sqlName(name)} IN (${values.map(sqlLiteral).join(', ')})`;
  }
  return null;
}
