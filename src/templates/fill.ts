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

/** Takes what a template comes to for one tenant, from its start to its end. */
export interface Sink {
  /** A piece of the template itself. */
  readonly text: (piece: Text) => void;
  /** As it is written at its place. */
  readonly value: (hole: Hole, written: string) => void;
  /** Which branch of a choice is taken, or how often a loop turns: what follows depends on it. */
  readonly way: (taken: number) => void;
}

/** The text for one tenant. Throws a Misfit. */
export function fill(template: Template, scope: Scope): string {
  let whole = '';
  const add = (more: string): void => {
    whole += more;
  };
  walk(template, scope, {
    text: ({ text }) => add(text),
    value: (_, written) => add(written),
    way: () => {},
  });
  return finished(whole);
}

/** Throws a Misfit for the first value, in the order of the text, that does not fit its hole. */
export function walk(template: Template, scope: Scope, sink: Sink): void {
  new Filling(template.places, scope, sink).all(template.pieces);
}

/** The text as Tinybird shall get it. Throws a Misfit. */
export function finished(text: string): string {
  if (hasStrayOpener(text)) {
    throw new Misfit({ line: 1, column: 1 }, 'a value beside a brace of the template opens {{, {% or {#');
  }
  return restore(text);
}

type Text = Extract<Piece, { kind: 'text' }>;
type Loop = Extract<Piece, { kind: 'loop' }>;

interface Turn {
  readonly item: string | number | boolean;
  readonly index: number;
  readonly first: boolean;
  readonly last: boolean;
}

class Filling {
  readonly #places: ReadonlyMap<Hole, Place>;
  readonly #scope: Scope;
  readonly #sink: Sink;
  #turn: Turn | null = null;

  constructor(places: ReadonlyMap<Hole, Place>, scope: Scope, sink: Sink) {
    this.#places = places;
    this.#scope = scope;
    this.#sink = sink;
  }

  all(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (piece.kind === 'text') this.#sink.text(piece);
      else this.#piece(piece);
    }
  }

  #piece(piece: Exclude<Piece, { kind: 'text' }>): void {
    const value = this.#value(piece.operand);
    switch (piece.kind) {
      case 'hole':
        this.#sink.value(piece, this.#written(piece, value));
        break;
      case 'choice': {
        const isOtherwise = isTrue(value) === piece.negated;
        this.#sink.way(isOtherwise ? 0 : 1);
        this.all(isOtherwise ? piece.otherwise : piece.body);
        break;
      }
      case 'loop':
        if (value !== undefined && typeof value !== 'object')
          throw new Misfit(piece.at, `${nameOf(piece.operand)} is not a list`);
        this.#loop(piece, value ?? []);
    }
  }

  #written(hole: Hole, value: Value | undefined): string {
    if (value === undefined) throw new Misfit(hole.at, `${nameOf(hole.operand)} has no value`);
    try {
      return WRITE[this.#places.get(hole) ?? 'bare'](value);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      throw new Misfit(hole.at, `${nameOf(hole.operand)}: ${error.message}`);
    }
  }

  #loop({ body, otherwise }: Loop, list: readonly (string | number | boolean)[]): void {
    this.#sink.way(list.length);
    if (list.length === 0) this.all(otherwise);
    list.forEach((item, index) => {
      this.#turn = { item, index, first: index === 0, last: index === list.length - 1 };
      this.all(body);
    });
    this.#turn = null;
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
