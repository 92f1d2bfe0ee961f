// What ALTER can do to get from one schema to another, and what needs a new table.
import { engineOption } from '../../datafile/engine.ts';
import type { Column, Datasource } from '../../datafile/types.ts';
import type { Engine } from './engine.ts';
import { guardDefinition } from './guard-definition.ts';
import { quote, quoteTable } from './quoting.ts';
import { columnText, indexText, openEngineType, quarantineOf } from './tables.ts';

export type AlterPlan =
  | { readonly kind: 'none' }
  /** Each after `ALTER TABLE <table>`, in this order; `quarantine` likewise for the quarantine table. */
  | { readonly kind: 'alter'; readonly statements: readonly string[]; readonly quarantine: readonly string[] }
  | { readonly kind: 'rebuild'; readonly why: string };

// A failing change of a type leaves ClickHouse's table unreadable, so types change by copying only.
export function alterPlan(before: Datasource, after: Datasource): AlterPlan {
  const why = rebuildReason(before, after);
  if (why !== null) return { kind: 'rebuild', why };
  const gone = without(before.columns, after.columns);
  const added = without(after.columns, before.columns);
  const statements = [
    ...droppedIndexes(before, after),
    ...(engineOption(after, 'TTL') === '' && engineOption(before, 'TTL') !== '' ? ['REMOVE TTL'] : []),
    ...added.map((column) => `ADD COLUMN ${columnText(column)}${position(after, column)}`),
    ...after.columns.flatMap((column) => modified(before, column)),
    ...newTtl(before, after),
    ...gone.map(({ name }) => `DROP COLUMN ${quote(name)}`),
    ...addedIndexes(before, after),
  ];
  if (statements.length === 0) return { kind: 'none' };
  const quarantine = [
    ...added.map(({ name }) => `ADD COLUMN IF NOT EXISTS ${quote(name)} Nullable(String)`),
    ...gone.map(({ name }) => `DROP COLUMN IF EXISTS ${quote(name)}`),
  ];
  return { kind: 'alter', statements, quarantine };
}

/** EngineError when ClickHouse refuses a step; earlier steps have then happened. */
export async function alterTable(
  engine: Engine,
  table: string,
  plan: Extract<AlterPlan, { kind: 'alter' }>,
): Promise<void> {
  const alters = [
    ...plan.statements.map((statement) => `ALTER TABLE ${quoteTable(table)} ${statement}`),
    ...plan.quarantine.map((statement) => `ALTER TABLE ${quoteTable(quarantineOf(table))} ${statement}`),
  ];
  const guarded: string[] = [];
  for (const alter of alters) guarded.push(await guardDefinition(engine, alter));
  for (const alter of guarded) await engine.admin(alter);
}

const KEYS = [
  'PARTITION_KEY',
  'SORTING_KEY',
  'PRIMARY_KEY',
  'SAMPLING_KEY',
  'VER',
  'IS_DELETED',
  'SIGN',
  'VERSION',
  'COLUMNS',
  'SETTINGS',
];

function rebuildReason(before: Datasource, after: Datasource): string | null {
  const [had, wants] = [openEngineType(before), openEngineType(after)];
  if (had !== wants) return `the engine changes from ${had} to ${wants}`;
  const key = KEYS.find(
    (command) => plain(engineOption(before, command)) !== plain(engineOption(after, command)),
  );
  if (key !== undefined) return `ENGINE_${key} changes`;
  for (const { name, type } of after.columns) {
    const old = before.columns.find((column) => column.name === name);
    if (old !== undefined && plain(old.type) !== plain(type))
      return `the column ${name} changes from ${old.type || 'no type'} to ${type || 'no type'}`;
  }
  return null;
}

// `(a, b)` and `a,b` are the same key, and so are `tuple()` and none.
const plain = (text: string): string =>
  text
    .replace(/\s+|`/g, '')
    .replace(/^\(([^()]*)\)$/, '$1')
    .replace(/^tuple\(\)$/, '');

const without = (columns: readonly Column[], others: readonly Column[]): readonly Column[] =>
  columns.filter(({ name }) => !others.some((other) => other.name === name));

function position(datasource: Datasource, column: Column): string {
  const previous = datasource.columns[datasource.columns.indexOf(column) - 1];
  return previous === undefined ? ' FIRST' : ` AFTER ${quote(previous.name)}`;
}

function modified(before: Datasource, column: Column): readonly string[] {
  const old = before.columns.find(({ name }) => name === column.name);
  if (old === undefined) return [];
  const statements: string[] = [];
  const name = quote(column.name);
  if (old.default !== column.default)
    statements.push(
      `MODIFY COLUMN ${name} ${column.default === null ? 'REMOVE DEFAULT' : `DEFAULT ${column.default}`}`,
    );
  if (old.codec !== column.codec)
    statements.push(
      `MODIFY COLUMN ${name} ${column.codec === null ? 'REMOVE CODEC' : `CODEC(${column.codec})`}`,
    );
  return statements;
}

function newTtl(before: Datasource, after: Datasource): readonly string[] {
  const ttl = engineOption(after, 'TTL');
  return ttl === '' || ttl === engineOption(before, 'TTL') ? [] : [`MODIFY TTL ${ttl}`];
}

const indexTexts = (datasource: Datasource): ReadonlyMap<string, string> =>
  new Map(datasource.indexes.map((index) => [index.name, indexText(index)]));

function droppedIndexes(before: Datasource, after: Datasource): readonly string[] {
  const kept = indexTexts(after);
  return [...indexTexts(before)]
    .filter(([name, text]) => kept.get(name) !== text)
    .map(([name]) => `DROP INDEX ${quote(name)}`);
}

function addedIndexes(before: Datasource, after: Datasource): readonly string[] {
  const had = indexTexts(before);
  return [...indexTexts(after)]
    .filter(([name, text]) => had.get(name) !== text)
    .flatMap(([name, text]) => [`ADD ${text}`, `MATERIALIZE INDEX ${quote(name)}`]);
}
