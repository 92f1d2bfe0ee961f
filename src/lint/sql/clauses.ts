// The clauses of a SELECT: where each starts.
import type { Lexeme } from '../../datafile/lexemes.ts';
import { isHole, isName, type Lexemes, outside, symbolOf, wordOf } from './brackets.ts';

export type Clause = 'SELECT' | 'FROM' | 'CONDITION' | 'REST';

/** In their order, whatever that is. */
export function clauses(sql: Lexemes): { clause: Clause; body: Lexemes }[] {
  const starts = outside(sql).flatMap((at) => {
    const clause = at === 0 || endsOperand(sql[at - 1]) ? clauseAt(sql, at) : null;
    return clause === null ? [] : [{ at, ...clause }];
  });
  return starts.map(({ at, clause, length }, nth) => {
    return { clause, body: sql.slice(at + length, starts[nth + 1]?.at) };
  });
}

/** Keywords are not reserved: a column may be called `limit`. */
function clauseAt(sql: Lexemes, at: number): { clause: Clause; length: number } | null {
  const [word, next, third] = [wordOf(sql[at]), sql[at + 1], sql[at + 2]];
  const rest = (isOne: boolean) => (isOne ? { clause: 'REST' as const, length: 1 } : null);
  switch (word) {
    case 'SELECT':
      return { clause: 'SELECT', length: 1 };
    case 'FROM':
      return wordOf(sql[at - 1]) === 'DISTINCT' ? null : { clause: 'FROM', length: 1 };
    case 'PREWHERE':
    case 'WHERE':
    case 'HAVING':
      return { clause: 'CONDITION', length: 1 };
    // It filters what windows have counted already.
    case 'QUALIFY':
      return rest(true);
    case 'GROUP':
    case 'ORDER':
      return rest(wordOf(next) === 'BY');
    case 'WITH':
      return rest(/^(?:TOTALS|ROLLUP|CUBE)$/.test(wordOf(next)));
    case 'LIMIT':
    case 'OFFSET':
      return rest(next?.kind === 'number' || isHole(next) || isName(next) || symbolOf(next) === '(');
    case 'SETTINGS':
    case 'WINDOW':
      return rest(isName(next) && (symbolOf(third) === '=' || wordOf(third) === 'AS'));
    case 'FORMAT':
      return rest(isName(next) && third === undefined);
    default:
      return null;
  }
}

const OPERATORS =
  /^(?:AND|OR|NOT|IN|LIKE|ILIKE|BETWEEN|IS|DIV|MOD|AS|THEN|ELSE|WHEN|CASE|GLOBAL|INTERVAL|BY|ON|DISTINCT)$/;

export const endsOperand = (lexeme: Lexeme | undefined): boolean =>
  lexeme !== undefined &&
  (/^[)\]}*]$/.test(symbolOf(lexeme)) ||
    isHole(lexeme) ||
    (lexeme.kind !== 'symbol' && lexeme.kind !== 'odd' && !OPERATORS.test(wordOf(lexeme))));
