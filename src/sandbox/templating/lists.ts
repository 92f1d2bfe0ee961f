// Lists and numbers in templates: going through, counting, splitting.
import type { Call } from './types.ts';
import {
  asMissing,
  isDict,
  isList,
  Missing,
  plain,
  Sql,
  templateError,
  textOf,
  type Value,
} from './value.ts';

export function splitToArray(call: Call): Value {
  const [given = null, second, third] = call.positional;
  const fallback = second ?? call.named.get('default') ?? null;
  const value = given instanceof Missing || given === null ? fallback : given;
  if (value === null || value instanceof Missing) return asMissing(given, new Sql("['']", ['']));
  const inner = plain(value);
  if (isList(inner)) return inner;
  const separator = textOf(third ?? call.named.get('separator') ?? ',', 'split_to_array');
  const text = textOf(inner, 'split_to_array');
  return text === '' ? [] : text.split(separator).map((part) => part.trim());
}

export const enumerateWithLast = (value: Value): Value =>
  listOf(value).map((item, index, all): Value => [index === all.length - 1, item]);

/** What a `for` goes over: a list, the characters of a text, the keys of a dict. */
export function listOf(value: Value): readonly Value[] {
  const inner = plain(value);
  if (isList(inner)) return inner;
  if (typeof inner === 'string') return Array.from(inner);
  if (isDict(inner)) return [...inner.keys()];
  throw templateError('only a list can be gone through');
}

export function sizeOf(value: Value): number {
  const inner = plain(value);
  return isDict(inner) ? inner.size : listOf(inner).length;
}

export function toNumber(value: Value, shape: (number: number) => number): number {
  const text = textOf(value, 'number');
  const number = text === 'true' ? 1 : text === 'false' ? 0 : Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw templateError(`'${text}' is not a number`);
  return shape(number);
}

/** Longest list that `range` makes and most steps that a loop takes: a template runs on every request. */
export const MAX_STEPS = 10_000;

export function range(bounds: readonly number[]): Value {
  const [start = 0, stop = 0, step = 1] = bounds.length === 1 ? [0, ...bounds] : bounds;
  const length = step === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.ceil((stop - start) / step));
  if (length > MAX_STEPS) throw templateError(`range of more than ${MAX_STEPS} numbers`);
  return Array.from({ length }, (_, index) => start + index * step);
}

export function pick(
  values: readonly Value[],
  better: (a: number | string, b: number | string) => boolean,
): Value {
  const all = values.length === 1 ? listOf(values[0] ?? null) : values;
  return all.map(plain).reduce((best, value) => {
    const comparable =
      typeof value === typeof best && (typeof value === 'number' || typeof value === 'string');
    if (!comparable || (typeof best !== 'number' && typeof best !== 'string'))
      throw templateError('values cannot be compared');
    return better(value, best) ? value : best;
  });
}
