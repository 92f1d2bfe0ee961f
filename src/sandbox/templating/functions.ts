// The functions of the template language other than the type functions.
import { DATE_FUNCTIONS, dateDifference } from './dates.ts';
import { enumerateWithLast, listOf, pick, range, sizeOf, splitToArray, toNumber } from './lists.ts';
import { raise, raiseCustom } from './raise.ts';
import { arrayValue, type Call, TYPE_FUNCTIONS, typedValue } from './types.ts';
import {
  asMissing,
  identifier,
  Missing,
  NO_NAME,
  plain,
  Sql,
  sqlOf,
  stringLiteral,
  templateError,
  textOf,
  type Value,
} from './value.ts';

/** What a function may ask about the rendering it is called in. */
export interface Surroundings {
  /** Null when they are not known: any secret will do. */
  readonly secrets: ReadonlyMap<string, string> | null;
  /** Only the SQL's shape is wanted: `error` says nothing. */
  readonly checking: boolean;
}

type TemplateFunction = (call: Call, surroundings: Surroundings) => Value;

const NOTHING = new Sql('');

/** These decide themselves what a missing parameter means; every other function gets it as a required one. */
const LENIENT: readonly [string, TemplateFunction][] = [
  ['defined', ({ positional: [value = null] }) => !(value === null || value instanceof Missing)],
  ...TYPE_FUNCTIONS.map((type): [string, TemplateFunction] => [type, (call) => typedValue(type, call)]),
  ['Array', (call) => arrayValue(call)],
  ['JSON', (call) => jsonValue(call)],
  ...DATE_FUNCTIONS.map((name): [string, TemplateFunction] => [name, (call) => dateDifference(name, call)]),
  ['column', (call) => name('Column', call)],
  ['symbol', (call) => name('Symbol', call)],
  ['columns', (call) => columns(call)],
  ['table', ({ positional: [value = null] }) => table(value)],
  ['TABLE', ({ positional: [value = null] }) => table(value)],
  ['sql_and', (call) => sqlAnd(call)],
  ['split_to_array', (call) => splitToArray(call)],
];

const STRICT: readonly [string, TemplateFunction][] = [
  ['error', (call, surroundings) => raise(call, surroundings)],
  ['custom_error', (call, surroundings) => raiseCustom(call, surroundings)],
  ['enumerate_with_last', ({ positional: [value = null] }) => enumerateWithLast(value)],
  ['sql_unescape', (call) => sqlUnescape(call)],
  ['tb_secret', (call, surroundings) => secret(call, surroundings)],
  ['tb_var', (call, surroundings) => secret(call, surroundings)],
  // Hints for Tinybird's own scheduler and cache: nothing to write.
  ...['max_threads', 'backend_hint', 'cache_ttl', 'activate', 'disable'].map(
    (hint): [string, TemplateFunction] => [hint, () => NOTHING],
  ),
  ['len', ({ positional: [value = null] }) => sizeOf(value)],
  ['int', ({ positional: [value = null] }) => toNumber(value, Math.trunc)],
  ['float', ({ positional: [value = null] }) => toNumber(value, (number) => number)],
  ['abs', ({ positional: [value = null] }) => toNumber(value, Math.abs)],
  ['str', ({ positional: [value = null] }) => textOf(value, 'str')],
  ['list', ({ positional: [value = null] }) => listOf(value)],
  ['range', ({ positional }) => range(positional.map((value) => toNumber(value, Math.trunc)))],
  ['enumerate', ({ positional: [value = null] }) => listOf(value).map((item, index): Value => [index, item])],
  ['min', ({ positional }) => pick(positional, (a, b) => a < b)],
  ['max', ({ positional }) => pick(positional, (a, b) => a > b)],
];

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map([...LENIENT, ...STRICT]);
const LENIENT_NAMES = new Set(LENIENT.map(([lenient]) => lenient));

export const isLenient = (functionName: string): boolean => LENIENT_NAMES.has(functionName);
export const functionNamed = (functionName: string): TemplateFunction | undefined =>
  FUNCTIONS.get(functionName);

