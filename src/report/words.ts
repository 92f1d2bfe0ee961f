// Changes in words, the same in the terminal, the comment and the summary.
import type { Change, Key, Plan } from '../model.ts';
import type { Fate, Report, TenantReport } from './report.ts';

/** `12,345`. Not by `toLocaleString`, whose first call in a process loads ICU for 30 ms. */
const grouped = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');

export const plural = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`;

const KINDS: Readonly<Record<string, string>> = { datasource: 'data source', pipe: 'pipe', token: 'token' };

export const kindOf = (key: Key): string => KINDS[key.slice(0, key.indexOf('/'))] ?? key;
export const nameOf = (key: Key): string => key.slice(key.indexOf('/') + 1);

export const FATES: Readonly<
  Record<Fate, { readonly sign: string; readonly planned: string; readonly done: string }>
> = {
  created: { sign: '+', planned: 'create', done: 'created' },
  updated: { sign: '~', planned: 'update', done: 'updated' },
  suspended: { sign: '!', planned: 'suspend', done: 'suspended' },
  removed: { sign: '-', planned: 'remove', done: 'removed' },
  renewed: { sign: '~', planned: 'renew tokens of', done: 'renewed' },
};

/** `2 data sources, 1 pipe (48,210 rows), 1 token`. */
export function inventory(changes: readonly Change[]): string {
  const parts: string[] = [];
  const kinds = Map.groupBy(changes, (change) => kindOf(change.key));
  for (const kind of Object.values(KINDS)) {
    const group = kinds.get(kind) ?? [];
    if (group.length === 0) continue;
    const rows = group.reduce((sum, change) => sum + (change.rows ?? 0), 0);
    parts.push(plural(group.length, kind) + (rows > 0 ? ` with ${plural(rows, 'row')}` : ''));
  }
  return parts.join(', ');
}

/** What happens to one tenant, in one line. */
export function story({ fate, changes }: TenantReport): string {
  switch (fate) {
    case 'created':
      return inventory(changes) + takenOver(changes);
    case 'removed':
      return inventory(changes);
    case 'renewed':
      return inventory(changes);
    case 'suspended':
      return `access revoked (${plural(changes.filter(({ key }) => key.startsWith('token/')).length, 'token')}), data kept`;
    case 'updated':
      return changes.map(sentence).join('; ');
  }
}

/** What a new tenant finds under its names and overwrites. */
function takenOver(changes: readonly Change[]): string {
  const adopted = changes.filter(({ action }) => action === 'update').map(({ key }) => nameOf(key));
  return adopted.length === 0 ? '' : `; takes over ${adopted.join(', ')}`;
}

/** One change: `usage_by_day: sql, tokens`. */
export function sentence(change: Change): string {
  const name = nameOf(change.key);
  switch (change.action) {
    case 'create':
      return `${name}: new ${kindOf(change.key)}`;
    case 'update':
      return `${name}: ${change.fields.join(', ')}`;
    case 'replace':
      return `${name}: replaced (${change.why})`;
    case 'delete':
      return `${name}: ${kindOf(change.key)} goes (${change.why})`;
  }
}

/** `1 tenant to create, 2 to update` or, after an apply, `1 tenant created, 2 updated, 1 not removed`. */
export function totals(report: Report): string {
  const parts = [...tenantTotals(report), ...projectTotals(report)];
  if (parts.length > 0) return parts.join(', ');
  return report.stop === null ? 'Nothing to do: the workspace is what the list says' : 'Nothing was changed';
}

function tenantTotals({ tenants, mode }: Report): string[] {
  const counts: [string, number][] = [];
  for (const [fate, { planned, done }] of Object.entries(FATES)) {
    const own = tenants.filter((tenant) => tenant.fate === fate && tenant.failed === null);
    const skipped = own.filter((tenant) => tenant.skipped !== null).length;
    counts.push([mode === 'plan' ? `to ${planned}` : done, own.length - skipped], [`not ${done}`, skipped]);
  }
  counts.push(['failed', tenants.filter(({ failed }) => failed !== null).length]);
  return counts
    .filter(([, n]) => n > 0)
    .map(([verb, n], nth) => `${nth === 0 ? plural(n, 'tenant') : grouped(n)} ${verb}`);
}

function projectTotals({ project, outcomes, mode }: Report): string[] {
  if (project.length === 0) return [];
  if (mode === 'plan') return [`${plural(project.length, 'project file')} to deploy`];
  const applied = new Set(outcomes.flatMap(({ key, result }) => (result === 'applied' ? [key] : [])));
  const done = project.filter(({ key }) => applied.has(key)).length;
  const left = project.length - done;
  return [
    ...(done > 0 ? [`${plural(done, 'project file')} deployed`] : []),
    ...(left > 0 ? [`${plural(left, 'project file')} not deployed`] : []),
  ];
}

/** What a tenant's line says has become of it. */
export function verbOf({ fate, failed, skipped }: TenantReport, mode: Report['mode']): string {
  const { planned, done } = FATES[fate];
  if (failed !== null) return 'FAILED';
  if (skipped !== null) return `not ${done}`;
  return mode === 'plan' ? planned : done;
}

/** What happens, happened or did not happen to one tenant, in one line. */
export function account(tenant: TenantReport): string {
  if (tenant.failed !== null) return tenant.failed;
  return tenant.skipped === null ? story(tenant) : `${story(tenant)}: ${tenant.skipped}`;
}

/** What stays as it is, as numbers; empty when there is nothing yet. */
export function untouched({ plan }: Report): string {
  return [
    ...(plan.unchanged > 0 ? [`${plural(plan.unchanged, 'resource')} unchanged`] : []),
    ...(plan.orphans.length > 0 ? [orphans(plan)] : []),
    ...(plan.foreign > 0 ? [`${plural(plan.foreign, 'resource')} of others untouched`] : []),
  ].join(' · ');
}

export function orphans(plan: Plan): string {
  const tenants = [...new Set(plan.orphans.map(({ tenant }) => tenant))];
  return `${plural(plan.orphans.length, 'orphaned resource')} of ${plural(tenants.length, 'tenant')} kept`;
}
