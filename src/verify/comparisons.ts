// What SQL compares its columns with: literals and Tinybird's parameters, wherever they stand.
import { type Lexeme, lexemes } from '../datafile/lexemes.ts';

export interface Comparison {
  readonly column: string;
  /** As the literals say. */
  readonly values: readonly string[];
  /** Names of parameters. */
  readonly params: readonly string[];
}

const EXPRESSION = /\{\{([\s\S]*?)\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;
const PARAMETER = /^\s*\w+\(\s*([A-Za-z_]\w*)/;
/** Stands where a parameter stood; no column is called like that. */
const HOLE = 'tb__parameter__';

/** All of them, at every depth; a column is known by its last name. */
export function comparisons(sql: string): Comparison[] {
  const plain = sql.replace(EXPRESSION, (_, output?: string) => {
    const [, name] = PARAMETER.exec(output ?? '') ?? [];
    return name === undefined ? ' ' : ` ${HOLE}${name} `;
  });
  const read = lexemes(plain);
  return read.flatMap((lexeme, at) => [...ofOperator(read, at), ...ofCall(read, at, lexeme)]);
}

const OPERATORS = new Set(['=', '==', '!=', '<>', '<', '>', '<=', '>=']);
const WORDS = new Set(['LIKE', 'ILIKE', 'BETWEEN']);

function ofOperator(read: readonly Lexeme[], at: number): Comparison[] {
  const { kind, text } = read[at] ?? { kind: 'odd', text: '' };
  const word = kind === 'word' ? text.toUpperCase() : '';
  if (word === 'IN') {
    const column = columnBefore(read, isWord(read[at - 1], 'NOT') ? at - 1 : at);
    return column === null ? [] : [comparison(column, listAfter(read, at + 1))];
  }
  if (!(kind === 'symbol' && OPERATORS.has(text)) && !WORDS.has(word)) return [];
  const after = read[at + 1];
  const left = columnBefore(read, isWord(read[at - 1], 'NOT') ? at - 1 : at);
  const upTo = word === 'BETWEEN' ? read[at + 3] : undefined;
  if (left !== null && isValue(after)) return [comparison(left, [after, upTo].filter(isValue))];
  const before = read[at - 1];
  const right = columnAt(read, at + 1);
  return right !== null && isValue(before) ? [comparison(right, [before])] : [];
}

/** `startsWith(column, 'x')`. */
function ofCall(read: readonly Lexeme[], at: number, lexeme: Lexeme): Comparison[] {
  const [open, column, comma, value] = read.slice(at + 1, at + 5);
  const isCall = lexeme.kind === 'word' && isSymbol(open, '(') && isSymbol(comma, ',');
  if (!isCall || column === undefined || !isColumn(column) || !isValue(value)) return [];
  return [comparison(column.text, [value])];
}

const isSymbol = (lexeme: Lexeme | undefined, text: string): boolean =>
  lexeme?.kind === 'symbol' && lexeme.text === text;
const isWord = (lexeme: Lexeme | undefined, text: string): boolean =>
  lexeme?.kind === 'word' && lexeme.text.toUpperCase() === text;
const isHole = (lexeme: Lexeme): boolean => lexeme.kind === 'word' && lexeme.text.startsWith(HOLE);
const isColumn = (lexeme: Lexeme): boolean =>
  (lexeme.kind === 'word' || lexeme.kind === 'name') && !isHole(lexeme);
const isValue = (lexeme: Lexeme | undefined): lexeme is Lexeme =>
  lexeme !== undefined && (lexeme.kind === 'text' || lexeme.kind === 'number' || isHole(lexeme));

/** Also `lower(column) =`. */
function columnBefore(read: readonly Lexeme[], at: number): string | null {
  const inner = isSymbol(read[at - 1], ')') ? read[at - 2] : read[at - 1];
  return inner !== undefined && isColumn(inner) ? inner.text : null;
}

function columnAt(read: readonly Lexeme[], at: number): string | null {
  const [first, dot, second] = read.slice(at, at + 3);
  const column = isSymbol(dot, '.') ? second : first;
  return column !== undefined && isColumn(column) ? column.text : null;
}

function listAfter(read: readonly Lexeme[], at: number): Lexeme[] {
  const first = read[at];
  if (isValue(first)) return [first];
  const end = read.findIndex((lexeme, index) => index > at && isSymbol(lexeme, ')'));
  return read.slice(at, end === -1 ? at : end).filter(isValue);
}

function comparison(column: string, operands: readonly Lexeme[]): Comparison {
  const texts = operands.map(({ kind, text, value }) => (kind === 'text' ? (value ?? '') : text));
  // A parameter in quotes has become a text with the hole in it.
  const params = texts.flatMap((text) =>
    text.trim().startsWith(HOLE) ? [text.trim().slice(HOLE.length)] : [],
  );
  return { column, params, values: texts.filter((text) => !text.includes(HOLE)) };
}
