// Values on a command line: words, quotes and comments as Tinybird's lexer sees them, and the way back.

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
const isQuote = (code: number): boolean => code === 0x22 || code === 0x27;

/** Words without quotes or comments, one blank between them: nothing to interpret. */
const PLAIN = /^[^ \t"'#\n]+(?: [^ \t"'#\n]+)*$/;

const OPENS_BLOCK = /^>(?:[ \t]|$)/;

interface Line {
  /** Quotes kept. */
  readonly words: string[];
  /** The same without comment and with one blank where there were more. */
  readonly text: string;
}

/**
 * A quote opens only at the start of a word, has no escapes and ends its word; `#` at the start of a word ends the
 * line. `null` when a quote is not closed.
 */
function lex(raw: string): Line | null {
  const found: string[] = [];
  let text = '';
  let gap = '';
  for (let at = 0; at < raw.length; ) {
    const code = raw.charCodeAt(at);
    if (isBlank(code)) {
      gap = text === '' ? '' : ' ';
      at++;
      continue;
    }
    if (code === 0x23) break;
    let end = at + 1;
    if (isQuote(code)) {
      end = raw.indexOf(raw.charAt(at), end) + 1;
      if (end === 0) return null;
    } else {
      while (end < raw.length && !isBlank(raw.charCodeAt(end))) end++;
    }
    found.push(raw.slice(at, end));
    text += gap + raw.slice(at, end);
    gap = '';
    at = end;
  }
  return { words: found, text };
}

/** The words of a line, quotes kept; `null` when a quote is not closed. */
export const words = (raw: string): string[] | null => lex(raw)?.words ?? null;

/** The word without the quotes around it. */
export const unquote = (word: string): string =>
  word.length > 1 && isQuote(word.charCodeAt(0)) && word.at(-1) === word[0] ? word.slice(1, -1) : word;

/** The value that a command's raw text means; `null` when a quote is not closed. */
export function readValue(raw: string): string | null {
  if (PLAIN.test(raw)) return raw;
  const line = lex(raw);
  if (line === null) return null;
  return line.words.length === 1 ? unquote(line.text) : line.text;
}

/** One word that reads back as `value`; `null` when the format has none. */
export function writeWord(value: string): string | null {
  if (value === '' || value.includes('\n')) return null;
  if (!value.includes('"')) return `"${value}"`;
  for (const raw of [`'${value}'`, value]) {
    const found = words(raw);
    if (found?.length === 1 && found[0] === raw && unquote(raw) === value) return raw;
  }
  return null;
}

/** A value that always stands in quotes when it can, as ENGINE and its options do. */
export function writeQuoted(value: string): string | null {
  return writeWord(value) ?? writeValue(value);
}

/** The plainest text that reads back as `value`; `null` when the format has none. */
export function writeValue(value: string): string | null {
  if (value.includes('\n')) return null;
  if (PLAIN.test(value) && !value.startsWith('>')) return value;
  // Several words of which the first and last are quoted (INCLUDE "a" "B=c") stay as they are.
  const bare = /^["'>]/.test(value) ? [value] : [];
  for (const raw of [...bare, `"${value}"`, `'${value}'`, value]) {
    if (!OPENS_BLOCK.test(raw) && readValue(raw) === value) return raw;
  }
  return null;
}
