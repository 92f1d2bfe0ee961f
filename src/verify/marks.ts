// Marks in values: what of an answer tells which tenant's row it comes from.

/** A text nobody else writes; `tag` keeps texts of one tenant apart. */
export const textMark = (index: number, tag: string | number): string => `canary_t${index}_${tag}`;

const UUID = 'ca9a4100-0000-4000-8000-';
export const uuidMark = (index: number): string => `${UUID}${index.toString(16).padStart(12, '0')}`;

const TEXTS = /canary_t(\d+)_/gi;
const UUIDS = /ca9a4100-0000-4000-8000-([0-9a-f]{12})/gi;

/** Whose texts and UUIDs stand in an answer. There is no other way for them to get there. */
export function marksIn(answer: string): Set<number> {
  const found = new Set<number>();
  if (/canary_t/i.test(answer)) for (const [, index] of answer.matchAll(TEXTS)) found.add(Number(index));
  if (answer.includes(UUID)) {
    for (const [, index = ''] of answer.matchAll(UUIDS)) found.add(Number.parseInt(index, 16));
  }
  return found;
}

const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(2031, 0, 2);
/** Tables often have a partition for each month, and every query looks at each: more of them make all reads slow. */
const MOST_DAYS = 256;
const days: string[] = [];
const indexes = new Map<string, number>();

/** A day of one tenant alone, `YYYY-MM-DD`; null for those that come too late. Months and weeks begin on nobody's day. */
export function dayMark(index: number): string | null {
  if (index >= MOST_DAYS) return null;
  let at = days.length === 0 ? FIRST_DAY : Date.parse(days.at(-1) ?? '') + DAY;
  for (; days.length <= index; at += DAY) {
    const date = new Date(at);
    if (date.getUTCDate() === 1 || date.getUTCDay() <= 1) continue;
    const day = date.toISOString().slice(0, 10);
    indexes.set(day, days.length);
    days.push(day);
  }
  return days[index] ?? null;
}

const SPAN = { 64: 7e12, 32: 1e9 } as const;
/** What a tenant's numbers differ by, at most. */
const STEP = { 64: 1e6, 32: 1e5 } as const;

/** A number of one tenant alone; null where there are too many tenants for it. */
export function numberMark(index: number, bits: 32 | 64): number | null {
  const value = SPAN[bits] + (index + 0.5) * STEP[bits];
  return value < 2 * SPAN[bits] - STEP[bits] ? value : null;
}

const DATES = /\b(2\d\d\d-\d\d-\d\d)/g;
const NUMBERS = /\b\d{10,13}\b/g;

/** Whose days and numbers an answer may have; a sum or the start of a period can look like one, so this is to be confirmed. */
export function hintsIn(answer: string): Set<number> {
  const found = new Set<number>();
  for (const [, day = ''] of answer.matchAll(DATES)) {
    const index = indexes.get(day);
    if (index !== undefined) found.add(index);
  }
  for (const [text] of answer.matchAll(NUMBERS)) {
    const bits = Number(text) >= SPAN[64] ? 64 : 32;
    const index = Math.floor((Number(text) - SPAN[bits]) / STEP[bits]);
    if (index >= 0 && Number(text) < 2 * SPAN[bits]) found.add(index);
  }
  return found;
}
