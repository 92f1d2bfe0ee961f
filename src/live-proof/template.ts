// A node's SQL as the server renders it for known parameters, as far as that can be told without the server.

import { lexemes } from '../datafile/lexemes.ts';
import { bracket, byCommas, type Lexemes, Unreadable } from '../lint/sql/brackets.ts';
import { type Hole, readTemplated, sqlLexemes, type Templated, withAnswers } from '../lint/templating.ts';
import { sqlLiteral } from '../templates/places.ts';

export type Params = ReadonlyMap<string, string>;

export interface Parameter {
  readonly name: string;
  /** Of Tinybird, such as `Int32`. */
  readonly type: string;
  readonly hasDefault: boolean;
}

/** What a caller may give; nothing for SQL without a template. */
export function parametersIn(sql: string): Parameter[] {
  const { holes } = readTemplated(sql);
  return [...holes.values()].flatMap((hole) => {
    const { parameter: name } = hole;
    if (name === null) return [];
    const call = callAt(sql, hole);
    return [{ name, type: call[0]?.text ?? '', hasDefault: argumentsOf(call).length > 1 }];
  });
}

/** Throws an Unreadable for what only the server can tell. */
export function renderedSql(sql: string, params: Params): string {
  const templated = readTemplated(sql);
  if (templated.holes.size === 0 && templated.branches.length === 0) return templated.text;
  const text = withAnswers(templated, (atom) => isDefined(atom, params));
  return filled(sql, text, { templated, params });
}

function isDefined(atom: string, params: Params): boolean {
  const [, name] = /^defined\((\w+)\)$/.exec(atom) ?? [];
  if (name === undefined) throw new Unreadable(0, `its template asks ${atom}`);
  return params.has(name);
}

function filled(
  sql: string,
  text: string,
  { templated, params }: { readonly templated: Templated; readonly params: Params },
): string {
  const live = new Set(sqlLexemes(text).flatMap(({ kind, at }) => (kind === 'odd' ? [at] : [])));
  let rendered = text;
  for (const hole of [...templated.holes.values()].toSorted((a, b) => b.at - a.at)) {
    // In a branch that is off; or in quotes, where it would be quoted twice.
    if (rendered.slice(hole.at, hole.end).trim() === '') continue;
    if (!live.has(hole.at)) throw new Unreadable(hole.at, 'a parameter stands in quotes');
    rendered = rendered.slice(0, hole.at) + literalOf(sql, hole, params) + rendered.slice(hole.end);
  }
  return rendered;
}

const TEXTS = /^(?:String|UUID|Date|DateTime|DateTime64)$/;
const NUMBERS = /^(?:Float\d+|Int|Integer|U?Int\d+)$/;

function literalOf(sql: string, hole: Hole, params: Params): string {
  const { parameter } = hole;
  const call = callAt(sql, hole);
  const type = call[0]?.text ?? '';
  if (parameter === null) throw new Unreadable(hole.at, 'its template computes something');
  const value = params.get(parameter) ?? defaultOf(call);
  if (value === undefined) throw new Unreadable(hole.at, `the parameter ${parameter} has no value`);
  if (TEXTS.test(type)) return sqlLiteral(value);
  if (NUMBERS.test(type) && /^-?\d+(?:\.\d+)?$/.test(value)) return value;
  throw new Unreadable(hole.at, `the parameter ${parameter} is not written the way the server writes it`);
}

function callAt(sql: string, { at, end }: Hole): Lexemes {
  return lexemes(sql.slice(at + 2, end - 2));
}

const argumentsOf = (call: Lexemes): readonly Lexemes[] =>
  call[1]?.text === '(' ? byCommas(bracket(call, 1).inner) : [];

function defaultOf(call: Lexemes): string | undefined {
  const [only, ...more] = argumentsOf(call)[1] ?? [];
  if (only === undefined || more.length > 0) return undefined;
  if (only.kind === 'text') return only.value ?? undefined;
  return only.kind === 'number' ? only.text : undefined;
}
