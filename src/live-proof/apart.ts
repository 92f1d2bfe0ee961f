// Two answers of rows that never stand still: whether one is about other rows altogether.
import * as z from 'zod';
import { type Answer, isAnswered } from '../verify/ask.ts';
import { jsonOf } from './same.ts';

const Rows = z.object({ data: z.array(z.record(z.string(), z.unknown())) });

/** How many rows, and what each column of numbers comes to; null for what is no answer. */
function totalsOf(answer: Answer): Map<string, number> | null {
  const parsed = isAnswered(answer) ? Rows.safeParse(jsonOf(answer.text)) : null;
  if (parsed?.success !== true) return null;
  const { data } = parsed.data;
  const totals = new Map([['', data.length]]);
  for (const row of data) {
    for (const [column, value] of Object.entries(row)) {
      const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
      if (typeof number === 'number') totals.set(column, (totals.get(column) ?? 0) + number);
    }
  }
  return totals;
}

/** Times what own rows alone changed by meanwhile. */
const FAR = 20;

/** Own rows were asked for before and after: what lies far beyond both, and by a tenth at least, is not theirs alone. */
export function isApart(answer: Answer, [before, after]: readonly [Answer, Answer]): boolean {
  const [said, first, last] = [totalsOf(answer), totalsOf(before), totalsOf(after)];
  if (said === null || first === null || last === null) return false;
  return said.entries().some(([column, total]) => {
    const [low = 0, high = 0] = [first.get(column) ?? 0, last.get(column) ?? 0].toSorted((a, b) => a - b);
    const beyond = Math.max(low - total, total - high);
    return beyond > FAR * (high - low) && beyond > Math.max(Math.abs(low), Math.abs(high)) / 10 && beyond > 1;
  });
}
