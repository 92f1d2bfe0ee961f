// Data sources for the engine's tests, written as short as they can be.
import type { Column, Datasource, Index } from '../../../src/datafile/types.ts';

export interface ColumnLine {
  readonly name: string;
  readonly type: string;
  readonly path?: string | null;
  readonly fallback?: string;
  readonly codec?: string;
}

const column = ({ name, type, path, fallback, codec }: ColumnLine): Column => ({
  name,
  type,
  jsonpath: path === undefined ? `$.${name}` : path,
  default: fallback ?? null,
  codec: codec ?? null,
});

export function datasource(
  columns: readonly ColumnLine[],
  {
    engine,
    indexes,
  }: { engine?: readonly [string, Readonly<Record<string, string>>]; indexes?: readonly Index[] } = {},
): Datasource {
  const options = Object.entries(engine?.[1] ?? {}).map(([command, value]) => ({ command, value }));
  return {
    kind: 'datasource',
    name: 'events',
    description: '',
    columns: columns.map(column),
    engine: engine === undefined ? null : { type: engine[0], options },
    indexes: indexes ?? [],
    grants: [],
    sharedWith: [],
    forwardQuery: null,
    settings: [],
  };
}

export const ndjson = (rows: readonly unknown[]): Uint8Array =>
  Buffer.from(rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
