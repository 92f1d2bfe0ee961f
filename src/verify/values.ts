// Values of ClickHouse's types as JSON: marked with their tenant where the type has room for it, plain, or as odd as it allows.
import { dayMark, numberMark, textMark, uuidMark } from './marks.ts';

/** What a value has to be like. */
export type Wish =
  /** As marked as can be. */
  | { readonly kind: 'marked'; readonly index: number; readonly tag: string | number }
  /** One that a condition asks for, or else a marked one; times are now when `now` says so. */
  | {
      readonly kind: 'plain';
      readonly index: number;
      readonly tag: string | number;
      readonly literal: string | null;
      readonly now: boolean;
    }
  /** `common`: what other tenants have too. */
  | {
      readonly kind: 'null' | 'least' | 'most' | 'garbage' | 'common';
      readonly index: number;
      readonly tag: string | number;
    };

export interface Shape {
  readonly nullable: boolean;
  readonly base: string;
}

/** A type without what changes only how it is kept. */
export function shapeOf(type: string): Shape {
  let base = type.trim();
  let nullable = false;
  for (;;) {
    const [, wrapper = '', inner] =
      /^(LowCardinality|Nullable)\((.*)\)$/s.exec(base) ??
      /^(SimpleAggregateFunction)\(\w+,\s*(.*)\)$/s.exec(base) ??
      [];
    if (inner === undefined) return { base, nullable };
    nullable ||= wrapper === 'Nullable';
    base = inner.trim();
  }
}

/** Some value of a parameter of Tinybird's type. */
export function guess(type: string): string {
  if (type === 'Date') return '2000-01-01';
  if (type.startsWith('Date')) return '2000-01-01 00:00:00';
  return /^(?:String|Symbol)/.test(type) ? 'x' : '1';
}

