// What stands behind FROM: tables, queries and functions, and how each is joined to those before it.
import {
  bracket,
  HOLE,
  isHole,
  isName,
  isQuery,
  type Lexemes,
  outside,
  symbolOf,
  Unreadable,
  wordOf,
} from './brackets.ts';
import { type Query, queriesIn, readQuery } from './query.ts';

/** Which side's rows come out without a partner: that side is not narrowed by ON. */
export type Join = 'inner' | 'left' | 'right' | 'full';

/** Whether rows of that side come out only when ON is true. */
export function isNarrowed(join: Join, side: 'earlier' | 'this'): boolean {
  if (join === 'inner') return true;
  return (join === 'left' && side === 'this') || (join === 'right' && side === 'earlier');
}

export type Target =
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'query'; readonly query: Query }
  /** A function of tables, or a table that only Tinybird's template names. */
  | { readonly kind: 'computed'; readonly name: string; readonly inner: readonly Query[] };

export interface Source {
  readonly target: Target;
  readonly alias: string | null;
  readonly join: Join;
  readonly on: Lexemes;
  readonly using: readonly string[];
  readonly at: number;
}

interface Segment {
  /** The words before it, up to JOIN; `,` for a comma. */
  readonly joined: readonly string[];
  body: Lexemes;
}

const JOINING =
  /^(?:GLOBAL|LOCAL|ANY|ALL|ASOF|SEMI|ANTI|INNER|LEFT|RIGHT|FULL|CROSS|OUTER|PASTE|NATURAL|ARRAY)$/;

export function readSources(sql: Lexemes): Source[] {
  const sources: Source[] = [];
  let inArray = false;
  for (const { joined, body } of segments(sql)) {
    // ARRAY JOIN a, b: the commas go on with it.
    inArray = joined.includes('ARRAY') || (inArray && joined[0] === ',');
    if (!inArray) sources.push(...readSource(body, joinOf(joined)));
  }
  return sources;
}

function segments(sql: Lexemes): Segment[] {
  const found: Segment[] = [{ joined: [], body: sql }];
  let start = 0;
  let hasUsing = false;
  for (const at of outside(sql)) {
    if (at < start) continue;
    const last = found.at(-1);
    if (wordOf(sql[at]) === 'USING') hasUsing = symbolOf(sql[at + 1]) !== '(';
    const joined = joinAt(sql, at);
    if (last === undefined || joined === null || (hasUsing && joined[0] === ',')) continue;
    last.body = sql.slice(start, at);
    start = at + joined.length;
    found.push({ joined, body: sql.slice(start) });
    hasUsing = false;
  }
  return found;
}

/** `LEFT ANY JOIN`, in words; null for the function `left()` and everything else. */
function joinAt(sql: Lexemes, at: number): string[] | null {
  if (symbolOf(sql[at]) === ',') return [','];
  const words: string[] = [];
  for (let next = at; JOINING.test(wordOf(sql[next])); next++) words.push(wordOf(sql[next]));
  return wordOf(sql[at + words.length]) === 'JOIN' ? [...words, 'JOIN'] : null;
}

function joinOf(joined: readonly string[]): Join {
  if (joined.includes('FULL')) return 'full';
  if (joined.includes('RIGHT')) return joined.includes('SEMI') ? 'inner' : 'right';
  if (joined.includes('ANTI')) return 'left';
  return joined.includes('LEFT') && !joined.includes('SEMI') ? 'left' : 'inner';
}

function readSource(sql: Lexemes, join: Join): Source[] {
  const [first] = sql;
  if (first === undefined) throw new Unreadable(0, 'a table is missing after FROM or JOIN');
  const { target, next } = readTarget(sql);
  const { alias, on, using } = readTail(sql.slice(next));
  if (target !== null) return [{ target, alias, join, on, using, at: first.at }];
  // (a JOIN b): the first of them is joined as the bracket is.
  return readSources(bracket(sql, 0).inner).map((source, nth) =>
    nth > 0 ? source : { ...source, join, on: [...source.on, ...on], using: [...source.using, ...using] },
  );
}

function readTarget(sql: Lexemes): { target: Target | null; next: number } {
  const [first, second, third] = sql;
  if (symbolOf(first) === '(') {
    const { inner, next } = bracket(sql, 0);
    return { target: isQuery(inner) ? { kind: 'query', query: readQuery(inner) } : null, next };
  }
  if (isHole(first)) return { target: { kind: 'computed', name: HOLE, inner: [] }, next: 1 };
  if (!isName(first)) throw new Unreadable(sql[0]?.at ?? 0, 'what follows FROM or JOIN is not read here');
  if (symbolOf(second) === '(') {
    const { next } = bracket(sql, 1);
    return { target: { kind: 'computed', name: first.text, inner: queriesIn(sql.slice(0, next)) }, next };
  }
  if (symbolOf(second) === '.' && third !== undefined)
    return { target: { kind: 'table', name: `${first.text}.${third.text}` }, next: 3 };
  return { target: { kind: 'table', name: first.text }, next: 1 };
}

/** FINAL, SAMPLE, the alias, and how it is joined. */
function readTail(sql: Lexemes): Pick<Source, 'alias' | 'on' | 'using'> {
  let alias: string | null = null;
  for (let at = 0; at < sql.length; at++) {
    const lexeme = sql[at];
    const word = wordOf(lexeme);
    if (word === 'ON') return { alias, on: sql.slice(at + 1), using: [] };
    if (word === 'USING') {
      return { alias, on: [], using: sql.slice(at + 1).flatMap((name) => (isName(name) ? [name.text] : [])) };
    }
    if (word === 'SAMPLE' || word === 'OFFSET') at += symbolOf(sql[at + 2]) === '/' ? 3 : 1;
    else if (isName(lexeme) && !/^(?:FINAL|AS)$/.test(word)) alias = lexeme.text;
    else if (symbolOf(lexeme) === '(') at = bracket(sql, at).next - 1;
    else if (word === '') throw new Unreadable(lexeme?.at ?? 0, `${lexeme?.text} is not read there`);
  }
  return { alias, on: [], using: [] };
}
