// One form for texts that servers write in their own way. Where a form could hide no edit that matters, it is no difference.
import { squeeze } from '../datafile/expression.ts';
import { lexemes } from '../datafile/lexemes.ts';

/** Blanks, comments, quotes around names, case of keywords, intervals, a last semicolon and a `%` without tags apart. */
export const sameSql = (one: string, other: string): boolean =>
  one === other || canonicalSql(one) === canonicalSql(other);

/** A TTL, a default or a key: also apart from brackets around all of it. */
export const sameExpression = (one: string, other: string): boolean =>
  one === other || canonicalExpression(one).join(' ') === canonicalExpression(other).join(' ');

/** `tuple()` is how servers write that there is no key, and how they may write a list of columns. */
export const sameKey = (one: string, other: string): boolean =>
  one === other || canonicalKey(one) === canonicalKey(other);

const canonicalKey = (key: string): string =>
  canonicalExpression(key.replace(/^\s*tuple\s*\(/, '(')).join(' ');

export const sameType = (one: string, other: string): boolean =>
  one === other || canonicalType(one) === canonicalType(other);

/** Servers write arguments out that a datafile leaves to the default: `ZSTD` is `ZSTD(1)`. */
export function sameCodec(one: string, other: string): boolean {
  if (one === other) return true;
  const [own, others] = [partsOf(one), partsOf(other)];
  return (
    own.length === others.length &&
    own.every(([name, given], n) => {
      const [otherName, otherGiven] = others[n] ?? [];
      return name === otherName && (given === otherGiven || given === undefined || otherGiven === undefined);
    })
  );
}

const partsOf = (codec: string): [string | undefined, string | undefined][] =>
  [...codec.replace(/\s/g, '').matchAll(/(\w+)(?:\(([^()]*)\))?/g)].map(([, name, given]) => [name, given]);

/** Whether rows go earlier by the first TTL than by the second: not when all intervals are as long or longer. */
export function isShorter(ttl: string, than: string): boolean {
  if (ttl.trim() === '') return false;
  const [one, other] = [intervalsOf(ttl), intervalsOf(than)];
  if (one.rest !== other.rest) return true;
  return one.lengths.some((length, n) => length < (other.lengths[n] ?? Number.POSITIVE_INFINITY));
}

function intervalsOf(ttl: string): { readonly rest: string; readonly lengths: readonly number[] } {
  const lengths: number[] = [];
  const rest = canonicalExpression(ttl)
    .join(' ')
    .replace(/(toInterval[A-Z][a-z]+ \() (\d+) \)/g, (_, name: string, length: string) => {
      lengths.push(Number(length));
      return name;
    });
  return { rest, lengths };
}

// Stands for a template's tag: of a private area, so that nobody's SQL has it, and no part of a word.
const TAG = '\uE000';

function canonicalSql(sql: string): string {
  const text = sql.replaceAll('\r\n', '\n').trim();
  if (!text.startsWith('%')) return words(text).join(' ');
  const tags: string[] = [];
  const body = text
    .slice(1)
    .replace(/\{\{([\s\S]*?)\}\}|\{%([\s\S]*?)%\}|\{#[\s\S]*?#\}/g, (tag, ...inner) => {
      const [output, statement]: (string | undefined)[] = inner;
      if (output === undefined && statement === undefined) return ' ';
      tags.push(tag.slice(0, 2) + squeeze(output ?? statement ?? ''));
      // Numbered, so that a tag cannot change places with one in a comment.
      return `${TAG}${tags.length}${TAG}`;
    });
  // Without tags there is nothing that `%` would turn on.
  const plain = words(body).join(' ');
  return tags.length === 0 ? plain : [plain, ...tags].join(TAG);
}

function canonicalExpression(expression: string): readonly string[] {
  let found: readonly string[] = words(expression);
  if (found.at(-1)?.toUpperCase() === 'DELETE') found = found.slice(0, -1);
  while (isWrapped(found)) found = found.slice(1, -1);
  return found;
}

function isWrapped(found: readonly string[]): boolean {
  if (found[0] !== '(') return false;
  let depth = 0;
  const end = found.findIndex((word) => {
    if (word === '(') depth += 1;
    if (word === ')') depth -= 1;
    return depth === 0;
  });
  return end === found.length - 1;
}

const KEYWORDS = new Set(
  `ALL AND ANTI ANY ARRAY AS ASC ASOF BETWEEN BY CASE CROSS DESC DISTINCT ELSE END EXCEPT FALSE FINAL FROM FULL GLOBAL
  GROUP HAVING ILIKE IN INNER INTERSECT INTERVAL IS JOIN LEFT LIKE LIMIT NOT NULL OFFSET ON OR ORDER OUTER OVER PARTITION
  PREWHERE RIGHT SAMPLE SELECT SEMI SETTINGS THEN TRUE UNION USING WHEN WHERE WITH`.split(/\s+/),
);
const SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['<>', '!='],
  ['==', '='],
]);
const UNIT = /^(?:SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR)S?$/i;

function words(sql: string): string[] {
  const found: string[] = [];
  for (const { kind, text, value } of lexemes(sql)) {
    switch (kind) {
      case 'comment':
        break;
      case 'word':
        take(found, wordOf(text));
        break;
      case 'name':
        found.push(/^[A-Za-z_]\w*$/.test(text) ? wordOf(text) : `\`${text}\``);
        break;
      case 'text':
        found.push(value === null || value === undefined ? text : `'${value.replaceAll("'", "''")}'`);
        break;
      case 'symbol':
        found.push(SYMBOLS.get(text) ?? text);
        break;
      case 'number':
      case 'odd':
        found.push(text);
        break;
    }
  }
  while (found.at(-1) === ';') found.pop();
  return found;
}

function wordOf(text: string): string {
  const upper = text.toUpperCase();
  return KEYWORDS.has(upper) ? upper : text;
}

/** `INTERVAL 90 DAY` and `INTERVAL '90' DAY` as `toIntervalDay(90)`. */
function take(found: string[], word: string): void {
  const length = /^'?(\d+)'?$/.exec(found.at(-1) ?? '')?.[1];
  if (length === undefined || found.at(-2) !== 'INTERVAL' || !UNIT.test(word)) {
    found.push(word);
    return;
  }
  const unit = word.toLowerCase().replace(/s$/, '');
  found.splice(-2, 2, `toInterval${unit.charAt(0).toUpperCase()}${unit.slice(1)}`, '(', length, ')');
}

const DIGITS: Readonly<Record<string, string>> = { 32: '9', 64: '18', 128: '38', 256: '76' };

/** Workspaces run in UTC, so that a column in UTC is one without a time zone. */
function canonicalType(type: string): string {
  return words(type)
    .join(' ')
    .replace(/\bDateTime \( 'UTC' \)/g, 'DateTime')
    .replace(/\bDateTime64 \( (\d) , 'UTC' \)/g, 'DateTime64 ( $1 )')
    .replace(/\bDecimal(32|64|128|256) \( /g, (_, bits: string) => `Decimal ( ${DIGITS[bits]} , `)
    .replace(/\bbool(?:ean)?\b/gi, 'Bool')
    .replace(/\bEnum(?:8|16)? \( ([^()]*) \)/g, (_, values: string) => `Enum ( ${numbered(values)} )`);
}

/** Values without numbers count from 1. */
function numbered(values: string): string {
  if (values.includes('=')) return values;
  let n = 0;
  return values.replace(/'(?:[^']|'')*'/g, (value) => {
    n += 1;
    return `${value} = ${n}`;
  });
}
