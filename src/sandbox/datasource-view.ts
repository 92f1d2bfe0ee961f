// A data source as the list, the detail call and the append result tell it: three shapes with different names for the same things.
import { engineOption } from '../datafile/engine.ts';
import type { Column, Datasource } from '../datafile/types.ts';
import { materializedNode, referencesOf } from './references.ts';
import type { StoredDatasource } from './state.ts';
import type { Deployment } from './workspace.ts';

export interface Statistics {
  readonly rows: number;
  readonly quarantined: number;
}

const sortingKey = (file: Datasource): string => engineOption(file, 'SORTING_KEY') || 'tuple()';

export function listItem(
  stored: StoredDatasource,
  deployment: Deployment,
  statistics: Statistics,
): Record<string, unknown> {
  const { file } = stored;
  return {
    ...commonPart(stored, deployment),
    engine: {
      engine: file.engine?.type ?? 'MergeTree',
      engine_sorting_key: sortingKey(file),
      engine_partition_key: engineOption(file, 'PARTITION_KEY'),
      engine_primary_key: engineOption(file, 'PRIMARY_KEY') || sortingKey(file),
      ...(engineOption(file, 'TTL') === '' ? {} : { engine_ttl: engineOption(file, 'TTL') }),
    },
    columns: file.columns.map(describeColumn),
    quarantine_rows: statistics.quarantined,
    statistics: { bytes: 0, row_count: statistics.rows },
    new_columns_detected: false,
  };
}

export function detail(
  stored: StoredDatasource,
  deployment: Deployment,
  statistics: Statistics,
): Record<string, unknown> {
  const { file } = stored;
  const engine = file.engine?.type ?? 'MergeTree';
  const ttl = engineOption(file, 'TTL');
  return {
    ...commonPart(stored, deployment),
    engine: {
      engine,
      engine_full: `${engine} ORDER BY ${sortingKey(file)}`,
      sorting_key: sortingKey(file),
      ...(engineOption(file, 'PARTITION_KEY') === ''
        ? {}
        : { partition_key: engineOption(file, 'PARTITION_KEY') }),
      ...(ttl === '' ? {} : { ttl }),
    },
    indexes: file.indexes,
    schema: { columns: file.columns.map(describeColumn), sql_schema: sqlSchema(file) },
    statistics: { bytes: 0, row_count: statistics.rows },
    new_columns_detected: false,
  };
}

export function afterAppend(stored: StoredDatasource, deployment: Deployment): Record<string, unknown> {
  const engine = { engine: stored.file.engine?.type ?? 'MergeTree', sorting_key: sortingKey(stored.file) };
  return { ...commonPart(stored, deployment), engine };
}

function commonPart(
  { id, file, createdAt, updatedAt }: StoredDatasource,
  deployment: Deployment,
): Record<string, unknown> {
  return {
    id,
    name: file.name,
    description: file.description,
    cluster: 'tinybird',
    tags: {},
    created_at: createdAt,
    updated_at: updatedAt,
    replicated: false,
    version: 0,
    project: null,
    headers: {},
    shared_with: file.sharedWith,
    used_by: usedBy(file.name, deployment),
    last_commit: { content_sha: '', path: '', status: 'ok' },
    errors_discarded_at: null,
    type: originOf(file),
  };
}

/** A Kafka source stays one, although nothing comes in through it here. */
function originOf({ columns, settings }: Datasource): string {
  if (settings.some(({ command }) => command.startsWith('KAFKA_'))) return 'kafka';
  return columns.some(({ jsonpath }) => jsonpath !== null) ? 'ndjson' : 'csv';
}

const readersByCatalog = new WeakMap<Deployment['catalog'], ReadonlyMap<string, string[]>>();

/** Pipes that read it or fill it. The index is made once per catalog: a list of thousands asks for every name. */
function usedBy(name: string, { project, catalog }: Deployment): { id: string; name: string }[] {
  let readers = readersByCatalog.get(catalog);
  if (readers === undefined) {
    const index = new Map<string, string[]>();
    for (const [pipe, file] of project.pipes) {
      const target = materializedNode(file.file)?.target;
      for (const read of new Set([
        ...referencesOf(file, project),
        ...(target === undefined ? [] : [target]),
      ])) {
        const known = index.get(read);
        if (known === undefined) index.set(read, [pipe]);
        else known.push(pipe);
      }
    }
    readers = index;
    readersByCatalog.set(catalog, readers);
  }
  return (readers.get(name) ?? []).map((pipe) => ({ id: catalog.pipes.get(pipe)?.id ?? '', name: pipe }));
}

function describeColumn(column: Column): Record<string, unknown> {
  const nullable = /^Nullable\((.*)\)$/s.exec(column.type);
  return {
    name: column.name,
    normalized_name: column.name,
    type: nullable?.[1] ?? column.type,
    nullable: nullable !== null,
    codec: column.codec === null ? null : `CODEC(${column.codec})`,
    default_value: column.default === null ? null : `DEFAULT ${column.default}`,
    jsonpath: column.jsonpath,
    auto: false,
  };
}

const sqlSchema = ({ columns }: Datasource): string =>
  columns
    .map(({ name, type, jsonpath, default: fallback, codec }) =>
      [
        `\`${name}\``,
        type,
        jsonpath === null ? '' : `\`json:${jsonpath}\``,
        fallback === null ? '' : `DEFAULT ${fallback}`,
        codec === null ? '' : `CODEC(${codec})`,
      ]
        .filter((part) => part !== '')
        .join(' '),
    )
    .join(', ');

/** Only the members that `?attrs=a,b` names. */
export function pick(item: Record<string, unknown>, attrs: string | undefined): Record<string, unknown> {
  if (attrs === undefined || attrs === '') return item;
  return Object.fromEntries(attrs.split(',').flatMap((name) => (name in item ? [[name, item[name]]] : [])));
}
