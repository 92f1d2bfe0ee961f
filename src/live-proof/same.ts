// When two answers say the same, and which SQL may say two things of the same rows.
import * as z from 'zod';
import type { Answer } from '../verify/ask.ts';

/** Null for what is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const Rows = z.object({ data: z.array(z.unknown()) });
/** Sums of fractions depend on the order in which they are added. */
const DIGITS = 9;

/** Rows in any order, without what differs from one time to the next; the text itself when it has none. */
export function contentOf({ status, text }: Answer): string {
  try {
    const parsed = Rows.safeParse(JSON.parse(text, rounded));
    if (!parsed.success) return `${status} ${text}`;
    return `${status} ${parsed.data.data
      .map((row) => JSON.stringify(row))
      .sort()
      .join('\n')}`;
  } catch {
    return `${status} ${text}`;
  }
}

/** What is left of a sum that should be none. */
const NOTHING = 1e-9;

const rounded = (_: string, value: unknown): unknown => {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Math.abs(value) < NOTHING ? 0 : Number(value.toPrecision(DIGITS));
};

const WORDS = 'LIMIT|OFFSET|FETCH|SAMPLE|OVER|ANY|ASOF|DISTINCT\\s+ON';
const CALLS =
  'any|first_value|last_value|group_?(?:Array|UniqArray|Concat)|array_agg|arg_?(?:Min|Max)|top\\w*K|approx_top|quantile|median|histogram|deltaSum|exponential|sequence|windowFunnel|running|neighbor|row_?number|rand|generate\\w*UUID|now64|host_?name';
const LOOSE = new RegExp(`\\b(?:${WORDS})\\b|\\b(?:${CALLS})\\w*(?=\\s*\\()`, 'i');

/** The word that lets an answer depend on the order in which rows are read; null when there is none. */
export const looseIn = (sql: string): string | null => LOOSE.exec(sql)?.[0] ?? null;
