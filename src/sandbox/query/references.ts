// Where a SELECT names tables: read from ClickHouse's own one-line print of it, so that keywords and spacing are known.
import { type Token, tokenize, unquoted } from '../engine/tokens.ts';

/** One mention of a table that is not one of the text's own CTEs. */
export interface Reference {
  /** With its database when that is written, `tinybird.pipe_stats_rt`. */
  readonly name: string;
  /** Offsets of the name in the text. */
  readonly start: number;
  readonly end: number;
  /** `table`: in FROM or JOIN. `in`: alone right of IN, a table only if there is one of that name, and a column otherwise. */
  readonly place: 'table' | 'in';
  /** Whether `AS alias` follows. */
  readonly aliased: boolean;
}

/** What is inside one pair of parentheses (or the whole text). */
interface Group {
  /** CTEs that may be named from here on. */
  readonly ctes: Set<string>;
  inWith: boolean;
  recursive: boolean;
  inFrom: boolean;
  expectsTable: boolean;
  /** Name of the CTE that the group around gets when this one closes. */
  readonly defines: string | null;
}

const NOT_A_CTE = /^(TIES|FILL|ROLLUP|CUBE|TOTALS)$/;
const ENDS_FROM =
  /^(WHERE|PREWHERE|GROUP|HAVING|WINDOW|QUALIFY|ORDER|LIMIT|OFFSET|UNION|EXCEPT|INTERSECT|SETTINGS|FORMAT)$/;
/** All references in canonical SQL, in the order of the text. */
export function referencesIn(canonical: string): readonly Reference[] {
  const reading: Reading = {
    tokens: tokenize(canonical),
    groups: [newGroup(null)],
    definitions: new Map(),
    references: [],
  };
  for (const at of reading.tokens.keys()) readToken(reading, at);
  return reading.references;
}

interface Reading {
  readonly tokens: readonly Token[];
  readonly groups: Group[];
  /** Position of the parenthesis that opens a CTE's body, with its name. */
  readonly definitions: Map<number, string>;
  readonly references: Reference[];
}

const newGroup = (defines: string | null): Group => ({
  ctes: new Set(),
  inWith: false,
  recursive: false,
  inFrom: false,
  expectsTable: false,
  defines,
});

function readToken(reading: Reading, at: number): void {
  const token = reading.tokens[at];
  const group = reading.groups.at(-1);
  if (token === undefined || group === undefined) return;
  const before = reading.tokens[at - 1]?.text;
  // After AS stands a name, whatever word it is.
  const word = before === 'AS' ? '' : token.text;
  if (token.text === '(') {
    const defines = reading.definitions.get(at) ?? null;
    if (defines !== null && group.recursive) group.ctes.add(defines);
    group.expectsTable = false;
    reading.groups.push(newGroup(defines));
  } else if (token.text === ')') {
    reading.groups.pop();
    if (group.defines !== null) reading.groups.at(-1)?.ctes.add(group.defines);
  } else if (token.text === ',') {
    group.expectsTable = group.inFrom;
    if (group.inWith) readDefinition(reading, at + 1);
  } else if (group.expectsTable && nameOf(token) !== null) {
    group.expectsTable = false;
    addReference(reading, at, 'table');
  } else {
    readWord(reading, { group, word, before, at });
  }
}

interface Word {
  readonly group: Group;
  readonly word: string;
  readonly before: string | undefined;
  readonly at: number;
}

function readWord(reading: Reading, { group, word, before, at }: Word): void {
  const next = reading.tokens[at + 1];
  group.expectsTable = false;
  if (word === 'WITH' && next !== undefined && !NOT_A_CTE.test(next.text)) {
    group.inWith = true;
    group.recursive = next.text === 'RECURSIVE';
    readDefinition(reading, group.recursive ? at + 2 : at + 1);
  } else if (word === 'SELECT') {
    group.inWith = false;
    group.inFrom = false;
  } else if (word === 'FROM' && before !== 'FILL' && before !== 'DISTINCT') {
    group.inFrom = true;
    group.expectsTable = true;
  } else if (word === 'JOIN') {
    // The list of ARRAY JOIN has columns, and commas of its own.
    group.inFrom = before !== 'ARRAY';
    group.expectsTable = group.inFrom;
  } else if (ENDS_FROM.test(word)) {
    group.inFrom = false;
  } else if (word === 'IN') {
    readIn(reading, at);
  }
}

/** `name AS (`, `name AS MATERIALIZED (`, `name(a, b) AS (`; anything else is a named expression and defines no table. */
function readDefinition(reading: Reading, at: number): void {
  const name = nameOf(reading.tokens[at]);
  if (name === null) return;
  const text = (index: number): string | undefined => reading.tokens[index]?.text;
  let next = at + 1;
  if (text(next) === '(') next = closing(reading.tokens, next) + 1;
  if (text(next) !== 'AS') return;
  const body = text(next + 1) === 'MATERIALIZED' ? next + 2 : next + 1;
  if (text(body) === '(') reading.definitions.set(body, name);
}

function closing(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at += 1) {
    if (tokens[at]?.text === '(') depth += 1;
    if (tokens[at]?.text === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** `IN (name)`, the only form in which the print has a name right of IN. */
function readIn(reading: Reading, at: number): void {
  const [open, name, close] = reading.tokens.slice(at + 1, at + 4);
  if (open?.text === '(' && close?.text === ')' && nameOf(name) !== null) addReference(reading, at + 2, 'in');
}

function addReference(reading: Reading, at: number, place: Reference['place']): void {
  const { tokens } = reading;
  const token = tokens[at];
  const first = nameOf(token);
  const second = tokens[at + 1]?.text === '.' ? nameOf(tokens[at + 2]) : null;
  const last = second === null ? token : tokens[at + 2];
  const name = first === null || second === null ? first : `${first}.${second}`;
  const next = tokens[second === null ? at + 1 : at + 3]?.text;
  // A table function is judged by the guard, and a SELECT among its arguments is read like any other.
  if (token === undefined || last === undefined || name === null || next === '(') return;
  if (reading.groups.some((group) => group.ctes.has(name))) return;
  reading.references.push({
    name,
    start: token.at,
    end: last.at + last.text.length,
    place,
    aliased: next === 'AS',
  });
}

const nameOf = (token: Token | undefined): string | null =>
  token?.kind === 'word' || token?.kind === 'quoted' ? unquoted(token) : null;

/** The text with each of these references replaced, in their order. */
export function rewrite(canonical: string, replacement: ReadonlyMap<Reference, string>): string {
  let from = 0;
  const parts: string[] = [];
  for (const [reference, text] of replacement) {
    parts.push(canonical.slice(from, reference.start), text);
    from = reference.end;
  }
  return parts.join('') + canonical.slice(from);
}
