// From values with places to checked ones: every key, type and name, each problem at the place where it stands.
import type * as z from 'zod';
import type { Allowance, State, Value } from '../model.ts';
import { ALLOWANCE_KEYS } from './allowances.ts';
import { HEAD, LIST, NAMES, TENANT } from './shape.ts';
import { didYouMean, show } from './show.ts';
import { type Entry, type Fault, isNull, type Node, typedValue } from './tree.ts';

export type Vars = Readonly<Record<string, Value>>;

interface Checked<T> {
  readonly value: T | null;
  readonly faults: readonly Fault[];
}
/** What the list says beside its tenants. */
export interface Head {
  readonly fleet: string | null;
  readonly workspace: string | null;
  readonly template: string | null;
  readonly vars: Vars;
  readonly allow: readonly Allowance[];
}
/** A tenant as its entry says it, before defaults and names. */
export interface Draft {
  readonly id: string;
  readonly slug: string | null;
  readonly template: string | null;
  readonly vars: Vars;
  readonly state: State;
  readonly allow: readonly Allowance[];
  /** Where its id stands, or else its entry. */
  readonly at: number;
}

const NO_VARS: Vars = Object.freeze(Object.create(null));
export const NO_HEAD: Head = { fleet: null, workspace: null, template: null, vars: NO_VARS, allow: [] };
/** Template of a tenant whose own could not be read. */
const UNREAD = '?';
const OF_DEFAULTS = ['template', 'vars'];

/** A whole list but for its tenants, which `checkTenant` takes one by one. */
export function checkList(node: Node): Checked<Head> {
  const { value, faults } = check(LIST, node, { jitless: true });
  return { value: value === null ? null : headOf(value), faults };
}

export function tenantNodes(list: Node): readonly Node[] {
  const tenants = child(list, 'tenants');
  return tenants?.kind === 'list' ? tenants.items : [];
}

/** The `fleet.yaml` of a folder. */
export function checkHead(node: Node): Checked<Head> {
  const { value, faults } = check(HEAD, node, { jitless: true });
  return { value: value === null ? null : headOf(value), faults };
}

function headOf(head: z.output<typeof HEAD>): Head {
  return {
    fleet: head.fleet ?? null,
    workspace: head.workspace ?? null,
    template: head.defaults?.template ?? null,
    vars: varsOf(head.defaults?.vars),
    allow: head.allow ?? [],
  };
}

/** A tenant with something wrong still has a draft if it has a name, so that the others can be compared with it. */
export function checkTenant(node: Node, options: { readonly jitless: boolean }): Checked<Draft> {
  const { value, faults } = check(TENANT, node, options);
  const known = value ?? NAMES.safeParse(plain(node, { key: '', typed: false })).data;
  if (known === undefined) return { value: null, faults };
  const { slug = null } = known;
  const at = child(node, 'id')?.at ?? node.at;
  const { template = null, state = 'active', vars, allow = [] } = value ?? { template: UNREAD };
  return { value: { id: known.id, slug, template, vars: varsOf(vars), state, allow, at }, faults };
}

/** A tenant's entry with an id, if it had none. */
export function withId(node: Node, id: string): Node {
  if (node.kind !== 'mapping' || child(node, 'id') !== undefined) return node;
  const { at } = node;
  const value: Node = { kind: 'scalar', at, text: id, quoted: true };
  return { ...node, entries: [{ key: 'id', at, value }, ...node.entries] };
}

/** For a shape of which a list has only one, making code takes longer than doing without. */
function check<T extends z.ZodObject>(
  shape: T,
  node: Node,
  options: { readonly jitless: boolean },
): Checked<z.output<T>> {
  const result = shape.safeParse(plain(node, { key: '', typed: false }), options);
  const issues = result.success ? [] : result.error.issues;
  const faults = [
    ...issues.flatMap((issue) => faultsOf(issue, { node, fields: Object.keys(shape.shape) })),
    ...unseen(node),
  ];
  return { value: result.success && faults.length === 0 ? result.data : null, faults };
}

/**
 * What a shape looks at. Outside `vars` every scalar is the text as written (`id: 007` is "007") and null is absent, but
 * for an id, which may be called null; inside `vars` scalars have types. Objects have no prototype.
 */
function plain(node: Node, place: { key: string; typed: boolean }): unknown {
  switch (node.kind) {
    case 'scalar':
      if (place.typed) return typedValue(node);
      return isNull(node) && (place.key !== 'id' || node.text === '') ? undefined : node.text;
    case 'list':
      // Tenants are looked at one by one.
      return place.key === 'tenants' ? [] : node.items.map((item) => plain(item, place));
    case 'mapping': {
      const object: Record<string, unknown> = Object.create(null);
      for (const { key, value } of node.entries) {
        object[key] = plain(value, { key, typed: place.typed || key === 'vars' });
      }
      return object;
    }
  }
}

function faultsOf(issue: z.core.$ZodIssue, on: { node: Node; fields: readonly string[] }): Fault[] {
  const { key, at, value } = entryAt(on.node, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const fields =
      issue.path.length === 0 ? on.fields : issue.path[0] === 'allow' ? ALLOWANCE_KEYS : OF_DEFAULTS;
    return issue.keys.map((unknown) => ({
      at: entriesOf(value).find((entry) => entry.key === unknown)?.at ?? at,
      message: unknownKey(unknown, fields),
    }));
  }
  if (issue.code === 'invalid_key') return [{ at, message: badName(key) }];
  return [{ at: value.at, message: issue.message }];
}

function unknownKey(key: string, fields: readonly string[]): string {
  return `unknown key ${show(key)}${didYouMean(key, fields) || `; there are ${fields.join(', ')}`}`;
}

const badName = (key: string): string =>
  `${show(key)} cannot name a variable: a-z, 0-9 and _, starting with a letter`;

/** Zod drops a key \`__proto__\` of a record without a word. */
function unseen(node: Node): Fault[] {
  return [child(node, 'vars'), child(child(node, 'defaults'), 'vars')]
    .flatMap(entriesOf)
    .filter(({ key }) => key === '__proto__')
    .map(({ key, at }) => ({ at, message: badName(key) }));
}

/** No prototype: a variable may be called \`constructor\`. */
function varsOf(vars: Vars | undefined): Vars {
  if (vars === undefined) return NO_VARS;
  const own = { ...vars };
  // What is made by Object.create(null) takes three times the room, and a fleet has one of these for each tenant.
  Object.setPrototypeOf(own, null);
  return own;
}

const entriesOf = (node: Node | undefined): readonly Entry[] =>
  node?.kind === 'mapping' ? node.entries : [];

const child = (node: Node | undefined, key: string): Node | undefined =>
  entriesOf(node).findLast((entry) => entry.key === key)?.value;

/** The entry that a path leads to, or as far as there is one. */
function entryAt(root: Node, path: readonly PropertyKey[]): Entry {
  let found: Entry = { key: '', at: root.at, value: root };
  for (const step of path) {
    const { value } = found;
    const next: Entry | undefined =
      value.kind === 'list' && typeof step === 'number'
        ? listEntry(value.items[step])
        : entriesOf(value).findLast(({ key }) => key === step);
    if (next === undefined) break;
    found = next;
  }
  return found;
}

const listEntry = (value: Node | undefined): Entry | undefined => value && { key: '', at: value.at, value };
