// A condition as what it lets through: comparisons of a column with values, joined by AND and OR.
import type { Lexeme } from '../../datafile/lexemes.ts';
import {
  bracket,
  byCommas,
  isHole,
  isName,
  isQuery,
  type Lexemes,
  outside,
  split,
  symbolOf,
  unwrapped,
  wordOf,
} from './brackets.ts';

/** A value that a column is compared with; `text` is null when the lexer does not say it, `hole` an offset. */
export type Value =
  | { readonly kind: 'literal'; readonly text: string | null }
  | { readonly kind: 'hole'; readonly at: number };

/** `[column]`, or what qualifies it before it. */
export type Column = readonly string[];

export type Condition =
  | { readonly kind: 'all'; readonly parts: readonly Condition[] }
  /** `at` is the OR. */
  | { readonly kind: 'any'; readonly parts: readonly Condition[]; readonly at: number }
  | {
      readonly kind: 'equal';
      readonly column: Column;
      readonly values: readonly Value[];
      readonly at: number;
    }
  | { readonly kind: 'link'; readonly columns: readonly [Column, Column] }
  /** Understood, and it is no filter for one value. */
  | { readonly kind: 'other' }
  | {
      readonly kind: 'opaque';
      readonly words: ReadonlySet<string>;
      readonly hasHole: boolean;
      readonly at: number;
    };

const OTHER: Condition = { kind: 'other' };

export function readCondition(sql: Lexemes): Condition {
  if (sql.length === 0) return OTHER;
  if (outside(sql).some((at) => /^(?:\?|->|,)$/.test(symbolOf(sql[at])))) return opaque(sql);
  const or = outside(sql).find((at) => wordOf(sql[at]) === 'OR');
  if (or !== undefined) {
    const parts = split(sql, (lexeme) => wordOf(lexeme) === 'OR').map(readCondition);
    return { kind: 'any', parts, at: sql[or]?.at ?? 0 };
  }
  const parts = conjuncts(sql);
  if (parts.length > 1) return { kind: 'all', parts: parts.map(readCondition) };
  const inner = unwrapped(sql);
  if (inner === null) return comparison(sql);
  return isQuery(inner) ? opaque(sql) : readCondition(inner);
}

/** Columns that have to be equal. */
export function linksOf(condition: Condition | undefined): (readonly [Column, Column])[] {
  if (condition?.kind === 'link') return [condition.columns];
  return condition?.kind === 'all' ? condition.parts.flatMap(linksOf) : [];
}

/** An AND that belongs to a BETWEEN joins nothing. */
function conjuncts(sql: Lexemes): Lexemes[] {
  let betweens = 0;
  return split(sql, (lexeme) => {
    if (wordOf(lexeme) === 'BETWEEN') betweens += 1;
    if (wordOf(lexeme) !== 'AND') return false;
    betweens -= 1;
    if (betweens >= 0) return false;
    betweens = 0;
    return true;
  });
}

const NARROWS_NOTHING = /^(?:!=|<>|<|>|<=|>=)$/;
const NO_EQUALITY = /^(?:NOT|LIKE|ILIKE|BETWEEN|IS)$/;

function comparison(sql: Lexemes): Condition {
  const top = outside(sql);
  const isPlain = top.some(
    (at) => NARROWS_NOTHING.test(symbolOf(sql[at])) || NO_EQUALITY.test(wordOf(sql[at])),
  );
  if (isPlain || sql.every(({ kind }) => kind === 'number')) return OTHER;
  const operators = top.filter((at) => isEquality(sql[at]));
  const [operator] = operators;
  if (operator === undefined || operators.length > 1) return opaque(sql);
  const isIn = wordOf(sql[operator]) === 'IN';
  const left = sql.slice(0, isIn && wordOf(sql[operator - 1]) === 'GLOBAL' ? operator - 1 : operator);
  const right = sql.slice(operator + 1);
  const at = sql[0]?.at ?? 0;
  const column = columnOf(left);
  const values = isIn ? listOf(right) : one(valueIn(right));
  if (column !== null && values !== null) return { kind: 'equal', column, values, at };
  const other = isIn ? null : columnOf(right);
  if (other === null) return opaque(sql);
  if (column !== null) return { kind: 'link', columns: [column, other] };
  const mirrored = one(valueIn(left));
  return mirrored === null ? opaque(sql) : { kind: 'equal', column: other, values: mirrored, at };
}

