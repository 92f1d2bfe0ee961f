// What changes in the texts, each change once: the same one in many tenants is one difference.
import { hash } from 'node:crypto';
import { type Change, type Conflict, type Hazard, type Key, nameOf, type Plan } from '../model.ts';
import type { Redact } from '../redact.ts';
import { unified } from './diff.ts';
import { type Nameless, namelessFor, roleOf } from './nameless.ts';
import type { Report, TenantReport } from './report.ts';
import { type Texts, textsOf } from './texts.ts';
import { kindOf, wordsOf } from './words.ts';

export interface Difference {
  readonly action: Change['action'] | 'adopt';
  /** `data source`, `pipe` or `token`. */
  readonly kind: string;
  /** Name of the resource; its role where several tenants share the change. */
  readonly name: string;
  /** Ids, sorted; empty for a file of the project. */
  readonly tenants: readonly string[];
  readonly what: string;
  readonly hazards: readonly Hazard[];
  /** That go with one deleted or replaced data source; null when nobody knows. */
  readonly rows: number | null;
  /** Made in the workspace, not by the list. */
  readonly drift: boolean;
  /** Lines of a unified difference, `<tenant>` and `<slug>` for names that differ; empty where there is no text to compare. */
  readonly diff: readonly string[];
}

/** One change of one tenant, on the way into a group. */
interface Entry {
  readonly change: Change;
  readonly tenant: TenantReport | null;
  readonly adopting: boolean;
}

/** How it reads. Made again when it is shown: the texts of a whole fleet at a time would be too many. */
interface Reading {
  readonly texts: Texts | null;
  readonly nameless: Nameless;
  readonly role: string;
}

export type Changing = Pick<Report, 'plan' | 'project' | 'tenants'>;

/** Hazards first, then by what happens and to how many. Texts are redacted while they are whole. */
export function differencesOf(report: Changing, redact: Redact): readonly Difference[] {
  const told = toldTokens(report.plan);
  const groups = new Map<string, Group>();
  for (const entry of entriesOf(report)) {
    const key = keyOf(entry, readingOf(entry, told));
    const group = groups.get(key) ?? { first: entry, tenants: [] };
    groups.set(key, group);
    if (entry.tenant !== null) group.tenants.push(entry.tenant.id);
  }
  const alike = [...groups.values()].map((group) => differenceOf(group, { told, redact }));
  // Texts that differ elsewhere may still change in the same lines.
  const same = [...Map.groupBy(alike, ({ key }) => key).values()].map(merged);
  return same.sort((one, other) => rank(one) - rank(other) || other.tenants.length - one.tenants.length);
}

/** Tokens that change are told by themselves, not by the TOKEN lines of files. */
function toldTokens({ steps }: Plan): ReadonlySet<Key> {
  const told = new Set<Key>();
  for (const { changes } of steps) for (const { key } of changes) if (key.startsWith('token/')) told.add(key);
  return told;
}

/** Entries with one key. */
interface Group {
  readonly first: Entry;
  readonly tenants: string[];
}

function* entriesOf({ plan, project, tenants }: Changing): Generator<Entry> {
  for (const conflict of plan.conflicts) yield* adoptions(conflict, tenants);
  for (const change of project) yield { change, tenant: null, adopting: false };
  for (const tenant of tenants)
    for (const change of tenant.changes) yield { change, tenant, adopting: false };
}

function adoptions({ adopting, tenant }: Conflict, tenants: readonly TenantReport[]): Entry[] {
  if (adopting === undefined) return [];
  return [{ change: adopting, tenant: tenants.find(({ id }) => id === tenant) ?? null, adopting: true }];
}

function readingOf({ change, tenant }: Entry, told: ReadonlySet<Key>, redact: Redact = asItIs): Reading {
  const found = textsOf(change, told);
  const texts = found === null ? null : { before: redact(found.before), after: redact(found.after) };
  const name = nameOf(change.key);
  if (tenant === null) return { texts, nameless: (text) => text, role: name };
  return { texts, nameless: namelessFor(tenant), role: roleOf(name, tenant.slug) };
}

const asItIs: Redact = (text) => text;

/** Equal for changes that a reader need see only once; short, because a fleet may have as many as changes. */
function keyOf({ change, adopting }: Entry, { texts, nameless, role }: Reading): string {
  const { key, action, hazards, drift, rows } = change;
  const both = texts === null ? null : [nameless(texts.before), nameless(texts.after)];
  const said = [action, adopting, kindOf(key), role, nameless(wordsOf(change)), hazards, drift, rows, both];
  return hash('sha256', JSON.stringify(said));
}

interface Keyed {
  readonly key: string;
  readonly difference: Difference;
  readonly nameless: Difference;
}

function differenceOf(
  { first, tenants }: Group,
  { told, redact }: { told: ReadonlySet<Key>; redact: Redact },
): Keyed {
  const { change } = first;
  const { texts, nameless, role } = readingOf(first, told, redact);
  const own: Difference = {
    action: first.adopting ? 'adopt' : change.action,
    kind: kindOf(change.key),
    name: nameOf(change.key),
    tenants,
    what: wordsOf(change),
    hazards: change.hazards,
    rows: change.rows ?? null,
    drift: change.drift === true,
    diff: texts === null ? [] : unified(texts.before, texts.after),
  };
  const shared = {
    ...own,
    name: role,
    what: nameless(own.what),
    diff: texts === null ? [] : unified(nameless(texts.before), nameless(texts.after)),
  };
  return {
    key: JSON.stringify({ ...shared, tenants: tenants.length === 0 }),
    difference: own,
    nameless: shared,
  };
}

function merged(alike: readonly Keyed[]): Difference {
  const [first] = alike;
  if (first === undefined) throw new Error('a group of differences without any');
  const tenants = alike.flatMap(({ difference }) => difference.tenants).sort();
  return tenants.length > 1 ? { ...first.nameless, tenants } : first.difference;
}

const ACTIONS: Readonly<Record<Difference['action'], number>> = {
  adopt: 0,
  delete: 1,
  replace: 2,
  update: 3,
  create: 4,
};

const rank = ({ action, hazards, drift }: Difference): number =>
  (hazards.includes('loses-data') ? 0 : drift ? 10 : hazards.length > 0 && action !== 'create' ? 20 : 30) +
  ACTIONS[action];
