// Whether a token's row filter lets in the rows of one tenant only.

import { type Lexeme, lexemes } from '../datafile/lexemes.ts';
import { show } from '../templates/places.ts';
import { conjuncts, symbolOf, Undecidable } from './conjuncts.ts';

export interface Holder {
  /** Columns of the data source; any name is taken for one when none are known. */
  readonly columns: ReadonlySet<string>;
  /** Whether a value is the tenant's and nobody else's. */
  readonly owns: (value: string) => boolean;
}

/** What ClickHouse reads as a value, whatever columns there are: with `true = 1` every row passes. */
const CONSTANTS = new Set(['true', 'false', 'null', 'nan', 'inf', 'infinity']);

/** Why a filter does not hold its token to the tenant, as a sentence about "it"; null when it does. */
export function filterFlaw(filter: string, holder: Holder): string | null {
  const wrong: string[] = [];
  try {
    if (holds(lexemes(filter), holder, wrong)) return null;
  } catch (error) {
    if (!(error instanceof Undecidable)) throw error;
    return `whether the filter holds it to the tenant cannot be decided: ${error.message}`;
  }
  return wrong.length > 0
    ? `the filter compares with ${wrong[0]}, which is not a value of this tenant alone`
    : 'the filter has no condition `column = value` beside its other conditions, with a value of this tenant alone';
}

/** Whether one of the conjuncts, in brackets or not, is `column = value`. Literals of others are added to `wrong`. */
function holds(condition: readonly Lexeme[], holder: Holder, wrong: string[]): boolean {
  return conjuncts(condition).some((conjunct) => {
    const inner = withoutBrackets(conjunct);
    if (inner === conjunct) return comparesOwn(conjunct, holder, wrong);
    try {
      return holds(inner, holder, wrong);
    } catch (error) {
      // In brackets, what is not understood only means that this is not the condition looked for.
      if (error instanceof Undecidable) return false;
      throw error;
    }
  });
}

function comparesOwn(conjunct: readonly Lexeme[], holder: Holder, wrong: string[]): boolean {
  const literals = comparison(conjunct, holder.columns);
  if (literals === null) return false;
  const foreign = literals.find(({ value }) => value === null || !holder.owns(value));
  if (foreign !== undefined) wrong.push(show(foreign.value ?? foreign.text));
  return foreign === undefined;
}

interface Literal {
  readonly text: string;
  /** Null when it is not decided what it says. */
  readonly value: string | null;
}

/** The literals of `column = literal`, `literal = column` and `column IN (literal, …)`; null for everything else. */
function comparison(conjunct: readonly Lexeme[], columns: ReadonlySet<string>): readonly Literal[] | null {
  const operator = conjunct.findIndex((lexeme) => isEqual(lexeme) || isIn(lexeme));
  const left = conjunct.slice(0, operator);
  const right = conjunct.slice(operator + 1);
  if (operator === -1) return null;
  if (isIn(conjunct[operator])) {
    const listed = withoutBrackets(right);
    return isColumn(left, columns) && listed !== right ? literalsOf(listed) : null;
  }
  const literal = isColumn(left, columns)
    ? literalOf(right)
    : isColumn(right, columns)
      ? literalOf(left)
      : null;
  return literal === null ? null : [literal];
}

const isEqual = (lexeme: Lexeme): boolean => symbolOf(lexeme) === '=' || symbolOf(lexeme) === '==';
const isIn = (lexeme: Lexeme | undefined): boolean =>
  lexeme?.kind === 'word' && lexeme.text.toUpperCase() === 'IN';

/** `tenant_id`, or a column of a nested one: `customer.id`. */
function isColumn(side: readonly Lexeme[], columns: ReadonlySet<string>): boolean {
  const isName = side.every((lexeme, index) =>
    index % 2 === 1 ? symbolOf(lexeme) === '.' : lexeme.kind === 'word' || lexeme.kind === 'name',
  );
  if (!isName || side.length % 2 === 0) return false;
  const [first] = side;
  if (side.length === 1 && first?.kind === 'word' && CONSTANTS.has(first.text.toLowerCase())) return false;
  return columns.size === 0 || columns.has(side.map(({ text }) => text).join(''));
}

function literalOf(side: readonly Lexeme[]): Literal | null {
  const inner = withoutBrackets(side);
  if (inner !== side) return literalOf(inner);
  const [first, second, ...more] = side;
  if (first === undefined || more.length > 0) return null;
  if (second !== undefined) {
    const negative = symbolOf(first) === '-' && second.kind === 'number';
    return negative ? { text: `-${second.text}`, value: `-${second.text}` } : null;
  }
  if (first.kind === 'number') return { text: first.text, value: first.text };
  return first.kind === 'text' ? { text: first.text, value: first.value ?? null } : null;
}

function literalsOf(list: readonly Lexeme[]): readonly Literal[] | null {
  const items: Lexeme[][] = [[]];
  for (const lexeme of list) {
    // A list in a list has a comma that no literal has: it is refused below.
    if (symbolOf(lexeme) === ',') items.push([]);
    else items.at(-1)?.push(lexeme);
  }
  const literals = items.map(literalOf);
  const known = literals.filter((literal) => literal !== null);
  return known.length === literals.length ? known : null;
}

/** What stands in a pair of brackets that goes around everything; the same array when there is none. */
function withoutBrackets(side: readonly Lexeme[]): readonly Lexeme[] {
  if (symbolOf(side[0]) !== '(') return side;
  let depth = 0;
  const end = side.findIndex((lexeme) => {
    depth += symbolOf(lexeme) === '(' ? 1 : symbolOf(lexeme) === ')' ? -1 : 0;
    return depth === 0;
  });
  return end === side.length - 1 ? side.slice(1, -1) : side;
}