/** Whether rows can be sent with such a column. */
export const isFillable = (type: string): boolean => !/^AggregateFunction\(/.test(shapeOf(type).base);

/** Whether the text of a tenant's attribute can stand in a column of the type. */
export function holds(type: string, text: string): boolean {
  const { base } = shapeOf(type);
  const bits = Number(/^U?Int(\d+)$/.exec(base)?.[1] ?? 0);
  if (bits > 0) return /^\d+$/.test(text) && Number(text) < 2 ** Math.min(bits - 1, 53);
  if (base === 'UUID') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
  const size = /^FixedString\((\d+)\)$/.exec(base)?.[1];
  if (size !== undefined) return Buffer.byteLength(text) <= Number(size);
  return base === 'String';
}

/** JSON of a value; undefined where it is better left out. */
export function valueFor(type: string, wish: Wish): unknown {
  const { base, nullable } = shapeOf(type);
  if (wish.kind === 'null') return nullable ? null : undefined;
  const element = /^Array\((.*)\)$/s.exec(base)?.[1];
  if (element !== undefined) {
    const value = wish.kind === 'least' ? undefined : valueFor(element, wish);
    return value === undefined ? [] : [value];
  }
  const [, key, inner] = /^Map\(([^,]*),\s*(.*)\)$/s.exec(base) ?? [];
  if (key !== undefined && inner !== undefined) {
    const value = valueFor(inner, wish);
    const name = valueFor(key, wish);
    const isPlain = typeof name === 'string' || typeof name === 'number';
    return value === undefined ? {} : { [isPlain ? name : 'k']: value };
  }
  if (/^(?:JSON|Object)\b/.test(base)) return { canary: textMark(wish.index, wish.tag) };
  return scalar(base, wish);
}

function scalar(base: string, wish: Wish): unknown {
  const family = /^\w+/.exec(base)?.[0] ?? '';
  const bits = Number(/(\d+)$/.exec(family)?.[1] ?? 0);
  if (family === 'String') return textFor(wish);
  if (family === 'FixedString') return fixedText(wish, Number(/\d+/.exec(base)?.[0] ?? 1));
  if (/^U?Int\d+$/.test(family)) return wholeFor(wish, { bits, signed: family.startsWith('I') });
  if (/^(?:Float|Decimal|BFloat)/.test(family)) return decimalFor(wish, base);
  if (/^Date/.test(family)) return timeFor(wish, family);
  if (family === 'UUID')
    return wish.kind === 'common' ? uuidMark(0xffffffff).replace('ca9a41', '000000') : uuidMark(wish.index);
  if (family === 'Bool') return literalOf(wish) === 'true' || wish.kind === 'most';
  if (/^Enum/.test(family)) return enumFor(base, wish);
  if (family === 'IPv4') return '192.0.2.1';
  return family === 'IPv6' ? '2001:db8::1' : undefined;
}

const literalOf = (wish: Wish): string | null => (wish.kind === 'plain' ? wish.literal : null);

const GARBAGE = `'"\`\\ %_{{}} -- /* ; é 日本 😀 `;

function textFor(wish: Wish): string {
  if (wish.kind === 'least') return '';
  if (wish.kind === 'common') return 'common';
  const mark = textMark(wish.index, wish.tag);
  if (wish.kind === 'garbage') return `${GARBAGE}${mark}`;
  if (wish.kind === 'most') return mark.padEnd(2_000, 'x');
  return literalOf(wish) ?? mark;
}

function fixedText(wish: Wish, size: number): string {
  const text = textFor(wish);
  return Buffer.byteLength(text) <= size ? text : 'x'.repeat(Math.min(size, 2));
}

interface Whole {
  readonly bits: number;
  readonly signed: boolean;
}

function wholeFor(wish: Wish, { bits, signed }: Whole): number {
  // Beyond that JSON's numbers are not exact.
  const most = 2 ** Math.min(signed ? bits - 1 : bits, 53) - 1;
  if (wish.kind === 'least') return signed ? -most - 1 + (bits > 53 ? 1 : 0) : 0;
  if (wish.kind === 'most') return most;
  if (wish.kind === 'common') return 1;
  const literal = literalOf(wish);
  const asked = literal === null ? Number.NaN : Number(literal);
  if (Number.isInteger(asked)) return Math.max(signed ? -most : 0, Math.min(most, asked));
  const mark = bits < 32 ? null : numberMark(wish.index, bits >= 64 ? 64 : 32);
  return mark ?? Math.min(most, 100);
}

function decimalFor(wish: Wish, base: string): number {
  const literal = literalOf(wish);
  const asked = literal === null ? Number.NaN : Number(literal);
  if (Number.isFinite(asked)) return asked;
  const small = /^(?:Decimal|BFloat|Float32)/.test(base);
  if (wish.kind === 'least') return small ? -1 : -1e300;
  if (wish.kind === 'most') return small ? 1 : 1e300;
  if (wish.kind === 'common') return 1;
  return small ? 1.5 : (numberMark(wish.index, 64) ?? 1.5);
}

function timeFor(wish: Wish, family: string): string {
  const isDay = family === 'Date' || family === 'Date32';
  const shown = (day: string, time: string): string => (isDay ? day : `${day} ${time}`);
  const literal = literalOf(wish);
  if (literal !== null && /^\d{4}-\d\d-\d\d/.test(literal)) return shown(literal.slice(0, 10), '12:00:00');
  if (wish.kind === 'least') return shown('1971-01-01', '00:00:00');
  if (wish.kind === 'most') return shown('2105-12-31', '23:59:59');
  const isNow = wish.kind === 'common' || (wish.kind === 'plain' && wish.now);
  const marked = isNow ? null : dayMark(wish.index);
  const now = new Date().toISOString();
  return marked === null ? shown(now.slice(0, 10), now.slice(11, 19)) : shown(marked, '12:00:00');
}

function enumFor(base: string, wish: Wish): string {
  const names = [...base.matchAll(/'((?:[^'\\]|\\.)*)'/g)].map(([, name = '']) =>
    name.replace(/\\(.)/g, '$1'),
  );
  const literal = literalOf(wish);
  return literal !== null && names.includes(literal) ? literal : (names[0] ?? '');
}
