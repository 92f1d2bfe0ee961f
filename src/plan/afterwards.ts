// What the workspace holds once a plan is carried out, and which views then read and fill which data source.
import { mentionsIn } from '../datafile/mentions.ts';
import type { Datafile, Pipe } from '../datafile/types.ts';
import { type Change, type Desired, type Live, nameOf } from '../model.ts';
import { type View, viewOf } from './views.ts';

export interface Standing {
  readonly datafile: Datafile;
  /** What is live now; null when this plan makes it. */
  readonly before: Datafile | null;
  /** What this plan makes of it; null when it leaves it alone. */
  readonly after: Desired | null;
}
export type Afterwards = ReadonlyMap<string, Standing>;

/** By name: data sources and pipes, everybody's. */
export function afterwards(changes: readonly Change[], { resources }: Live): Afterwards {
  const there = new Map<string, Standing>();
  for (const { name, datafile } of resources) there.set(name, { datafile, before: datafile, after: null });
  for (const change of changes) {
    const name = nameOf(change.key);
    if (change.key.startsWith('token/')) continue;
    if (change.action === 'delete') there.delete(name);
    else if (change.after.resource.kind !== 'token') {
      const before = there.get(name)?.before ?? null;
      there.set(name, { datafile: change.after.resource, before, after: change.after });
    }
  }
  return there;
}

export function* viewsOf(there: Afterwards): Generator<{ view: View; standing: Standing }> {
  for (const standing of there.values()) {
    const view = standing.datafile.kind === 'pipe' ? viewOf(standing.datafile) : null;
    if (view !== null) yield { view, standing };
  }
}

/** The data source whose inserts run a view: the first that it reads, through whatever nodes and pipes. */
export function triggerOf({ pipe, node }: View, there: Afterwards): string | null {
  const seen = new Set<string>();
  let at = { pipe, node };
  for (;;) {
    const nodes = new Map(at.pipe.nodes.map((one) => [one.name, one]));
    const name = mentionsIn(at.node.sql).find((one) => one.isTable)?.name;
    if (name === undefined || seen.has(name)) return null;
    seen.add(name);
    const own = nodes.get(name);
    const other = there.get(name)?.datafile;
    if (own !== undefined) at = { pipe: at.pipe, node: own };
    else if (other?.kind === 'pipe') {
      const last = other.nodes.find(({ type }) => type === 'endpoint') ?? other.nodes.at(-1);
      if (last === undefined) return null;
      at = { pipe: other, node: last };
    } else return other === undefined ? null : name;
  }
}

/** Names of all data sources and other pipes that a view reads, through whatever pipes. */
export function reachOf(pipe: Pipe, there: Afterwards): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [pipe];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { name } of next.nodes.flatMap(({ sql }) => mentionsIn(sql).filter((one) => one.isTable))) {
      const found = there.get(name)?.datafile;
      if (found === undefined || reached.has(name) || name === pipe.name) continue;
      reached.add(name);
      if (found.kind === 'pipe') open.push(found);
    }
  }
  return reached;
}
