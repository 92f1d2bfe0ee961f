// Every place in a query where rows come from, by its offset.
import type { Lexeme } from '../datafile/lexemes.ts';
import { isName, type Lexemes, Unreadable, wordOf } from '../lint/sql/brackets.ts';
import { type Query, readQuery, type Select } from '../lint/sql/query.ts';

export interface Place {
  readonly name: string;
  readonly at: number;
  readonly end: number;
  readonly isAliased: boolean;
  /** The word FINAL behind it, which goes with a table alone. */
  readonly final: Lexeme | null;
}

/** Names of CTEs are left out. Throws an Unreadable for tables that are not simply named. */
export function placesIn(sql: Lexemes): Place[] {
  refuseSets(sql);
  return placesOf(readQuery(sql), { sql, at: new Map(sql.map(({ at }, nth) => [at, nth])), ctes: new Set() });
}

interface Within {
  readonly sql: Lexemes;
  /** Which of them, by offset. */
  readonly at: ReadonlyMap<number, number>;
  readonly ctes: ReadonlySet<string>;
}

function placesOf(query: Query | Select, within: Within): Place[] {
  if ('arms' in query) {
    const inside = { ...within, ctes: new Set([...within.ctes, ...query.ctes.keys()]) };
    // `WITH events AS (SELECT … FROM events)` reads the table, unless it may read itself.
    const defined = [...query.ctes].flatMap(([name, one]) =>
      placesOf(
        one,
        query.isRecursive ? inside : { ...inside, ctes: inside.ctes.difference(new Set([name])) },
      ),
    );
    return [...defined, ...[...query.arms, ...query.inner].flatMap((one) => placesOf(one, inside))];
  }
  const named = query.sources.flatMap(({ target, alias, at }): Place[] => {
    if (target.kind === 'query') return placesOf(target.query, within);
    if (target.kind === 'computed') throw new Unreadable(at, `${target.name} is no table`);
    if (within.ctes.has(target.name)) return [];
    const nth = within.at.get(at) ?? -1;
    const lexeme = within.sql[nth];
    if (lexeme === undefined || lexeme.text !== target.name)
      throw new Unreadable(at, `${target.name} is named with its database`);
    return [
      {
        name: target.name,
        at,
        end: lexeme.end,
        isAliased: alias !== null,
        final: finalAfter(within.sql, nth),
      },
    ];
  });
  return [...named, ...query.inner.flatMap((one) => placesOf(one, within))];
}

/** `events FINAL`, `events AS e FINAL`. */
function finalAfter(sql: Lexemes, nth: number): Lexeme | null {
  const words = sql.slice(nth + 1, nth + 4);
  const place = words.findIndex((lexeme) => wordOf(lexeme) === 'FINAL');
  const isBehind = words
    .slice(0, Math.max(place, 0))
    .every((lexeme) => wordOf(lexeme) === 'AS' || isName(lexeme));
  return place === -1 || !isBehind ? null : (words[place] ?? null);
}

/** `x IN table` reads a table that stands behind no FROM. */
function refuseSets(sql: Lexemes): void {
  for (const [nth, lexeme] of sql.entries()) {
    if (wordOf(lexeme) === 'IN' && isName(sql[nth + 1]))
      throw new Unreadable(lexeme.at, 'a table stands behind IN');
  }
}
