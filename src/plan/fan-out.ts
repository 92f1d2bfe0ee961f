// How many views each insert into a data source runs, and what that costs: a note from 50 on, consent from 500 on.

import { Stop } from '../errors.ts';
import type { Desired, Live, Plan } from '../model.ts';
import { grouped, plural } from '../numbers.ts';
import { type Afterwards, afterwards, type Standing, triggerOf, viewsOf } from './afterwards.ts';
import { allowanceOf, lineFor, sample } from './guard-words.ts';
import { INSERT_MS_PER_VIEW } from './insert-cost.ts';
import { changesIn } from './steps.ts';
import { viewOf } from './views.ts';

interface Guarded {
  readonly plan: Plan;
  readonly live: Live;
}
interface FanOut {
  readonly source: string;
  /** All of them, everybody's, once the plan is carried out. */
  readonly views: number;
  /** Views that the plan adds. */
  readonly added: readonly Desired[];
}

const NOTED = 50;
const REFUSED = 500;
const ELSEWHERE = 'a set without a view of its own, like own-endpoints';

/** The first data source with too many views, those that were allowed left out. */
export function fanOut(guarded: Guarded, today: string): Stop | null {
  for (const { source, views, added } of fanOuts(guarded)) {
    const refused = added.filter((one) => allowanceOf(one, 'fan-out', today)?.holds !== true);
    if (views < REFUSED || refused.length === 0) continue;
    const sets = [...new Set(refused.flatMap(({ set }) => set ?? []))];
    const ended = refused.flatMap((one) => allowanceOf(one, 'fan-out', today)?.allowance.until ?? []).sort();
    const end = ended.length > 0 ? ` What allowed it ended on ${ended.at(-1)}.` : '';
    const where =
      sets.length > 0 ? `into set.yaml of ${sample(sets)}` : 'at the top level of the list, for the project';
    return new Stop(
      'fan-out',
      `${source} would feed ${plural(views, 'view')}, ${grouped(added.length)} of them new, and more than ${REFUSED - 1} need consent: ${costOf(views)}.${end} Nothing was sent. Give the tenants ${ELSEWHERE}; or, if every insert may take that long, write ${where}:\n  ${lineFor('fan-out', today)}`,
    );
  }
  return null;
}

export function fanOutNotes(guarded: Guarded, today: string): string[] {
  return fanOuts(guarded).map(({ source, views, added }) => {
    const allowed = added
      .map((one) => allowanceOf(one, 'fan-out', today))
      .find((found) => found?.holds === true)?.allowance;
    const agreed =
      views < REFUSED || allowed === undefined
        ? ''
        : `, as allowed until ${allowed.until}: ${allowed.reason}`;
    return `${source} feeds ${plural(views, 'view')}: ${costOf(views)}${agreed === '' ? `; ${ELSEWHERE}, adds nothing to it` : agreed}`;
  });
}

function costOf(views: number): string {
  const ms = Number((views * INSERT_MS_PER_VIEW).toPrecision(2));
  const time = ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
  return `about ${time} more on every insert (${INSERT_MS_PER_VIEW} ms a view, measured)`;
}

/** Of the data sources that the plan adds views to, those with many. */
function fanOuts({ plan, live }: Guarded): FanOut[] {
  const changes = changesIn(plan);
  const isView = ({ resource }: Desired): boolean => resource.kind === 'pipe' && viewOf(resource) !== null;
  if (!changes.some((change) => change.action !== 'delete' && isView(change.after))) return [];
  const there = afterwards(changes, live);
  const bySource = new Map<string, { views: number; added: Desired[] }>();
  for (const { view, standing } of viewsOf(there)) {
    const source = triggerOf(view, there);
    if (source === null) continue;
    const found = bySource.get(source) ?? { views: 0, added: [] };
    found.views += 1;
    if (standing.after !== null && sourceBefore(standing.before, there) !== source)
      found.added.push(standing.after);
    bySource.set(source, found);
  }
  return [...bySource]
    .filter(([, { views, added }]) => views >= NOTED && added.length > 0)
    .map(([source, found]) => ({ source, ...found }))
    .sort((one, other) => (one.source < other.source ? -1 : 1));
}

function sourceBefore(before: Standing['before'], there: Afterwards): string | null {
  const view = before?.kind === 'pipe' ? viewOf(before) : null;
  return view === null ? null : triggerOf(view, there);
}
