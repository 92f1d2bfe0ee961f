// Which data sources a pipe reads, itself and through other pipes, and which parameters it takes.

import { type Lexeme, lexemes } from '../datafile/lexemes.ts';
import type { Datafile, Pipe } from '../datafile/types.ts';
import { symbolOf } from './conjuncts.ts';

export interface Reading {
  /** Names of data sources: all that it reads, perhaps some more. */
  readonly sources: ReadonlySet<string>;
  readonly params: ReadonlySet<string>;
  /** Something else that it reads, which nothing here declares; null when there is none. */
  readonly unknown: string | null;
}

/** Pipes by name, read once each. */
export function reader(
  datafiles: ReadonlyMap<string, { readonly datafile: Datafile }>,
): (pipe: Pipe) => Reading {
  const own = new Map<string, Own>();
  const readings = new Map<string, Reading>();
  const ownOf = (pipe: Pipe): Own => {
    const known = own.get(pipe.name) ?? ownReading(pipe, (name) => datafiles.has(name));
    own.set(pipe.name, known);
    return known;
  };
  const through = (pipe: Pipe): Reading => {
    const sources = new Set<string>();
    const params = new Set<string>();
    const pipes = new Set([pipe]);
    let unknown: string | null = null;
    // A set goes on with what is added while it is walked.
    for (const next of pipes) {
      const found = ownOf(next);
      unknown ??= found.unknown;
      for (const param of found.params) params.add(param);
      for (const name of found.names) {
        const datafile = datafiles.get(name)?.datafile;
        if (datafile?.kind === 'pipe') pipes.add(datafile);
        else sources.add(name);
      }
    }
    return { sources, params, unknown };
  };
  return (pipe) => {
    const reading = readings.get(pipe.name) ?? through(pipe);
    readings.set(pipe.name, reading);
    return reading;
  };
}

interface Own {
  readonly names: ReadonlySet<string>;
  readonly params: ReadonlySet<string>;
  readonly unknown: string | null;
}

type IsResource = (name: string) => boolean;

const EXPRESSION = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;
/** What a value of Tinybird's leaves in the SQL; ClickHouse has no such sign. */
const HOLE = '@';

function ownReading(pipe: Pipe, isResource: IsResource): Own {
  const names = new Set<string>();
  const params = new Set<string>();
  const nodes = new Set(pipe.nodes.map(({ name }) => name));
  let unknown: string | null = null;
  for (const { sql } of pipe.nodes) {
    const expressions: string[] = [];
    const plain = sql.replace(EXPRESSION, (expression) => {
      if (!expression.startsWith('{#')) expressions.push(expression.slice(2, -2));
      return expression.startsWith('{{') ? ` ${HOLE} ` : ' ';
    });
    const read = lexemes(plain);
    for (const name of namesIn(plain, read)) if (isResource(name)) names.add(name);
    for (const expression of expressions) {
      // Also in quotes: {{table('events')}}.
      for (const [name] of expression.matchAll(/\w+/g)) if (isResource(name)) names.add(name);
      for (const { kind, text } of lexemes(expression)) if (kind === 'word') params.add(text);
    }
    unknown ??= unknownTable(read, (name) => isResource(name) || nodes.has(name));
  }
  return { names, params, unknown };
}

/** A quote that stays open, such as one in each of two branches, hides nothing: then every word counts. */
function namesIn(sql: string, read: readonly Lexeme[]): Iterable<string> {
  if (read.some(({ kind, text }) => kind === 'odd' && /['"`]/.test(text))) {
    return sql.match(/\w+/g) ?? [];
  }
  return read.filter(({ kind }) => kind === 'word' || kind === 'name').map(({ text }) => text);
}

const upper = (lexeme: Lexeme | undefined): string =>
  lexeme?.kind === 'word' ? lexeme.text.toUpperCase() : '';

/** `FROM` is no clause in them: extract(DAY FROM day). */
const FROM_INSIDE = new Set(['EXTRACT', 'TRIM', 'LTRIM', 'RTRIM', 'SUBSTRING', 'OVERLAY']);
/** Functions that make their rows themselves, or of a query that is read here too. */
const ROWLESS = /^(numbers|numbers_mt|zeros|zeros_mt|values|generateseries|generate_series|format|view)$/i;
/** Functions that read a table whose name stands in a text. */
const BY_TEXT = /^(joinget|joingetornull|dict\w+|merge|remote|remotesecure|cluster)$/i;

/** The first table after FROM, JOIN or a comma between tables that is neither known nor a query of its own. */
function unknownTable(sql: readonly Lexeme[], isKnown: IsResource): string | null {
  const queries = new Set(
    sql
      .filter((_, at) => upper(sql[at + 1]) === 'AS' && symbolOf(sql[at + 2]) === '(')
      .map(({ text }) => text),
  );
  const callers: string[] = [];
  for (const [at, lexeme] of sql.entries()) {
    const symbol = symbolOf(lexeme);
    if (symbol === '(') callers.push(upper(sql[at - 1]));
    if (symbol === ')') callers.pop();
    if (symbolOf(sql[at + 1]) === '(' && BY_TEXT.test(lexeme.text)) return `a table by ${lexeme.text}()`;
    if (!startsTables(sql, at) || FROM_INSIDE.has(callers.at(-1) ?? '')) continue;
    const unknown = unknownTarget(sql, at + 1, (name) => queries.has(name) || isKnown(name));
    if (unknown !== null) return unknown;
  }
  return null;
}

function startsTables(sql: readonly Lexeme[], at: number): boolean {
  const word = upper(sql[at]);
  const before = upper(sql[at - 1]);
  return (word === 'FROM' && before !== 'DISTINCT') || (word === 'JOIN' && before !== 'ARRAY');
}

function unknownTarget(sql: readonly Lexeme[], at: number, isKnown: IsResource): string | null {
  const [table, next] = sql.slice(at, at + 2);
  if (symbolOf(table) === '(') return null;
  if (table?.kind !== 'word' && table?.kind !== 'name')
    return 'a table whose name is only known when it runs';
  if (symbolOf(next) === '(') return ROWLESS.test(table.text) ? null : `${table.text}()`;
  if (symbolOf(next) === '.') return `${table.text}.${sql[at + 2]?.text ?? ''}`;
  if (!isKnown(table.text)) return table.text;
  let after = at + 1;
  if (upper(sql[after]) === 'AS') after += 1;
  if (sql[after]?.kind === 'word') after += 1;
  return symbolOf(sql[after]) === ',' ? unknownTarget(sql, after + 1, isKnown) : null;
}
