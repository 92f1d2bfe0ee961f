// Which views a Classic apply makes, and which it makes anew beside the old one; or why it cannot without losing data.
import { markerOf } from '../datafile/marker.ts';
import type { Datasource, Pipe } from '../datafile/types.ts';
import { type Change, type Desired, keyOf, type Live, type LiveResource, type Plan } from '../model.ts';
import { needsNewTable } from './differences.ts';
import { REMADE } from './losses.ts';
import { BESIDE, type Filling, fillingOf, type View, viewOf } from './views.ts';

/** One view to make and to fill. */
export interface Build {
  readonly view: Desired;
  readonly pipe: Pipe;
  readonly target: Datasource;
  readonly filling: Exclude<Filling, { kind: 'impossible' }>;
  /**
   * `new`: there was none. `moved`: it fills another data source than before. `beside`: both are made anew beside the old
   * ones, which serve until the history is there.
   */
  readonly how: 'new' | 'moved' | 'beside';
  /** The target holds nothing but what this view puts there, so that an unfinished one can be dropped and made again. */
  readonly fresh: boolean;
}

export interface Builds {
  /** By the key of the view; those `beside` also by that of their target. */
  readonly byKey: ReadonlyMap<string, Build>;
  /** Changes that cannot be carried out without losing rows; each with its way out. */
  readonly refusals: readonly string[];
  /** Histories that cannot be filled in exactly: the set has to say what instead. */
  readonly questions: readonly string[];
}

export const NO_BUILDS: Builds = { byKey: new Map(), refusals: [], questions: [] };

interface World {
  readonly plan: Plan;
  readonly desired: readonly Desired[];
  readonly live: Live;
}

export function buildsOf(world: World): Builds {
  if (world.plan.steps.length === 0) return NO_BUILDS;
  const byKey = new Map<string, Build>();
  const refusals: string[] = [];
  const questions: string[] = [];
  const known = knowledgeOf(world);
  for (const { changes } of world.plan.steps) {
    for (const change of changes) {
      const view = viewToMake(change, known);
      if (view === null || byKey.has(view.view.key)) continue;
      const build = buildOf(view, known);
      if ('refusal' in build) {
        refusals.push(`  ${change.key}: ${build.refusal}`);
        continue;
      }
      if ('question' in build) {
        questions.push(`  ${change.key}, of the set ${view.view.set}: ${build.question}`);
        continue;
      }
      byKey.set(build.view.key, build);
      if (build.how === 'beside') byKey.set(keyOf('datasource', build.target.name), build);
    }
  }
  return { byKey, refusals, questions };
}

type ToMake =
  | { readonly view: Desired; readonly how: Build['how'] }
  | { readonly view: Desired; readonly how: 'impossible'; readonly why: string };

/** The view that this change is about: itself, or the one that fills a table which must be made anew. */
function viewToMake(change: Change, known: Knowledge): ToMake | null {
  if (change.action === 'delete' || change.action === 'replace') return null;
  const { after } = change;
  const { resource } = after;
  if (resource.kind === 'token') return null;
  const before = known.live.get(resource.name);
  if (resource.kind === 'datasource') {
    if (before?.kind !== 'datasource' || !needsNewTable(resource, before)) return null;
    const [view, ...others] = known.fillers(resource.name);
    if (view !== undefined && others.length === 0) return { view, how: 'beside' };
    const why = others.length > 0 ? 'several views fill it' : 'no view of this list fills it';
    return { view: after, how: 'impossible', why };
  }
  const wanted = viewOf(resource);
  const old = before?.kind === 'pipe' ? viewOf(before) : null;
  if (before !== undefined && (wanted === null) !== (old === null)) {
    return {
      view: after,
      how: 'impossible',
      why: 'a view cannot become another kind of pipe, nor the other way round',
    };
  }
  if (wanted === null) return null;
  if (change.action === 'create' || old === null) return { view: after, how: 'new' };
  if (old.target !== wanted.target) return { view: after, how: 'moved' };
  return change.fields.some((field) => REMADE.has(field)) ? { view: after, how: 'beside' } : null;
}

