// From two projects to tables: what a new deployment shares with the live one, what it makes anew, and from where that is filled.
import type { Datasource } from '../datafile/types.ts';
import { contentOf, type DataMovement, type Feedback } from './changes.ts';
import { alterPlan } from './engine/alter.ts';
import { EngineError } from './engine/failure.ts';
import { labelOf, type Project } from './project.ts';
import { materializedNode, reachOf } from './references.ts';

export interface PhysicalPlan {
  /** Data sources without a table to share: name to how the new one is filled. */
  readonly tables: ReadonlyMap<string, Fill>;
  /** Materialized pipes whose view has to be made. */
  readonly views: ReadonlyMap<string, { readonly target: string; readonly backfill: boolean }>;
  readonly movements: readonly DataMovement[];
}

export type Fill =
  /** By its views, if it has any. */
  | { readonly from: 'nothing' }
  | { readonly from: 'live' }
  | { readonly from: 'live'; readonly select: string };

/** Pure; the feedback holds what cannot be done. */
export function planTables(live: Project, next: Project): { plan: PhysicalPlan; feedback: Feedback[] } {
  const feedback: Feedback[] = [];
  const liveTargets = new Set(targetsOf(live).values());
  const fedByViews = new Set(
    targetsOf(next)
      .values()
      .filter((name) => liveTargets.has(name)),
  );
  const incompatible = new Set<string>();
  for (const [name, { file }] of next.datasources) {
    const before = live.datasources.get(name)?.file;
    if (before === undefined || contentOf(before) === contentOf(file)) continue;
    const why = rebuildReason(before, file);
    if (why === null) continue;
    incompatible.add(name);
    if (file.forwardQuery !== null || fedByViews.has(name)) continue;
    feedback.push({
      resource: labelOf('datasource', name),
      level: 'ERROR',
      message: `The schema is not compatible with the live one: ${why}. Add a FORWARD_QUERY that makes the new rows from the old ones.`,
    });
  }
  const moved = new Set(incompatible);
  const views = moveTargets({ live, next, moved });
  const refilled = new Set(
    views
      .values()
      .filter(({ backfill }) => backfill)
      .map(({ target }) => target),
  );
  const tables = new Map<string, Fill>();
  for (const [name, { file }] of next.datasources) {
    if (!live.datasources.has(name)) tables.set(name, { from: 'nothing' });
    else if (fedByViews.has(name) && refilled.has(name)) tables.set(name, { from: 'nothing' });
    // A FORWARD_QUERY that an earlier deployment has already used stays in the file and means nothing now.
    else if (moved.has(name)) tables.set(name, incompatible.has(name) ? fillOf(file) : { from: 'live' });
  }
  return { plan: { tables, views, movements: movementsOf(tables, views) }, feedback };
}

/** Why ALTER cannot do it; null when it can. */
function rebuildReason(before: Datasource, after: Datasource): string | null {
  try {
    const change = alterPlan(before, after);
    return change.kind === 'rebuild' ? change.why : null;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error.message;
  }
}

const fillOf = (file: Datasource): Fill =>
  file.forwardQuery === null ? { from: 'live' } : { from: 'live', select: file.forwardQuery };

/** Materialized pipe to its target. */
function targetsOf(project: Project): Map<string, string> {
  const targets = new Map<string, string>();
  for (const [name, { file }] of project.pipes) {
    const materialized = materializedNode(file);
    if (materialized !== null) targets.set(name, materialized.target);
  }
  return targets;
}

interface Moving {
  readonly live: Project;
  readonly next: Project;
  /** Grows: a view that has to be made anew cannot write into the table that the live one still fills. */
  readonly moved: Set<string>;
}

function moveTargets({ live, next, moved }: Moving): PhysicalPlan['views'] {
  const views = new Map<string, { target: string; backfill: boolean }>();
  const targets = [...targetsOf(next)].map(([pipe, target]) => ({
    pipe,
    target,
    reach: reachOf(pipe, next),
  }));
  const touched = ({ pipe, target, reach }: (typeof targets)[number]): boolean =>
    moved.has(target) ||
    !live.datasources.has(target) ||
    !sameFile(live, next, pipe) ||
    [...reach].some((name) => moved.has(name) || (next.pipes.has(name) && !sameFile(live, next, name)));
  for (let grown = true; grown; ) {
    grown = false;
    for (const candidate of targets) {
      if (views.has(candidate.pipe) || !touched(candidate)) continue;
      const settings = next.datasources.get(candidate.target)?.file.settings ?? [];
      const skips = settings.some(({ command, value }) => command === 'BACKFILL' && /^skip$/i.test(value));
      views.set(candidate.pipe, { target: candidate.target, backfill: !skips });
      if (live.datasources.has(candidate.target)) moved.add(candidate.target);
      grown = true;
    }
  }
  return views;
}

function sameFile(live: Project, next: Project, pipe: string): boolean {
  const before = live.pipes.get(pipe);
  const after = next.pipes.get(pipe);
  if (before === undefined || after === undefined) return false;
  return before.text === after.text || JSON.stringify(before.file.nodes) === JSON.stringify(after.file.nodes);
}

function movementsOf(tables: PhysicalPlan['tables'], views: PhysicalPlan['views']): DataMovement[] {
  const movements: DataMovement[] = [];
  for (const [name, fill] of tables) {
    if (fill.from !== 'live') continue;
    movements.push({
      datasource_name: name,
      kind: 'select' in fill ? 'backfill_with_forward_query' : 'copy_from_live',
    });
  }
  for (const [pipe, { target, backfill }] of views) {
    if (!backfill) continue;
    movements.push({ datasource_name: target, kind: 'backfill_with_mv_queries', source_mv_name: pipe });
  }
  return movements;
}
