// A template filled for one tenant, with the place in the template of everything that came out.
import { fill, type Scope } from '../templates/fill.ts';
import type { Piece } from '../templates/pieces.ts';
import type { Position } from '../templates/scan.ts';
import { DROPPED } from '../templates/spans.ts';
import type { Template } from '../templates/template.ts';

export interface Traced {
  readonly text: string;
  /** Of an offset in the text. */
  readonly place: (offset: number) => Position;
}

/** No template and no value has it. */
const MARK = '\u0006';
const MARKS = new RegExp(`${MARK}(\\d+)${MARK}`, 'g');

interface Origin {
  readonly at: Position;
  /** A value stands in the template at one place, however long it is. */
  readonly isValue: boolean;
}

export interface Traceable {
  readonly template: Template;
  readonly origins: readonly Origin[];
}

/** The same template with a mark before each piece: what fills templates needs not know of it. */
export function traceable(template: Template): Traceable {
  const origins: Origin[] = [];
  const mark = (at: Position, isValue: boolean): Piece => {
    origins.push({ at, isValue });
    return { kind: 'text', text: `${MARK}${origins.length - 1}${MARK}`, at };
  };
  const marked = (pieces: readonly Piece[]): Piece[] =>
    pieces.flatMap((piece): Piece[] => {
      if (piece.kind === 'hole') return [mark(piece.at, true), piece];
      if (piece.kind === 'text') {
        return textParts(piece).flatMap((part) => [mark(part.at, false), part]);
      }
      return [{ ...piece, body: marked(piece.body), otherwise: marked(piece.otherwise) }];
    });
  return { template: { ...template, pieces: marked(template.pieces) }, origins };
}

/** Cut behind each backslash that is not part of the output. */
function textParts({ text, at }: Extract<Piece, { kind: 'text' }>): Extract<Piece, { kind: 'text' }>[] {
  let start = at;
  return text.split(new RegExp(`(?<=${DROPPED})`)).map((part) => {
    const piece = { kind: 'text', text: part, at: start } as const;
    start = after(start, part);
    return piece;
  });
}

function after({ line, column }: Position, text: string): Position {
  const breaks = text.split('\n').length - 1;
  return breaks === 0
    ? { line, column: column + text.length }
    : { line: line + breaks, column: text.length - text.lastIndexOf('\n') };
}

/** Throws a Misfit. */
export function trace({ template, origins }: Traceable, scope: Scope): Traced {
  const marks: { readonly offset: number; readonly origin: Origin }[] = [];
  let dropped = 0;
  const text = fill(template, scope).replace(MARKS, (mark, nth: string, at: number) => {
    const origin = origins[Number(nth)];
    if (origin !== undefined) marks.push({ offset: at - dropped, origin });
    dropped += mark.length;
    return '';
  });
  const place = (offset: number): Position => {
    const mark = marks.findLast((one) => one.offset <= offset);
    if (mark === undefined) return { line: 1, column: 1 };
    const { at, isValue } = mark.origin;
    return isValue ? at : after(at, text.slice(mark.offset, offset));
  };
  return { text, place };
}
