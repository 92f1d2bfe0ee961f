// Which columns say whose a row is: those that the rendering compares with a value of one tenant alone.
import type { Column, Datasource } from '../datafile/types.ts';
import type { Tenant } from '../model.ts';
import { type Comparison, comparisons } from './comparisons.ts';
import type { Ground } from './ground.ts';
import { holds } from './values.ts';

/** `id`, `slug`, or a variable: what of a tenant stands in a column or a parameter. */
type Attribute = string;

export interface Evidence {
  /** By column's name, the strongest first. */
  readonly columns: ReadonlyMap<string, readonly Attribute[]>;
  /** By name of the parameter that says which tenant. */
  readonly params: ReadonlyMap<string, Attribute>;
  /** By column's name: what else it is compared with. */
  readonly literals: ReadonlyMap<string, readonly string[]>;
}

export interface TenantColumn {
  readonly name: string;
  /** Every form in which the tenant may stand there. */
  readonly valuesOf: (tenant: Tenant) => readonly string[];
  /** Compared with tenants' values, but more likely about something else: others may have the same value there. */
  readonly weak: boolean;
}

type Counts = Map<string, Map<string, number>>;

export function evidenceIn(ground: Ground): Evidence {
  const attributes = attributesOf(ground);
  const [columns, params, literals]: [Counts, Counts, Counts] = [new Map(), new Map(), new Map()];
  for (const { tenant, token } of ground.tokens) {
    for (const { fixedParams = {} } of token.scopes) {
      for (const [name, value] of Object.entries(fixedParams)) {
        const found = attributes.get(String(value))?.find((one) => one.tenant === tenant);
        if (found !== undefined) count(params, name, found.attribute);
      }
    }
  }
  const compared = said(ground);
  for (const { column, values, params: names } of compared) {
    for (const value of values) {
      const found = attributes.get(value);
      if (found === undefined) count(literals, column, value);
      for (const { attribute } of found ?? []) count(columns, column, attribute);
    }
    for (const name of names) {
      for (const [attribute] of params.get(name) ?? []) count(columns, column, attribute);
    }
  }
  const usual = (counts: Counts) => new Map([...counts].map(([name, found]) => [name, ranked(found)]));
  const usualColumns = usual(columns);
  const [fallback] = usualColumns.values();
  for (const { datafile } of ground.datasources.values()) {
    for (const { name } of datafile.columns) {
      if (CALLED.test(name) && !usualColumns.has(name)) usualColumns.set(name, fallback ?? ['id']);
    }
  }
  const named = new Map(
    compared.flatMap(({ column, params: names }) =>
      names.flatMap((name) =>
        usualColumns.has(column) ? [[name, usualColumns.get(column)?.[0] ?? 'id']] : [],
      ),
    ),
  );
  const fixed = [...usual(params)].map(([name, found]) => [name, found[0] ?? 'id'] as const);
  return { columns: usualColumns, params: new Map([...named, ...fixed]), literals: usual(literals) };
}

/** What every pipe and every filter compares; the same text once. */
function said({ pipes, tokens }: Ground): Comparison[] {
  const texts = new Set<string>();
  for (const { datafile } of pipes.values()) for (const { sql } of datafile.nodes) texts.add(sql);
  for (const { token } of tokens) for (const { filter } of token.scopes) if (filter) texts.add(filter);
  return [...texts].flatMap(comparisons);
}

function attributesOf({ tenants, owns }: Ground) {
  const found = new Map<string, { tenant: Tenant; attribute: Attribute }[]>();
  for (const tenant of tenants) {
    const vars = Object.entries(tenant.vars).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)] as const] : [],
    );
    for (const [attribute, text] of [['id', tenant.id], ['slug', tenant.slug], ...vars] as const) {
      if (!owns(tenant, text)) continue;
      const same = found.get(text) ?? [];
      if (!same.some((one) => one.tenant === tenant)) found.set(text, [...same, { tenant, attribute }]);
    }
  }
  return found;
}

/** What an attribute says for a tenant; nothing for one that lacks the variable. */
export function attributeOf(tenant: Tenant, attribute: Attribute): string | null {
  if (attribute === 'id') return tenant.id;
  if (attribute === 'slug') return tenant.slug;
  const value = tenant.vars[attribute];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function count(counts: Counts, name: string, value: string): void {
  const found = counts.get(name) ?? new Map<string, number>();
  counts.set(name, found.set(value, (found.get(value) ?? 0) + 1));
}

const ranked = (found: ReadonlyMap<string, number>): string[] =>
  [...found].toSorted((a, b) => b[1] - a[1]).map(([value]) => value);

const CALLED =
  /(?:^|_)(?:tenant|customer|client|org|organi[sz]ation|account|company|workspace|site|merchant|shop)(?:_?(?:id|slug|key|name|uuid))?$/i;

export function tenantColumns(
  { columns, engine }: Datasource,
  { columns: seen }: Pick<Evidence, 'columns'>,
): TenantColumn[] {
  const key = engine?.options.find(({ command }) => command === 'SORTING_KEY')?.value ?? '';
  const [first] = /\w+/.exec(key) ?? [];
  const isStrong = ({ name }: Column): boolean => name === first || CALLED.test(name);
  const found = columns.filter(({ name }) => seen.has(name));
  const anyStrong = found.some(isStrong);
  return found.map((column) => ({
    name: column.name,
    valuesOf: (tenant) =>
      (seen.get(column.name) ?? [])
        .flatMap((attribute) => attributeOf(tenant, attribute) ?? [])
        .filter((value) => holds(column.type, value)),
    weak: anyStrong && !isStrong(column),
  }));
}
