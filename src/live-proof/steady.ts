// Rows of the tables that all share, counted in two deployments at the same moment: none may lose any, none may double.
import * as z from 'zod';
import type { Datasource } from '../datafile/types.ts';
import { grouped } from '../numbers.ts';
import { sqlName } from '../templates/places.ts';
import type { Ask } from '../tinybird/asking.ts';
import { whole } from '../tinybird/whole.ts';
import { isAnswered } from '../verify/ask.ts';
import { sqlQuestion, type Where } from './reads.ts';
import { jsonOf } from './same.ts';

/** By name, rejected rows under `<name>_quarantine`; without what does not answer. */
export type Counts = ReadonlyMap<string, number>;

/** Of a project with more the rest is not counted. */
const MOST_TABLES = 50;

const Counted = z.object({ data: z.tuple([z.object({ n: whole })]) });

async function countsIn(ask: Ask, tables: readonly string[], where: Where): Promise<Counts> {
  const counts = new Map<string, number>();
  const names = tables.slice(0, MOST_TABLES).flatMap((name) => [name, `${name}_quarantine`]);
  await Promise.all(
    names.map(async (resource) => {
      const about = { resource, owner: null, wants: 'own' as const, where };
      const answer = await ask(
        sqlQuestion(`SELECT count() AS n FROM ${sqlName(resource)}`, about).path,
        null,
      );
      const counted = Counted.safeParse(jsonOf(answer.text));
      if (isAnswered(answer) && counted.success) counts.set(resource, counted.data.data[0].n);
    }),
  );
  return counts;
}

// Rows come in between the two counts, and old ones go by TTL: a hundredth less or a tenth more is no sign of anything.
const LEAST = (before: number): number => before * 0.99 - 100;
const MOST = (before: number): number => before * 1.1 + 1_000;

/** Engines of the others give up rows when parts are merged, whenever that is. */
const keepsRows = ({ engine }: Datasource): boolean =>
  engine === null || /^(?:Null|MergeTree)$/.test(engine.type);

/** Names of tables whose count says something only when nothing is left. */
const mergingIn = (tables: Iterable<Datasource>): ReadonlySet<string> =>
  new Set([...tables].flatMap((table) => (keepsRows(table) ? [] : [table.name])));

/** One sentence for each table whose rows fell or jumped; of `merging` ones, that are gone. */
export function unsteady(before: Counts, after: Counts, merging: ReadonlySet<string> = new Set()): string[] {
  return [...before].flatMap(([name, rows]) => {
    const now = after.get(name);
    const isRejected = name.endsWith('_quarantine');
    // Rejected rows may be kept for one of the two alone.
    if (isRejected && (now === undefined || now === 0)) return [];
    if (now === undefined) return [`${name} has ${grouped(rows)} rows and does not answer`];
    const isGone = rows > 0 && now === 0;
    if (isGone || (now < LEAST(rows) && !merging.has(name)))
      return [`${name} falls from ${grouped(rows)} to ${grouped(now)} rows`];
    const hasJumped = now > MOST(rows) && !merging.has(name);
    return hasJumped ? [`${name} jumps from ${grouped(rows)} to ${grouped(now)} rows`] : [];
  });
}

export interface Watching {
  readonly tables: readonly Datasource[];
  /** Whose rows are counted beside those of `where`; null for nobody's. */
  readonly beside: { readonly where: Where } | null;
  readonly where: Where;
  /** Names of tables that may lose rows. */
  readonly lossy: ReadonlySet<string>;
}

export interface Watched {
  readonly now: Counts;
  readonly moved: readonly string[];
}

/** What seems to have moved is counted again on the other side: rows may come in at any rate, and expire, while all are counted. */
export async function watch(ask: Ask, { tables, beside, where, lossy }: Watching): Promise<Watched> {
  const merging = mergingIn(tables);
  const names = tables.map(({ name }) => name);
  const before = beside === null ? new Map() : await countsIn(ask, names, beside.where);
  const now = await countsIn(ask, names, where);
  const suspects = [...before].filter(
    ([name, rows]) => !lossy.has(name) && unsteady(new Map([[name, rows]]), now, merging).length > 0,
  );
  if (suspects.length === 0 || beside === null) return { now, moved: [] };
  const tried = [...new Set(suspects.map(([name]) => name.replace(/_quarantine$/, '')))];
  const again = await countsIn(ask, tried, beside.where);
  const silent = tried.filter((name) => !now.has(name));
  const late = silent.length === 0 ? [] : await countsIn(ask, silent, where);
  const counted = new Map([...late, ...now]);
  const nearest = suspects.flatMap(([name, rows]): [string, number][] => {
    const later = again.get(name);
    const [low = 0, high = 0] = [rows, later ?? rows].toSorted((a, b) => a - b);
    return later === undefined ? [] : [[name, Math.min(high, Math.max(low, counted.get(name) ?? high))]];
  });
  return { now, moved: unsteady(new Map(nearest), counted, merging) };
}
