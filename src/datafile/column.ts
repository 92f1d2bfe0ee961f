// One column of a SCHEMA: a name, then type, JSON path, DEFAULT and CODEC, in any order after the type.
import { afterQuote, isQuote, isSpace, isWord, nesting, squeeze, tighten } from './expression.ts';
import type { Column } from './types.ts';

export interface Text {
  readonly text: string;
  readonly complain: (at: number, message: string) => void;
}

type Section = 'type' | 'jsonpath' | 'default' | 'codec' | 'refused';

/** Column modifiers of ClickHouse that Tinybird refuses, and what to do instead. */
const REFUSED: Partial<Record<string, string>> = {
  MATERIALIZED:
    'MATERIALIZED columns are not supported: use DEFAULT, or compute the column in a materialized view',
  ALIAS: 'ALIAS columns are not supported: compute the column in a pipe',
  EPHEMERAL: 'EPHEMERAL columns are not supported: use DEFAULT',
  TTL: 'a TTL of a column is not supported: use ENGINE_TTL',
  COMMENT: 'COMMENT of a column is not supported: write a line that starts with #',
  NULL: 'NULL is not supported: use Nullable(...)',
  NOT: 'NOT NULL is not supported: columns are not nullable by default',
};

const KEYWORDS: ReadonlySet<string> = new Set(['DEFAULT', 'CODEC', ...Object.keys(REFUSED)]);

/** What the scan of one column has found so far. */
interface Draft {
  section: Section;
  /** Where the text of the section starts. */
  from: number;
  found: { type: string; jsonpath: string | null; default: string | null; codec: string | null };
}

/** The column that starts at `at`, and the offset after the comma that ends it. `null` when it made no sense. */
export function readColumn(source: Text, at: number): { column: Column | null; next: number } {
  const { name, next } = readName(source, at);
  const found = { type: '', jsonpath: null, default: null, codec: null };
  const draft: Draft = { section: 'type', from: next, found };
  const end = scan(source, draft);
  if (end < 0) {
    source.complain(at, `column ${name}: a quote or bracket is not closed or not opened`);
    return { column: null, next: source.text.length };
  }
  close(source, draft, end);
  if (name === 'INDEX') source.complain(at, 'INDEX is not allowed in SCHEMA: use the INDEXES block');
  if (name === '' || name === 'INDEX') return { column: null, next: end + 1 };
  const { type, jsonpath, default: value, codec } = draft.found;
  const column = { name, type, jsonpath, default: value, codec };
  if (type === '' && value === null && draft.section !== 'refused') {
    source.complain(at, `column ${name} needs a type or a DEFAULT`);
  }
  checkType(source, type, at);
  if (hasLineBreak(column)) {
    source.complain(at, `column ${name}: a line break inside quotes; write it as \\n`);
  }
  return { column, next: end + 1 };
}

const hasLineBreak = ({ name, type, jsonpath, default: value, codec }: Column): boolean =>
  [name, type, jsonpath, value, codec].some((part) => part?.includes('\n'));

function readName({ text, complain }: Text, at: number): { name: string; next: number } {
  if (text.charCodeAt(at) === 0x60) {
    const end = text.indexOf('`', at + 1);
    if (end > at + 1) return { name: text.slice(at + 1, end), next: end + 1 };
    complain(at, end < 0 ? 'the backtick is never closed' : 'a column needs a name');
    return { name: '', next: end < 0 ? text.length : end + 1 };
  }
  let end = at;
  while (end < text.length && !isSpace(text.charCodeAt(end)) && text.charCodeAt(end) !== 0x2c) end++;
  const name = text.slice(at, end);
  if (!/^[\w.*<>+-]+$/.test(name))
    complain(at, `column name ${name} has an odd character: put it in backticks`);
  return { name, next: end };
}

