// The commands of a .datasource file, put together.
import { readDescription, readSql } from './blocks.ts';
import { ENGINE_OPTIONS } from './commands.ts';
import { readIndexes } from './indexes.ts';
import { readColumns } from './schema.ts';
import { grantOf, hasRightForm, onceOnly, plainValue, settingOf } from './settings.ts';
import type { Source } from './source.ts';
import { type Statement, statements } from './statements.ts';
import type { Column, Datasource, Grant, Index, Setting } from './types.ts';
import { unquote, words } from './values.ts';

/** The data source so far. */
interface Draft {
  description: string;
  columns: Column[] | null;
  engineType: string | null;
  engineOptions: Setting[];
  indexes: Index[];
  grants: Grant[];
  sharedWith: string[];
  forwardQuery: string | null;
  settings: Setting[];
}

export function readDatasource(source: Source, name: string): Datasource {
  const draft: Draft = {
    description: '',
    columns: null,
    engineType: null,
    engineOptions: [],
    indexes: [],
    grants: [],
    sharedWith: [],
    forwardQuery: null,
    settings: [],
  };
  const once = onceOnly(source);
  for (const statement of statements(source, 'datasource')) {
    if (statement.command === '' || !hasRightForm(source, statement)) continue;
    once(statement);
    take(source, draft, statement);
  }
  // Without a schema of its own, the schema may be in the included file (Classic).
  if (draft.columns === null && !draft.settings.some(({ command }) => command === 'INCLUDE')) {
    source.complain(source.text.length, 'SCHEMA is missing');
  }
  return {
    kind: 'datasource',
    name,
    description: draft.description,
    columns: draft.columns ?? [],
    engine: engineOf(draft.engineType, draft.engineOptions),
    indexes: draft.indexes,
    grants: draft.grants,
    sharedWith: draft.sharedWith,
    forwardQuery: draft.forwardQuery,
    settings: draft.settings,
  };
}

function take(source: Source, draft: Draft, statement: Statement): void {
  const { command, at, start, end } = statement;
  switch (command) {
    case 'DESCRIPTION':
      draft.description = readDescription(statement.block ? source.text.slice(start, end) : statement.value);
      return;
    case 'SCHEMA':
      draft.columns = readColumns(source, start, end);
      if (draft.columns.length === 0 && source.clean) source.complain(at, 'SCHEMA has no columns');
      return;
    case 'INDEXES':
      draft.indexes = readIndexes(source, start, end);
      return;
    case 'FORWARD_QUERY':
      draft.forwardQuery = readSql(source.text.slice(start, end));
      if (draft.forwardQuery === '') source.complain(at, 'FORWARD_QUERY is empty');
      return;
    case 'TOKEN':
      draft.grants.push(grantOf(source, statement, 'datasource'));
      return;
    case 'SHARED_WITH':
      draft.sharedWith.push(...workspacesOf(source, statement));
      return;
    case 'ENGINE':
      draft.engineType = plainValue(source, statement);
      return;
    default:
      if (command.startsWith('ENGINE_')) {
        draft.engineOptions.push({
          command: command.slice('ENGINE_'.length),
          value: plainValue(source, statement),
        });
      } else draft.settings.push(settingOf(source, statement));
  }
}

/** Options without an ENGINE are those of a MergeTree; an empty TTL is none. */
function engineOf(type: string | null, options: readonly Setting[]): Datasource['engine'] {
  if (type === null && options.length === 0) return null;
  const rank = ({ command }: Setting) => ENGINE_OPTIONS.indexOf(command);
  return {
    type: type ?? 'MergeTree',
    options: options
      .filter(({ command, value }) => command !== 'TTL' || value !== '')
      .sort((a, b) => rank(a) - rank(b)),
  };
}

/** Separated by commas or lines; beside the command also by blanks. */
function workspacesOf(source: Source, statement: Statement): string[] {
  const { at, block, start, end, value } = statement;
  const listed = block
    ? source.text
        .slice(start, end)
        .split('\n')
        .filter((line) => !line.trimStart().startsWith('#'))
    : words(value)?.map(unquote);
  if (listed === undefined) source.complain(at, 'SHARED_WITH: the quote is never closed');
  const names = (listed ?? []).flatMap((part) => part.split(',')).map((part) => unquote(part.trim()));
  const workspaces = names.filter((name) => name !== '');
  if (workspaces.length === 0 && listed !== undefined) {
    source.complain(at, 'SHARED_WITH requires at least one workspace name');
  }
  return workspaces;
}
