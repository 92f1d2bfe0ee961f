// Changes in words, the same in the terminal, the comment and the summary.

import { type Access, type Before, type Change, type Hazard, type Key, nameOf, type Plan } from '../model.ts';
import { grouped, plural } from '../numbers.ts';
import type { Fate, Report, TenantReport } from './report.ts';

const KINDS: Readonly<Record<string, string>> = { datasource: 'data source', pipe: 'pipe', token: 'token' };

export const kindOf = (key: Key): string => KINDS[key.slice(0, key.indexOf('/'))] ?? key;

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
      return changes.some(({ rotation }) => rotation) ? changes.map(sentence).join('; ') : inventory(changes);
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
export const sentence = (change: Change): string => `${nameOf(change.key)}: ${wordsOf(change)}`;

/** The same without the name. */
export function wordsOf(change: Change): string {
  if (change.rotation) return rotationWords(change);
  switch (change.action) {
    case 'create':
      return `new ${kindOf(change.key)}`;
    case 'update':
      return change.access === undefined ? change.fields.join(', ') : accessWords(change.access);
    case 'replace':
      return `replaced (${change.why})`;
    case 'delete':
      return `${kindOf(change.key)} goes (${change.why})`;
  }
}

function rotationWords(change: Change): string {
  if (change.action === 'create') return 'the next token, handed out from now on';
  if (change.action === 'update') return 'a new value, the old one is refused at once';
  return change.action === 'delete' && change.why === 'rotated' ? 'the old token goes' : 'goes at once';
}

const HAZARDS: Readonly<Record<Hazard, string>> = {
  'loses-data': 'loses rows',
  'breaks-readers': 'breaks readers',
  'revokes-access': 'takes access away',
  'widens-access': 'opens more than before',
};

/** Each hazard once, the worst first: `loses 1,234 rows, breaks readers`. */
export function hazardWords(changes: readonly Hazardous[]): string[] {
  const found = new Set<string>(changes.flatMap(({ hazards }) => hazards));
  const losing = changes.filter(({ hazards }) => hazards.includes('loses-data'));
  const rows = losing.reduce((sum, change) => sum + (change.rows ?? 0), 0);
  // What an ALTER or a shorter TTL takes is only a part.
  const isWhole = losing.every(({ action }) => action !== 'update' && action !== 'adopt');
  const loses = `${isWhole ? 'loses' : 'may lose data of'} ${plural(rows, 'row')}`;
  return Object.entries(HAZARDS).flatMap(([hazard, words]) => {
    if (!found.has(hazard)) return [];
    if (hazard !== 'loses-data') return [words];
    return [rows > 0 ? loses : isWhole ? words : 'may lose data'];
  });
}

interface Hazardous {
  readonly action: Change['action'] | 'adopt';
  readonly hazards: readonly Hazard[];
  readonly rows?: number | null;
}

/** `opens more than the list says; loses DATASOURCES:READ events, gets DATASOURCES:READ events (tenant_id = 'acme')`. */
function accessWords({ live, listed, wider, byHand }: Access): string {
  const moves = [
    ...(live.length > 0 ? [`loses ${sampled(live)}`] : []),
    ...(listed.length > 0 ? [`gets ${sampled(listed)}`] : []),
  ].join(', ');
  return byHand ? `opens ${wider ? 'more' : 'less'} than the list says; ${moves}` : moves;
}

const SCOPES_SHOWN = 3;

function sampled(scopes: readonly string[]): string {
  const left = scopes.length - SCOPES_SHOWN;
  return [...scopes.slice(0, SCOPES_SHOWN), ...(left > 0 ? [`${grouped(left)} more`] : [])].join(' and ');
}

/** What a token opens although the list does not say so, or which filter it lacks; whoever is responsible for it must know. */
export function excess(change: Change): { readonly more: string } | { readonly lacks: string } | null {
  if (change.action !== 'update' || change.access === undefined) return null;
  const { live, listed, wider, byHand } = change.access;
  if (!wider || !byHand) return null;
  return live.length > 0 ? { more: sampled(live) } : { lacks: sampled(listed) };
}

/** ` (2026-01-02 03:04:05, by ada@example.com)`, as far as the server says so. */
export function lastEdit({ updatedAt = '', editedBy }: Before): string {
  const when = updatedAt === '' ? [] : [updatedAt.replace(/\.\d+/, '')];
  const told = [...when, ...(editedBy === undefined ? [] : [`by ${editedBy}`])].join(', ');
  return told === '' ? '' : ` (${told})`;
}

/** `1 tenant to create, 2 to update` or, after an apply, `1 tenant created, 2 updated, 1 not removed`. */
export function totals(report: Report): string {
  const parts = [...tenantTotals(report), ...projectTotals(report)];
  if (parts.length > 0) return parts.join(', ');
  if (report.mode === 'verify') return 'Nothing was changed';
  if (report.mode === 'rotate' || (report.mode === 'renew' && report.drift)) return 'No token is due';
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
