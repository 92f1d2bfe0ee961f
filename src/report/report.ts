// What a run found and did, in one value that every rendering reads; no token value can be in it.
import type { Stop } from '../errors.ts';
import type { Change, Fleet, Outcome, Plan, State } from '../model.ts';

export type Mode = 'plan' | 'apply' | 'renew';

export interface Report {
  readonly fleet: string;
  readonly mode: Mode;
  /** Null when the workspace was not asked (no token): the plan is then Git base against head. */
  readonly workspace: { readonly id: string; readonly name: string } | null;
  readonly plan: Plan;
  readonly tenants: readonly TenantReport[];
  /** Changes to the project, which all tenants share. */
  readonly project: readonly Change[];
  readonly outcomes: readonly Outcome[];
  readonly deploymentId: string | null;
  readonly secrets: SecretsReport;
  /** Tenant → role → token id, of the tokens created or changed in this run. */
  readonly tokenIds: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** For the reader: what was left alone, what could not be asked, until when an old JWT works. */
  readonly notes: readonly string[];
  /** Why the run stopped before its end, if it did. */
  readonly stop: { readonly name: string; readonly message: string; readonly exitCode: 1 | 2 } | null;
  readonly drift: boolean;
}

export interface SecretsReport {
  /** `repository`, `environment NAME`, or null when none are written. */
  readonly target: string | null;
  /** Tenant → role → name of the secret, for everything written in this run. */
  readonly names: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly written: readonly string[];
  readonly deleted: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: string }[];
  /** Planned writes and deletions; equals the rest after an apply. */
  readonly due: number;
}

export const NO_SECRETS: SecretsReport = {
  target: null,
  names: {},
  written: [],
  deleted: [],
  failed: [],
  due: 0,
};

export type Fate = 'created' | 'updated' | 'suspended' | 'removed' | 'renewed';

/** One tenant with at least one change. */
export interface TenantReport {
  readonly id: string;
  readonly fate: Fate;
  readonly set: string | null;
  readonly changes: readonly Change[];
  /** First error of this tenant's changes, or null. */
  readonly failed: string | null;
  /** Why not all of them were carried out although none failed, or null. */
  readonly skipped: string | null;
}

function tenantReports(plan: Plan, fleet: Fleet, outcomes: readonly Outcome[]): TenantReport[] {
  const failures = new Map<string, string>();
  const skips = new Map<string, string>();
  for (const outcome of outcomes.toReversed()) {
    if (outcome.tenant === null) continue;
    if (outcome.result === 'failed') failures.set(outcome.tenant, outcome.error);
    if (outcome.result === 'skipped') skips.set(outcome.tenant, outcome.because);
  }
  const states = new Map(fleet.tenants.map(({ id, state }) => [id, state]));
  const live = new Set(plan.liveTenants);
  const byTenant = Map.groupBy(
    plan.steps.flatMap((step) => step.changes),
    (change) => change.tenant,
  );
  const reports: TenantReport[] = [];
  for (const [id, changes] of byTenant) {
    if (id === null) continue;
    const set = changes.map((change) => ('after' in change ? change.after.set : null)).find(Boolean) ?? null;
    const fate = fateOf(changes, { isLive: live.has(id), state: states.get(id) });
    const failed = failures.get(id) ?? null;
    reports.push({
      id,
      fate,
      set,
      changes,
      failed,
      skipped: failed === null ? (skips.get(id) ?? null) : null,
    });
  }
  return reports.sort((one, other) => (one.id < other.id ? -1 : 1));
}

export interface Told {
  readonly fleet: Fleet;
  readonly mode: Mode;
  readonly workspace: Report['workspace'];
  readonly plan: Plan;
  readonly outcomes?: readonly Outcome[];
  readonly deploymentId?: string | null;
  readonly secrets?: SecretsReport;
  readonly tokenIds?: Report['tokenIds'];
  readonly notes: readonly string[];
  readonly stop: Stop | null;
  readonly drift: boolean;
}

export function reportOf(told: Told): Report {
  const { fleet, mode, workspace, plan, stop, notes, drift } = told;
  const outcomes = told.outcomes ?? (mode === 'plan' ? [] : allSkipped(plan, stop));
  return {
    fleet: fleet.name,
    mode,
    workspace: workspace === null ? null : { id: workspace.id, name: workspace.name },
    plan,
    tenants: tenantReports(plan, fleet, outcomes),
    project: projectChanges(plan),
    outcomes,
    deploymentId: told.deploymentId ?? null,
    secrets: told.secrets ?? NO_SECRETS,
    tokenIds: told.tokenIds ?? {},
    notes,
    stop: stop === null ? null : { name: stop.stop, message: stop.message, exitCode: stop.exitCode },
    drift,
  };
}

/** A run that may change things and was stopped before it did. */
const allSkipped = (plan: Plan, stop: Stop | null): Outcome[] =>
  plan.steps.flatMap(({ changes }) =>
    changes.map(({ key, tenant, action }): Outcome => {
      return { key, tenant, action, result: 'skipped', because: because(stop) };
    }),
  );

export const because = (stop: Stop | null): string =>
  stop === null ? 'the run stopped' : `the run stopped: ${stop.stop}`;

const projectChanges = (plan: Plan): Change[] =>
  plan.steps.flatMap((step) => step.changes).filter((change) => change.tenant === null);

function fateOf(changes: readonly Change[], at: { isLive: boolean; state: State | undefined }): Fate {
  if (at.state === 'removed' || at.state === undefined) return 'removed';
  if (at.state === 'suspended') return at.isLive ? 'suspended' : 'created';
  if (changes.every((change) => change.action === 'update' && change.fields.join() === 'expiry'))
    return 'renewed';
  return at.isLive ? 'updated' : 'created';
}

/** Something went wrong that a reader must see. */
export const hasFailed = (report: Report): boolean =>
  report.stop !== null ||
  report.secrets.failed.length > 0 ||
  report.outcomes.some(({ result }) => result === 'failed');

/** One sentence for whoever looks at the job; null when all went well. */
export function failure(report: Report): string | null {
  if (report.stop !== null) return report.stop.message;
  if (!hasFailed(report)) return null;
  const tenants = report.tenants.flatMap(({ id, failed }) => (failed === null ? [] : [id]));
  const who = [
    ...(tenants.length > 0 ? [sample('tenant', tenants)] : []),
    ...(report.secrets.failed.length > 0
      ? [
          sample(
            'secret',
            report.secrets.failed.map(({ name }) => name),
          ),
        ]
      : []),
  ];
  const what = who.length > 0 ? who.join(' and ') : 'changes to the project';
  return `Failed: ${what}. The summary says why. Run again once the cause is gone: what is done stays done.`;
}

const SHOWN = 10;
const sample = (noun: string, names: readonly string[]): string =>
  `${names.length} ${noun}${names.length === 1 ? '' : 's'} (${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''})`;

export const changeCount = (plan: Plan): number =>
  plan.steps.reduce((sum, step) => sum + step.changes.length, 0);

/** Tenant → role → something of the token. */
export function byTenant(
  tokens: readonly { tenant: string; role: string; name: string; id: string }[],
  value: (token: { name: string; id: string }) => string,
): Record<string, Record<string, string>> {
  // No prototype: a tenant may be called `__proto__`.
  const map: Record<string, Record<string, string>> = Object.create(null);
  for (const token of tokens) {
    const roles: Record<string, string> = map[token.tenant] ?? Object.create(null);
    roles[token.role] = value(token);
    map[token.tenant] = roles;
  }
  return map;
}
