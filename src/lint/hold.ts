// Which columns of the tables of one SELECT its conditions and joins hold to the tenant's own value.
import { type Relation, type Spot, type Trouble, worse } from './relation.ts';
import { isNarrowed, type Join, type Source } from './sql/from.ts';
import type { Select } from './sql/query.ts';
import { type Column, type Condition, columnOf, linksOf, readCondition, type Value } from './sql/where.ts';

export interface Joined extends Source {
  readonly relation: Relation;
}

/** What a table is called beside the others. */
export const nameOf = ({ alias, target }: Joined): string | null =>
  alias ?? (target.kind === 'table' ? target.name : null);

/** Whose a value is: the tenant's, whatever a caller says it is, or somebody else's. */
export type Owner = 'own' | { readonly parameter: string } | 'other' | 'unknown';

export interface Judge {
  readonly ownerOf: (value: Value) => Owner;
  readonly spot: (at: number) => Spot;
}

/** A column of a source, by the source's index. */
type Ref = readonly [source: number, column: string];
interface Fix {
  readonly ref: Ref;
  readonly spot: Spot;
}

const sameRef = (a: Ref, b: Ref): boolean => a[0] === b[0] && a[1] === b[1];

export class Holding {
  readonly #sources: readonly Joined[];
  readonly #select: Select;
  readonly #judge: Judge;
  readonly #where: readonly Condition[];
  readonly #on: readonly Condition[];
  readonly #fixes: Fix[] = [];

  constructor(select: Select, sources: readonly Joined[], judge: Judge) {
    this.#select = select;
    this.#sources = sources;
    this.#judge = judge;
    this.#where = select.conditions.map(readCondition);
    this.#on = sources.map(({ on }) => readCondition(on));
    this.#fix();
  }

  spot(at: number): Spot {
    return this.#judge.spot(at);
  }

  /** Where a column is held to the tenant's own value; null where it is not. */
  held(source: number, column: string): Spot | null {
    return this.#fixes.find(({ ref }) => sameRef(ref, [source, column]))?.spot ?? null;
  }

  /** The source and column that a name means; null when it means something else, or nothing that is known. */
  resolve(column: Column): Ref | null {
    const [name, ...more] = column;
    if (name === undefined) return null;
    if (more.length === 0) return this.#unqualified(name);
    const whole = column.join('.');
    const nested = this.#sources.findIndex(({ relation }) => relation.columns?.includes(whole));
    if (nested >= 0) return [nested, whole];
    const source = this.#sources.findIndex((one) => nameOf(one) === column.at(-2));
    return source < 0 ? null : [source, column.at(-1) ?? ''];
  }

