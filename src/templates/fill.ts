// Fills a compiled template for one tenant. Handlebars only reads templates: its runtime takes unknown names in helpers, `if`
// and `each` for empty, adds numbers up in nested else branches, and turns templates into code.
import type { Value } from '../model.ts';
import { resourceName } from '../model.ts';
import type { Hole, Operand, Piece } from './pieces.ts';
import { bare, prose, sqlLiteral, sqlName, Unfit, word } from './places.ts';
import type { Place } from './regions.ts';
import type { Position } from './scan.ts';
import { hasStrayOpener, restore } from './spans.ts';
import type { Template } from './template.ts';

/** A tenant's values by name, and what its resources' names start with. */
export interface Scope {
  readonly slug: string;
  readonly values: ReadonlyMap<string, Value>;
}

/** A value that does not fit its hole, whose place is `at`. */
export class Misfit extends Error {
  readonly at: Position;
  constructor(at: Position, message: string) {
    super(message);
    this.at = at;
  }
}

const WRITE: Readonly<Record<Place, (value: Value) => string>> = {
  bare,
  word,
  sql: sqlLiteral,
  ident: sqlName,
  text: prose,
};

/** The text for one tenant. Throws a Misfit. */
export function fill(template: Template, scope: Scope): string {
  const text = new Filling(template.places, scope).all(template.pieces);
  if (hasStrayOpener(text)) {
    throw new Misfit({ line: 1, column: 1 }, 'a value beside a brace of the template opens {{, {% or {#');
  }
  return restore(text);
}

interface Turn {
  readonly item: string | number | boolean;
  readonly index: number;
  readonly first: boolean;
  readonly last: boolean;
}

class Filling {
  readonly #places: ReadonlyMap<Hole, Place>;
  readonly #scope: Scope;
  #turn: Turn | null = null;

  constructor(places: ReadonlyMap<Hole, Place>, scope: Scope) {
    this.#places = places;
    this.#scope = scope;
  }

  all(pieces: readonly Piece[]): string {
    let text = '';
    for (const piece of pieces) text += piece.kind === 'text' ? piece.text : this.#piece(piece);
    return text;
  }

  #piece(piece: Exclude<Piece, { kind: 'text' }>): string {
    const value = this.#value(piece.operand);
    switch (piece.kind) {
      case 'hole':
        return this.#hole(piece, value);
      case 'choice':
        return this.all(isTrue(value) === piece.negated ? piece.otherwise : piece.body);
      case 'loop':
        if (value === undefined) return this.all(piece.otherwise);
        if (typeof value !== 'object') throw new Misfit(piece.at, `${nameOf(piece.operand)} is not a list`);
        return value.length === 0 ? this.all(piece.otherwise) : this.#loop(piece.body, value);
    }
  }

  #hole(hole: Hole, value: Value | undefined): string {
    if (value === undefined) throw new Misfit(hole.at, `${nameOf(hole.operand)} has no value`);
    try {
      return WRITE[this.#places.get(hole) ?? 'bare'](value);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      throw new Misfit(hole.at, `${nameOf(hole.operand)}: ${error.message}`);
    }
  }

  #loop(body: readonly Piece[], list: readonly (string | number | boolean)[]): string {
    const texts = list.map((item, index) => {
      this.#turn = { item, index, first: index === 0, last: index === list.length - 1 };
      return this.all(body);
    });
    this.#turn = null;
    return texts.join('');
  }

  #value(operand: Operand): Value | undefined {
    switch (operand.from) {
      case 'literal':
        return operand.value;
      case 'variable':
        return this.#scope.values.get(operand.name);
      case 'resource':
        return resourceName(this.#scope.slug, operand.role);
      case 'item':
        return this.#turn?.item;
      case 'loop':
        return this.#turn?.[operand.name];
    }
  }
}

/** As in Handlebars: nothing, false, 0, '' and the empty list are false. */
const isTrue = (value: Value | undefined): boolean =>
  typeof value === 'object'
    ? value.length > 0
    : value !== undefined && value !== false && value !== 0 && value !== '';

const nameOf = (operand: Operand): string => {
  switch (operand.from) {
    case 'literal':
      return 'this literal';
    case 'variable':
      return operand.name;
    case 'resource':
      return operand.role;
    case 'item':
      return 'this';
    case 'loop':
      return `@${operand.name}`;
  }
};
