// What names mean to a tenant, and whose values are its own.
import type { Pipe } from '../datafile/types.ts';
import type { File, Sql } from './files.ts';
import type { Ground } from './ground.ts';
import type { Shared } from './relation.ts';
import type { Templated } from './templating.ts';

/** What a name means in the SQL of a node. */
export type Meaning =
  | { readonly kind: 'node'; readonly sql: Sql }
  | { readonly kind: 'shared'; readonly table: Shared }
  /** A table of the tenant's own: all of its rows are. */
  | { readonly kind: 'own'; readonly columns: readonly string[]; readonly fixed: ReadonlySet<string> };

/** Whose SQL is read, and who calls it. */
export interface Scene {
  readonly meaning: (name: string, sql: Sql) => Meaning;
  readonly templated: (sql: Sql) => Templated;
  readonly ownsLiteral: (text: string) => boolean;
  /** Parameters that the token fixes to a value of the tenant. */
  readonly own: ReadonlySet<string>;
  /** Tables that the token's filters hold, wherever they are read. */
  readonly filtered: ReadonlySet<string>;
}

/** The node whose rows a pipe gives; null when it has none. */
export const answerOf = (file: File): Sql | null =>
  file.sqls.find(({ node }) => node.type === 'endpoint') ?? file.sqls.at(-1) ?? null;

/** What a name means to a tenant of a way: a node, then its own resources, then the project's. */
export function meaningIn(ground: Ground, files: ReadonlyMap<string, File>) {
  return (name: string, sql: Sql): Meaning => {
    const node = sql.file.sqls.find((one) => one.node.name === name && one !== sql);
    if (node !== undefined) return { kind: 'node', sql: node };
    const file = files.get(name) ?? ground.project.get(name);
    if (file === undefined || (file.datafile.kind === 'datasource' && !files.has(name)))
      return { kind: 'shared', table: ground.shared(name) };
    if (file.datafile.kind === 'pipe') {
      const answer = answerOf(file);
      return answer === null ? { kind: 'shared', table: ground.shared(name) } : { kind: 'node', sql: answer };
    }
    const columns = file.datafile.columns.map((column) => column.name);
    const { names } = ground.evidence;
    return { kind: 'own', columns, fixed: new Set(columns.filter((column) => names.has(column))) };
  };
}

export const isPipe = (file: File): file is File & { datafile: Pipe } => file.datafile.kind === 'pipe';
