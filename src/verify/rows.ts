// The rows of each tenant in a table: marked ones, ones that pass the conditions of pipes, hostile ones, and ones for the quarantine.
import type { Column, Datasource } from '../datafile/types.ts';
import type { Tenant } from '../model.ts';
import type { Evidence, TenantColumn } from './columns.ts';
import { textMark } from './marks.ts';
import { shapeOf, valueFor, type Wish } from './values.ts';

/** Whose rows: a tenant, or with null somebody whom the list does not have. */
export interface Owner {
  readonly tenant: Tenant | null;
  /** In the marks. */
  readonly index: number;
}

export interface Table {
  readonly datasource: Datasource;
  readonly columns: readonly TenantColumn[];
  readonly evidence: Evidence;
}

/** JSON objects, one a row. */
export type Line = Readonly<Record<string, unknown>>;

const MOST_VARIANTS = 12;
const MOST_LITERALS = 8;

/** Rows that an endpoint of the tenant could show; a tenant has a number of them that its neighbours do not have. */
export function ordinaryRows(table: Table, owner: Owner, round: number): Line[] {
  const { datasource, evidence, columns } = table;
  const literals = datasource.columns.map(({ name }) => around(evidence.literals.get(name) ?? []));
  const variants = Math.min(MOST_VARIANTS, 3 * Math.max(1, ...literals.map(({ length }) => length)));
  const lines = Array.from({ length: variants }, (_, nth): Line[] => {
    const wishes = datasource.columns.map((_, column): Wish => {
      const known = literals[column] ?? [];
      const literal = known.length === 0 ? null : (known[nth % known.length] ?? null);
      const now = nth >= (variants * 2) / 3;
      return { kind: 'plain', index: owner.index, tag: `${round}_${nth}`, literal, now };
    });
    return rowsWith(table, owner, { wishes, nth });
  });
  const marked = datasource.columns.map((): Wish => ({ kind: 'marked', index: owner.index, tag: round }));
  const repeated = Array.from({ length: 1 + (owner.index % 3) }, (_, nth) =>
    rowsWith(table, owner, { wishes: marked, nth }),
  );
  // A column that only may be the tenant's has other values in all rows but these.
  const weak = columns.some((column) => column.weak)
    ? rowsWith(table, owner, { wishes: marked, nth: 0, weak: true })
    : [];
  const common = datasource.columns.map((): Wish => ({ kind: 'common', index: owner.index, tag: round }));
  return [...lines, ...repeated, rowsWith(table, owner, { wishes: common, nth: 0 }), weak].flat();
}

/** A number is compared at its edge. */
function around(literals: readonly string[]): readonly string[] {
  const near = literals.flatMap((text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return Number.isSafeInteger(number) ? [text, String(number + 1), String(number - 1)] : [text];
  });
  return [...new Set(near)].slice(0, MOST_LITERALS);
}

/** Nulls, extremes and garbage beside the tenant's own name. */
export function hostileRows(table: Table, owner: Owner): Line[] {
  return (['null', 'least', 'most', 'garbage'] as const).flatMap((kind) => {
    const wishes = table.datasource.columns.map((): Wish => ({ kind, index: owner.index, tag: kind }));
    return rowsWith(table, owner, { wishes, nth: 0 });
  });
}

/** One that no type takes, with the tenant's mark in it; nothing where every column takes any text. */
export function brokenRows(table: Table, owner: Owner): Line[] {
  const { columns } = table.datasource;
  const broken = columns.find(
    (column) =>
      isRead(column, columns) &&
      /^(?:U?Int|Float|Decimal|Date|UUID|Bool|Enum|IPv)/.test(shapeOf(column.type).base),
  );
  if (broken === undefined) return [];
  const wishes = columns.map((): Wish => ({ kind: 'marked', index: owner.index, tag: 'quarantined' }));
  return rowsWith(table, owner, { wishes, nth: 0 }).map((line) =>
    placed({ ...line }, broken, textMark(owner.index, 'quarantined')),
  );
}

