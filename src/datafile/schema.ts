// SCHEMA: the columns of a data source, as the block of a datafile and as the one line of the HTTP API.
import { bad, ok, type Result, Stop } from '../errors.ts';
import { readColumn } from './column.ts';
import { blankComments, isClosed, isSpace } from './expression.ts';
import { Source } from './source.ts';
import type { Column } from './types.ts';

/**
 * Columns from text of their own, e.g. the API's `schema.sql_schema`: `` `id` UUID `json:$.Id`, `key` String ``.
 * `file` is what problems name.
 */
export function parseColumns(text: string, file = 'schema'): Result<Column[]> {
  const source = new Source(file, text);
  const columns = readColumns(source, 0, source.text.length);
  return source.clean ? ok(columns) : bad(...source.problems);
}

/** Columns from a part of a source; what is wrong with them goes to the source's problems. */
export function readColumns(source: Source, start: number, end: number): Column[] {
  const text = blankComments(source.text.slice(start, end));
  const complain = (at: number, message: string) => source.complain(start + at, message);
  const columns: Column[] = [];
  const names = new Set<string>();
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      at++;
      continue;
    }
    if (code === 0x2c) {
      complain(at, 'unexpected comma: a column is missing before it');
      at++;
      continue;
    }
    const { column, next } = readColumn({ text, complain }, at);
    if (column !== null) {
      if (names.has(column.name)) complain(at, `column ${column.name} is declared twice`);
      names.add(column.name);
      columns.push(column);
    }
    at = next;
  }
  return columns;
}

/** One line with `, ` between columns unless another separator is given. Throws a Stop for what the grammar cannot hold. */
export function printColumns(columns: readonly Column[], separator = ', '): string {
  return columns.map(printColumn).join(separator);
}

function printColumn(column: Column): string {
  const { name, type, jsonpath, default: value, codec } = column;
  if (name === '' || /[`\n]/.test(name)) throw unwritable(column, 'its name');
  if (!isClosed(type)) throw unwritable(column, 'its type');
  let line = type === '' ? `\`${name}\`` : `\`${name}\` ${type}`;
  if (jsonpath !== null) {
    if (/[`\n]/.test(jsonpath)) throw unwritable(column, 'its JSON path');
    line += ` \`json:${jsonpath}\``;
  }
  if (value !== null) {
    if (!isClosed(value)) throw unwritable(column, 'its DEFAULT');
    line += ` DEFAULT ${value}`;
  }
  if (codec !== null) {
    if (!isClosed(`(${codec})`)) throw unwritable(column, 'its CODEC');
    line += ` CODEC(${codec})`;
  }
  return line;
}

const unwritable = (column: Column, part: string): Stop =>
  new Stop('bad-input', `column ${JSON.stringify(column.name)}: ${part} cannot be written in a schema`);
