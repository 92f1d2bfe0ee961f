// The tenants of a plan as rows: who has the same story stands in one.
import { type Hazard, nameOf } from '../model.ts';
import { namelessFor, roleOf } from './nameless.ts';
import type { Report, TenantReport } from './report.ts';
import { excess, hazardWords, story, verbOf, wordsOf } from './words.ts';

export interface Row {
  /** Sorted by id; what else they say is the same in all of them. */
  readonly tenants: readonly TenantReport[];
  /** `update`, `updated`, `not updated` or `failed`. */
  readonly verb: string;
  readonly set: string | null;
  readonly parts: readonly Part[];
  /** What is dangerous about it, in words, unless the verb says so already. */
  readonly hazards: readonly string[];
  readonly losesData: boolean;
  /** Why nothing came of it, or null. */
  readonly because: string | null;
  /** The smaller, the sooner it must be read. */
  readonly rank: number;
}

/** `usage_by_day` and `sql`; without a name it is about the whole tenant. */
export interface Part {
  readonly name: string | null;
  readonly text: string;
}

// Terminal, summary and comment each ask.
const known = new WeakMap<Pick<Report, 'tenants' | 'mode'>, readonly Row[]>();

/** Failed first, then removed and suspended, then hazards, then the rest; the largest group of each first. */
export function rowsOf(report: Pick<Report, 'tenants' | 'mode'>): readonly Row[] {
  const found = known.get(report) ?? makeRows(report);
  known.set(report, found);
  return found;
}

function makeRows({ tenants, mode }: Pick<Report, 'tenants' | 'mode'>): readonly Row[] {
  const groups = new Map<
    string,
    { readonly own: Row; readonly shared: Row; readonly tenants: TenantReport[] }
  >();
  for (const tenant of tenants) {
    const nameless = namelessFor(tenant);
    const own = rowOf(tenant, mode);
    const parts = own.parts.map(({ name, text }) => ({ name, text: nameless(text) }));
    const because = own.because === null ? null : nameless(own.because);
    const shared = { ...own, parts, because };
    // Rows that go are told tenant by tenant: a sum, or "each", would not be read right.
    const alone =
      tenant.fate === 'removed' && tenant.changes.some(({ rows = 0 }) => rows !== 0) ? tenant.id : '';
    const key = JSON.stringify([{ ...shared, tenants: [] }, alone]);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, { own, shared, tenants: [tenant] });
    else same.tenants.push(tenant);
  }
  return [...groups.values()]
    .map(({ own, shared, tenants: same }) => (same.length === 1 ? own : { ...shared, tenants: same }))
    .sort((one, other) => one.rank - other.rank || other.tenants.length - one.tenants.length);
}

function rowOf(tenant: TenantReport, mode: Report['mode']): Row {
  const { changes, failed, skipped } = tenant;
  return {
    tenants: [tenant],
    verb: verbOf(tenant, mode).toLowerCase(),
    set: tenant.set,
    parts: failed === null ? partsOf(tenant) : [{ name: null, text: failed }],
    hazards: failed === null && skipped === null ? dangers(tenant) : [],
    losesData: changes.some(({ hazards }) => hazards.includes('loses-data')),
    because: failed === null ? skipped : null,
    rank: rankOf(tenant),
  };
}

function partsOf(tenant: TenantReport): Part[] {
  const isRotated = tenant.fate === 'renewed' && tenant.changes.some(({ rotation }) => rotation);
  if (tenant.fate !== 'updated' && !isRotated) return [{ name: null, text: story(tenant) }];
  return tenant.changes.map((change) => ({
    name: roleOf(nameOf(change.key), tenant.slug),
    text: wordsOf(change) + (change.drift ? ', changed in the workspace' : ''),
  }));
}

/** That a removal takes access away and breaks readers, and that a new tenant opens something, goes without saying. */
function dangers({ fate, changes }: TenantReport): string[] {
  switch (fate) {
    case 'removed':
    case 'suspended':
    case 'renewed':
      return [];
    case 'created':
      return hazardWords(changes.filter(({ action }) => action !== 'create'));
    case 'updated':
      return hazardWords(changes);
  }
}

const RANKS: Readonly<Record<TenantReport['fate'], number>> = {
  removed: 2,
  suspended: 3,
  updated: 6,
  renewed: 7,
  created: 8,
};
const GRAVE: ReadonlySet<Hazard> = new Set(['loses-data', 'breaks-readers']);

function rankOf({ fate, changes, failed, skipped }: TenantReport): number {
  if (failed !== null) return 0;
  if (skipped !== null) return 1;
  if (fate === 'removed' || fate === 'suspended') return RANKS[fate];
  const grave = changes.some(
    (change) => change.drift || excess(change) !== null || change.hazards.some((hazard) => GRAVE.has(hazard)),
  );
  if (grave) return 4;
  return fate === 'updated' && changes.some(({ hazards }) => hazards.length > 0) ? 5 : RANKS[fate];
}
