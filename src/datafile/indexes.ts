// INDEXES: one secondary index per line, `[INDEX] name expression TYPE type[(arguments)] [GRANULARITY n]`.
import { Stop } from '../errors.ts';
import {
  afterQuote,
  blankComments,
  isClosed,
  isQuote,
  isWord,
  nesting,
  squeeze,
  tighten,
} from './expression.ts';
import type { Source } from './source.ts';
import type { Index } from './types.ts';

const USAGE = 'an index is written as: INDEX name expression TYPE type GRANULARITY n';

export function readIndexes(source: Source, start: number, end: number): Index[] {
  const indexes: Index[] = [];
  let at = start;
  for (const line of blankComments(source.text.slice(start, end)).split('\n')) {
    const text = line.trim().replace(/,$/, '').trimEnd();
    if (text !== '') {
      const index = readIndex(text);
      if (index === null) source.complain(at + line.length - line.trimStart().length, USAGE);
      else indexes.push(index);
    }
    at += line.length + 1;
  }
  return indexes;
}

/** Always with INDEX: without it the official client strips leading letters of INDEX from the name. */
export function printIndex(index: Index): string {
  const { name, expression, type, granularity } = index;
  const line = `INDEX ${name} ${expression} TYPE ${type}`;
  const text = granularity === null ? line : `${line} GRANULARITY ${granularity}`;
  const read = readIndex(blankComments(text));
  const same =
    read?.name === name &&
    read.expression === expression &&
    read.type === type &&
    read.granularity === granularity;
  if (!same || text.includes('\n')) {
    throw new Stop('bad-input', `index ${JSON.stringify(name)} cannot be written`);
  }
  return text;
}

function readIndex(text: string): Index | null {
  const unprefixed = text.replace(/^INDEX[ \t]+/i, '');
  const name = /^\S+/.exec(unprefixed)?.[0] ?? '';
  const rest = unprefixed.slice(name.length);
  const keywords = topLevelKeywords(rest);
  if (keywords === null) return null;
  // The last TYPE: an expression may be a column called type.
  const type = keywords.findLast(({ word }) => word === 'TYPE');
  if (type === undefined) return null;
  const granularity = keywords.find(({ word, at }) => word === 'GRANULARITY' && at > type.at);
  const index: Index = {
    name,
    expression: squeeze(rest.slice(0, type.at)),
    type: tighten(rest.slice(type.at + 'TYPE'.length, granularity?.at).trim()),
    granularity: granularity === undefined ? null : number(rest.slice(granularity.at + 'GRANULARITY'.length)),
  };
  const whole =
    index.expression !== '' &&
    isClosed(index.expression) &&
    /^\w+(?:\(.*\))?$/.test(index.type) &&
    isClosed(index.type);
  return whole && !Number.isNaN(index.granularity) ? index : null;
}

const number = (text: string): number => (/^\s+\d+$/.test(text) ? Number(text) : Number.NaN);

/** TYPE and GRANULARITY outside quotes and parentheses; `null` when something is not closed. */
function topLevelKeywords(text: string): { word: string; at: number }[] | null {
  const found: { word: string; at: number }[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    let end = at + 1;
    if (isQuote(code)) {
      end = afterQuote(text, at);
      if (end < 0) return null;
    } else if (isWord(code)) {
      while (isWord(text.charCodeAt(end))) end++;
      const word = text.slice(at, end).toUpperCase();
      if (depth === 0 && (word === 'TYPE' || word === 'GRANULARITY')) found.push({ word, at });
    } else depth += nesting(code);
    at = end;
  }
  return depth === 0 ? found : null;
}
