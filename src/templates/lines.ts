// What a line of a template says about where the next hole stands: in which section of the datafile, and within what.
import type { Hole } from './pieces.ts';
import { SPAN_START } from './spans.ts';
import { type Reading, readSql } from './sqltext.ts';

/**
 * What a datafile keeps of a value as it is, wherever in its line it stands: a `text` (prose, SQL), or a `name` (the table
 * that a node writes to). Everything else is read: a type, an engine, a token's line.
 */
export type Keeps = 'text' | 'name';

export type Region = 'setting' | 'sql' | 'prose' | 'mixed';

export interface State extends Reading {
  readonly region: Region;
  readonly keeps: Keeps | null;
  /** The characters that may stand before: one, or one of each branch. HOLE after a hole, a line break at the start. */
  readonly before: string;
  /** Holes just left, which may touch what comes next. */
  readonly left: readonly Left[];
}
export interface Left {
  readonly hole: Hole;
  /** A part of a name that nothing before it makes one. */
  readonly lone: boolean;
}

export const HOLE = '\u0000';
export const FILE_START: State = {
  region: 'setting',
  keeps: null,
  within: '',
  frame: '',
  before: '\n',
  left: [],
};
export const FILTER_START: State = { ...FILE_START, region: 'sql', before: ' ' };

const COMMANDS =
  /^(?:(DESCRIPTION)|(SQL|SCHEMA|INDEXES|FORWARD_QUERY|ENGINE\w*)|NODE|TYPE|DATASOURCE|TARGET_DATASOURCE|TOKEN|TAGS|VERSION|BACKFILL|SHARED_WITH|MODE|INCLUDE|FILTER|SCOPE|CACHE|DEPLOYMENT_METHOD|(?:KAFKA|IMPORT|EXPORT|COPY)_\w+)(?!\w)/i;

const KEEPS: Readonly<Record<string, Keeps>> = {
  DESCRIPTION: 'text',
  SQL: 'text',
  DATASOURCE: 'name',
  TARGET_DATASOURCE: 'name',
};

export const nextLine = (state: State): State => {
  return { ...state, within: state.within === '--' ? '' : state.within, frame: '', before: '\n' };
};

/** A line that starts with a command changes the region; any other goes on with it. */
export function throughLine(line: string, state: State): State {
  const starts = state.before.includes('\n') && state.within !== SPAN_START;
  const command = starts ? COMMANDS.exec(line) : null;
  const keeps = command === null ? state.keeps : (KEEPS[command[0].toUpperCase()] ?? null);
  const read = { ...state, keeps, before: line.slice(-1) };
  if (command?.[2] !== undefined) return intoSql(line, read);
  if (command !== null) {
    return { ...read, region: command[1] === undefined ? 'setting' : 'prose', within: '', frame: '' };
  }
  if (starts && line.startsWith('#') && state.region !== 'prose' && state.within === '') {
    return { ...read, within: '--' };
  }
  const { within, frame } = state;
  return state.region === 'sql' ? { ...read, ...readSql(line, { within, frame }) } : read;
}

/** `SQL >`, or a setting that holds SQL, e.g. ENGINE_TTL "…". A value may touch the quote around a setting. */
function intoSql(line: string, state: State): State {
  const [head, frame] = /^\w+\s*(")?/.exec(line) ?? [''];
  const reading = readSql(line.slice(head.length), { within: '', frame: frame ?? '' });
  return { ...state, region: 'sql', ...reading, before: line === head ? ' ' : state.before };
}
