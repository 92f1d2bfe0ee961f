// Where in a datafile each hole stands (SQL, a quoted string, prose, a setting), and whether its helper belongs there.
import { FILE_START, FILTER_START, HOLE, type Keeps, nextLine, type State, throughLine } from './lines.ts';
import type { Hole, Operand, Piece, Writing } from './pieces.ts';
import type { Flaw, Position } from './scan.ts';
import { SPAN_END, SPAN_START } from './spans.ts';

/** How a hole's value will be written: `word` is a part of a name. */
export type Place = 'bare' | 'word' | 'sql' | 'ident' | 'text';

/** What a hole can hold, for telling a number, which SQL takes as it is, from a string, which it does not. */
export type HoleType = 'string' | 'number' | 'boolean' | 'resource';
export type TypeOf = (operand: Operand) => HoleType;

export interface Located {
  readonly places: ReadonlyMap<Hole, Place>;
  /** Holes whose values a datafile keeps as they are, whatever branches lead there. */
  readonly kept: ReadonlyMap<Hole, Keeps>;
  readonly flaws: readonly Flaw[];
}

/** `kind`: a datafile, or a row filter, which is SQL from its first character. */
export function locate(pieces: readonly Piece[], kind: 'file' | 'filter', typeOf: TypeOf): Located {
  const walk = new Walk(typeOf);
  walk.end(walk.all(pieces, kind === 'file' ? FILE_START : FILTER_START));
  const kept = [...walk.kept].flatMap(([hole, keeps]) => (keeps === null ? [] : [[hole, keeps] as const]));
  return { places: walk.places, kept: new Map(kept), flaws: [...walk.flaws.values()] };
}

class Walk {
  readonly places = new Map<Hole, Place>();
  readonly kept = new Map<Hole, Keeps | null>();
  /** By place and message: the body of a loop is walked several times. */
  readonly flaws = new Map<string, Flaw>();
  readonly #typeOf: TypeOf;
  /** Which turn of a loop the walk is in. */
  #turn: { readonly first: boolean; readonly last: boolean } | null = null;

  constructor(typeOf: TypeOf) {
    this.#typeOf = typeOf;
  }

  all(pieces: readonly Piece[], start: State): State {
    return pieces.reduce((state, piece) => this.#piece(piece, state), start);
  }

  end(state: State): void {
    this.#followed(state, ' ');
  }

  #piece(piece: Piece, state: State): State {
    switch (piece.kind) {
      case 'text':
        return this.#text(piece.text, state);
      case 'hole':
        return this.#hole(piece, state);
      case 'choice':
        return this.#choice(piece, state);
      case 'loop':
        return this.#loop(piece, state);
    }
  }

  #choice(piece: Extract<Piece, { kind: 'choice' }>, state: State): State {
    const { operand, negated, body, otherwise, at } = piece;
    if (operand.from !== 'loop' || operand.name === 'index' || this.#turn === null) {
      return this.#join(at, this.all(body, state), this.all(otherwise, state));
    }
    return this.all(this.#turn[operand.name] === negated ? otherwise : body, state);
  }

  /** No turn, one, or several: the first two and the last stand for all. */
  #loop({ body, otherwise, at }: Extract<Piece, { kind: 'loop' }>, state: State): State {
    const turn = (first: boolean, last: boolean, from: State): State => {
      this.#turn = { first, last };
      return this.all(body, from);
    };
    const only = turn(true, true, state);
    const several = turn(false, true, turn(false, false, turn(true, false, state)));
    this.#turn = null;
    return this.#join(at, this.#join(at, only, several), this.all(otherwise, state));
  }

  #join(at: Position, a: State, b: State): State {
    if (a.within !== b.within) this.#flaw(at, 'a quote or comment that starts in a block has to end in it');
    const region = a.region === b.region ? a.region : 'mixed';
    const keeps = a.keeps === b.keeps ? a.keeps : null;
    return { ...a, region, keeps, before: a.before + b.before, left: [...a.left, ...b.left] };
  }

  #text(text: string, start: State): State {
    this.#followed(start, text.charAt(0));
    let state: State = { ...start, left: [] };
    text.split('\n').forEach((line, index) => {
      if (index > 0) state = nextLine(state);
      if (line !== '') state = throughLine(line, state);
    });
    return state;
  }

  #hole(hole: Hole, state: State): State {
    this.#followed(state, HOLE);
    const refusal = misplaced(hole.writing, state);
    if (refusal !== null) this.#flaw(hole.at, refusal);
    const same = !this.kept.has(hole) || this.kept.get(hole) === state.keeps;
    this.kept.set(hole, same ? state.keeps : null);
    const plain = hole.writing === 'plain';
    const partOfName = plain && this.#typeOf(hole.operand) === 'string';
    const inSql = state.region === 'sql' && state.within === '';
    this.places.set(hole, hole.writing !== 'plain' ? hole.writing : inSql && partOfName ? 'word' : 'bare');
    if (!inSql || (plain && !partOfName)) return { ...state, before: HOLE, left: [] };
    const glued = GLUE.test(state.before);
    if (!plain && glued) this.#flaw(hole.at, `{{${hole.writing} x}} touches what stands before it`);
    return { ...state, before: HOLE, left: [{ hole, lone: NO_WORD.test(state.before) }] };
  }

  /** In SQL a helper's value is a whole token, and a string without a helper is a part of a name. */
  #followed(state: State, next: string): void {
    for (const { hole, lone } of state.left) {
      const glued = GLUE.test(next) && next !== state.frame;
      if (hole.writing !== 'plain' && glued) {
        this.#flaw(hole.at, `{{${hole.writing} x}} touches what stands after it`);
      }
      if (hole.writing === 'plain' && lone && NO_WORD.test(next)) {
        this.#flaw(hole.at, 'in SQL write {{sql x}} for a value or {{ident x}} for a name');
      }
    }
  }

  #flaw(at: Position, message: string): void {
    this.flaws.set(`${at.line}:${at.column}:${message}`, { line: at.line, column: at.column, message });
  }
}

const GLUE = new RegExp(`[\\w'"\`\\\\$${HOLE}${SPAN_START}${SPAN_END}]`);
const NO_WORD = new RegExp(`[^\\w${HOLE}]`);

function misplaced(writing: Writing, state: State): string | null {
  if (state.before.includes('\n')) return 'a line of a datafile cannot start with a value';
  if (state.region === 'mixed') return 'after a block that ends in another section, start a new section';
  if (writing === 'plain') return null;
  if (writing === 'text') return state.region === 'prose' ? null : '{{text x}} belongs in a DESCRIPTION';
  if (state.region !== 'sql') return `{{${writing} x}} belongs in SQL`;
  return state.within === '' ? null : `{{${writing} x}} brings its own quotes: remove what stands around it`;
}
