// Reads SQL as ClickHouse's lexer does, as far as to know what the next character is inside of.
import { SPAN_END, SPAN_START } from './spans.ts';

/** What SQL is inside of: nothing, a quote, a comment, a heredoc (its tag), or a span that Tinybird will replace. */
type Within = '' | "'" | '"' | '`' | '--' | '/*' | `$${string}` | typeof SPAN_START;

export interface Reading {
  readonly within: Within;
  /** The quote around a setting's value, e.g. ENGINE_TTL "…"; '' when there is none. */
  readonly frame: string;
}

const TURN = new RegExp(`['"\`${SPAN_START}]|--|#[ !]|/\\*|\\$\\w*\\$`, 'g');
const OPENS = new RegExp(`^(?:['"\`${SPAN_START}]|--|/\\*|\\$\\w*\\$)$`);

/** Reads on through `line`, which holds no line break. */
export function readSql(line: string, start: Reading): Reading {
  let reading = start;
  let position = 0;
  while (position < line.length) {
    const turn = reading.within === '' ? enter(line, position, reading) : leave(line, position, reading);
    position = turn.position;
    reading = turn.reading;
  }
  return reading;
}

interface Turn {
  readonly position: number;
  readonly reading: Reading;
}

function enter(line: string, from: number, reading: Reading): Turn {
  TURN.lastIndex = from;
  const found = TURN.exec(line);
  if (found === null) return { position: line.length, reading };
  const position = found.index + found[0].length;
  if (found[0] === reading.frame) return { position, reading: { within: '', frame: '' } };
  const opened = found[0].startsWith('#') ? '--' : found[0];
  return { position, reading: { ...reading, within: isWithin(opened) ? opened : '' } };
}

const isWithin = (token: string): token is Within => OPENS.test(token);

function leave(line: string, from: number, reading: Reading): Turn {
  const close = closeOf(reading.within);
  for (let position = from; position < line.length; position += 1) {
    // A backslash escapes in every kind of quote, and a doubled quote is one character of the text.
    const quote = /^['"`]$/.test(close);
    if (quote && (line[position] === '\\' || line.startsWith(close + close, position))) position += 1;
    else if (line.startsWith(close, position)) {
      return { position: position + close.length, reading: { ...reading, within: '' } };
    }
  }
  return { position: line.length, reading };
}

function closeOf(within: Within): string {
  if (within === '/*') return '*/';
  if (within === SPAN_START) return SPAN_END;
  return within === '--' ? '\n' : within;
}
