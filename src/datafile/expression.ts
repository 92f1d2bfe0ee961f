// ClickHouse types and expressions as text: where quotes, parentheses and comments end, and one way to space them.

/** Offset after the quoted part that starts at `at`, or -1 when it is not closed. */
export function afterQuote(text: string, at: number): number {
  const quote = text.charCodeAt(at);
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // A doubled quote closes and opens again: the same for us.
    if (code === quote) return i + 1;
    if (code === 0x5c && quote !== 0x60) i++;
  }
  return -1;
}

export const isQuote = (code: number): boolean => code === 0x27 || code === 0x22 || code === 0x60;
export const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09;

/** 1 for an opening bracket of any kind, -1 for a closing one. Which closes which is for ClickHouse to judge. */
export function nesting(code: number): -1 | 0 | 1 {
  if (code === 0x28 || code === 0x5b || code === 0x7b) return 1;
  return code === 0x29 || code === 0x5d || code === 0x7d ? -1 : 0;
}

const WORD = Uint8Array.from({ length: 128 }, (_, code) =>
  /[\w$.]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** Letters, digits, `_`, `$` and `.`: a keyword with one of these beside it is part of a longer name. */
export const isWord = (code: number): boolean => code > 0x7f || WORD[code] === 1;

/** The text with `-- …` comments and lines that start with `#` replaced by blanks: offsets stay. */
export function blankComments(text: string): string {
  if (!text.includes('--') && !text.includes('#')) return text;
  let out = '';
  let from = 0;
  let fresh = true;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if ((code === 0x23 && fresh) || (code === 0x2d && text.charCodeAt(at + 1) === 0x2d)) {
      const eol = text.indexOf('\n', at);
      const end = eol < 0 ? text.length : eol;
      out += text.slice(from, at) + ' '.repeat(end - at);
      at = end;
      from = end;
      continue;
    }
    fresh = code === 0x0a || (fresh && isSpace(code));
    const after = isQuote(code) ? afterQuote(text, at) : at + 1;
    at = after < 0 ? at + 1 : after;
  }
  return out + text.slice(from);
}

/** Runs of white space outside quotes become one blank. */
export function squeeze(text: string): string {
  const trimmed = text.trim();
  if (!/[\n\t]| {2}/.test(trimmed)) return trimmed;
  let out = '';
  for (let at = 0; at < trimmed.length; ) {
    const code = trimmed.charCodeAt(at);
    let end = at + 1;
    if (isQuote(code)) end = afterQuote(trimmed, at);
    if (end < 0) end = trimmed.length;
    if (isSpace(code)) {
      while (isSpace(trimmed.charCodeAt(end))) end++;
      out += ' ';
    } else {
      out += trimmed.slice(at, end);
    }
    at = end;
  }
  return out;
}

/** A type or a codec: one blank after a comma, none before it or beside parentheses; quoted parts stay as they are. */
export function tighten(text: string): string {
  if (/^[\w()]*$/.test(text)) return text;
  let out = '';
  let gap: '' | 'space' | 'comma' = '';
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      gap ||= 'space';
      at++;
      continue;
    }
    const tight = code === 0x29 || code === 0x2c || (code === 0x28 && gap === 'space');
    if (gap !== '' && !tight && out !== '' && !out.endsWith('(')) out += ' ';
    const quoted = isQuote(code) ? afterQuote(text, at) : at + 1;
    const end = quoted < 0 ? text.length : quoted;
    out += text.slice(at, end);
    gap = code === 0x2c ? 'comma' : '';
    at = end;
  }
  return out;
}

/** Whether the text can stand as one item of a list: everything opened is closed, one line, no comma or comment outside. */
export function isClosed(text: string): boolean {
  if (/^\w*$/.test(text)) return true;
  if (text.includes('\n')) return false;
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    depth += nesting(code);
    if (depth < 0) return false;
    if (code === 0x2c && depth === 0) return false;
    if (code === 0x2d && text.charCodeAt(at + 1) === 0x2d) return false;
    at = isQuote(code) ? afterQuote(text, at) : at + 1;
    if (at < 0) return false;
  }
  return depth === 0;
}
