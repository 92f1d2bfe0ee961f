// What a run may not do, whatever the list says. Each refusal prints the arithmetic and the way out; nothing has been sent.

import { Stop } from '../errors.ts';
import type { Change, Conflict, Fleet, Live, Plan } from '../model.ts';
import { grouped, plural } from '../numbers.ts';
import { fanOut, fanOutNotes } from './fan-out.ts';
import { losses, lossNotes } from './guard-losses.ts';
import { dayOf, sample } from './guard-words.ts';
import { quotaNotes } from './quotas.ts';

export interface Policy {
  /** Tenants, orphans included, that one run may remove. */
  readonly maxRemovals: number;
  readonly prune: boolean;
  /** Apply only the plan with this checksum. */
  readonly planChecksum: string | null;
}

export interface Guarded {
  readonly plan: Plan;
  readonly live: Live;
}

/** @param policy with `now` in Unix seconds, which decides only what has ended of what is allowed. */
export function guard(
  { plan, live }: Guarded,
  fleet: Fleet,
  policy: Policy & { readonly now: number },
): Stop | null {
  const today = dayOf(policy.now);
  return (
    conflicts(plan) ??
    shrunken(plan, fleet) ??
    unsaid(plan, fleet, policy.prune) ??
    removals(plan, policy.maxRemovals) ??
    losses({ plan, live }, fleet, today) ??
    fanOut({ plan, live }, today) ??
    checksum(plan, policy.planChecksum)
  );
}

/** What is allowed but should be known, for the report. `now` in Unix seconds. */
export function guardNotes(guarded: Guarded, now: number): string[] {
  const today = dayOf(now);
  return [...lossNotes(guarded, today), ...fanOutNotes(guarded, today), ...quotaNotes(guarded)];
}

const CONFLICTS_SHOWN = 50;

function conflicts({ conflicts: found }: Plan): Stop | null {
  if (found.length === 0) return null;
  const lines = found.slice(0, CONFLICTS_SHOWN).map(({ key, why }) => `  ${key}: ${why}`);
  if (found.length > lines.length) lines.push(`  … and ${grouped(found.length - lines.length)} more`);
  const adopt = found.some(isAdoptable) ? '; if the resource is yours, set `adopt: true` once' : '';
  return new Stop(
    'conflict',
    `${plural(found.length, 'name')} in the workspace ${found.length === 1 ? 'belongs' : 'belong'} to somebody else:\n${lines.join('\n')}\nNothing was sent. Rename the role or give the tenant another \`slug\`${adopt}.`,
  );
}

const isAdoptable = ({ key, adopting }: Conflict): boolean =>
  adopting !== undefined || key.startsWith('token/');

// Fewer live tenants than this say nothing about a list that was cut off.
const SHRINK_TOLERATED = 1;
const SHRINK_SHARE = 0.1;

/** Tenants that are live but have vanished from the list, against all that are live. */
function shrunken(plan: Plan, fleet: Fleet): Stop | null {
  const listed = new Set(fleet.tenants.map((tenant) => tenant.id));
  const vanished = new Set<string>();
  for (const { tenant } of plan.orphans) if (!listed.has(tenant)) vanished.add(tenant);
  for (const change of deletions(plan)) {
    if (change.tenant !== null && !listed.has(change.tenant)) vanished.add(change.tenant);
  }
  const live = plan.liveTenants.length;
  if (vanished.size <= SHRINK_TOLERATED || vanished.size <= live * SHRINK_SHARE) return null;
  const share = ((100 * vanished.size) / live).toFixed(1).replace(/\.0$/, '');
  return new Stop(
    'shrunken-list',
    `The list lost ${grouped(vanished.size)} of the ${grouped(live)} tenants that are live (${share}%, more than 10%): ${sample([...vanished])}. A list that shrinks this much is usually a broken one, so nothing was sent. To remove tenants, keep their lines and write \`state: removed\`.`,
  );
}

/** The plan makes no such deletion; whatever made this one, nobody has decided it. */
function unsaid(plan: Plan, fleet: Fleet, prune: boolean): Stop | null {
  const removed = new Set(fleet.tenants.flatMap(({ id, state }) => (state === 'removed' ? [id] : [])));
  const found = [...deletions(plan)].filter(
    ({ key, tenant, why }) =>
      !key.startsWith('token/') &&
      !(why === 'removed' && removed.has(tenant ?? '')) &&
      !(why === 'pruned' && prune && tenant !== null),
  );
  if (found.length === 0) return null;
  const keys = found.map(({ key, tenant }) => (tenant === null ? key : `${key} of ${tenant}`));
  return new Stop(
    'unsaid-removal',
    `The plan deletes ${plural(found.length, 'resource')} that neither \`state: removed\` nor \`prune\` says: ${sample(keys)}. Nothing was sent. To remove a tenant, write \`state: removed\` on its line; to remove what the list no longer asks for, set \`prune: true\`.`,
  );
}

function removals(plan: Plan, maxRemovals: number): Stop | null {
  const tenants = new Set<string>();
  let rows = 0;
  for (const change of deletions(plan)) {
    if (change.why !== 'removed' && change.why !== 'pruned') continue;
    tenants.add(change.tenant ?? change.key);
    rows += change.rows ?? 0;
  }
  if (tenants.size <= maxRemovals) return null;
  const lost = rows > 0 ? `, and ${plural(rows, 'row')} with them` : '';
  return new Stop(
    'max-removals',
    `This run would remove ${plural(tenants.size, 'tenant')}${lost}, ${grouped(tenants.size - maxRemovals)} more than \`max-removals: ${maxRemovals}\` allows: ${sample([...tenants])}. Nothing was sent. If all of them are to go, raise \`max-removals\` for this run; or remove fewer at a time: the input \`tenant\` says which.`,
  );
}

function checksum(plan: Plan, wanted: string | null): Stop | null {
  if (wanted === null || wanted === plan.checksum) return null;
  return new Stop(
    'plan-changed',
    `The plan is not the one that was asked for: \`plan-checksum\` is ${wanted}, the plan's is ${plan.checksum}. Nothing was sent. Look at the new plan, then apply with its checksum.`,
  );
}

function* deletions(plan: Plan): Generator<Change & { readonly action: 'delete' }> {
  for (const step of plan.steps)
    for (const change of step.changes) if (change.action === 'delete') yield change;
}
