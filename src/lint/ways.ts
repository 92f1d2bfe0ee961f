// The ways in which a set's templates come out: which branches, which names, whose values. One tenant stands for all of a way.
import type { Fleet, Tenant, Value } from '../model.ts';
import type { Owns } from '../privilege/owners.ts';
import { everyPiece, type Hole, type Operand, type Piece } from '../templates/pieces.ts';
import type { TemplateSet } from '../templates/sets.ts';

export interface Way {
  readonly set: TemplateSet;
  /** One of them, an active one if there is any. */
  readonly tenant: Tenant;
  /** All values, the set's defaults among them. */
  readonly values: ReadonlyMap<string, Value>;
  readonly tenants: number;
}

/** Beyond so many ways of one set the rest is not looked at. */
const MOST = 64;

interface Question {
  readonly variable: string;
  readonly ask: 'truth' | 'length' | 'value' | 'owner';
}

export interface Ways {
  readonly ways: readonly Way[];
  /** Tenants of a set that comes out in too many ways. */
  readonly left: ReadonlyMap<TemplateSet, number>;
}

/** `literals`: texts in the SQL of templates and project that some tenant's id or slug may be. */
export function waysOf(
  fleet: Fleet,
  sets: ReadonlyMap<string, TemplateSet>,
  known: { readonly owns: Owns; readonly literals: readonly string[] },
): Ways {
  const ways: Way[] = [];
  const left = new Map<TemplateSet, number>();
  for (const [name, members] of Map.groupBy(fleet.tenants, (tenant) => tenant.set)) {
    const set = sets.get(name);
    if (set === undefined) continue;
    const questions = questionsOf(set);
    const found = new Map<string, { tenant: Tenant; tenants: number }>();
    for (const tenant of members) {
      if (tenant.state === 'removed') continue;
      const key = answersOf(tenant, { set, questions, ...known });
      const way = found.get(key);
      if (way === undefined && found.size === MOST) left.set(set, (left.get(set) ?? 0) + 1);
      else if (way === undefined) found.set(key, { tenant, tenants: 1 });
      else {
        way.tenants += 1;
        if (way.tenant.state !== 'active') way.tenant = tenant;
      }
    }
    for (const way of found.values()) ways.push({ set, values: valuesOf(set, way.tenant), ...way });
  }
  return { ways, left };
}

interface Asked {
  readonly set: TemplateSet;
  readonly questions: readonly Question[];
  readonly owns: Owns;
  readonly literals: readonly string[];
}

function answersOf(tenant: Tenant, { set, questions, owns, literals }: Asked): string {
  let key = '';
  for (const { variable, ask } of questions) {
    const value = given(set, tenant, variable);
    if (ask !== 'owner') key += answer(value, ask);
    else key += itemsOf(value).every((item) => typeof item !== 'boolean' && owns(tenant, item)) ? '1' : '0';
  }
  for (const literal of literals) key += owns(tenant, literal) ? '1' : '0';
  return key;
}

function answer(value: Value | undefined, ask: 'truth' | 'length' | 'value'): string {
  if (ask === 'value') return typeof value === 'number' ? '' : `${JSON.stringify(value)};`;
  if (ask === 'truth') return isTrue(value) ? '1' : '0';
  return typeof value === 'object' ? String(Math.min(value.length, 2)) : '-';
}

const itemsOf = (value: Value | undefined): readonly (string | number | boolean)[] =>
  value === undefined ? [false] : typeof value === 'object' ? value : [value];

const isTrue = (value: Value | undefined): boolean =>
  typeof value === 'object' ? value.length > 0 : Boolean(value);

function given({ variables }: TemplateSet, tenant: Tenant, name: string): Value | undefined {
  if (name === 'id') return tenant.id;
  if (name === 'slug') return tenant.slug;
  const given = Object.hasOwn(tenant.vars, name) ? tenant.vars[name] : undefined;
  return given ?? variables.get(name)?.default ?? undefined;
}

function valuesOf(set: TemplateSet, tenant: Tenant): Map<string, Value> {
  const names = ['id', 'slug', ...set.variables.keys()];
  return new Map(
    names.flatMap((name) => {
      const value = given(set, tenant, name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** What is asked about the value of a hole; null when it changes nothing that is looked at. */
type Asking = (hole: Hole) => Question['ask'] | null;

function questionsOf(set: TemplateSet): Question[] {
  const inquiry = new Inquiry();
  for (const { template } of set.files) {
    inquiry.walk(template.pieces, (hole) => {
      const place = template.places.get(hole);
      // Prose and settings have neither tables nor conditions.
      if (place === 'sql') return 'owner';
      return place === 'word' || place === 'ident' ? 'value' : null;
    });
  }
  for (const { form, templates } of set.tokens) {
    const resources = new Set(form.scopes.map(({ resource }) => resource));
    for (const [key, { template }] of templates) {
      const isName = resources.has(key.slice(key.indexOf('\n') + 1));
      inquiry.walk(template.pieces, () => (isName ? 'value' : 'owner'));
    }
  }
  return [...inquiry.found.values()];
}

class Inquiry {
  readonly found = new Map<string, Question>();
  #list: Operand | null = null;

  walk(pieces: readonly Piece[], asking: Asking): void {
    for (const piece of pieces) {
      if (piece.kind === 'text') continue;
      if (piece.kind === 'hole') {
        const ask = asking(piece);
        if (ask !== null) this.#ask(piece.operand, ask);
        continue;
      }
      this.#ask(piece.operand, piece.kind === 'loop' ? 'length' : 'truth');
      if (piece.kind === 'loop') this.#list = piece.operand;
      this.walk(piece.body, asking);
      if (piece.kind === 'loop') this.#list = null;
      this.walk(piece.otherwise, asking);
    }
  }

  #ask(operand: Operand, ask: Question['ask']): void {
    const isItem = operand.from === 'item';
    const asked = isItem ? (this.#list ?? operand) : operand;
    if (asked.from !== 'variable') return;
    // Names that come of these two differ in the same way for everybody.
    if (ask === 'value' && /^(?:id|slug)$/.test(asked.name)) return;
    const about = isItem && ask === 'truth' ? 'value' : ask;
    this.found.set(`${about} ${asked.name}`, { variable: asked.name, ask: about });
  }
}

/** What stands between quotes in a template, and numbers. */
export function literalsOf(set: TemplateSet): string[] {
  return set.files.flatMap(({ template }) =>
    everyPiece(template.pieces).flatMap((piece) => (piece.kind === 'text' ? quotedIn(piece.text) : [])),
  );
}

export const quotedIn = (text: string): string[] => [
  ...text.split(/['\n]/),
  ...[...text.matchAll(/\d+/g)].map(([number]) => number),
];
