// When two answers say the same, and which SQL may say two things of the same rows.
import * as z from 'zod';
import type { Answer } from '../verify/ask.ts';

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

const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;

const LOOSE =
  /\b(?:LIMIT|SAMPLE)\b|\b(?:any|anyLast|any_value|first_value|last_value|groupArray|groupUniqArray|arg(?:Min|Max)|top\w*K|quantile|median)\w*(?=\s*\()/i;

/** The word that lets an answer depend on the order in which rows are read; null when there is none. */
export const looseIn = (sql: string): string | null => LOOSE.exec(sql)?.[0] ?? null;
