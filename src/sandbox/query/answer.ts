// What a query gives back, and the formats in which Tinybird gives it.
import { SandboxError } from '../state.ts';

/** The answer of an endpoint or of /v0/sql: the bytes as ClickHouse wrote them. Errors are thrown as SandboxError. */
export interface Answer {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** ClickHouse format and content type of the `/v0/pipes/x.<extension>` endpoints. */
export const ENDPOINT_FORMATS = {
  json: { format: 'JSON', contentType: 'application/json; charset=UTF-8' },
  csv: { format: 'CSVWithNames', contentType: 'text/csv; charset=UTF-8; header=present' },
  ndjson: { format: 'JSONEachRow', contentType: 'application/x-ndjson' },
  parquet: { format: 'Parquet', contentType: 'application/vnd.apache.parquet' },
  prometheus: { format: 'Prometheus', contentType: 'text/plain; version=0.0.4; charset=UTF-8' },
} as const;

export type EndpointFormat = keyof typeof ENDPOINT_FORMATS;

/** What may follow FORMAT in /v0/sql, in the order in which the refusal lists it. */
const SQL_FORMATS: ReadonlyMap<string, string> = new Map([
  ['JSON', 'application/json; charset=UTF-8'],
  ['CSV', 'text/csv; charset=UTF-8; header=absent'],
  ['CSVWithNames', 'text/csv; charset=UTF-8; header=present'],
  ['TSV', 'text/tab-separated-values; charset=UTF-8'],
  ['TSVWithNames', 'text/tab-separated-values; charset=UTF-8'],
  ['TabSeparated', 'text/tab-separated-values; charset=UTF-8'],
  ['PrettyCompact', 'text/plain; charset=UTF-8'],
  ['JSONEachRow', 'application/x-ndjson'],
  ['JSONStrings', 'application/json; charset=UTF-8'],
  ['Parquet', 'application/vnd.apache.parquet'],
  ['Prometheus', 'text/plain; version=0.0.4; charset=UTF-8'],
  ['Native', 'application/octet-stream'],
  ['RowBinaryWithNamesAndTypes', 'application/octet-stream'],
]);

/** Content type of a FORMAT clause; a format that Tinybird does not serve is its 403. */
export function contentTypeOf(format: string): string {
  const contentType = SQL_FORMATS.get(format);
  if (contentType !== undefined) return contentType;
  const allowed = [...SQL_FORMATS.keys()].join(', ');
  throw new SandboxError(403, `Format '${format}' is not allowed. Allowed formats: ${allowed}`);
}
