// How a value is written at each kind of place: SQL literal, SQL name, line of prose, bare word. Refuses what the place cannot hold.
import type { Value } from '../model.ts';
import { codePoint } from './scan.ts';

/** Why a value cannot stand where a template puts it. Caught by the renderer, which adds template, line and tenant. */
export class Unfit extends Error {}

/** Longer than any id, name or line of description; Tinybird takes 8 KB of SQL altogether. */
const LONGEST = 1024;

// Control characters break lines and bytes; direction marks and separators make a review show another text than the one that runs.
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** What makes a text unusable anywhere, or null. */
export function unfitText(text: string): string | null {
  if (text.length > LONGEST) return `is ${text.length} characters long; at most ${LONGEST}`;
  const invisible = INVISIBLE.exec(text);
  if (invisible !== null) return `has the invisible character ${codePoint(invisible[0])}`;
  return text.isWellFormed() ? null : 'has half of a surrogate pair';
}

function checked(text: string): string {
  const reason = unfitText(text);
  if (reason !== null) throw new Unfit(`the value ${reason}`);
  return text;
}

// `{` cannot then open a Tinybird expression, `"` cannot close a quoted setting such as ENGINE_TTL, and `$` names no
// environment variable, which the official command line would put in.
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '{': '\\x7B',
  '"': '\\x22',
  $: '\\x24',
};

const sqlString = (text: string): string =>
  `'${checked(text).replace(/[\\'{"$]/g, (found) => ESCAPES[found] ?? '')}'`;

function sqlNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Unfit(`${value} is not a number that SQL can write`);
  // In parentheses a minus sign can join no other to start a comment.
  return value < 0 ? `(${value})` : String(Math.abs(value));
}

/** A ClickHouse literal; a list becomes `('a', 'b')`, as IN takes it. */
export function sqlLiteral(value: Value): string {
  if (typeof value === 'string') return sqlString(value);
  if (typeof value === 'number') return sqlNumber(value);
  if (typeof value === 'boolean') return String(value);
  if (value.length === 0) throw new Unfit('the list is empty');
  return `(${value.map(sqlLiteral).join(', ')})`;
}

/** A name in SQL, always in backticks, so that no value is read as a keyword. */
export function sqlName(value: Value): string {
  if (typeof value !== 'string') throw new Unfit(`${show(value)} is not a name`);
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(value)) {
    throw new Unfit(`${show(value)} is not a name: letters, digits and _, not starting with a digit`);
  }
  return `\`${value}\``;
}

/** One line of prose. */
export function prose(value: Value): string {
  if (typeof value === 'object') throw new Unfit('a list is not a line of text');
  // Not trimmed: this also writes a token's fixed parameters, which have to be the very value.
  const text = checked(String(value));
  if (text.trim() === '') throw new Unfit('the text is empty');
  if (text.includes('[tinybird-tenants ')) throw new Unfit('the text holds the mark of what is ours');
  if (/\{[{%#]/.test(text)) throw new Unfit('the text holds {{, {% or {#, which Tinybird would run');
  return text;
}

/** Safe at any place. A hyphen only between others: two would start a comment in SQL. */
const BARE = /^[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*$/;
/** Safe as a part of a name. */
const WORD = /^[A-Za-z0-9_]+$/;

export const bare = (value: Value): string =>
  matching(value, BARE, 'letters, digits, "_", "." and single "-"');
export const word = (value: Value): string => matching(value, WORD, 'letters, digits and "_"');

function matching(value: Value, form: RegExp, allowed: string): string {
  if (typeof value === 'object') throw new Unfit('a list needs {{sql x}} or {{#each x}}');
  const text = String(value);
  if (form.test(text) && text.length <= LONGEST) return text;
  throw new Unfit(
    `${show(value)} cannot stand here as it is (only ${allowed}): write {{sql x}}, {{ident x}} or {{text x}}`,
  );
}

/** A value in a message: short, quoted, on one line, with nothing invisible in it. */
export function show(value: Value): string {
  const text = JSON.stringify(value).replace(/[^\x20-\x7e]/gu, (found) => `<${codePoint(found)}>`);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
