// Changes in words, the same in the terminal, the comment and the summary.
import type { Change, Key, Plan } from '../model.ts';
import type { Fate, Report, TenantReport } from './report.ts';

export const plural = (n: number, noun: string): string =>
  `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;

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
    case 'removed':
      return inventory(changes);
    case 'renewed':
      return `${plural(changes.length, 'token')} due for renewal`;
    case 'suspended':
      return `access revoked (${plural(changes.filter(({ key }) => key.startsWith('token/')).length, 'token')}), data kept`;
    case 'updated':
      return changes.map(sentence).join('; ');
  }
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

/** `1 tenant to create, 2 to update` or, after an apply, `1 tenant created, 2 updated`. */
export function totals(report: Report): string {
  const parts: string[] = [];
  let noun = ' tenant';
  for (const [fate, words] of Object.entries(FATES)) {
    const n = report.tenants.filter(
      (tenant) => tenant.fate === fate && (report.mode === 'plan' || tenant.failed === null),
    ).length;
    if (n === 0) continue;
    const nouns = n === 1 || noun === '' ? noun : `${noun}s`;
    parts.push(report.mode === 'plan' ? `${n}${nouns} to ${words.planned}` : `${n}${nouns} ${words.done}`);
    noun = '';
  }
  const failed =
    report.mode === 'apply' ? report.tenants.filter((tenant) => tenant.failed !== null).length : 0;
  if (failed > 0) parts.push(`${failed}${noun}${noun !== '' && failed > 1 ? 's' : ''} failed`);
  if (report.project.length > 0) {
    parts.push(
      `${plural(report.project.length, 'project file')} ${report.mode === 'plan' ? 'to deploy' : 'deployed'}`,
    );
  }
  return parts.length > 0 ? parts.join(', ') : 'Nothing to do: the workspace is what the list says';
}

/** What stays as it is, as numbers. */
export function untouched({ plan }: Report): string {
  return [
    `${plural(plan.unchanged, 'resource')} unchanged`,
    ...(plan.orphans.length > 0 ? [orphans(plan)] : []),
    ...(plan.foreign > 0 ? [`${plural(plan.foreign, 'resource')} of others untouched`] : []),
  ].join(' · ');
}

export function orphans(plan: Plan): string {
  const tenants = [...new Set(plan.orphans.map(({ tenant }) => tenant))];
  return `${plural(plan.orphans.length, 'orphaned resource')} of ${plural(tenants.length, 'tenant')} kept`;
}