/** Reads up to the comma that ends the column; -1 when something is never closed. */
function scan(source: Text, draft: Draft): number {
  const { text } = source;
  let depth = 0;
  let previous = '';
  let at = draft.from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isQuote(code)) {
      const end = afterQuote(text, at);
      if (end < 0) return -1;
      if (depth === 0 && text.startsWith('`json:', at)) openPath(source, draft, { at, end });
      previous = '';
      at = end;
    } else if (isWord(code)) {
      let end = at + 1;
      while (isWord(text.charCodeAt(end))) end++;
      if (depth === 0) {
        const word = text.slice(at, end).toUpperCase();
        if (KEYWORDS.has(word)) openSection(source, draft, { at, end, word, previous });
        previous = word;
      }
      at = end;
    } else {
      if (code === 0x2c && depth === 0) return at;
      depth += nesting(code);
      if (depth < 0) return -1;
      if (!isSpace(code)) previous = '';
      at++;
    }
  }
  return depth === 0 ? at : -1;
}

interface Word {
  readonly at: number;
  readonly end: number;
  /** Upper case. */
  readonly word: string;
  readonly previous: string;
}

function openSection(source: Text, draft: Draft, { at, end, word, previous }: Word): void {
  if (word === 'DEFAULT' || word === 'CODEC') {
    close(source, draft, at);
    draft.section = word === 'DEFAULT' ? 'default' : 'codec';
    if (draft.found[draft.section] !== null) source.complain(at, `${word} is given twice`);
    draft.from = end;
    return;
  }
  const hint = REFUSED[word];
  if (hint === undefined) return;
  // Inside a DEFAULT, NULL is a value and IS NOT NULL an operator.
  if (draft.section === 'default' && (word === 'NULL' || previous === 'IS' || previous === 'DEFAULT')) return;
  if (word === 'NULL' && previous === 'NOT') return;
  close(source, draft, at);
  draft.section = 'refused';
  source.complain(at, hint);
}

function openPath(source: Text, draft: Draft, { at, end }: { at: number; end: number }): void {
  close(source, draft, at);
  if (draft.found.jsonpath !== null) source.complain(at, 'the JSON path is given twice');
  draft.found.jsonpath = source.text.slice(at + '`json:'.length, end - 1);
  draft.section = draft.found.type === '' && draft.found.default === null ? 'type' : 'jsonpath';
  draft.from = end;
}

/** Ends the section at `at` and keeps its text. */
function close(source: Text, draft: Draft, at: number): void {
  const text = source.text.slice(draft.from, at).trim();
  switch (draft.section) {
    case 'type':
      draft.found.type = tighten(text);
      break;
    case 'default':
      if (text === '') source.complain(draft.from, 'DEFAULT needs a value');
      draft.found.default = squeeze(text);
      break;
    case 'codec':
      if (!/^\(.*\)$/s.test(text)) source.complain(draft.from, 'CODEC needs its codecs in parentheses');
      draft.found.codec = tighten(text.slice(1, -1).trim());
      break;
    case 'jsonpath':
      if (text !== '') source.complain(draft.from, `unexpected ${text} after the JSON path`);
      break;
    case 'refused':
      break;
  }
}

function checkType({ complain }: Text, type: string, at: number): void {
  if (!/boolean|datetime64(?!\()|\bu?int\b| /i.test(type)) return;
  const unquoted = type.replace(/'(?:[^'\\]|\\.)*'/g, "''");
  if (/\bboolean\b/i.test(unquoted)) complain(at, 'the type Boolean is not supported: use Bool or UInt8');
  if (/\bdatetime64\b(?!\()/i.test(unquoted)) complain(at, 'DateTime64 needs a precision: DateTime64(3)');
  if (/\bu?int\b/i.test(unquoted)) complain(at, 'Int and UInt need a width: Int32, UInt64, ...');
  if (outside(unquoted).includes(' ')) {
    complain(at, `${type} is not one type: is a comma missing?`);
  }
}

/** What stands outside all parentheses. */
function outside(text: string): string {
  let depth = 0;
  let out = '';
  for (const char of text) {
    if (char === '(') depth++;
    if (depth === 0) out += char;
    if (char === ')') depth--;
  }
  return out;
}