/** Rows of `owner` that name `other` where a column only may be the tenant's. */
export function crossedRows(table: Table, owner: Owner, other: Tenant): Line[] {
  return table.columns.flatMap((column) => {
    const [value] = column.valuesOf(other);
    if (!column.weak || value === undefined) return [];
    return ordinaryRows(table, owner, 0).map((line) =>
      placed({ ...line }, columnOf(table, column.name), value),
    );
  });
}

/** Rows of somebody whose name is nearly the tenant's. */
export function nearRows(table: Table, owner: Owner, near: Tenant): Line[] {
  const textual = table.columns.filter(({ name }) => shapeOf(columnOf(table, name).type).base === 'String');
  return textual.flatMap((column) => {
    const [value] = column.valuesOf(near);
    if (value === undefined) return [];
    const others = [`${value}2`, `x${value}`, `${value} `, value.toUpperCase(), value.toLowerCase(), ''];
    return others
      .filter((other) => !column.valuesOf(near).includes(other))
      .map((other) =>
        placed({ ...(ordinaryRows(table, owner, 0)[0] ?? {}) }, columnOf(table, column.name), other),
      );
  });
}

const columnOf = ({ datasource }: Table, name: string): Column => {
  const found = datasource.columns.find((column) => column.name === name);
  if (found === undefined) throw new Error(`no column ${name}`);
  return found;
};

interface Wished {
  /** One a column. */
  readonly wishes: readonly Wish[];
  readonly nth: number;
  /** Also where it only may be the tenant's. */
  readonly weak?: boolean;
}

function rowsWith(table: Table, owner: Owner, { wishes, nth, weak = false }: Wished): Line[] {
  const { datasource } = table;
  const columns = table.columns.filter((column) => weak || !column.weak);
  const forms = Math.max(
    1,
    ...columns.map(({ valuesOf }) => (owner.tenant === null ? 1 : valuesOf(owner.tenant).length)),
  );
  return Array.from({ length: forms }, (_, form) => {
    const line: Record<string, unknown> = {};
    for (const [at, column] of datasource.columns.entries()) {
      if (!isRead(column, datasource.columns)) continue;
      const wish = wishes[at];
      const tenants = columns.find(({ name }) => name === column.name);
      const textless = owner.tenant === null && shapeOf(column.type).base !== 'String';
      const value = tenants === undefined || textless ? undefined : named(tenants, owner, { form, wish });
      const filled = value ?? (wish === undefined ? undefined : valueFor(column.type, wish));
      // What the server fills in by itself is left to it every other time.
      if (filled === undefined || (column.default !== null && tenants === undefined && nth % 2 === 1))
        continue;
      placed(line, column, filled);
    }
    return line;
  });
}

function named(
  { valuesOf }: TenantColumn,
  { tenant, index }: Owner,
  { form, wish }: { readonly form: number; readonly wish: Wish | undefined },
): unknown {
  if (tenant === null) return textMark(index, `${wish?.tag ?? 0}`);
  const values = valuesOf(tenant);
  return values.length === 0 ? undefined : values[form % values.length];
}

/** A column without a path is left to its default where others have one. */
const isRead = ({ jsonpath }: Column, columns: readonly Column[]): boolean =>
  jsonpath !== null || columns.every((column) => column.jsonpath === null);

/** Puts the value where the column's JSON path looks for it. */
function placed(
  line: Record<string, unknown>,
  { name, jsonpath }: Column,
  value: unknown,
): Record<string, unknown> {
  const steps = (jsonpath ?? `$.${name}`).split('.').slice(1);
  const put = (
    at: Record<string, unknown>,
    [step = '', ...rest]: readonly string[],
  ): Record<string, unknown> => {
    const key = step.replaceAll('[:]', '');
    if (rest.length === 0) return { ...at, [key]: value };
    const within = at[key];
    const inner: Record<string, unknown> = isRecord(within) ? within : {};
    const first: unknown = Array.isArray(within) ? within[0] : undefined;
    const filled = put(isRecord(first) ? first : inner, rest);
    return { ...at, [key]: step.endsWith('[:]') ? [filled] : filled };
  };
  return Object.assign(line, put(line, steps));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
