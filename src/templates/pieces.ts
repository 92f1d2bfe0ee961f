// What a template consists of, once Handlebars' tree has been checked.
import type { Position } from './scan.ts';

/** Where a hole's value comes from. */
export type Operand =
  | { readonly from: 'literal'; readonly value: string | number | boolean }
  | { readonly from: 'variable'; readonly name: string }
  | { readonly from: 'resource'; readonly role: string }
  | { readonly from: 'item' }
  | { readonly from: 'loop'; readonly name: 'index' | 'first' | 'last' };

/** What a hole's author asked for: nothing (`{{x}}`) or a helper by place. */
export type Writing = 'plain' | 'sql' | 'ident' | 'text';

export type Piece =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Of its first character, line breaks that Handlebars drops left out. */
      readonly at: Position;
    }
  | { readonly kind: 'hole'; readonly writing: Writing; readonly operand: Operand; readonly at: Position }
  | {
      readonly kind: 'choice';
      readonly operand: Operand;
      /** True for `unless`. */
      readonly negated: boolean;
      readonly body: readonly Piece[];
      readonly otherwise: readonly Piece[];
      readonly at: Position;
    }
  | {
      readonly kind: 'loop';
      readonly operand: Operand;
      readonly body: readonly Piece[];
      readonly otherwise: readonly Piece[];
      readonly at: Position;
    };

export type Hole = Extract<Piece, { kind: 'hole' }>;

/** With those inside of blocks. */
export const everyPiece = (pieces: readonly Piece[]): Piece[] =>
  pieces.flatMap((piece) =>
    'body' in piece ? [piece, ...everyPiece(piece.body), ...everyPiece(piece.otherwise)] : [piece],
  );
