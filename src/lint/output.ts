// What a SELECT gives: its columns, and which of them say whose row it is.
import { type Holding, type Joined, nameOf } from './hold.ts';
import type { Relation } from './relation.ts';
import { bracket, isName, type Lexemes, symbolOf, wordOf } from './sql/brackets.ts';
import type { Select } from './sql/query.ts';
import { columnOf } from './sql/where.ts';

export interface Output extends Omit<Relation, 'reads'> {
  /** What a column of a source is called in what comes out. */
  readonly named: (source: number, column: string) => readonly string[];
}

export function outputOf(select: Select, sources: readonly Joined[], holding: Holding): Output {
  const names = new Map<string, string[]>();
  const fixed = new Set<string>();
  let columns: string[] | null = [];
  let star: Relation['star'] = null;
  const give = (source: number, column: string, name: string) => {
    const key = `${source} ${column}`;
    names.set(key, [...(names.get(key) ?? []), name]);
    if (holding.held(source, column) !== null) fixed.add(name);
  };
  for (const { expression, alias, at } of select.items) {
    const all = starIn(expression);
    for (const [nth, source] of sources.entries()) {
      if (all === null || (all.qualifier !== null && all.qualifier !== nameOf(source))) continue;
      const { relation } = source;
      star ??= relation.star ?? tableOf(source, holding, at);
      for (const name of relation.columns ?? relation.reads.flatMap(({ carriers }) => [...carriers])) {
        if (all.without.has(name)) continue;
        give(nth, name, name);
        columns?.push(name);
      }
      if (relation.columns === null || all.without.size > 0) columns = null;
    }
    if (all !== null) continue;
    const column = columnOf(expression);
    const name = alias ?? column?.at(-1) ?? '';
    columns?.push(name);
    const ref = column === null ? null : holding.resolve(column);
    if (ref !== null) give(ref[0], ref[1], name);
  }
  const windows = windowsIn(select.lexemes);
  return {
    columns,
    fixed,
    star,
    named: (nth, column) =>
      windows.every((words) => words.has(column)) ? (names.get(`${nth} ${column}`) ?? []) : [],
  };
}

function tableOf({ target, relation, at }: Joined, holding: Holding, item: number): Relation['star'] {
  const read = target.kind === 'table' ? relation.reads.find(({ spot }) => spot.at === at) : undefined;
  return read === undefined ? null : { table: read.table, spot: holding.spot(item) };
}

/** What each window is divided by: what it counts beyond that has seen the rows of everybody, whatever is filtered later. */
function windowsIn(sql: Lexemes): ReadonlySet<string>[] {
  return [...sql.keys()].flatMap((at) => {
    if (wordOf(sql[at]) !== 'OVER') return [];
    const inner = symbolOf(sql[at + 1]) === '(' ? bracket(sql, at + 1).inner : [];
    const order = inner.findIndex((lexeme) => wordOf(lexeme) === 'ORDER');
    const by = wordOf(inner[0]) === 'PARTITION' ? inner.slice(0, order < 0 ? inner.length : order) : [];
    return [new Set(by.map(({ text }) => text))];
  });
}

/** `*`, `e.*` and `COLUMNS('…')`; `without`: columns that are left out, or are something else. */
function starIn(sql: Lexemes): { qualifier: string | null; without: ReadonlySet<string> } | null {
  const [first, second, third] = sql;
  const isQualified = isName(first) && symbolOf(second) === '.' && symbolOf(third) === '*';
  const isStar = symbolOf(first) === '*' || (wordOf(first) === 'COLUMNS' && symbolOf(second) === '(');
  if (!isQualified && !isStar) return null;
  const words = sql.slice(isQualified ? 3 : 1).filter(isName);
  return { qualifier: isQualified ? first.text : null, without: new Set(words.map(({ text }) => text)) };
}
