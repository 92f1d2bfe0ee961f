// A condition cut at its top-level ANDs. What could make one of them hold less than it seems to is undecidable.

import type { Lexeme } from '../datafile/lexemes.ts';
import { show } from '../templates/places.ts';

/** Why a condition cannot be judged, as the end of a sentence. */
export class Undecidable extends Error {}

/** How many lexemes are read, and what has to follow. */
interface Step {
  readonly length: number;
  readonly wants: 'operand' | 'operator';
}
const step = (length: number, wants: Step['wants']): Step => ({ length, wants });

const INFIX = new Set(['=', '==', '!=', '<>', '<', '>', '<=', '>=', '<=>', '+', '-', '*', '/', '%', '||']);
/** Weaker than AND: only brackets keep them from taking a conjunct apart. */
const WEAK = new Set([',', '->', '?', ':']);
const INFIX_WORDS = new Set(['AND', 'OR', 'IN', 'LIKE', 'ILIKE', 'BETWEEN', 'DIV', 'MOD']);
const NEGATED = new Set(['IN', 'LIKE', 'ILIKE', 'BETWEEN']);
const NO_OPERAND = new Set([...INFIX_WORDS, 'IS', 'AS', 'CASE', 'SELECT', 'WITH', 'DISTINCT']);
const UNIT = /^(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR)S?$/;
const OPENS: Readonly<Record<string, string>> = { '(': ')', '[': ']' };

const wordOf = (lexeme: Lexeme | undefined): string =>
  lexeme?.kind === 'word' ? lexeme.text.toUpperCase() : '';
export const symbolOf = (lexeme: Lexeme | undefined): string =>
  lexeme?.kind === 'symbol' ? lexeme.text : '';

/** Throws an Undecidable. */
export function conjuncts(condition: readonly Lexeme[]): (readonly Lexeme[])[] {
  const walk = new Walk(condition);
  return walk.conjuncts();
}

/**
 * Reads an operand, an operator, an operand and so on, at every depth: two operands side by side would be an alias, which
 * hides the column of that name, or the start of another clause.
 */
class Walk {
  readonly #condition: readonly Lexeme[];
  /** What closes each bracket that is open. */
  readonly #open: string[] = [];
  /** BETWEENs at the top whose AND has not come. */
  #betweens = 0;

  constructor(condition: readonly Lexeme[]) {
    this.#condition = condition;
  }

  conjuncts(): (readonly Lexeme[])[] {
    const found: (readonly Lexeme[])[] = [];
    let start = 0;
    let wanted: Step['wants'] = 'operand';
    for (let at = 0; at < this.#condition.length; ) {
      if (wanted === 'operator' && this.#endsConjunct(at)) {
        found.push(this.#condition.slice(start, at));
        start = at + 1;
      }
      const { length, wants }: Step = wanted === 'operand' ? this.#operand(at) : this.#operator(at);
      at += length;
      wanted = wants;
    }
    if (this.#open.length > 0) throw new Undecidable('a bracket stays open');
    if (wanted === 'operand') throw new Undecidable('it is not complete');
    return [...found, this.#condition.slice(start)];
  }

  #endsConjunct(at: number): boolean {
    if (this.#open.length > 0) return false;
    const word = wordOf(this.#condition[at]);
    if (word === 'OR') throw new Undecidable('it has an OR outside of brackets, which lets other rows in');
    if (word === 'BETWEEN' || (word === 'NOT' && wordOf(this.#condition[at + 1]) === 'BETWEEN'))
      this.#betweens += 1;
    if (word !== 'AND' || this.#betweens === 0) return word === 'AND';
    this.#betweens -= 1;
    return false;
  }

  #operand(at: number): Step {
    const [here, next, third] = this.#condition.slice(at, at + 3);
    const symbol = symbolOf(here);
    const word = wordOf(here);
    if (symbol === '-' || symbol === '+' || word === 'NOT') return step(1, 'operand');
    if (OPENS[symbol] !== undefined) return this.#enter(symbol);
    if (OPENS[symbolOf(this.#condition[at - 1])] === symbol) return this.#leave(symbol);
    if (word === 'INTERVAL' && UNIT.test(wordOf(third)) && (next?.kind === 'number' || next?.kind === 'text'))
      return step(3, 'operator');
    if (word === 'DATE' && next?.kind === 'text') return step(2, 'operator');
    if (here === undefined || here.kind === 'symbol' || !READABLE.has(here.kind) || NO_OPERAND.has(word))
      throw this.#surprise(here);
    return step(1, 'operator');
  }

  #operator(at: number): Step {
    const [here, next, third] = this.#condition.slice(at, at + 3);
    const symbol = symbolOf(here);
    const word = wordOf(here);
    if (symbol === '[' || (symbol === '(' && isCallee(this.#condition[at - 1]))) return this.#enter(symbol);
    if (symbol === ')' || symbol === ']') return this.#leave(symbol);
    if (symbol === '.' || symbol === '::') return step(1, 'operand');
    if (INFIX.has(symbol) || INFIX_WORDS.has(word)) return step(1, 'operand');
    if (WEAK.has(symbol) && this.#open.length > 0) return step(1, 'operand');
    if (word === 'NOT' && NEGATED.has(wordOf(next))) return step(2, 'operand');
    if (word === 'IS' && wordOf(next) === 'NULL') return step(2, 'operator');
    if (word === 'IS' && wordOf(next) === 'NOT' && wordOf(third) === 'NULL') return step(3, 'operator');
    throw this.#surprise(here);
  }

  #enter(bracket: string): Step {
    this.#open.push(OPENS[bracket] ?? '');
    return step(1, 'operand');
  }

  #leave(bracket: string): Step {
    if (this.#open.pop() !== bracket) throw new Undecidable('its brackets do not match');
    return step(1, 'operator');
  }

  #surprise(lexeme: Lexeme | undefined): Undecidable {
    if (lexeme?.kind === 'comment') return new Undecidable('it has a comment that ends with the line');
    const where = WEAK.has(symbolOf(lexeme)) ? ' outside of brackets' : '';
    return new Undecidable(
      `it has ${show(lexeme?.text ?? '')}${where}, which this check does not read there`,
    );
  }
}

const READABLE: ReadonlySet<Lexeme['kind']> = new Set(['word', 'name', 'text', 'number']);
const isCallee = (lexeme: Lexeme | undefined): boolean =>
  lexeme?.kind === 'word' || lexeme?.kind === 'name' || symbolOf(lexeme) === ')';
