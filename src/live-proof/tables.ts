// Every place in a query where rows come from, by its offset.
import type { Lexeme } from '../datafile/lexemes.ts';
import { isName, type Lexemes, Unreadable, wordOf } from '../lint/sql/brackets.ts';
import { type Query, readQuery, type Select } from '../lint/sql/query.ts';

export interface Place {
  readonly name: string;
  readonly at: number;
  readonly end: number;
  readonly isAliased: boolean;
}

/** Names of CTEs are left out. Throws an Unreadable for tables that are not simply named. */
export function placesIn(sql: Lexemes): Place[] {
  refuseSets(sql);
  return placesOf(readQuery(sql), { at: new Map(sql.map((lexeme) => [lexeme.at, lexeme])), ctes: new Set() });
}

interface Within {
  readonly at: ReadonlyMap<number, Lexeme>;
  readonly ctes: ReadonlySet<string>;
}

function placesOf(query: Query | Select, within: Within): Place[] {
  if ('arms' in query) {
    const inside = { ...within, ctes: new Set([...within.ctes, ...query.ctes.keys()]) };
    return [...query.ctes.values(), ...query.arms, ...query.inner].flatMap((one) => placesOf(one, inside));
  }
  const named = query.sources.flatMap(({ target, alias, at }): Place[] => {
    if (target.kind === 'query') return placesOf(target.query, within);
    if (target.kind === 'computed') throw new Unreadable(at, `${target.name} is no table`);
    if (within.ctes.has(target.name)) return [];
    const lexeme = within.at.get(at);
    if (lexeme === undefined || lexeme.text !== target.name)
      throw new Unreadable(at, `${target.name} is named with its database`);
    return [{ name: target.name, at, end: lexeme.end, isAliased: alias !== null }];
  });
  return [...named, ...query.inner.flatMap((one) => placesOf(one, within))];
}

/** `x IN table` reads a table that stands behind no FROM. */
function refuseSets(sql: Lexemes): void {
  for (const [nth, lexeme] of sql.entries()) {
    if (wordOf(lexeme) === 'IN' && isName(sql[nth + 1]))
      throw new Unreadable(lexeme.at, 'a table stands behind IN');
  }
}
