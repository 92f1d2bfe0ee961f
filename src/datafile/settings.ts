// Values that several commands of both kinds of datafile share: plain settings, tokens, names, and "given once".
import { ALLOWED_VALUES, BLOCK_ONLY, BLOCK_OR_LINE, REPEATABLE } from './commands.ts';
import type { Source } from './source.ts';
import type { Statement } from './statements.ts';
import type { Grant, Setting } from './types.ts';
import { readValue, unquote, words } from './values.ts';

/** Whether the command has the form it needs; a problem is told otherwise. */
export function hasRightForm(source: Source, { command, at, block }: Statement): boolean {
  if (!block && BLOCK_ONLY.has(command)) {
    source.complain(at, `${command} must be multiline: write ${command} > and the text below it, indented`);
    return false;
  }
  if (block && !BLOCK_ONLY.has(command) && !BLOCK_OR_LINE.has(command)) {
    source.complain(at, `${command} does not support multiline arguments: put the value beside it`);
    return false;
  }
  return true;
}

/** Tells a problem when a command that is given once was there before. */
export function onceOnly(source: Source): (statement: Statement) => void {
  const seen: Statement[] = [];
  return (statement) => {
    if (REPEATABLE.has(statement.command)) return;
    const first = seen.find(({ command }) => command === statement.command);
    if (first === undefined) seen.push(statement);
    else
      source.complain(
        statement.at,
        `${statement.command} is given twice, first in line ${source.lineOf(first.at)}`,
      );
  };
}

/** The value beside a command; the empty string only when it is written, as in `ENGINE_TTL ""`. */
export function plainValue(source: Source, { command, at, value }: Statement): string {
  const read = readValue(value);
  if (read === null) source.complain(at, `${command}: the quote is never closed`);
  else if (read === '' && !/^["']/.test(value)) source.complain(at, `${command} needs a value`);
  return read ?? '';
}

export function settingOf(source: Source, statement: Statement): Setting {
  const { command, at } = statement;
  const value = plainValue(source, statement);
  const allowed = ALLOWED_VALUES[command];
  if (allowed !== undefined && value !== '' && !allowed.includes(value.toLowerCase())) {
    source.complain(at, `${command} takes only ${allowed.join(' or ')}, not ${value}`);
  }
  return { command, value };
}

/** The one word beside a command, e.g. the name of a NODE. */
export function nameOf(source: Source, { command, at, value }: Statement): string {
  const found = words(value);
  if (found === null) source.complain(at, `${command}: the quote is never closed`);
  else if (found.length > 1) source.complain(at, `${command} takes one name: put quotes around it`);
  const name = unquote(found?.[0] ?? '');
  if (name === '' && found !== null) source.complain(at, `${command} needs a name`);
  return name;
}

/** `TOKEN name READ`; APPEND only where rows can be sent. */
export function grantOf(source: Source, { at, value }: Statement, kind: 'datasource' | 'pipe'): Grant {
  const found = words(value);
  const [name = '', asked = ''] = found ?? [];
  const token = unquote(name);
  const permission = asked.toUpperCase() === 'APPEND' ? 'APPEND' : 'READ';
  if (found === null) source.complain(at, 'TOKEN: the quote is never closed');
  else if (found.length !== 2 || token === '') {
    source.complain(
      at,
      'TOKEN takes a name, in quotes if it has blanks, and a permission: TOKEN "my token" READ',
    );
  } else if (permission !== asked.toUpperCase()) {
    source.complain(at, `TOKEN: ${asked} is not a permission: only READ and APPEND are`);
  } else if (permission === 'APPEND' && kind === 'pipe') {
    source.complain(at, 'TOKEN: a pipe can only be READ');
  }
  return { token, permission };
}
