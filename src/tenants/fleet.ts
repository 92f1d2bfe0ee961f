// From checked entries to one fleet: defaults, slugs, and no two tenants alike.
import { ok, type Problem, type Result } from '../errors.ts';
import type { Fleet, Place, Tenant } from '../model.ts';
import { type Draft, type Head, NO_HEAD, type Vars } from './draft.ts';
import { fleetFault } from './shape.ts';
import { show } from './show.ts';
import { givesName, LONGEST_SLUG, slugOf } from './slug.ts';

export interface Placed {
  readonly draft: Draft;
  readonly at: Place;
}
/** A list as far as it could be read. */
interface Read {
  /** Null when it is wrong. */
  readonly head: Head | null;
  readonly tenants: readonly Placed[];
  readonly problems: readonly Problem[];
  /** Where to say what concerns the whole list. */
  readonly where: Pick<Problem, 'file' | 'line' | 'column'>;
}

/** The fleet, or all problems, in the order of the text; also those that show only when tenants stand beside each other. */
export function assemble({ head, tenants: placed, problems, where }: Read): Result<Fleet> {
  const whole = head === null ? [] : wholeFaults(head, placed.length + problems.length);
  const tenants = placed.map(({ draft, at }) => tenantOf(draft, head ?? NO_HEAD, at));
  const names = placed.flatMap(({ draft, at }) =>
    [...nameFaults(draft, head)].map((message) => ({ ...at, message })),
  );
  const all = [...whole.map((fault) => ({ ...where, ...fault })), ...problems, ...names, ...twins(tenants)];
  if (head === null || head.fleet === null || all.length > 0) {
    return { ok: false, problems: all.toSorted(byPlace) };
  }
  const allow = head.allow.length > 0 ? { allow: head.allow } : {};
  return ok({ name: head.fleet, workspace: head.workspace, tenants, ...allow });
}

function wholeFaults({ fleet }: Head, found: number): Pick<Problem, 'message' | 'stop'>[] {
  const unnamed =
    fleet === null ? 'no fleet; the list needs a name of its own: `fleet: name`' : fleetFault(fleet);
  const none =
    found === 0
      ? 'no tenants; an empty list never removes anything (`state: removed` does, tenant by tenant)'
      : null;
  return [
    ...(none === null ? [] : [{ message: none, stop: 'empty-list' as const }]),
    ...(unnamed === null ? [] : [{ message: unnamed }]),
  ];
}

/** Two entries with one id, or two ids with one name; the later one is reported, with the line of the earlier. */
function twins(tenants: readonly Tenant[]): Problem[] {
  const byId = new Map<string, Tenant>();
  const bySlug = new Map<string, Tenant>();
  const problems: Problem[] = [];
  for (const tenant of tenants) {
    const same = byId.get(tenant.id);
    const twin = bySlug.get(tenant.slug);
    if (same !== undefined) {
      problems.push({ ...tenant.at, message: `the id ${show(tenant.id)} is already at ${placeOf(same)}` });
    } else if (twin !== undefined) {
      problems.push({ ...tenant.at, message: collision(tenant, twin) });
    }
    byId.set(tenant.id, same ?? tenant);
    bySlug.set(tenant.slug, twin ?? tenant);
  }
  return problems;
}

function tenantOf(draft: Draft, head: Head, at: Place): Tenant {
  return {
    id: draft.id,
    slug: draft.slug ?? slugOf(draft.id),
    set: draft.template ?? head.template ?? '',
    vars: merged(head.vars, draft.vars),
    state: draft.state,
    ...(draft.allow.length > 0 ? { allow: draft.allow } : {}),
    at,
  };
}

/** Most tenants have no variables of their own, and then share the defaults. */
function merged(defaults: Vars, own: Vars): Vars {
  if (Object.keys(own).length === 0) return defaults;
  return Object.keys(defaults).length === 0 ? own : Object.assign(Object.create(null), defaults, own);
}

function* nameFaults({ id, slug, template }: Draft, head: Head | null): Generator<string> {
  if (template === null && head !== null && head.template === null) {
    yield 'no template; say which, here or for all under `defaults`';
  }
  if (slug !== null) return;
  const { length } = slugOf(id);
  if (!givesName(id)) yield `the id ${show(id)} has no letter or digit for a name; add a \`slug\``;
  else if (length > LONGEST_SLUG) {
    yield `the id gives a name of ${length} characters, ${LONGEST_SLUG} are allowed; add a \`slug\``;
  }
}

function collision(tenant: Tenant, twin: Tenant): string {
  const both = `the id ${show(tenant.id)} and the id ${show(twin.id)} (${placeOf(twin)})`;
  return `${both} both get the name ${tenant.slug}; give one of them another \`slug\``;
}

const placeOf = ({ at }: Tenant): string => `${at.file}:${at.line}`;

function byPlace(left: Problem, right: Problem): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0);
}
