// Whether values of one ClickHouse type all fit into another, for what a materialized view writes.
import type { TypedColumn } from './engine.ts';

/** What keeps rows of a SELECT out of a table with these columns; empty when it fits. */
export function misfits(
  select: readonly TypedColumn[],
  target: readonly (TypedColumn & { readonly hasDefault: boolean })[],
): readonly string[] {
  const extra = select.flatMap((column) => {
    const into = target.find(({ name }) => name === column.name);
    if (into === undefined) return [`the column ${column.name} is not in the target data source`];
    if (fits(column.type, into.type)) return [];
    return [`the column ${column.name} is ${column.type}, but ${into.type} in the target data source`];
  });
  const missing = target
    .filter(({ name, type, hasDefault }) => {
      const given = select.some((column) => column.name === name);
      return !given && !hasDefault && !unwrapped(type, 'LowCardinality').startsWith('Nullable(');
    })
    .map(({ name }) => `the column ${name} of the target data source is not selected and has no default`);
  return [...extra, ...missing];
}

/** ClickHouse itself would convert silently: text to numbers row by row, and large integers by wrapping. */
function fits(from: string, into: string): boolean {
  const source = plain(from);
  const target = plain(into);
  if (source === target) return true;
  const inner = unwrapped(target, 'Nullable');
  if (source === 'Nullable(Nothing)') return inner !== target;
  if (inner !== target) return fits(unwrapped(source, 'Nullable'), inner);
  if (source.startsWith('Nullable(')) return false;
  const element = unwrapped(source, 'Array');
  if (element !== source)
    return element === 'Nothing' ? target.startsWith('Array(') : fitsArray(element, target);
  return fitsNumber(source, target) || fitsOther(source, target);
}

function fitsArray(element: string, target: string): boolean {
  const into = unwrapped(target, 'Array');
  return into !== target && fits(element, into);
}

// What is stored, without how it is stored.
function plain(type: string): string {
  const text = type.replace(/\s+/g, '');
  const aggregate = /^SimpleAggregateFunction\([^,]*,(.*)\)$/s.exec(text)?.[1];
  return (aggregate ?? text)
    .replace(/\bLowCardinality\((Nullable\([^()]*\)|[^()]*(?:\(\d+\))?)\)/g, '$1')
    .replace(/^Bool$/, 'UInt8');
}

const unwrapped = (type: string, wrapper: string): string =>
  type.startsWith(`${wrapper}(`) && type.endsWith(')') ? type.slice(wrapper.length + 1, -1) : type;

// Bits that an integer of a type has for its absolute value, and that a float keeps exactly enough of.
function fitsNumber(source: string, target: string): boolean {
  const from = /^(U?)Int(\d+)$/.exec(source);
  const into = /^(U?)Int(\d+)$/.exec(target);
  if (from !== null && into !== null) {
    const [bits, room] = [Number(from[2]), Number(into[2])];
    return from[1] === into[1] ? bits <= room : from[1] === 'U' && bits < room;
  }
  if (target === 'Float64') return from !== null || source === 'Float32' || source.startsWith('Decimal(');
  return target === 'Float32' && from !== null && Number(from[2]) <= 16;
}

function fitsOther(source: string, target: string): boolean {
  const family = (type: string): string => type.replace(/\(.*$/s, '');
  switch (family(target)) {
    case 'String':
      return /^(?:FixedString|Enum8|Enum16|UUID|IPv4|IPv6)$/.test(family(source));
    case 'DateTime':
      return /^(?:Date|DateTime)$/.test(family(source));
    case 'DateTime64':
      return (
        /^(?:Date|Date32|DateTime)$/.test(family(source)) ||
        (family(source) === 'DateTime64' && precision(source) <= precision(target))
      );
    case 'Date32':
      return source === 'Date';
    case 'Decimal':
      return fitsDecimal(source, target);
    default:
      return false;
  }
}

const precision = (type: string): number => Number(/\((\d+)/.exec(type)?.[1] ?? 0);

function fitsDecimal(source: string, target: string): boolean {
  const [from, into] = [source, target].map((type) =>
    /^Decimal\((\d+),(\d+)\)$/.exec(type)?.slice(1).map(Number),
  );
  const [fromDigits = 0, fromScale = 0] = from ?? [];
  const [digits = 0, scale = 0] = into ?? [];
  return from != null && fromScale <= scale && fromDigits - fromScale <= digits - scale;
}
