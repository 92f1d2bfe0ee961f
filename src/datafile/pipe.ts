// The commands of a .pipe file, put together: what belongs to the pipe, and its nodes.
import { readDescription, readSql } from './blocks.ts';
import { PIPE_LEVEL } from './commands.ts';
import { grantOf, hasRightForm, nameOf, onceOnly, plainValue, settingOf } from './settings.ts';
import type { Source } from './source.ts';
import { type Statement, statements } from './statements.ts';
import type { Grant, Node, NodeType, Pipe, Setting } from './types.ts';

/** A node so far. */
interface NodeDraft {
  name: string;
  description: string;
  sql: string | null;
  type: NodeType;
  settings: Setting[];
  /** Offset of its NODE. */
  at: number;
}

/** The pipe so far; commands go to the last node once there is one. */
interface Draft {
  description: string;
  grants: Grant[];
  settings: Setting[];
  nodes: NodeDraft[];
}

const TYPES: readonly NodeType[] = ['standard', 'endpoint', 'materialized', 'copy', 'sink', 'stream'];

export function readPipe(source: Source, name: string): Pipe {
  const draft: Draft = { description: '', grants: [], settings: [], nodes: [] };
  let once = onceOnly(source);
  for (const statement of statements(source, 'pipe')) {
    if (statement.command === '' || !hasRightForm(source, statement)) continue;
    if (statement.command === 'NODE') {
      openNode(source, draft, statement);
      once = onceOnly(source);
    } else {
      once(statement);
      take(source, draft, statement);
    }
  }
  // Nodes, and the SQL of a node, may be in an included file (Classic).
  const included = hasInclude(draft.settings);
  if (draft.nodes.length === 0 && !included) source.complain(source.text.length, 'the pipe has no NODE');
  const nodes = draft.nodes.map((node) => closeNode(source, node));
  return {
    kind: 'pipe',
    name,
    description: draft.description,
    nodes,
    grants: draft.grants,
    settings: draft.settings,
  };
}

function openNode(source: Source, draft: Draft, statement: Statement): void {
  const name = nameOf(source, statement);
  const first = draft.nodes.find((node) => node.name === name);
  if (first !== undefined) {
    source.complain(statement.at, `NODE ${name} is given twice, first in line ${source.lineOf(first.at)}`);
  }
  draft.nodes.push({ name, description: '', sql: null, type: 'standard', settings: [], at: statement.at });
}

function closeNode(source: Source, node: NodeDraft): Node {
  const { name, description, sql, type, settings, at } = node;
  if (sql === null && !hasInclude(settings)) source.complain(at, `NODE ${name} has no SQL`);
  return { name, description, sql: sql ?? '', type, settings };
}

const hasInclude = (settings: readonly Setting[]): boolean =>
  settings.some(({ command }) => command === 'INCLUDE');

function take(source: Source, draft: Draft, statement: Statement): void {
  const { command, at, start, end } = statement;
  const node = draft.nodes.at(-1);
  if (command === 'TOKEN') {
    draft.grants.push(grantOf(source, statement, 'pipe'));
  } else if (command === 'DESCRIPTION') {
    const text = readDescription(statement.block ? source.text.slice(start, end) : statement.value);
    (node ?? draft).description = text;
  } else if (node === undefined) {
    if (!PIPE_LEVEL.has(command)) source.complain(at, `${command} must come after a NODE`);
    else draft.settings.push(settingOf(source, statement));
  } else if (command === 'SQL') {
    node.sql = readSql(source.text.slice(start, end));
    if (node.sql === '' || node.sql === '%') source.complain(at, `the SQL of NODE ${node.name} is empty`);
  } else if (command === 'TYPE') {
    node.type = typeOf(source, statement);
  } else {
    node.settings.push(settingOf(source, statement));
  }
}

function typeOf(source: Source, statement: Statement): NodeType {
  const value = plainValue(source, statement);
  const type = TYPES.find((known) => known === value.toLowerCase());
  if (type === undefined && value !== '') {
    source.complain(statement.at, `${value} is not a TYPE: use ${TYPES.join(', ')}`);
  }
  return type ?? 'standard';
}
