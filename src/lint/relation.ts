// What comes out of a table, a query or a node: which reads of shared tables nothing has held to one tenant yet.
import type { Column } from '../datafile/types.ts';
import type { File, Sql } from './files.ts';

/** A table with rows of many tenants. */
export interface Shared {
  readonly name: string;
  /** Null when the project does not declare it. */
  readonly file: File | null;
  readonly columns: readonly Column[] | null;
  /** Whose row it is says one of these. */
  readonly tenantColumns: ReadonlySet<string>;
}

/** A place in the SQL of a node. */
export interface Spot {
  readonly sql: Sql;
  readonly at: number;
}

/** What came nearest to holding a read, and failed. */
export interface Trouble {
  readonly kind: 'or' | 'caller' | 'value' | 'opaque';
  readonly spot: Spot;
  /** The parameter that the caller chooses. */
  readonly parameter?: string;
}

export interface Read {
  readonly table: Shared;
  readonly spot: Spot;
  /** Columns of the relation that say whose row it is. */
  readonly carriers: ReadonlySet<string>;
  readonly trouble: Trouble | null;
}

export interface Relation {
  readonly reads: readonly Read[];
  /** Columns in which only the tenant's own value can stand. */
  readonly fixed: ReadonlySet<string>;
  /** In their order; null when they are not known. */
  readonly columns: readonly string[] | null;
  /** The table whose columns `*` gives, when some of them come that way. */
  readonly star: { readonly table: Shared; readonly spot: Spot } | null;
}

export const NOTHING: Relation = { reads: [], fixed: new Set(), columns: null, star: null };

/** Every row of a shared table. */
export const everyRow = (table: Shared, spot: Spot): Relation => ({
  reads: [{ table, spot, carriers: table.tenantColumns, trouble: null }],
  fixed: new Set(),
  columns: table.columns?.map(({ name }) => name) ?? null,
  star: null,
});

/** Columns are those of the first, by position; of a `*` by name. */
export function united(arms: readonly Relation[]): Relation {
  const [first, ...more] = arms;
  if (first === undefined) return NOTHING;
  if (more.length === 0) return first;
  const renamed = [first, ...more.map((arm) => likeFirst(arm, first.columns))];
  return {
    reads: renamed.flatMap(({ reads }) => reads),
    fixed: new Set([...first.fixed].filter((name) => renamed.every(({ fixed }) => fixed.has(name)))),
    columns: first.columns,
    star: renamed.find(({ star }) => star !== null)?.star ?? null,
  };
}

function likeFirst(arm: Relation, names: Relation['columns']): Relation {
  if (names === null || arm.columns === null) return arm;
  const { columns } = arm;
  const renamed = (set: ReadonlySet<string>) =>
    new Set(names.filter((_, nth) => set.has(columns[nth] ?? '')));
  return {
    ...arm,
    fixed: renamed(arm.fixed),
    reads: arm.reads.map((read) => ({ ...read, carriers: renamed(read.carriers) })),
  };
}

const STRENGTH = ['or', 'caller', 'value', 'opaque'];

/** The one that says most. */
export function worse(a: Trouble | null, b: Trouble | null): Trouble | null {
  if (a === null || b === null) return a ?? b;
  return STRENGTH.indexOf(b.kind) < STRENGTH.indexOf(a.kind) ? b : a;
}
