// A data source from the parameters of the API: the columns as one line, the engine as `engine` and `engine_…`.

import { parseDatafile } from '../../datafile/parse.ts';
import { parseColumns } from '../../datafile/schema.ts';
import type { Column, Datasource, Index } from '../../datafile/types.ts';
import { SandboxError } from '../state.ts';
import { canonical } from './edit.ts';

type Params = ReadonlyMap<string, string>;

/** 400 for what is missing or cannot be read. */
export function datasourceFile(name: string, params: Params): Datasource {
  const type = params.get('engine') ?? '';
  const options = [...params].flatMap(([key, value]) =>
    key.startsWith('engine_') && value !== ''
      ? [{ command: key.slice('engine_'.length).toUpperCase(), value }]
      : [],
  );
  return canonical({
    kind: 'datasource',
    name,
    description: params.get('description') ?? '',
    columns: columnsOf(params.get('schema') ?? ''),
    engine: type === '' && options.length === 0 ? null : { type: type || 'MergeTree', options },
    indexes: indexesOf(params.get('indexes') ?? ''),
    grants: [],
    sharedWith: [],
    forwardQuery: null,
    settings: [],
  });
}

export function columnsOf(schema: string): readonly Column[] {
  const columns = parseColumns(schema);
  if (!columns.ok) {
    throw new SandboxError(
      400,
      `Invalid schema: ${columns.problems.map(({ message }) => message).join('; ')}`,
    );
  }
  if (columns.value.length === 0) throw new SandboxError(400, 'The schema of the Data Source is missing');
  return columns.value;
}

/** The lines of an INDEXES block; `0`, as the CLI sends it, and nothing are none. */
export function indexesOf(text: string): readonly Index[] {
  if (text.trim() === '' || text.trim() === '0') return [];
  const lines = text.split('\n').map((line) => `    ${line}`);
  const file = parseDatafile(
    'x.datasource',
    `SCHEMA >\n    \`x\` String\n\nINDEXES >\n${lines.join('\n')}\n`,
  );
  if (file.ok && file.value.kind === 'datasource') return file.value.indexes;
  const problems = file.ok ? [] : file.problems.map(({ message }) => message);
  throw new SandboxError(400, `Invalid indexes: ${problems.join('; ')}`);
}

/** Empty for none. */
export function withTtl(file: Datasource, ttl: string): Datasource {
  const { type, options } = file.engine ?? { type: 'MergeTree', options: [] };
  const others = options.filter(({ command }) => command !== 'TTL');
  const engine = { type, options: ttl === '' ? others : [...others, { command: 'TTL', value: ttl }] };
  return file.engine === null && ttl === '' ? file : { ...file, engine };
}
