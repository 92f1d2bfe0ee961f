// What may be asked: one SELECT of plain tables and harmless functions, judged by ClickHouse's own parser.
import type { Engine } from './engine.ts';
import { type Guarded, parse, refuse, refused, tableOf } from './judgement.ts';
import { cteNames } from './tokens.ts';

export type { Guarded, Refusal } from './judgement.ts';

export interface GuardedSelect {
  /** As ClickHouse prints it on one line, without comments, FORMAT and semicolon. */
  readonly canonical: string;
  /** Every table it reads, sorted; names of its own CTEs are not among them. */
  readonly tables: readonly string[];
  /** Of its FORMAT clause. */
  readonly format: string | null;
}

/**
 * Judges a text that someone sent. `isResource` says which names stand for tables, readable or not, quarantine included:
 * a CTE may not have one of them, and one with a dot in it is the only name with a dot that may be read.
 */
export async function guardSelect(
  engine: Engine,
  sql: string,
  isResource: (name: string) => boolean,
): Promise<Guarded<GuardedSelect>> {
  try {
    const { canonical, nodes, tokens } = await parse(engine, sql, isResource);
    const format =
      nodes.find((node) => node.parent === nodes[0] && node.kind === 'Identifier')?.value ?? null;
    const ctes = cteNames(tokens);
    const taken = ctes.find(isResource);
    if (taken !== undefined) refuse('cte-name', `WITH ${taken}: this is the name of a resource`);
    const read = new Set(nodes.flatMap((node) => tableOf(node) ?? []).filter((name) => !ctes.includes(name)));
    return {
      ok: true,
      value: { canonical: withoutFormat(canonical, format), tables: [...read].toSorted(), format },
    };
  } catch (error) {
    return refused(error);
  }
}

/** Judges a condition over the columns of one table: no subquery, no other table. Gives its canonical text. */
export async function guardCondition(engine: Engine, condition: string): Promise<Guarded<string>> {
  try {
    const { canonical, nodes } = await parse(engine, `SELECT (\n${condition}\n)`);
    if (canonical === 'SELECT tuple()') refuse('syntax', 'The condition is empty');
    // Nothing but one expression: a text that closes the bracket would add a column, a clause or a second SELECT.
    const [, selects, select, columns] = nodes;
    const alone =
      nodes[0]?.children.length === 1 &&
      selects?.children.length === 1 &&
      select?.kind === 'SelectQuery' &&
      select.children.length === 1 &&
      columns?.children.length === 1;
    const others = nodes.some((node) => node.kind === 'Subquery' || tableOf(node) !== null);
    if (!alone || others || !canonical.startsWith('SELECT '))
      refuse('not-condition', 'only a condition over the columns of the table is possible here');
    return { ok: true, value: canonical.slice('SELECT '.length) };
  } catch (error) {
    return refused(error);
  }
}

function withoutFormat(canonical: string, format: string | null): string {
  const clause = ` FORMAT ${format}`;
  if (format === null) return canonical;
  if (!canonical.endsWith(clause)) refuse('unsupported', 'FORMAT must be the last clause');
  return canonical.slice(0, -clause.length);
}