function name(type: 'Column' | 'Symbol', call: Call): Value {
  const [given = null, fallback = call.named.get('default') ?? null] = call.positional;
  const value = given instanceof Missing || given === null ? fallback : given;
  if (value === null || value instanceof Missing) return asMissing(given, identifier(NO_NAME, type));
  return identifier(textOf(value, type), type);
}

function columns(call: Call): Value {
  const [given = null, second, third] = call.positional;
  const fallback = second ?? call.named.get('default') ?? null;
  const value = given instanceof Missing || given === null ? fallback : given;
  if (value === null || value instanceof Missing) return asMissing(given, new Sql('*'));
  const fn = third ?? call.named.get('fn') ?? null;
  const apply = fn === null ? null : textOf(fn, 'columns');
  if (apply !== null && !/^[A-Za-z_]\w*$/.test(apply))
    throw templateError(`'${apply}' is not a function name`);
  const parts = textOf(value, 'columns').split(',');
  const names = parts.map((part) => identifier(part.trim(), 'Column').text);
  return new Sql(
    names.map((column) => (apply === null ? column : `${apply}(${column}) AS ${column}`)).join(', '),
  );
}

function table(value: Value): Value {
  if (value instanceof Missing) return asMissing(value, identifier(NO_NAME, 'Table'));
  const text = textOf(value, 'table');
  if (text.includes('.')) throw templateError(`Error validating '${text}' to type Table`);
  return identifier(text, 'Table');
}

const OPERATORS: Readonly<Record<string, string>> = {
  in: 'IN',
  not_in: 'NOT IN',
  gt: '>',
  lt: '<',
  gte: '>=',
  lte: '<=',
};

/** `sql_and(column__op=value, …)`: parameters that are missing make no condition; `1` when none is left. */
function sqlAnd(call: Call): Value {
  const conditions = [...call.named].flatMap(([key, value]) => {
    if (value === null || value instanceof Missing) return [];
    const [, column = key, operator] = /^(.+?)__(in|not_in|gt|lt|gte|lte)$/.exec(key) ?? [];
    const sign = operator === undefined ? '=' : OPERATORS[operator];
    return [`${identifier(column, 'Column').text} ${sign} ${sqlOf(value, key)}`];
  });
  return new Sql(conditions.length === 0 ? '1' : conditions.join(' AND '));
}

function sqlUnescape({ positional: [value = null, chars = null], named }: Call): Value {
  const wanted = chars ?? named.get('chars') ?? '';
  const given = sqlOf(value instanceof Missing ? null : value, 'sql_unescape');
  // The quote and the backslash stay escaped: they would end the literal.
  const text = ['%', '`']
    .filter((char) => textOf(wanted, 'sql_unescape').includes(char))
    .reduce((sql, char) => sql.replaceAll(`\\${char}`, char), given);
  return new Sql(text, plain(value));
}

function secret({ positional: [key = null, fallback = null] }: Call, { secrets }: Surroundings): Value {
  const secretName = textOf(key, 'tb_secret');
  const value = secrets === null ? '' : (secrets.get(secretName) ?? fallback);
  if (value !== null) return stringLiteral(textOf(value, 'tb_secret'));
  throw templateError(
    `Cannot access secret '${secretName}'. Check the secret exists in the Workspace and the token has the required scope.`,
  );
}

function jsonValue(call: Call): Value {
  const [given = null, fallback = call.named.get('default') ?? null] = call.positional;
  const value = given instanceof Missing || given === null ? fallback : given;
  if (value === null || value instanceof Missing) return asMissing(given, new Sql("'{}'", new Map()));
  const inner = plain(value);
  if (typeof inner !== 'string') return inner;
  try {
    return new Sql(stringLiteral(inner).text, fromJson(JSON.parse(inner)));
  } catch {
    throw templateError(`Error validating '${inner}' to type JSON`);
  }
}

function fromJson(json: unknown): Value {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json === 'object' && json !== null) {
    return new Map(Object.entries(json).map(([key, item]) => [key, fromJson(item)]));
  }
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean' ? json : null;
}
