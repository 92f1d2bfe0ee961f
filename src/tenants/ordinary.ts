// YAML the ordinary way, read without the library: `key: value` lines, which is what nearly every list consists of.
// The library takes 0.1 ms a tenant, this a hundredth. Whatever is not plainly ordinary is left to the library, so the
// result is always the one it would give.
import { Flow, Unreadable } from './flow.ts';
import type { Entry, Mapping, Node } from './tree.ts';

interface Block<T extends Node = Node> {
  readonly node: T;
  /** Start of the first line that no longer belongs to it. */
  readonly end: number;
}
interface Line {
  readonly start: number;
  /** First character that is not a blank. */
  readonly at: number;
  readonly indent: number;
}

const KEY = /([A-Za-z_][\w.-]*):(?=[ \r\n]|$)/y;
const REST = / *(?: #[^\r\n]*)?(?:\r?\n|$)/y;
const TENANTS = /^tenants:[ ]*(?:#[^\n]*)?\r?$/gm;
/** Something other than `key:` at the margin, where a document marker, directive, flow or quoted text could begin. */
const ODD_HEAD = /^(?![A-Za-z# \r]|---[ ]*\r?$|$)/m;
/** A line break to some, a blank or an error to others. */
const LONE_RETURN = /\r(?!\n)/;
const DEEPEST = 2;

/** Behind blank and comment lines. Null at the end of the text. */
function lineFrom(text: string, start: number): Line | null {
  for (let from = start; from < text.length; ) {
    let at = from;
    while (text[at] === ' ') at += 1;
    const first = text[at];
    if (first !== undefined && first !== '#' && first !== '\n' && first !== '\r') {
      return { start: from, at, indent: at - from };
    }
    const end = text.indexOf('\n', at);
    from = end === -1 ? text.length : end + 1;
  }
  return null;
}

/** Where the next line starts, if nothing but a comment is left of this one. */
function lineEnd(text: string, at: number): number | null {
  REST.lastIndex = at;
  return REST.test(text) ? REST.lastIndex : null;
}

/** The value behind a colon or a dash, if it ends on its line. */
function inline(text: string, at: number): Block | null {
  const flow = new Flow(text, { at, yaml: true });
  try {
    flow.skipBlanks();
    const node = flow.value();
    if (repeated(node)) return null;
    const end = lineEnd(text, flow.at);
    return end === null ? null : { node, end };
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/** Whether a mapping of one line has a key twice; then the library says where. */
function repeated(node: Node): boolean {
  switch (node.kind) {
    case 'scalar':
      return false;
    case 'list':
      return node.items.some(repeated);
    case 'mapping':
      return hasTwice(node.entries) || node.entries.some(({ value }) => repeated(value));
  }
}

function hasTwice(entries: readonly Entry[]): boolean {
  return entries.some(({ key }, index) => entries.findIndex((entry) => entry.key === key) < index);
}

/** A mapping whose first key is at `at` and all whose keys are `indent` blanks in; null when it is not ordinary. */
function mapping(text: string, place: { at: number; indent: number; depth: number }): Block<Mapping> | null {
  const entries: Entry[] = [];
  let at = place.at;
  for (;;) {
    KEY.lastIndex = at;
    const key = KEY.exec(text)?.[1];
    if (key === undefined) return null;
    const value = inline(text, KEY.lastIndex) ?? below(text, { ...place, at: KEY.lastIndex });
    if (value === null) return null;
    entries.push({ key, at, value: value.node });
    const next = lineFrom(text, value.end);
    if (next === null || next.indent < place.indent) {
      if (hasTwice(entries)) return null;
      return { node: { kind: 'mapping', at: place.at, entries }, end: next?.start ?? text.length };
    }
    if (next.indent > place.indent) return null;
    at = next.at;
  }
}

/** What stands in the lines under a key: a mapping or a list of one-line values. */
function below(text: string, place: { at: number; indent: number; depth: number }): Block | null {
  const end = lineEnd(text, place.at);
  const first = end === null ? null : lineFrom(text, end);
  if (first === null || place.depth >= DEEPEST) return null;
  if (text.startsWith('- ', first.at)) return first.indent < place.indent ? null : list(text, first);
  if (first.indent <= place.indent) return null;
  return mapping(text, { at: first.at, indent: first.indent, depth: place.depth + 1 });
}

function list(text: string, first: Line): Block | null {
  const items: Node[] = [];
  let line: Line | null = first;
  while (line !== null && line.indent === first.indent && text.startsWith('- ', line.at)) {
    const item = inline(text, line.at + 2);
    if (item === null) return null;
    items.push(item.node);
    line = lineFrom(text, item.end);
    if (line !== null && line.indent > first.indent) return null;
  }
  return { node: { kind: 'list', at: first.at, items }, end: line?.start ?? text.length };
}

/** A whole document that is one ordinary mapping: a tenant's file in a folder. */
export function ordinaryMapping(text: string): Mapping | null {
  const first = lineFrom(text, 0);
  if (first === null || first.indent > 0 || LONE_RETURN.test(text)) return null;
  const block = mapping(text, { at: first.at, indent: 0, depth: 0 });
  return block !== null && block.end === text.length ? block.node : null;
}

/** The ordinary tenants of a list, and the text for the library: of the same length, they are a comment in it. */
export interface Ordinary {
  readonly tenantsAt: number;
  readonly tenants: readonly Mapping[];
  readonly text: string;
  /** What stands above them, when that is ordinary too and nothing else is in the list: then there is nothing for the library. */
  readonly head: Mapping | null;
}

export function ordinaryTenants(text: string): Ordinary | null {
  const [head, ...more] = text.matchAll(TENANTS);
  if (head === undefined || more.length > 0 || LONE_RETURN.test(text)) return null;
  if (ODD_HEAD.test(text.slice(0, head.index))) return null;
  const tenants: Mapping[] = [];
  const read: { start: number; end: number }[] = [];
  let line = lineFrom(text, head.index + head[0].length + 1);
  const indent = line?.indent ?? 0;
  let whole = line !== null;
  while (line !== null && line.indent === indent && text[line.at] === '-') {
    const { start, at }: Line = line;
    const item = text.startsWith('- ', at)
      ? mapping(text, { at: at + 2, indent: indent + 2, depth: 0 })
      : null;
    if (item !== null) {
      tenants.push(item.node);
      const last = read.at(-1);
      if (last?.end === start) last.end = item.end;
      else read.push({ start, end: item.end });
    } else whole = false;
    line = item === null ? skip(text, line) : lineFrom(text, item.end);
  }
  // A line that is further left than its siblings, yet no key at the margin, belongs to something we do not see.
  if (line !== null && (line.indent > 0 || text[line.at] === '-')) return null;
  return {
    tenantsAt: head.index,
    tenants,
    text: hidden(text, read),
    head: whole && line === null ? headIn(text.slice(0, head.index)) : null,
  };
}

function headIn(text: string): Mapping | null {
  const head = ordinaryMapping(text);
  return head === null || head.entries.some(({ key }) => key === 'tenants') ? null : head;
}

/** The text with one comment, as long as they are, in place of these lines. */
function hidden(text: string, ranges: readonly { start: number; end: number }[]): string {
  let result = '';
  let kept = 0;
  for (const { start, end } of ranges) {
    result += `${text.slice(kept, start)}#${' '.repeat(end - start - 2)}\n`;
    kept = end;
  }
  return result + text.slice(kept);
}

/** The first line behind an item that is not ordinary. */
function skip(text: string, item: Line): Line | null {
  let line: Line | null = item;
  do {
    const end = text.indexOf('\n', line.at);
    line = end === -1 ? null : lineFrom(text, end + 1);
  } while (line !== null && line.indent > item.indent);
  return line;
}
