// From the text of a JSON value to a ClickHouse type: an expression that is NULL when the text does not fit.
import { literal } from './quoting.ts';

/** A column's type, taken apart as far as reading it needs. */
export type Shape =
  | { readonly kind: 'scalar'; readonly type: string; readonly nullable: boolean }
  | { readonly kind: 'array'; readonly element: Shape }
  | { readonly kind: 'map'; readonly type: string; readonly value: Shape }
  /** Tuple, JSON and others: ClickHouse reads them from JSON by itself, without complaint. */
  | { readonly kind: 'document'; readonly type: string };

const SCALAR =
  /^(?:String|Bool|U?Int\d+|Float\d+|BFloat16|Date|Date32|UUID|IPv[46]|Nothing|(?:FixedString|Decimal\d*|DateTime|DateTime64|Enum8|Enum16|Time|Time64)(?:\(.*\))?)$/s;

export function shapeOf(type: string): Shape {
  const [, wrapper = '', inner = ''] = /^(\w+)\((.*)\)$/s.exec(type) ?? [];
  switch (wrapper) {
    case 'LowCardinality':
      return shapeOf(inner);
    case 'SimpleAggregateFunction':
      return shapeOf(inner.slice(inner.indexOf(',') + 1).trim());
    case 'Nullable': {
      const shape = shapeOf(inner);
      return shape.kind === 'scalar' ? { ...shape, nullable: true } : shape;
    }
    case 'Array':
      return { kind: 'array', element: shapeOf(inner) };
    case 'Map':
      return { kind: 'map', type, value: shapeOf(inner.slice(inner.indexOf(',') + 1).trim()) };
    default:
      return SCALAR.test(type) ? { kind: 'scalar', type, nullable: false } : { kind: 'document', type };
  }
}

/** What JSONExtract has to give for a shape, below `arrays` levels that the path has opened. */
export function textType(shape: Shape, arrays = 0): string {
  if (shape.kind === 'array')
    return arrays > 0 ? textType(shape.element, arrays - 1) : `Array(${textType(shape.element)})`;
  if (shape.kind === 'map') return 'Map(String, Nullable(String))';
  return 'Nullable(String)';
}

/** The value of `text`, NULL (in arrays and maps: a NULL inside) where it does not fit. */
export function castText(shape: Shape, text: string, depth = 0): string {
  const item = `c__${depth}`;
  switch (shape.kind) {
    case 'scalar':
      return castScalar(shape.type, text);
    case 'array':
      return shape.element.kind === 'scalar' && shape.element.type === 'String'
        ? text
        : `arrayMap(${item} -> ${castText(shape.element, item, depth + 1)}, ${text})`;
    case 'map':
      return `mapApply((k, ${item}) -> (k, ${castText(shape.value, item, depth + 1)}), ${text})`;
    case 'document':
      return `JSONExtract(ifNull(${text}, ''), ${literal(shape.type)})`;
  }
}

/** Whether a value that castText gave lost something; `text` is what it was made from. */
export function misses(shape: Shape, text: string, value: string, depth = 0): string {
  const [t, v] = [`t__${depth}`, `v__${depth}`];
  switch (shape.kind) {
    case 'scalar':
      return shape.nullable ? `(isNull(${value}) AND isNotNull(${text}))` : `isNull(${value})`;
    case 'array':
      return `arrayExists((${t}, ${v}) -> ${misses(shape.element, t, v, depth + 1)}, ${text}, ${value})`;
    case 'map':
      return `arrayExists((${t}, ${v}) -> ${misses(shape.value, t, v, depth + 1)}, mapValues(${text}), mapValues(${value}))`;
    case 'document':
      return '0';
  }
}

function castScalar(type: string, text: string): string {
  const [, family = type, inside = ''] = /^(\w+)\((.*)\)$/s.exec(type) ?? [];
  switch (family) {
    case 'String':
      return text;
    case 'Date':
      return `toDate(parseDateTimeBestEffortOrNull(${text}, 'UTC'))`;
    case 'Date32':
      return `toDate32(parseDateTime64BestEffortOrNull(${text}, 0, 'UTC'))`;
    case 'DateTime':
      return `parseDateTimeBestEffortOrNull(${text}, ${inside || "'UTC'"})`;
    case 'DateTime64': {
      const [precision = '3', zone = "'UTC'"] = inside.split(/,\s*/);
      return `parseDateTime64BestEffortOrNull(${text}, ${precision}, ${zone})`;
    }
    case 'Enum8':
    case 'Enum16':
      return `if(${text} IN (${enumNames(inside)}), ${text}, NULL)`;
    case 'UInt8':
      // Tinybird's Boolean of old.
      return `accurateCastOrNull(transform(${text}, ['true', 'false'], ['1', '0'], ${text}), 'UInt8')`;
    default:
      return `accurateCastOrNull(${text}, ${literal(type)})`;
  }
}

const enumNames = (inside: string): string =>
  [...inside.matchAll(/'(?:[^'\\]|\\.|'')*'/gs)].map(([name]) => name).join(', ');
