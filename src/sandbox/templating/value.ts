// The values of a template while it renders, and how each becomes SQL that no value can break out of.
import { SandboxError } from '../state.ts';

export type Value =
  | null
  | boolean
  | number
  | string
  | Sql
  | Missing
  | readonly Value[]
  | ReadonlyMap<string, Value>;

/** A piece of SQL that is already safe, with the plain value that conditions compare. */
export class Sql {
  readonly text: string;
  readonly value: Value;

  constructor(text: string, value: Value = text) {
    this.text = text;
    this.value = value;
  }
}

/** A parameter that the request does not carry; `sample` stands for it where a template is only checked. */
export class Missing {
  readonly name: string;
  readonly sample: Sql;

  constructor(name: string, sample: Sql = new Sql("''", '')) {
    this.name = name;
    this.sample = sample;
  }
}

/** Stands for the name of a column or a table that only a request gives. */
export const NO_NAME = '__no_value__';

/** The missing parameter `given` with another sample. */
export const asMissing = (given: Value, sample: Sql): Missing =>
  new Missing(given instanceof Missing ? given.name : 'value', sample);

/** A template that cannot be rendered with these values. */
export const templateError = (message: string): SandboxError =>
  new SandboxError(400, `Template Syntax Error: ${message}`, {
    documentation: 'https://www.tinybird.co/docs/cli/advanced-templates.html',
  });

export const isTemplateError = (error: SandboxError): boolean =>
  error.message.startsWith('Template Syntax Error: ');

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
  "'": "\\'",
  // ClickHouse keeps the backslash of `\%`, which LIKE then reads as a plain percent sign; `sql_unescape` takes it away.
  '%': '\\%',
  '`': '\\`',
};

/** A single-quoted string literal. */
export const stringLiteral = (text: string): Sql =>
  new Sql(`'${text.replace(/[\0\b\t\n\f\r\\'%`]/g, (char) => ESCAPES[char] ?? char)}'`, text);

/** A back-ticked identifier; a dotted path is quoted part by part. */
export function identifier(text: string, type: string): Sql {
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(text)) {
    throw templateError(`Error validating '${text}' to type ${type}`);
  }
  return new Sql(
    text
      .split('.')
      .map((part) => `\`${part}\``)
      .join('.'),
    text,
  );
}

/** What `{{ value }}` writes. */
export function sqlOf(value: Exclude<Value, Missing>, source: string): string {
  if (value instanceof Sql) return value.text;
  if (value === null) throw templateError(`expression "${source}" evaluated to null`);
  if (typeof value === 'string') return stringLiteral(value).text;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map((item) => sqlOf(known(item), source)).join(', ')}]`;
  throw templateError(`expression "${source}" is an object, not SQL`);
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isDict = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;

/** The plain value behind SQL. */
export function plain(value: Value): Exclude<Value, Sql | Missing> {
  const inner = known(value);
  return inner instanceof Sql ? plain(inner.value) : inner;
}

/** The value, or the error that names the missing parameter. */
function known(value: Value): Exclude<Value, Missing> {
  if (value instanceof Missing) throw requiredError([value.name]);
  return value;
}

export function requiredError(names: readonly string[]): SandboxError {
  const [last = '', ...before] = [...names].reverse();
  const list = before.length === 0 ? last : `${before.reverse().join(', ')} and ${last}`;
  const noun = names.length === 1 ? 'parameter' : 'parameters';
  return templateError(
    `Required parameter is not defined. Check the ${noun} ${list}. Please provide a value or set a default value in the pipe code.`,
  );
}

/** Python's truth. */
export function truthy(value: Value): boolean {
  if (value instanceof Missing) return false;
  if (value instanceof Sql) return truthy(value.value);
  if (isList(value)) return value.length > 0;
  if (isDict(value)) return value.size > 0;
  return Boolean(value);
}

/** A plain value as JSON has it; SQL counts as its value. */
export function jsonOf(value: Value): unknown {
  const inner = plain(value);
  if (isList(inner)) return inner.map(jsonOf);
  if (isDict(inner)) return Object.fromEntries([...inner].map(([key, item]) => [key, jsonOf(item)]));
  return inner;
}

/** The text of a string or number; other values are errors. */
export function textOf(value: Value, where: string): string {
  const inner = plain(value);
  if (typeof inner === 'string') return inner;
  if (typeof inner === 'number' || typeof inner === 'boolean') return String(inner);
  throw templateError(`${where} needs a text`);
}
