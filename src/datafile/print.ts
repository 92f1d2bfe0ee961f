// From the canonical form to the one text that means it: parse(print(r)) = r.
import { Stop } from '../errors.ts';
import { indent } from './blocks.ts';
import { printIndex } from './indexes.ts';
import { printColumns } from './schema.ts';
import { codePoint, controlAt } from './source.ts';
import type { Datafile, Datasource, Grant, Node, Pipe, Setting } from './types.ts';
import { writeQuoted, writeValue, writeWord } from './values.ts';

/**
 * LF, four blanks of indentation in blocks, a newline at the end.
 * Throws a Stop for what the format cannot hold: control characters, line breaks in a value, a token whose name has
 * blanks and both kinds of quotes, and the like.
 */
export function printDatafile(datafile: Datafile): string {
  const parts = datafile.kind === 'pipe' ? pipeParts(datafile) : datasourceParts(datafile);
  const text = `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  const control = controlAt(text);
  if (control >= 0) throw unwritable(datafile, `control character ${codePoint(text, control)}`);
  return text;
}

/** The datafile, and how it reads with other grants than its own. */
export const asPrinted = (datafile: Datafile) => ({
  datafile,
  print: (grants: readonly Grant[]): string => printDatafile({ ...datafile, grants }),
});

/** Parts are separated by blank lines. */
function datasourceParts(datasource: Datasource): string[] {
  const { columns, engine, indexes, sharedWith, forwardQuery } = datasource;
  const options = engine?.options.map((option) => ({ ...option, command: `ENGINE_${option.command}` })) ?? [];
  const engineLines = engine === null ? [] : [{ command: 'ENGINE', value: engine.type }, ...options];
  return [
    block('DESCRIPTION', datasource.description),
    columns.length === 0 ? '' : `SCHEMA >\n    ${printColumns(columns, ',\n    ')}`,
    engineLines.map((line) => printEngine(datasource, line)).join('\n'),
    block('INDEXES', indexes.map(printIndex).join('\n')),
    printSettings(datasource, datasource.settings),
    block('FORWARD_QUERY', forwardQuery ?? ''),
    printGrants(datasource, datasource.grants),
    block('SHARED_WITH', sharedWith.map((workspace) => printWorkspace(datasource, workspace)).join(',\n')),
  ];
}

function pipeParts(pipe: Pipe): string[] {
  return [
    block('DESCRIPTION', pipe.description),
    printGrants(pipe, pipe.grants),
    printSettings(pipe, pipe.settings),
    ...pipe.nodes.flatMap((node) => nodeParts(pipe, node)),
  ];
}

function nodeParts(pipe: Pipe, node: Node): string[] {
  const name = isBare(node.name) ? node.name : writeWord(node.name);
  if (name === null) throw unwritable(pipe, `NODE ${JSON.stringify(node.name)}`);
  const head = [`NODE ${name}`, block('DESCRIPTION', node.description), block('SQL', node.sql)];
  const type = node.type === 'standard' ? '' : `TYPE ${node.type}`;
  const tail = [type, printSettings(pipe, node.settings)];
  return [head, tail].map((lines) => lines.filter((line) => line !== '').join('\n'));
}

const isBare = (name: string): boolean => /^\w+$/.test(name);

const block = (command: string, text: string): string => (text === '' ? '' : `${command} >\n${indent(text)}`);

/** The TOKEN lines of a datafile; empty for none. Throws a Stop as `printDatafile` does. */
export function printGrants(datafile: Datafile, grants: readonly Grant[]): string {
  return grants
    .map(({ token, permission }) => {
      const name = writeWord(token);
      if (name === null) throw unwritable(datafile, `TOKEN ${JSON.stringify(token)}`);
      return `TOKEN ${name} ${permission}`;
    })
    .join('\n');
}

function printSettings(datafile: Datafile, settings: readonly Setting[]): string {
  return settings
    .map(({ command, value }) => {
      const text = writeValue(value);
      if (text === null) throw unwritable(datafile, `${command} ${JSON.stringify(value)}`);
      return `${command} ${text}`;
    })
    .join('\n');
}

/** In quotes, as the official documentation has it; the engine that stores nothing is a bare Null there. */
function printEngine(datafile: Datafile, { command, value }: Setting): string {
  const text = command === 'ENGINE' && value === 'Null' ? value : writeQuoted(value);
  if (text === null) throw unwritable(datafile, `${command} ${JSON.stringify(value)}`);
  return `${command} ${text}`;
}

function printWorkspace(datafile: Datafile, workspace: string): string {
  const plain = workspace === workspace.trim() && !/^$|[,\n]|^["'#]|["']$/.test(workspace);
  if (!plain) throw unwritable(datafile, `SHARED_WITH ${JSON.stringify(workspace)}`);
  return workspace;
}

const unwritable = ({ kind, name }: Datafile, what: string): Stop =>
  new Stop('bad-input', `${name}.${kind}: ${what} cannot be written in a datafile`);