  /** An alias goes before a column of its name, also in WHERE. */
  #unqualified(name: string): Ref | null {
    const expression = this.#select.aliases.get(name);
    if (expression !== undefined) {
      const meant = columnOf(expression);
      if (meant === null) return null;
      if (meant.length > 1 || meant[0] !== name)
        return meant.length === 1 && this.#select.aliases.has(meant[0] ?? '') ? null : this.resolve(meant);
    }
    const knows = this.#sources.findIndex(({ relation }) => relation.columns?.includes(name));
    const source = knows >= 0 ? knows : this.#sources.findIndex(({ relation }) => relation.columns === null);
    return source < 0 ? null : [source, name];
  }

  #fix(): void {
    for (const [nth, { relation, at }] of this.#sources.entries()) {
      for (const column of relation.fixed)
        this.#fixes.push({ ref: [nth, column], spot: this.#judge.spot(at) });
    }
    for (const [nth, { join }] of this.#sources.entries()) {
      const fixes = this.#fixesOf(this.#on[nth] ?? { kind: 'other' });
      this.#fixes.push(...fixes.filter(({ ref }) => isNarrowed(join, ref[0] < nth ? 'earlier' : 'this')));
    }
    this.#spread(this.#fixes, (join, to) => isNarrowed(join, to));
    const always = this.#where.flatMap((condition) => this.#fixesOf(condition));
    // What comes out without a partner has no value there, so WHERE keeps it away.
    this.#spread(always, () => true);
    this.#fixes.push(...always);
    this.#spread(this.#fixes, (join, to) => isNarrowed(join, to));
  }

  /** Columns that are equal are held together. */
  #spread(fixes: Fix[], passes: (join: Join, to: 'earlier' | 'this') => boolean): void {
    const links = this.#links();
    for (const { ref, spot } of fixes) {
      for (const { a, b, join } of links) {
        for (const [from, to] of [[a, b] as const, [b, a] as const]) {
          if (from === null || to === null || !sameRef(from, ref)) continue;
          const isOpen = join === null || passes(join, to[0] < from[0] ? 'earlier' : 'this');
          if (isOpen && !fixes.some((fix) => sameRef(fix.ref, to))) fixes.push({ ref: to, spot });
        }
      }
    }
  }

  #links(): { a: Ref | null; b: Ref | null; join: Join | null }[] {
    const linked = (condition: Condition | undefined, join: Join | null) =>
      linksOf(condition).map(([a, b]) => ({ a: this.resolve(a), b: this.resolve(b), join }));
    return [
      ...this.#where.flatMap((condition) => linked(condition, null)),
      ...this.#sources.flatMap(({ join, using }, nth) => [
        ...linked(this.#on[nth], join),
        ...using.map((name) => ({ a: this.resolve([name]), b: [nth, name] as const, join })),
      ]),
    ];
  }

  #fixesOf(condition: Condition): Fix[] {
    switch (condition.kind) {
      case 'all':
        return condition.parts.flatMap((part) => this.#fixesOf(part));
      case 'any': {
        const [first = [], ...more] = condition.parts.map((part) => this.#fixesOf(part));
        return first.filter(({ ref }) => more.every((fixes) => fixes.some((fix) => sameRef(fix.ref, ref))));
      }
      case 'equal': {
        const ref = this.resolve(condition.column);
        const isOwn = condition.values.every((value) => this.#judge.ownerOf(value) === 'own');
        return ref === null || !isOwn ? [] : [{ ref, spot: this.#judge.spot(condition.at) }];
      }
      case 'link':
      case 'other':
      case 'opaque':
        return [];
    }
  }

  /** Why conditions that look like it do not hold a column. */
  trouble(source: number, columns: ReadonlySet<string>): Trouble | null {
    const isMeant = (column: Column): boolean => {
      const ref = this.resolve(column);
      return ref === null ? columns.has(column.at(-1) ?? '') : ref[0] === source && columns.has(ref[1]);
    };
    return [...this.#where, ...this.#on]
      .map((condition) => this.#troubleOf(condition, columns, isMeant))
      .reduce(worse, null);
  }

  #troubleOf(
    condition: Condition,
    columns: ReadonlySet<string>,
    isMeant: (column: Column) => boolean,
  ): Trouble | null {
    switch (condition.kind) {
      case 'all':
        return condition.parts.map((part) => this.#troubleOf(part, columns, isMeant)).reduce(worse, null);
      case 'any': {
        const isBeside = condition.parts.some((part) =>
          this.#fixesOf(part).some(({ ref }) => columns.has(ref[1])),
        );
        return isBeside ? { kind: 'or', spot: this.#judge.spot(condition.at) } : null;
      }
      case 'equal':
        return isMeant(condition.column) ? this.#wrongValue(condition) : null;
      case 'opaque': {
        const mentions = condition.hasHole || [...columns].some((name) => condition.words.has(name));
        return mentions ? { kind: 'opaque', spot: this.#judge.spot(condition.at) } : null;
      }
      case 'link':
      case 'other':
        return null;
    }
  }

  #wrongValue({ values, at, column }: Extract<Condition, { kind: 'equal' }>): Trouble | null {
    const spot = this.#judge.spot(at);
    const owners = values.map((value) => this.#judge.ownerOf(value));
    const chosen = owners.find((owner) => typeof owner === 'object');
    if (typeof chosen === 'object') return { kind: 'caller', spot, parameter: chosen.parameter };
    if (owners.includes('other')) return { kind: 'value', spot };
    // Where the value is right, an alias hides the column.
    const isOpaque = owners.includes('unknown') || this.resolve(column) === null;
    return isOpaque ? { kind: 'opaque', spot } : null;
  }
}
