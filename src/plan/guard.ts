// What a run may not do, whatever the list says. Each refusal prints the arithmetic and the way out; nothing has been sent.
import { Stop } from '../errors.ts';
import type { Change, Fleet, Plan } from '../model.ts';

export interface Policy {
  /** Tenants, orphans included, that one run may remove. */
  readonly maxRemovals: number;
  readonly prune: boolean;
  /** Apply only the plan with this checksum. */
  readonly planChecksum: string | null;
}

// Fewer live tenants than this say nothing about a list that was cut off.
const SHRINK_TOLERATED = 1;
const SHRINK_SHARE = 0.1;

/** The first reason to stop, or null. */
export function guard(plan: Plan, fleet: Fleet, policy: Policy): Stop | null {
  return (
    conflicts(plan) ??
    shrunken(plan, fleet) ??
    removals(plan, policy.maxRemovals) ??
    checksum(plan, policy.planChecksum)
  );
}

function conflicts(plan: Plan): Stop | null {
  if (plan.conflicts.length === 0) return null;
  const lines = plan.conflicts.map(({ key, why }) => `  ${key}: ${why}`);
  return new Stop(
    'conflict',
    `${count(plan.conflicts.length, 'name')} in the workspace ${plan.conflicts.length === 1 ? 'belongs' : 'belong'} to somebody else:\n${lines.join('\n')}\nNothing was sent. Rename the role or give the tenant another \`slug\`; if the resource is yours, set \`adopt: true\` once.`,
  );
}

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
  const share = ((100 * vanished.size) / live).toFixed(0);
  return new Stop(
    'shrunken-list',
    `The list lost ${vanished.size} of the ${live} tenants that are live (${share}%, more than 10%): ${sample([...vanished])}. A list that shrinks this much is usually a broken one, so nothing was sent. To remove tenants, keep their lines and write \`state: removed\`.`,
  );
}

function removals(plan: Plan, maxRemovals: number): Stop | null {
  const tenants = new Set<string>();
  for (const change of deletions(plan)) {
    if (change.action === 'delete' && (change.why === 'removed' || change.why === 'pruned')) {
      tenants.add(change.tenant ?? change.key);
    }
  }
  if (tenants.size <= maxRemovals) return null;
  return new Stop(
    'max-removals',
    `This run would remove ${tenants.size} tenants, ${tenants.size - maxRemovals} more than \`max-removals: ${maxRemovals}\` allows: ${sample([...tenants])}. Nothing was sent. Remove them in several runs, or raise \`max-removals\` for this one.`,
  );
}

function checksum(plan: Plan, wanted: string | null): Stop | null {
  if (wanted === null || wanted === plan.checksum) return null;
  return new Stop(
    'plan-changed',
    `The plan is not the one that was asked for: \`plan-checksum\` is ${wanted}, the plan's is ${plan.checksum}. Nothing was sent. Look at the new plan, then apply with its checksum.`,
  );
}

function* deletions(plan: Plan): Generator<Change> {
  for (const step of plan.steps)
    for (const change of step.changes) if (change.action === 'delete') yield change;
}

const SHOWN = 10;
function sample(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).sort().join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
