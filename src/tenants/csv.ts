// CSV as people export it: a header with `id`, one row per tenant, every column that is not ours a variable.
import { CsvError, type CsvErrorCode, parse } from 'csv-parse/sync';
import { settingsOf } from './csv-head.ts';
import { didYouMean, show } from './show.ts';
import { type Entry, type Fault, type Mapping, type Node, type Reading, repeatedKeys } from './tree.ts';

interface Cell {
  readonly text: string;
  /** A cell in quotes is text, whatever it looks like. */
  readonly quoted: boolean;
  readonly at: number;
}
interface Column {
  /** As the header writes it. */
  readonly name: string;
  readonly key: string;
  readonly at: number;
  readonly of: 'tenant' | 'vars';
  readonly list: boolean;
}

const FIELDS = ['id', 'slug', 'template', 'state'];

const STRAY_QUOTE = 'a quote inside this cell; put the cell in quotes and write the quote twice';
const MESSAGES: Partial<Record<CsvErrorCode, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'the closing quote of this cell is missing',
  CSV_INVALID_CLOSING_QUOTE: STRAY_QUOTE,
  INVALID_OPENING_QUOTE: STRAY_QUOTE,
};

/**
 * Lines before the header that start with `#` may set `fleet`, `workspace` and `template`. A column `name[]` holds lists
 * with `;` between the items. An empty cell is absent, one in quotes is text. The result has the form of a YAML list.
 */
export function readCsv(text: string): Reading {
  const { settings, end } = settingsOf(text);
  try {
    const [header, ...rows] = rowsOf(text, end);
    if (header === undefined) return { root: null, faults: [] };
    const columns = header.map(columnOf);
    const faults: Fault[] = headerFaults(columns);
    if (faults.length > 0) return { root: null, faults };
    const items = rows.map((row) => {
      faults.push(...unfit(row, columns.length));
      return tenantOf(row, columns);
    });
    const at = header[0]?.at ?? end;
    const entries = [...settings, { key: 'tenants', at, value: { kind: 'list', at, items } as const }];
    return { root: { kind: 'mapping', at: 0, entries }, faults };
  } catch (error) {
    if (error instanceof CsvError) return { root: null, faults: [faultOf(error, { text, from: end })] };
    throw error;
  }
}

/** Rows that have anything in them. csv-parse counts bytes; places count UTF-16 units. */
function rowsOf(text: string, from: number): Cell[][] {
  const bytes = Buffer.from(text.slice(from));
  const cells: Cell[] = [];
  let known = { byte: 0, at: from };
  const rows = parse(bytes, {
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
    cast: (value, { bytes: end, quoting }) => {
      known = { byte: end, at: known.at + bytes.toString('utf8', known.byte, end).length };
      const written = quoting ? value.length + value.split('"').length + 1 : value.length;
      cells.push({ text: value, quoted: quoting, at: known.at - written });
      return value;
    },
  });
  let next = 0;
  const placed = rows.map(({ length }) => {
    next += length;
    return cells.slice(next - length, next);
  });
  return placed.filter((row) => row.some((cell) => cell.text !== ''));
}

function columnOf({ text, at }: Cell): Column {
  const name = text.trim();
  if (FIELDS.includes(name)) return { name, key: name, at, of: 'tenant', list: false };
  const key = name.replace(/^vars\./, '').replace(/\[\]$/, '');
  return { name, key, at, of: 'vars', list: name.endsWith('[]') };
}

const NO_ALLOW =
  'a CSV cannot say `allow`, which is a list of mappings: write the list as YAML or JSON (a variable of that name is the column vars.allow)';

function headerFaults(columns: readonly Column[]): Fault[] {
  const none = columns.some(({ key, of }) => of === 'tenant' && key === 'id')
    ? []
    : [{ at: columns[0]?.at ?? 0, message: missingId(columns) }];
  const of = (kind: Column['of']) =>
    repeatedKeys(
      columns.filter((column) => column.of === kind).map((column) => ({ ...column, value: EMPTY })),
    );
  const allow = columns.filter(({ name }) => name === 'allow').map(({ at }) => ({ at, message: NO_ALLOW }));
  return [...none, ...allow, ...of('tenant'), ...of('vars')];
}

const EMPTY: Node = { kind: 'scalar', at: 0, text: '', quoted: false };

function missingId(columns: readonly Column[]): string {
  const near = columns.map(({ key }) => key).find((key) => didYouMean(key, ['id']) !== '');
  const hint =
    near === undefined ? 'the first row names the columns, with commas between' : `it has ${show(near)}`;
  return `no column "id"; ${hint}`;
}

function unfit(row: readonly Cell[], columns: number): Fault[] {
  const [first] = row;
  if (first === undefined || row.length === columns) return [];
  return [{ at: first.at, message: `this row has ${row.length} cells, the header has ${columns}` }];
}

function tenantOf(row: readonly Cell[], columns: readonly Column[]): Mapping {
  const at = row[0]?.at ?? 0;
  const fields: Entry[] = [];
  const vars: Entry[] = [];
  for (const [index, { key, of, list }] of columns.entries()) {
    const cell = row[index];
    if (cell === undefined || cell.text === '') continue;
    const value: Node = list ? { kind: 'list', at: cell.at, items: itemsOf(cell) } : scalarOf(cell);
    (of === 'tenant' ? fields : vars).push({ key, at: cell.at, value });
  }
  if (vars.length > 0) {
    const varsAt = vars[0]?.at ?? at;
    fields.push({ key: 'vars', at: varsAt, value: { kind: 'mapping', at: varsAt, entries: vars } });
  }
  return { kind: 'mapping', at, entries: fields };
}

const scalarOf = (cell: Cell): Node => ({ kind: 'scalar', ...cell });

const itemsOf = ({ text, ...cell }: Cell): Node[] =>
  text.split(';').map((item) => scalarOf({ ...cell, text: item.trim() }));

/** The library says up to which byte it came: the end of the cell before. */
function faultOf(error: CsvError, { text, from }: { text: string; from: number }): Fault {
  const { code, message, bytes } = error;
  const behind = from + Buffer.from(text.slice(from)).toString('utf8', 0, Number(bytes)).length;
  const at = text[behind] === ',' ? behind + 1 : behind;
  return { at, message: MESSAGES[code] ?? `not CSV: ${message}` };
}
