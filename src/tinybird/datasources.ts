// Data sources as the workspace lists them, turned into our canonical type.
import * as z from 'zod';
import { ENGINE_OPTIONS } from '../datafile/commands.ts';
import { squeeze, tighten } from '../datafile/expression.ts';
import type { Column, Datasource, Engine, Index } from '../datafile/types.ts';
import { keyOf } from '../model.ts';
import type { Client } from './http.ts';
import type { LiveResource } from './ports.ts';

const text = z.string().nullish();

const ColumnShape = z.object({
  name: z.string(),
  type: z.string(),
  nullable: z.boolean().nullish(),
  jsonpath: text,
  default_value: text,
  codec: text,
});

const IndexShape = z.object({
  name: z.string(),
  expr: text,
  expression: text,
  type: text,
  type_full: text,
  granularity: z.number().nullish(),
});

const ItemShape = z.object({
  id: z.string(),
  name: z.string(),
  description: text,
  type: text,
  service: text,
  connector: text,
  columns: z.array(ColumnShape).nullish(),
  schema: z.object({ columns: z.array(ColumnShape).nullish() }).nullish(),
  engine: z.looseObject({ engine: text }).nullish(),
  indexes: z.array(IndexShape).nullish(),
  shared_with: z.array(z.unknown()).nullish(),
  forward_query: text,
  statistics: z.object({ row_count: z.number().nullish() }).nullish(),
  updated_at: text,
});
type Item = z.infer<typeof ItemShape>;

const LIST = { member: 'datasources', item: ItemShape.transform(resourceOf) };

export const readDatasources = (client: Client): Promise<LiveResource[]> =>
  client.list({ method: 'GET', path: '/v0/datasources' }, LIST);

function resourceOf(item: Item): LiveResource {
  return {
    key: keyOf('datasource', item.name),
    id: item.id,
    name: item.name,
    datafile: datasourceOf(item),
    rows: item.statistics?.row_count ?? null,
    unfaithful: unfaithful(item),
    updatedAt: item.updated_at ?? '',
  };
}

function datasourceOf(item: Item): Datasource {
  return {
    kind: 'datasource',
    name: item.name,
    description: item.description ?? '',
    columns: (item.schema?.columns ?? item.columns ?? []).map(columnOf),
    engine: item.engine ? engineOf(item.engine) : null,
    indexes: (item.indexes ?? []).map(indexOf),
    grants: [],
    sharedWith: (item.shared_with ?? []).map(String),
    forwardQuery: item.forward_query || null,
    settings: [],
  };
}

function columnOf(column: z.infer<typeof ColumnShape>): Column {
  return {
    name: column.name,
    type: nullable(tighten(column.type), column.nullable === true),
    jsonpath: column.jsonpath || null,
    // Stored with the keyword, as a column definition has it.
    default: squeeze(column.default_value?.replace(/^DEFAULT\s+/i, '') ?? '') || null,
    codec: tighten(column.codec?.replace(/^CODEC\s*\((.*)\)$/is, '$1') ?? '') || null,
  };
}

/** Some servers say `Nullable(T)` as the type T and a flag. */
function nullable(type: string, flag: boolean): string {
  if (!flag || type.includes('Nullable(')) return type;
  const inner = /^LowCardinality\((.*)\)$/s.exec(type)?.[1];
  return inner === undefined ? `Nullable(${type})` : `LowCardinality(Nullable(${inner}))`;
}

type EngineItem = NonNullable<Item['engine']>;

/** The API spells each option with or without `engine_` before it. */
function engineOf(engine: EngineItem): Engine | null {
  const type = /^\w+/.exec(engine.engine ?? '')?.[0];
  if (type === undefined) return null;
  const options = ENGINE_OPTIONS.flatMap((command) => {
    const key = command.toLowerCase();
    const value = engine[`engine_${key}`] ?? engine[key];
    return typeof value === 'string' && value !== '' ? [{ command, value }] : [];
  });
  return { type, options };
}

function indexOf(index: z.infer<typeof IndexShape>): Index {
  return {
    name: index.name,
    expression: squeeze(index.expr ?? index.expression ?? ''),
    type: tighten(index.type_full ?? index.type ?? ''),
    granularity: index.granularity ?? null,
  };
}

/** By the beginning of `type`, e.g. `s3_iamrole`. Other types are file formats. */
const CONNECTORS: ReadonlyMap<string, string> = new Map([
  ['kafka', 'Kafka'],
  ['s3', 'S3'],
  ['gcs', 'Google Cloud Storage'],
  ['dynamodb', 'DynamoDB'],
  ['bigquery', 'BigQuery'],
  ['snowflake', 'Snowflake'],
]);

function unfaithful(item: Item): string | null {
  // `workspace.name` is how a data source that another workspace shares is called here; also vendored ones.
  if (item.name.includes('.')) return 'it belongs to another workspace';
  const shares = item.shared_with?.length ?? 0;
  if (shares > 0) return `it is shared with ${shares} other workspace${shares === 1 ? '' : 's'}`;
  const origin = [item.type, item.service, item.connector]
    .map(connectorOf)
    .find((each) => each !== undefined);
  if (origin !== undefined) return `it is filled from ${origin}`;
  return item.connector ? 'it is filled through a connection' : null;
}

const connectorOf = (type: string | null | undefined): string | undefined =>
  CONNECTORS.get(/^[a-z0-9]+/.exec(type?.toLowerCase() ?? '')?.[0] ?? '');
