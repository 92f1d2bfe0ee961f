// CSV as JSON lines with the names of columns, so that one way leads into tables.
import { parse } from 'csv-parse/sync';
import type { Column } from '../../datafile/types.ts';
import { shapeOf } from './casts.ts';

/** `invalid` counts lines with more or fewer cells than columns. */
export function csvLines(
  body: Uint8Array,
  columns: readonly Column[],
  delimiter: string,
): { readonly ndjson: Uint8Array; readonly invalid: number } {
  const records: readonly (readonly string[])[] = parse(Buffer.from(body), {
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  const header = readHeader(records[0] ?? [], columns);
  const order = header ?? columns;
  const rows = header === null ? records : records.slice(1);
  const good = rows.filter((cells) => cells.length === order.length);
  const lines = good.map((cells) => {
    const entries = order.map((column, i) => [column.name, cellValue(cells[i] ?? '', column)] as const);
    return `${JSON.stringify(Object.fromEntries(entries))}\n`;
  });
  return { ndjson: Buffer.from(lines.join('')), invalid: rows.length - good.length };
}

function readHeader(cells: readonly string[], columns: readonly Column[]): readonly Column[] | null {
  const named = cells.map((cell) => columns.find(({ name }) => name === cell.trim()));
  return named.length > 0 && named.every((column) => column !== undefined) ? named : null;
}

// A cell that is empty is a missing value, except for text; lists are written as JSON.
function cellValue(cell: string, { type, default: fallback }: Column): unknown {
  const shape = shapeOf(type);
  if (cell === '\\N') return null;
  if (cell === '')
    return shape.kind === 'scalar' && shape.type === 'String' && !shape.nullable && fallback === null
      ? ''
      : null;
  if (shape.kind === 'scalar') return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
