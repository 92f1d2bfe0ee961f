// Rows of the tables that all share, counted in two deployments at the same moment: none may lose any, none may double.
import * as z from 'zod';
import { grouped } from '../numbers.ts';
import { sqlName } from '../templates/places.ts';
import type { Ask } from '../tinybird/asking.ts';
import { isAnswered } from '../verify/ask.ts';
import { sqlQuestion, type Where } from './reads.ts';

/** By name, rejected rows under `<name>_quarantine`; without what does not answer. */
export type Counts = ReadonlyMap<string, number>;

/** Of a project with more the rest is not counted. */
const MOST_TABLES = 50;

const Counted = z.object({ data: z.tuple([z.object({ n: z.coerce.number() })]) });

export async function countsIn(ask: Ask, tables: readonly string[], where: Where): Promise<Counts> {
  const counts = new Map<string, number>();
  const names = tables.slice(0, MOST_TABLES).flatMap((name) => [name, `${name}_quarantine`]);
  await Promise.all(
    names.map(async (resource) => {
      const about = { resource, owner: null, wants: 'own' as const, where };
      const answer = await ask(
        sqlQuestion(`SELECT count() AS n FROM ${sqlName(resource)}`, about).path,
        null,
      );
      if (isAnswered(answer)) counts.set(resource, Counted.parse(JSON.parse(answer.text)).data[0].n);
    }),
  );
  return counts;
}

// Rows come in between the two counts, and old ones go by TTL: a hundredth less or a tenth more is no sign of anything.
const LEAST = (before: number): number => before * 0.99 - 100;
const MOST = (before: number): number => before * 1.1 + 1_000;

/** One sentence for each table whose rows fell or jumped. */
export function unsteady(before: Counts, after: Counts): string[] {
  return [...before].flatMap(([name, rows]) => {
    const now = after.get(name);
    // Rejected rows may be kept for one of the two alone.
    if (now === undefined)
      return name.endsWith('_quarantine') ? [] : [`${name} has ${grouped(rows)} rows and does not answer`];
    if (now < LEAST(rows)) return [`${name} falls from ${grouped(rows)} to ${grouped(now)} rows`];
    return now > MOST(rows) ? [`${name} jumps from ${grouped(rows)} to ${grouped(now)} rows`] : [];
  });
}
