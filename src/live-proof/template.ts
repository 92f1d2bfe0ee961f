// A node's SQL as the server renders it for known parameters, as far as that can be told without the server.

import { lexemes } from '../datafile/lexemes.ts';
import { bracket, byCommas, type Lexemes, Unreadable } from '../lint/sql/brackets.ts';
import {
  type Branch,
  type Hole,
  readTemplated,
  sqlLexemes,
  type Templated,
  withAnswers,
} from '../lint/templating.ts';
import { sqlLiteral } from '../templates/places.ts';

export type Params = ReadonlyMap<string, string>;

export interface Parameter {
  readonly name: string;
  /** Of Tinybird, such as `Int32`. */
  readonly type: string;
  readonly hasDefault: boolean;
}

/**
 * What a caller may give; nothing for SQL without a template. Where only these are `given`, without what a branch leaves out,
 * as `{% if defined(x) %}` does: but for a template that then ends in an error, which may ask for any of them.
 */
export function parametersIn(sql: string, given: Params = new Map()): Parameter[] {
  const { holes, branches } = readTemplated(sql);
  const off = branches.filter(({ isOn }) => isOff(isOn, given));
  const isLive = ({ at }: Hole): boolean => !off.some(({ from, to }) => from <= at && at < to);
  const all = [...holes.values()];
  const isStrict = all.some((hole) => hole.fails && isLive(hole));
  return all.flatMap((hole) => {
    const { parameter: name } = hole;
    if (name === null || !(isStrict || isLive(hole))) return [];
    const call = callAt(sql, hole);
    const hasDefault = !isStrict && !isRequired(call) && defaultIn(call) !== undefined;
    return [{ name, type: call[0]?.text ?? '', hasDefault }];
  });
}

/** A template that may refuse what it is asked, or computes what is not a parameter. */
export function computes(sql: string): boolean {
  const { holes, broken } = readTemplated(sql);
  return broken !== null || holes.values().some(({ parameter }) => parameter === null);
}

function isOff(isOn: Branch['isOn'], given: Params): boolean {
  try {
    return !isOn((atom) => isDefined(atom, given));
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
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

/** `Int32(n, 3)`, `Int32(n, default=3)`; of an array the second says what it is of. */
function defaultIn(call: Lexemes): Lexemes | undefined {
  const all = argumentsOf(call);
  const named = all.find(([name, equals]) => name?.text === 'default' && equals?.text === '=');
  if (named !== undefined) return named.slice(2);
  const placed = all[call[0]?.text === 'Array' ? 2 : 1];
  return placed?.[1]?.text === '=' ? undefined : placed;
}

const isRequired = (call: Lexemes): boolean =>
  argumentsOf(call).some(([name, , value]) => name?.text === 'required' && value?.text === 'True');

function defaultOf(call: Lexemes): string | undefined {
  const [only, ...more] = defaultIn(call) ?? [];
  if (only === undefined || more.length > 0) return undefined;
  if (only.kind === 'text') return only.value ?? undefined;
  return only.kind === 'number' ? only.text : undefined;
}
