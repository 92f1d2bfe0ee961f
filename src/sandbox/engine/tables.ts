// Physical tables of data sources, their quarantine, and the aliases that a deployment sees.
import { engineOption } from '../../datafile/engine.ts';
import type { Column, Datasource, Index } from '../../datafile/types.ts';
import type { Engine, TypedColumn } from './engine.ts';
import { EngineError } from './failure.ts';
import { guardDefinition } from './guard-definition.ts';
import { quote, quoteTable } from './quoting.ts';

export interface TableColumn extends TypedColumn {
  readonly hasDefault: boolean;
}

export const quarantineOf = (table: string): string => `${table}_quarantine`;

/** Creates `table` (`data.<name>`) and its quarantine. EngineError when ClickHouse, or the guard, refuses the schema. */
export async function createTable(
  engine: Engine,
  { table, datasource }: { readonly table: string; readonly datasource: Datasource },
): Promise<void> {
  const create = `CREATE TABLE ${quoteTable(table)} (\n${definitions(datasource)}\n) ${storageText(datasource)}`;
  await engine.admin(await guardDefinition(engine, create));
  await engine.admin(quarantineText(quarantineOf(table), datasource));
}

/** With its quarantine. Drop its views and aliases first. */
export async function dropTable(engine: Engine, table: string): Promise<void> {
  await engine.inserts.exclusive(async () => {
    await engine.admin(`DROP TABLE IF EXISTS ${quoteTable(table)}`);
    await engine.admin(`DROP TABLE IF EXISTS ${quoteTable(quarantineOf(table))}`);
  });
}

/** A workspace or deployment; only `ws_…` can be queried by tokens. */
export async function createDatabase(engine: Engine, database: string): Promise<void> {
  await engine.admin(`CREATE DATABASE IF NOT EXISTS ${quoteTable(database)}`);
}

/** With everything in it; aliases do not own rows. */
export async function dropDatabase(engine: Engine, database: string): Promise<void> {
  await engine.admin(`DROP DATABASE IF EXISTS ${quoteTable(database)}`);
}

export interface Alias {
  readonly database: string;
  readonly name: string;
  /** Physical table, `data.<name>`. */
  readonly table: string;
}

/** The alias gives FINAL, PREWHERE and later columns, which a view would not. */
export async function createAlias(engine: Engine, { database, name, table }: Alias): Promise<void> {
  const [home = '', physical = ''] = table.split('.');
  await engine.admin(
    `CREATE TABLE ${quoteTable(`${database}.${name}`)} ENGINE = Alias(${quote(home)}, ${quote(physical)})`,
  );
}

/** Columns of a table as ClickHouse has them. */
export async function describeTable(engine: Engine, table: string): Promise<readonly TableColumn[]> {
  const rows = await engine.rows(`DESCRIBE TABLE ${quoteTable(table)}`);
  return rows.map((row) => ({
    name: String(row.name),
    type: String(row.type),
    hasDefault: row.default_type !== '',
  }));
}

export function columnText({ name, type, default: fallback, codec }: Column): string {
  const parts = [quote(name), type, fallback && `DEFAULT ${fallback}`, codec && `CODEC(${codec})`];
  return parts.filter(Boolean).join(' ');
}

export function indexText({ name, expression, type, granularity }: Index): string {
  return `INDEX ${quote(name)} ${expression} TYPE ${type}${granularity === null ? '' : ` GRANULARITY ${granularity}`}`;
}

const definitions = (datasource: Datasource): string =>
  [...datasource.columns.map(columnText), ...datasource.indexes.map(indexText)].join(',\n');

/** ClickHouse's open engine for what Tinybird calls e.g. SharedReplacingMergeTree. */
export function openEngineType(datasource: Datasource): string {
  const type = (datasource.engine?.type ?? 'MergeTree').replace(
    /^(?:Shared|Replicated)(?=\w*MergeTree$)/,
    '',
  );
  if (/^\w*MergeTree$/.test(type) || type === 'Null' || type === 'Memory') return type;
  throw new EngineError({ code: 56, codeName: 'UNKNOWN_STORAGE', message: `Unknown table engine ${type}` });
}

// What each engine takes in brackets, in order.
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  ReplacingMergeTree: ['VER', 'IS_DELETED'],
  SummingMergeTree: ['COLUMNS'],
  CollapsingMergeTree: ['SIGN'],
  VersionedCollapsingMergeTree: ['SIGN', 'VERSION'],
};

function storageText(datasource: Datasource): string {
  const type = openEngineType(datasource);
  if (!type.endsWith('MergeTree')) return `ENGINE = ${type}`;
  const option = (command: string): string => engineOption(datasource, command);
  const given = (ARGUMENTS[type] ?? []).map((command) => option(command)).filter((value) => value !== '');
  const list =
    type === 'SummingMergeTree' ? given.map((columns) => `(${columns.replace(/^\((.*)\)$/s, '$1')})`) : given;
  const clause = (keyword: string, command: string): string =>
    option(command) === '' ? '' : `${keyword} (${option(command)})`;
  return [
    `ENGINE = ${type}${list.length > 0 ? `(${list.join(', ')})` : ''}`,
    clause('PARTITION BY', 'PARTITION_KEY'),
    clause('PRIMARY KEY', 'PRIMARY_KEY'),
    clause('ORDER BY', 'SORTING_KEY') || 'ORDER BY tuple()',
    clause('SAMPLE BY', 'SAMPLING_KEY'),
    option('TTL') === '' ? '' : `TTL ${option('TTL')}`,
    `SETTINGS ${settingsText(option('SETTINGS'))}`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function settingsText(settings: string): string {
  const given = settings
    .split(',')
    .map((setting) => setting.trim())
    .filter((setting) => setting !== '' && !/^allow_nullable_key\b/.test(setting));
  // `disk = disk(…)` and its like would reach for files.
  const odd = given.find(
    (setting) =>
      !/^\w+\s*=\s*(?:\d+(?:\.\d+)?|'\w*')$/.test(setting) || /^(?:disk|storage_policy)\b/.test(setting),
  );
  if (odd !== undefined)
    throw new EngineError({
      code: 115,
      codeName: 'UNKNOWN_SETTING',
      message: `Engine setting not supported: ${odd}`,
    });
  return [...given, 'allow_nullable_key = 1'].join(', ');
}

/** What quarantine holds beside the columns of the data source. */
const QUARANTINE_COLUMNS: readonly TypedColumn[] = [
  { name: 'c__error_column', type: 'Array(String)' },
  { name: 'c__error', type: 'Array(String)' },
  { name: 'c__import_id', type: 'Nullable(String)' },
  { name: 'insertion_date', type: 'DateTime' },
];

function quarantineText(table: string, datasource: Datasource): string {
  const own = QUARANTINE_COLUMNS.filter(
    ({ name }) => !datasource.columns.some((column) => column.name === name),
  );
  const columns = [
    ...own.map(({ name, type }) => `${quote(name)} ${type}`),
    ...datasource.columns.map(({ name }) => `${quote(name)} Nullable(String)`),
  ];
  return `CREATE TABLE ${quoteTable(table)} (${columns.join(', ')}) ENGINE = MergeTree ORDER BY tuple()`;
}
