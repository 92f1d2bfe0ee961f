// Pieces of SQL as lexemes: where brackets close, and what stands outside of them.
import type { Lexeme } from '../../datafile/lexemes.ts';

export type Lexemes = readonly Lexeme[];

/** SQL that is read in another way here than by ClickHouse, or by neither; `at` is an offset in it. */
export class Unreadable extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** What a value of Tinybird's leaves in the SQL; ClickHouse has no such sign. */
export const HOLE = '@';

export const isHole = (lexeme: Lexeme | undefined): boolean => lexeme?.kind === 'odd' && lexeme.text === HOLE;
export const isName = (lexeme: Lexeme | undefined): lexeme is Lexeme =>
  lexeme?.kind === 'word' || lexeme?.kind === 'name';
/** In capitals; '' for whatever is no bare word. */
export const wordOf = (lexeme: Lexeme | undefined): string =>
  lexeme?.kind === 'word' ? lexeme.text.toUpperCase() : '';
/** Map literals and query parameters have braces, which are no symbols to the lexer. */
export const symbolOf = (lexeme: Lexeme | undefined): string =>
  lexeme?.kind === 'symbol' || (lexeme?.kind === 'odd' && /[{}]/.test(lexeme.text)) ? lexeme.text : '';

const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const CLOSERS = new Set(Object.values(CLOSES));

/** Indexes outside of all brackets, an opening bracket included; CASE … END is one. */
export function outside(sql: Lexemes): number[] {
  const open: string[] = [];
  const found = [...sql.keys()].filter((at) => {
    const lexeme = sql[at];
    const symbol = symbolOf(lexeme);
    const isOutside = open.length === 0;
    if (CLOSES[symbol] !== undefined) open.push(CLOSES[symbol]);
    else if (isCase(sql, at)) open.push('END');
    else if (wordOf(lexeme) === 'END' && open.at(-1) === 'END') open.pop();
    else if (CLOSERS.has(symbol)) close(open, lexeme, symbol);
    return isOutside;
  });
  if (open.some((closer) => closer !== 'END')) throw new Unreadable(sql[0]?.at ?? 0, 'a bracket stays open');
  return found;
}

const isCase = (sql: Lexemes, at: number): boolean =>
  wordOf(sql[at]) === 'CASE' && sql[at + 1] !== undefined && !/^[,)=.]$/.test(symbolOf(sql[at + 1]));

function close(open: string[], lexeme: Lexeme | undefined, symbol: string): void {
  while (open.at(-1) === 'END') open.pop();
  if (open.pop() !== symbol) throw new Unreadable(lexeme?.at ?? 0, 'its brackets do not match');
}

/** The parts between separators that stand outside of brackets. */
export function split(sql: Lexemes, isSeparator: (lexeme: Lexeme | undefined) => boolean): Lexemes[] {
  const cuts = outside(sql).filter((at) => isSeparator(sql[at]));
  return [...cuts, sql.length].map((cut, nth) => sql.slice(nth === 0 ? 0 : (cuts[nth - 1] ?? 0) + 1, cut));
}

export const byCommas = (sql: Lexemes): Lexemes[] => split(sql, (lexeme) => symbolOf(lexeme) === ',');

/** What stands in the bracket that opens at `at`, and the index after it. */
export function bracket(sql: Lexemes, at: number): { readonly inner: Lexemes; readonly next: number } {
  let depth = 0;
  for (let next = at; next < sql.length; next++) {
    const symbol = symbolOf(sql[next]);
    if (CLOSES[symbol] !== undefined) depth += 1;
    else if (CLOSERS.has(symbol)) depth -= 1;
    if (depth === 0) return { inner: sql.slice(at + 1, next), next: next + 1 };
  }
  throw new Unreadable(sql[at]?.at ?? 0, 'a bracket stays open');
}

/** What stands in round brackets that go around everything; null when there are none. */
export function unwrapped(sql: Lexemes): Lexemes | null {
  if (symbolOf(sql[0]) !== '(' || symbolOf(sql.at(-1)) !== ')') return null;
  const { inner, next } = bracket(sql, 0);
  return next === sql.length ? inner : null;
}

/** Whether it is a query, in brackets or not. */
export function isQuery(sql: Lexemes): boolean {
  const first = sql.find((lexeme) => symbolOf(lexeme) !== '(');
  if (/^(?:SELECT|WITH)$/.test(wordOf(first))) return true;
  return wordOf(sql[0]) === 'FROM' && (isName(sql[1]) || symbolOf(sql[1]) === '(');
}