const isEquality = (lexeme: Lexeme | undefined): boolean =>
  /^==?$/.test(symbolOf(lexeme)) || wordOf(lexeme) === 'IN';

const one = (value: Value | null): Value[] | null => (value === null ? null : [value]);

function opaque(sql: Lexemes): Condition {
  const words = new Set(sql.filter(isName).map(({ text }) => text));
  return { kind: 'opaque', words, hasHole: sql.some(isHole), at: sql[0]?.at ?? 0 };
}

/** Two values are never one behind these. */
const INJECTIVE = /^(?:TOSTRING|ASSUMENOTNULL|TOLOWCARDINALITY|MATERIALIZE|IDENTITY)$/;
const CONSTANTS = /^(?:TRUE|FALSE|NULL|NAN|INF|INFINITY)$/;

/** A column, whatever type it is given. */
export function columnOf(sql: Lexemes): Column | null {
  const inner = unwrapped(sql) ?? castOf(sql, /^STRING$/i) ?? argumentOf(sql, INJECTIVE);
  if (inner !== null) return isQuery(inner) ? null : columnOf(inner);
  const isPath = sql.every((lexeme, at) => (at % 2 === 1 ? symbolOf(lexeme) === '.' : isName(lexeme)));
  if (!isPath || sql.length % 2 === 0 || (sql.length === 1 && CONSTANTS.test(wordOf(sql[0])))) return null;
  return sql.filter(isName).map(({ text }) => text);
}

const CASTS =
  /^(?:TO(?:STRING|UUID|U?INT\d+|FLOAT\d+|DATE\w*|LOWCARDINALITY|FIXEDSTRING)|ASSUMENOTNULL|MATERIALIZE)$/;

function valueIn(sql: Lexemes): Value | null {
  const inner = unwrapped(sql) ?? castOf(sql, /./) ?? argumentOf(sql, CASTS);
  if (inner !== null) return valueIn(inner);
  const [first, second] = sql;
  if (sql.length === 2 && symbolOf(first) === '-' && second?.kind === 'number')
    return { kind: 'literal', text: `-${second.text}` };
  if (first === undefined || sql.length > 1) return null;
  if (isHole(first)) return { kind: 'hole', at: first.at };
  if (first.kind === 'number') return { kind: 'literal', text: first.text };
  return first.kind === 'text' ? { kind: 'literal', text: first.value ?? null } : null;
}

/** `('a', 'b')`, `['a', 'b']`, or one value. */
function listOf(sql: Lexemes): Value[] | null {
  const inner = symbolOf(sql[0]) === '[' ? bracket(sql, 0).inner : unwrapped(sql);
  if (inner === null) return one(valueIn(sql));
  const values = byCommas(inner).map(valueIn);
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? known : null;
}

/** What is cast in `x::Type`, `CAST(x AS Type)` and `CAST(x, 'Type')`, to a type of that form. */
function castOf(sql: Lexemes, form: RegExp): Lexemes | null {
  const at = outside(sql).findLast((index) => symbolOf(sql[index]) === '::');
  if (at !== undefined) return form.test(sql[at + 1]?.text ?? '') ? sql.slice(0, at) : null;
  const inner = argumentOf(sql, /^CAST$/);
  if (inner === null) return null;
  const cut = outside(inner).find((index) => wordOf(inner[index]) === 'AS' || symbolOf(inner[index]) === ',');
  if (cut === undefined) return null;
  const type = inner[cut + 1];
  return form.test(type?.value ?? type?.text ?? '') ? inner.slice(0, cut) : null;
}

/** What stands in the brackets of one call of such a function; of several arguments all when it is CAST, and the first. */
function argumentOf(sql: Lexemes, name: RegExp): Lexemes | null {
  if (!name.test(wordOf(sql[0])) || symbolOf(sql[1]) !== '(') return null;
  const { inner, next } = bracket(sql, 1);
  if (next !== sql.length) return null;
  return wordOf(sql[0]) === 'CAST' ? inner : (byCommas(inner)[0] ?? null);
}
