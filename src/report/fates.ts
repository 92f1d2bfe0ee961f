// What becomes of each tenant: its changes and their outcomes in one word.

import type { Change, Fleet, Outcome, Place, Plan, Tenant } from '../model.ts';
import { changesIn, isRenewal } from '../plan/steps.ts';
import { slugOf } from '../tenants/slug.ts';

export type Fate = 'created' | 'updated' | 'suspended' | 'removed' | 'renewed';

/** One tenant with at least one change. */
export interface TenantReport {
  readonly id: string;
  readonly slug: string;
  /** Its line in the list; null when it has none any more. */
  readonly at: Place | null;
  readonly fate: Fate;
  readonly set: string | null;
  readonly changes: readonly Change[];
  /** First error of this tenant's changes, or null. */
  readonly failed: string | null;
  /** Why not all of them were carried out although none failed, or null. */
  readonly skipped: string | null;
}

/** One for each tenant that changes, by id. */
export function tenantReports(plan: Plan, fleet: Fleet, outcomes: readonly Outcome[]): TenantReport[] {
  const failures = new Map<string, string>();
  const skips = new Map<string, string>();
  for (const outcome of outcomes.toReversed()) {
    if (outcome.tenant === null) continue;
    if (outcome.result === 'failed') failures.set(outcome.tenant, outcome.error);
    if (outcome.result === 'skipped') skips.set(outcome.tenant, outcome.because);
  }
  const listed = new Map(fleet.tenants.map((tenant) => [tenant.id, tenant]));
  const live = new Set(plan.liveTenants);
  const byTenant = Map.groupBy(changesIn(plan), (change) => change.tenant);
  const reports: TenantReport[] = [];
  for (const [id, changes] of byTenant) {
    if (id === null) continue;
    const set = changes.map((change) => ('after' in change ? change.after.set : null)).find(Boolean) ?? null;
    const tenant = listed.get(id);
    const fate = fateOf(changes, { isLive: live.has(id), state: tenant?.state });
    const failed = failures.get(id) ?? null;
    reports.push({
      id,
      slug: tenant?.slug ?? slugOf(id),
      at: tenant?.at ?? null,
      fate,
      set,
      changes,
      failed,
      skipped: failed === null ? (skips.get(id) ?? null) : null,
    });
  }
  return reports.sort((one, other) => (one.id < other.id ? -1 : 1));
}

function fateOf(
  changes: readonly Change[],
  at: { isLive: boolean; state: Tenant['state'] | undefined },
): Fate {
  if (at.state === 'removed' || at.state === undefined) return 'removed';
  if (at.state === 'suspended') return at.isLive ? 'suspended' : 'created';
  if (changes.every(isRenewal)) return 'renewed';
  return at.isLive ? 'updated' : 'created';
}
