// Compiles a template, once per set: scan, tree, places. All that can be wrong whoever the tenant is comes out here.

import type { Keeps } from './lines.ts';
import { everyPiece, type Hole, type Piece } from './pieces.ts';
import { show } from './places.ts';
import { type HoleType, type Located, locate, type Place, type TypeOf } from './regions.ts';
import { type Flaw, type Position, scan } from './scan.ts';
import { restore } from './spans.ts';
import { grow } from './tree.ts';

/** `scalar`: one string of a token template; `filter`: the row filter there. */
export type TemplateKind = 'file' | 'scalar' | 'filter';

export interface Template {
  readonly pieces: readonly Piece[];
  readonly places: ReadonlyMap<Hole, Place>;
  /** Holes whose values a datafile keeps as they are. */
  readonly kept: ReadonlyMap<Hole, Keeps>;
  /** Every name that the template reads, with its places, whatever branch it stands in. */
  readonly names: readonly { readonly name: string; readonly at: Position }[];
}

/** What the set around a template offers it. */
export interface Offer {
  readonly typeOf: (variable: string) => HoleType;
  /** Roles of the set's files. */
  readonly roles: ReadonlySet<string>;
}

export interface Compiled {
  readonly template: Template;
  readonly flaws: readonly Flaw[];
}

export function compile(source: string, kind: TemplateKind, offer: Offer): Compiled {
  const empty: Template = { pieces: [], places: new Map(), kept: new Map(), names: [] };
  const scanned = scan(source);
  if (scanned.flaws.length > 0) return { template: empty, flaws: scanned.flaws };
  const { pieces, flaws } = grow(scanned);
  if (flaws.length > 0) return { template: empty, flaws };
  const located = kind === 'scalar' ? scalarPlaces(pieces) : locate(pieces, kind, holeTypes(pieces, offer));
  const verbatim = kind !== 'file' && scanned.text !== restore(scanned.text);
  const found = [
    ...located.flaws,
    ...(kind === 'filter' ? filterFlaws(pieces) : []),
    ...(verbatim
      ? [{ line: 1, column: 1, message: 'Tinybird evaluates nothing in a token: only our helpers here' }]
      : []),
    ...unknownRoles(pieces, offer.roles),
  ];
  const { places, kept } = located;
  return { template: { pieces, places, kept, names: names(pieces) }, flaws: found };
}

/** A loop's item has the type of the list's items, and a template has one loop at a time. */
function holeTypes(pieces: readonly Piece[], offer: Offer): TypeOf {
  const lists = everyPiece(pieces).flatMap((piece) => (piece.kind === 'loop' ? [piece.operand] : []));
  const itemTypes = lists.map((list) => (list.from === 'variable' ? offer.typeOf(list.name) : 'string'));
  const itemType = itemTypes.includes('string') ? 'string' : (itemTypes[0] ?? 'string');
  return (operand) => {
    switch (operand.from) {
      case 'literal':
        return typeof operand.value === 'string' ? 'string' : 'number';
      case 'variable':
        return offer.typeOf(operand.name);
      case 'resource':
        return 'resource';
      case 'item':
        return itemType;
      case 'loop':
        return 'number';
    }
  };
}

function scalarPlaces(pieces: readonly Piece[]): Located {
  const holes = everyPiece(pieces).filter((piece) => piece.kind === 'hole');
  const misplaced = holes.filter((hole) => hole.writing === 'sql' || hole.writing === 'ident');
  return {
    places: new Map(holes.map((hole) => [hole, hole.writing === 'plain' ? 'bare' : hole.writing])),
    kept: new Map(),
    flaws: misplaced.map(({ at, writing }) => ({
      ...at,
      message: `{{${writing} x}} belongs in SQL, here that is \`filter\``,
    })),
  };
}

const filterFlaws = (pieces: readonly Piece[]): Flaw[] =>
  everyPiece(pieces)
    .filter((piece) => piece.kind === 'hole' && piece.writing !== 'sql' && piece.writing !== 'ident')
    .map((piece) => ({
      ...positionOf(piece),
      message: 'in a filter only {{sql x}} and {{ident x}} are allowed',
    }));

const positionOf = (piece: Piece): Position => (piece.kind === 'text' ? { line: 1, column: 1 } : piece.at);

function unknownRoles(pieces: readonly Piece[], roles: ReadonlySet<string>): Flaw[] {
  return everyPiece(pieces).flatMap((piece) => {
    if (piece.kind === 'text' || piece.operand.from !== 'resource' || roles.has(piece.operand.role))
      return [];
    const known = [...roles].join(', ') || 'none';
    return [
      {
        ...piece.at,
        message: `the set has no file with the role ${show(piece.operand.role)}; it has ${known}`,
      },
    ];
  });
}

const names = (pieces: readonly Piece[]): Template['names'] =>
  everyPiece(pieces).flatMap((piece) =>
    piece.kind !== 'text' && piece.operand.from === 'variable'
      ? [{ name: piece.operand.name, at: piece.at }]
      : [],
  );
