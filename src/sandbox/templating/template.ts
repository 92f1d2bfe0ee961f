// The tags of a template: `{{ }}`, `{% %}` and `{# #}` in SQL, read into a tree of pieces. `{% end %}` closes every block.
import { type Expression, parseExpression, TemplateSyntaxError } from './expression.ts';

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly expression: Expression; readonly source: string }
  | { readonly kind: 'if'; readonly branches: readonly Branch[] }
  | {
      readonly kind: 'for';
      readonly names: readonly string[];
      readonly over: Expression;
      readonly body: readonly Piece[];
    }
  | { readonly kind: 'while'; readonly condition: Expression; readonly body: readonly Piece[] }
  | { readonly kind: 'set'; readonly name: string; readonly value: Expression }
  | { readonly kind: 'break' | 'continue' };

/** `condition` is null for the `else` branch. */
export interface Branch {
  readonly condition: Expression | null;
  readonly body: readonly Piece[];
}

interface Tag {
  readonly kind: 'text' | 'output' | 'statement';
  readonly text: string;
  readonly line: number;
}

/** Whether a node's text is a template at all: its first line is `%`. */
export const isTemplate = (sql: string): boolean => /^\s*%\s*(\r?\n|$)/.test(sql);

/** The pieces of a template's text, without the `%` line. Throws TemplateSyntaxError. */
export function parseTemplate(sql: string): readonly Piece[] {
  const tags = [...scan(sql.replace(/^\s*%/, (head) => head.slice(0, -1)))];
  const reader = { tags, next: 0 };
  const body = readBlock(reader);
  const stray = tags[reader.next];
  if (stray === undefined) return body;
  throw new TemplateSyntaxError(`Extra {% ${stray.text} %} block`, { line: stray.line });
}

function* scan(text: string): Generator<Tag> {
  const opener = /\{\{!?|\{%!?|\{#/g;
  let from = 0;
  let line = 1;
  for (let found = opener.exec(text); found !== null; found = opener.exec(text)) {
    const escaped = found[0].endsWith('!');
    const before = text.slice(from, found.index) + (escaped ? found[0].slice(0, 2) : '');
    yield { kind: 'text', text: before, line };
    line += newlines(text.slice(from, found.index));
    from = found.index + found[0].length;
    if (escaped) continue;
    const close = found[0] === '{{' ? '}}' : found[0] === '{%' ? '%}' : '#}';
    const end = close === '#}' ? text.indexOf(close, from) : closeOf(text, from, close);
    if (end === -1) throw new TemplateSyntaxError(`Missing end ${close} of ${found[0]}`, { line });
    const inside = text.slice(from, end);
    if (close === '}}') yield { kind: 'output', text: inside, line };
    if (close === '%}') yield { kind: 'statement', text: inside.trim(), line };
    line += newlines(inside);
    from = end + 2;
    opener.lastIndex = from;
  }
  yield { kind: 'text', text: text.slice(from), line };
}

const newlines = (text: string): number => text.split('\n').length - 1;

/** Where the tag closes: not within a string, and for `}}` not within the braces of a dict. */
function closeOf(text: string, from: number, close: string): number {
  const part = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|%\}|[{}]/g;
  part.lastIndex = from;
  let depth = 0;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    if (depth === 0 && text.startsWith(close, found.index)) return found.index;
    if (found[0] === '{') depth += 1;
    if (found[0] === '}') depth -= 1;
  }
  return -1;
}

interface Reader {
  readonly tags: readonly Tag[];
  next: number;
}

/** Reads up to the tag that ends this block, which stays unread; the caller says whether it fits. */
function readBlock(reader: Reader): Piece[] {
  const pieces: Piece[] = [];
  for (let tag = reader.tags[reader.next]; tag !== undefined; tag = reader.tags[reader.next]) {
    if (tag.kind === 'statement' && /^(end|elif|else)\b/.test(tag.text)) break;
    reader.next += 1;
    if (tag.kind === 'text') pieces.push({ kind: 'text', text: tag.text });
    else if (tag.kind === 'output') pieces.push(readOutput(tag));
    else pieces.push(...readStatement(tag, reader));
  }
  return pieces;
}

function readOutput(tag: Tag): Piece {
  if (tag.text.trim() === '') throw new TemplateSyntaxError('Empty expression', { line: tag.line });
  return { kind: 'output', expression: parseExpression(tag.text, tag.line), source: tag.text.trim() };
}

function readStatement(tag: Tag, reader: Reader): Piece[] {
  const [, operator = '', rest = ''] = /^(\w*)\s*([\s\S]*)$/.exec(tag.text) ?? [];
  switch (operator) {
    case 'comment':
      return [];
    case 'set':
      return [readSet(rest, tag.line)];
    case 'break':
    case 'continue':
      return [{ kind: operator }];
    case 'if':
      return [{ kind: 'if', branches: readBranches(rest, tag, reader) }];
    case 'while': {
      const condition = parseExpression(rest, tag.line);
      return [{ kind: 'while', condition, body: readBody(tag, reader) }];
    }
    case 'for':
      return [readFor(rest, tag, reader)];
    default:
      throw new TemplateSyntaxError(`unknown operator: '${operator}'`, { line: tag.line });
  }
}

function readSet(rest: string, line: number): Piece {
  const [, name, operator, value] = /^([A-Za-z_]\w*)\s*([-+*/]?)=(?!=)([\s\S]+)$/.exec(rest) ?? [];
  if (name === undefined || value === undefined) {
    throw new TemplateSyntaxError(`invalid syntax in "set ${rest}"`, { line });
  }
  const right = parseExpression(value, line);
  if (operator === '' || operator === undefined) return { kind: 'set', name, value: right };
  const left: Expression = { type: 'Identifier', value: name };
  return {
    kind: 'set',
    name,
    value: { type: 'BinaryExpression', operator: { value: operator }, left, right },
  };
}

function readFor(rest: string, tag: Tag, reader: Reader): Piece {
  const [, names, over] =
    /^\(?\s*([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s*\)?\s+in\s([\s\S]+)$/.exec(rest) ?? [];
  if (names === undefined || over === undefined) {
    throw new TemplateSyntaxError(`invalid syntax in "for ${rest}"`, { line: tag.line });
  }
  return {
    kind: 'for',
    names: names.split(',').map((name) => name.trim()),
    over: parseExpression(over, tag.line),
    body: readBody(tag, reader),
  };
}

function readBody(opening: Tag, reader: Reader): readonly Piece[] {
  const body = readBlock(reader);
  const closing = reader.tags[reader.next];
  if (closing?.text !== 'end') throw missingEnd(opening);
  reader.next += 1;
  return body;
}

function readBranches(condition: string, opening: Tag, reader: Reader): readonly Branch[] {
  const branches: Branch[] = [];
  let next: Expression | null = parseExpression(condition, opening.line);
  for (;;) {
    branches.push({ condition: next, body: readBlock(reader) });
    const tag = reader.tags[reader.next];
    if (tag === undefined) throw missingEnd(opening);
    reader.next += 1;
    if (tag.text === 'end') return branches;
    if (next === null)
      throw new TemplateSyntaxError(`{% ${tag.text} %} after {% else %}`, { line: tag.line });
    next = tag.text === 'else' ? null : parseExpression(tag.text.replace(/^el(se )?if\b/, ''), tag.line);
  }
}

const missingEnd = (opening: Tag) =>
  new TemplateSyntaxError(`Missing {% end %} block for {% ${opening.text} %}`, { line: opening.line });