function buildOf(
  made: ToMake,
  known: Knowledge,
): Build | { readonly refusal: string } | { readonly question: string } {
  if (made.how === 'impossible') return { refusal: loss(made.why) };
  const { view, how } = made;
  const wanted = view.resource.kind === 'pipe' ? viewOf(view.resource) : null;
  if (wanted === null) return { refusal: loss('it is no view') };
  const target = known.wanted.get(wanted.target);
  if (target?.kind !== 'datasource')
    return { refusal: `its target ${wanted.target} is not among what the list asks for` };
  const filling = fillingOf(wanted.pipe, view.backfill ?? 'none', known.datasource);
  if (filling.kind === 'impossible') {
    return { question: filling.why };
  }
  if (how === 'beside') {
    const why = keepsNothing(wanted, filling, known);
    if (why !== null) return { refusal: loss(why) };
  }
  const marker = markerOf(known.live.get(wanted.target)?.description ?? '')?.marker;
  const fresh = how === 'beside' || !known.live.has(wanted.target) || marker?.cutoff !== undefined;
  const twice = fresh || filling.kind === 'none' ? null : bringsTwice(wanted, known);
  if (twice !== null) return { refusal: twice };
  return { view, pipe: wanted.pipe, target, filling, how, fresh };
}

/** Why the history may be in the target already. */
function bringsTwice({ target, pipe }: View, known: Knowledge): string | null {
  const way = `Give ${target} a new role as well, so that it is filled anew beside the old one; or write \`backfill: none\` in set.yaml`;
  const stranger = known.stranger(target, pipe.name);
  if (stranger !== undefined) {
    return `${stranger}, which the list does not ask for, fills ${target} too, so that rows could be there twice. ${way}`;
  }
  if (known.isFilled(target) || known.rows(target) === 0) return null;
  return `${target} holds rows that no view brings any more, so that its history could be there twice. Delete ${target} if its rows are in the history; else: ${way}`;
}

/**
 * Why the rows of the old table would not be in the one that is filled anew. Those that its source has forgotten (TTL)
 * are for the guard to ask about.
 */
function keepsNothing({ target, pipe }: View, filling: Filling, known: Knowledge): string | null {
  if (filling.kind === 'none') return 'the set says `backfill: none`';
  if (known.fillers(target).length > 1) return 'several views fill its table';
  const stranger = known.stranger(target, pipe.name);
  if (stranger !== undefined) return `${stranger}, which the list does not ask for, fills its table too`;
  return null;
}

const loss = (why: string): string =>
  `it would have to be made anew, and its rows would be lost (loses-data): ${why}. Give the changed resource a new role, so that it stands beside the old one`;

interface Knowledge {
  readonly wanted: ReadonlyMap<string, Datasource | Pipe>;
  readonly live: ReadonlyMap<string, Datasource | Pipe>;
  readonly datasource: (name: string) => Datasource | undefined;
  /** Views that are to fill a data source. */
  readonly fillers: (name: string) => readonly Desired[];
  /** Whether a view fills it now. */
  readonly isFilled: (name: string) => boolean;
  /** A view that fills it now, and is neither this one nor to fill it. */
  readonly stranger: (name: string, view: string) => string | undefined;
  readonly rows: (name: string) => number | null;
}

function knowledgeOf({ desired, live }: World): Knowledge {
  const wanted = new Map<string, Datasource | Pipe>();
  const fillers = new Map<string, Desired[]>();
  for (const one of desired) {
    if (one.resource.kind === 'token') continue;
    wanted.set(one.resource.name, one.resource);
    const target = one.resource.kind === 'pipe' ? viewOf(one.resource)?.target : undefined;
    if (target !== undefined) fillers.set(target, [...(fillers.get(target) ?? []), one]);
  }
  const there = new Map(live.resources.map(({ name, datafile }) => [name, datafile]));
  const filledBy = new Map<string, string[]>();
  for (const { name, datafile } of [...live.resources, ...(live.beside ?? []).map(asItsPlace)]) {
    const target = datafile.kind === 'pipe' ? viewOf(datafile)?.target : undefined;
    if (target !== undefined) filledBy.set(target, [...(filledBy.get(target) ?? []), name]);
  }
  return {
    wanted,
    live: there,
    datasource: (name) => {
      const one = wanted.get(name) ?? there.get(name);
      return one?.kind === 'datasource' ? one : undefined;
    },
    fillers: (name) => fillers.get(name) ?? [],
    isFilled: (name) => filledBy.has(name),
    stranger: (name, view) => {
      const asked = new Set([view, ...(fillers.get(name) ?? []).map(({ resource }) => resource.name)]);
      return filledBy.get(name)?.find((one) => !asked.has(one));
    },
    rows: (name) => live.resources.find((one) => one.name === name)?.rows ?? null,
  };
}

/** What stands beside a view counts as that view. */
const asItsPlace = (one: LiveResource): LiveResource => ({ ...one, name: one.name.replace(BESIDE, '') });
