// A datafile cut into its commands: one word, and a value beside it or a block below it.
import { COMMANDS } from './commands.ts';
import type { Source } from './source.ts';

/** Offsets are into the source's text. */
export interface Statement {
  /** Canonical name; empty for a command that the kind does not know (already complained about). */
  readonly command: string;
  /** Offset of the command's first letter. */
  readonly at: number;
  /** The rest of the line, trimmed; empty for a block. */
  readonly value: string;
  readonly block: boolean;
  /** The block's lines, from `start` to before `end`; both are where the line ends without a block. */
  readonly start: number;
  end: number;
}

/** In these blocks an unindented word in capitals is a mistyped command, not text. */
const STRICT_BLOCKS: ReadonlySet<string> = new Set(['SCHEMA', 'INDEXES', 'SHARED_WITH']);

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

export function statements(source: Source, kind: 'datasource' | 'pipe'): Statement[] {
  const { text } = source;
  const known = COMMANDS[kind];
  const found: Statement[] = [];
  let open: Statement | null = null;
  for (let at = 0, end = 0; at < text.length; at = end + 1) {
    end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    if (open !== null) {
      if (at === end || isBlank(text.charCodeAt(at))) continue;
      const word = text.slice(at, wordEnd(text, at, end));
      if (!known.has(word) && !known.has(word.toUpperCase()) && !isStray(text, open, word)) continue;
      open.end = at;
      open = null;
    }
    const statement = readLine(source, kind, { at, end });
    if (statement === null) continue;
    found.push(statement);
    if (statement.block) open = statement;
  }
  return found;
}

/** The command on one line outside a block; `null` for a blank line or a comment. */
function readLine(
  source: Source,
  kind: 'datasource' | 'pipe',
  line: { at: number; end: number },
): Statement | null {
  const { text } = source;
  const at = skipBlanks(text, line.at, line.end);
  if (at === line.end || text.charCodeAt(at) === 0x23) return null;
  const after = wordEnd(text, at, line.end);
  const word = text.slice(at, after);
  const command = COMMANDS[kind].get(word) ?? COMMANDS[kind].get(word.toUpperCase()) ?? '';
  if (command === '') source.complain(at, unknown(word.toUpperCase(), kind));
  const from = skipBlanks(text, after, line.end);
  let to = line.end;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  const block = text.charCodeAt(from) === 0x3e && (to === from + 1 || isBlank(text.charCodeAt(from + 1)));
  if (block) {
    const rest = skipBlanks(text, from + 1, to);
    if (rest < to && text.charCodeAt(rest) !== 0x23) {
      source.complain(rest, `text after ${word} > would be lost: put it on the next line, indented`);
    }
    return { command, at, value: '', block, start: Math.min(line.end + 1, text.length), end: text.length };
  }
  return { command, at, value: text.slice(from, to), block, start: line.end, end: line.end };
}

function isStray(text: string, open: Statement, word: string): boolean {
  return (
    STRICT_BLOCKS.has(open.command) && isBlank(text.charCodeAt(open.start)) && /^[A-Z][A-Z_]+$/.test(word)
  );
}

function unknown(word: string, kind: string): string {
  const problem = `${word} is not a valid option in ${kind} files.`;
  if (word === 'SETTINGS') return `${problem} Use ENGINE_SETTINGS.`;
  if (word.endsWith('>')) return `${problem} Put a blank before >.`;
  return problem;
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function wordEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && !isBlank(text.charCodeAt(at))) at++;
  return at;
}
