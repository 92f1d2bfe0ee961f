// The type functions, `Int32(limit, 10)`: each validates a parameter's text and writes it as ClickHouse must read it.
import {
  identifier,
  isList,
  Missing,
  NO_NAME,
  plain,
  Sql,
  stringLiteral,
  templateError,
  textOf,
  type Value,
} from './value.ts';

type Writer = (text: string) => Sql | null;

const quotedWhen =
  (pattern: RegExp): Writer =>
  (text) =>
    pattern.test(text) ? stringLiteral(text) : null;

function sizedInteger(bits: number, signed: boolean): Writer {
  const size = 2n ** BigInt(signed ? bits - 1 : bits);
  const cast = `to${signed ? '' : 'U'}Int${bits}`;
  return (text) => {
    if (!/^[-+]?\d{1,80}$/.test(text)) return null;
    const value = BigInt(text.replace(/^\+/, ''));
    if (value >= size || value < (signed ? -size : 0n)) return null;
    return new Sql(`${cast}('${value}')`, Number(value));
  };
}

const integer: Writer = (text) =>
  /^[-+]?\d{1,80}$/.test(text) ? new Sql(`${BigInt(text.replace(/^\+/, ''))}`, Number(text)) : null;

const float =
  (cast: string): Writer =>
  (text) =>
    /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? new Sql(`${cast}('${text}')`, Number(text)) : null;

const boolean: Writer = (text) => {
  if (/^(1|true)$/i.test(text)) return new Sql('true', true);
  return /^(0|false)$/i.test(text) ? new Sql('false', false) : null;
};

const DATE = /^\d{4}-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])$/;
const DATE_TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?Z?$/;
const DATE_TIME_64 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?)?Z?$/;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const name =
  (type: string): Writer =>
  (text) =>
    identifier(text, type);

const WRITERS: ReadonlyMap<string, Writer> = new Map<string, Writer>([
  ['String', stringLiteral],
  ['UUID', quotedWhen(UUID)],
  ['Date', quotedWhen(DATE)],
  ['DateTime', quotedWhen(DATE_TIME)],
  ['DateTime64', quotedWhen(DATE_TIME_64)],
  ['Boolean', boolean],
  ['bool', boolean],
  ['Int', integer],
  ['Integer', integer],
  ['Float32', float('toFloat32')],
  ['Float64', float('toFloat64')],
  ...[8, 16, 32, 64, 128, 256].flatMap((bits): [string, Writer][] => [
    [`Int${bits}`, sizedInteger(bits, true)],
    [`UInt${bits}`, sizedInteger(bits, false)],
  ]),
  ['Symbol', name('Symbol')],
  ['Column', name('Column')],
]);

/** Texts that stand for a value where only the SQL's shape is wanted; `0` for all other types. */
const SAMPLES: Readonly<Record<string, string>> = {
  String: '',
  UUID: '00000000-0000-0000-0000-000000000000',
  Date: '2019-01-01',
  DateTime: '2019-01-01 00:00:00',
  DateTime64: '2019-01-01 00:00:00.000',
  Symbol: NO_NAME,
  Column: NO_NAME,
};

export const isTypeName = (type: string): boolean => WRITERS.has(type);
export const TYPE_FUNCTIONS: readonly string[] = [...WRITERS.keys(), 'Array', 'JSON'];

/** Arguments of a call, evaluated. */
export interface Call {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** `Type(value, default, enum=…)`. A value that is missing and has no default stays missing. */
export function typedValue(type: string, call: Call): Value {
  const [given = null, second] = call.positional;
  const fallback = second ?? call.named.get('default') ?? null;
  const value = given instanceof Missing || given === null ? fallback : given;
  if (value === null || value instanceof Missing) {
    return new Missing(given instanceof Missing ? given.name : type, write(type, SAMPLES[type] ?? '0'));
  }
  const text = textOf(value, type);
  refuseUnlisted(text, call.named.get('enum'), type);
  return write(type, text);
}

function write(type: string, text: string): Sql {
  const written = WRITERS.get(type)?.(text) ?? null;
  if (written === null) throw templateError(`Error validating '${text}' to type ${type}`);
  return written;
}

function refuseUnlisted(text: string, listed: Value | undefined, type: string): void {
  const allowed = listed === undefined ? null : plain(listed);
  if (allowed === null || !isList(allowed)) return;
  const texts = allowed.map((item) => textOf(item, 'enum'));
  if (texts.includes(text)) return;
  throw templateError(`Error validating '${text}' to type ${type}. Allowed values: ${texts.join(', ')}`);
}

/** `Array(value, 'ElementType', default=…)` of comma-separated text; an element type that is none is the default, as in `Array(colors, 'black')`. */
export function arrayValue(call: Call): Value {
  const [given = null, second, third] = call.positional;
  const secondText = second === undefined ? '' : textOf(second, 'Array');
  const type = isTypeName(secondText) ? secondText : 'String';
  const fallback = third ?? call.named.get('default') ?? (isTypeName(secondText) ? null : (second ?? null));
  const value = given instanceof Missing || given === null ? fallback : given;
  if (value === null || value instanceof Missing) {
    const sample = write(type, SAMPLES[type] ?? '0');
    return new Missing(
      given instanceof Missing ? given.name : 'Array',
      new Sql(`[${sample.text}]`, [sample.value]),
    );
  }
  const items = elements(plain(value)).map((item) => {
    refuseUnlisted(item, call.named.get('enum'), `Array(${type})`);
    return write(type, item);
  });
  return new Sql(
    `[${items.map((item) => item.text).join(', ')}]`,
    items.map((item) => item.value),
  );
}

function elements(value: Value): readonly string[] {
  if (isList(value)) return value.map((item) => textOf(item, 'Array'));
  const text = textOf(value, 'Array');
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}
