// Which resources a pipe names, and the shape of its SQL: two pipes of one shape are right or wrong together.
import { createHash } from 'node:crypto';
import type { Pipe } from '../datafile/types.ts';
import type { Project, ProjectFile } from './project.ts';

const wordsByFile = new WeakMap<ProjectFile, ReadonlySet<string>>();

/** Every word of its SQL. An over-estimate (strings and comments count too) that costs no parser. */
export function wordsOf(file: ProjectFile<Pipe>): ReadonlySet<string> {
  let words = wordsByFile.get(file);
  if (words === undefined) {
    words = new Set(file.file.nodes.flatMap(({ sql }) => sql.match(/[A-Za-z_]\w*/g) ?? []));
    wordsByFile.set(file, words);
  }
  return words;
}

/** Names of the project's resources that the pipe may read, itself excluded. */
export function referencesOf(file: ProjectFile<Pipe>, project: Project): string[] {
  return [...wordsOf(file)].filter(
    (word) => word !== file.file.name && (project.datasources.has(word) || project.pipes.has(word)),
  );
}

/** The pipe's references and theirs, down to the data sources. */
export function reachOf(name: string, project: Project): Set<string> {
  const seen = new Set<string>();
  const visit = (pipe: string): void => {
    const file = project.pipes.get(pipe);
    for (const word of file === undefined ? [] : referencesOf(file, project)) {
      if (seen.has(word)) continue;
      seen.add(word);
      visit(word);
    }
  };
  visit(name);
  return seen;
}

/** The value that a setting of one of the nodes has, with the node: `DATASOURCE` of a materialized one. */
export function materializedNode(pipe: Pipe): { node: string; target: string } | null {
  const node = pipe.nodes.find(({ type }) => type === 'materialized');
  const target = node?.settings.find(({ command }) => command === 'DATASOURCE')?.value;
  return node === undefined || target === undefined ? null : { node: node.name, target };
}

// A string, a number or a word; strings first, so that words inside them stay part of them.
const TOKEN = /'(?:[^'\\]|\\.|'')*'|\d+(?:\.\d+)?|[A-Za-z_]\w*|=|<|>|,|\(|[^\s]/g;

/** Shapes of one project's resources: names are replaced by what they stand for, compared literals by their class. */
export class Shapes {
  readonly #project: Project;
  readonly #shapes = new Map<string, string>();

  constructor(project: Project) {
    this.#project = project;
  }

  of(name: string): string {
    const known = this.#shapes.get(name);
    if (known !== undefined) return known;
    // Stands while a pipe that reads itself through others is computed.
    this.#shapes.set(name, 'cycle');
    const datasource = this.#project.datasources.get(name);
    const pipe = this.#project.pipes.get(name);
    const text =
      datasource !== undefined ? tableShape(datasource) : pipe === undefined ? name : this.#pipeShape(pipe);
    const shape = createHash('sha1').update(text).digest('base64');
    this.#shapes.set(name, shape);
    return shape;
  }

  #pipeShape({ file }: ProjectFile<Pipe>): string {
    const nodes = new Map(file.nodes.map(({ name }, index) => [name, `node ${index}`]));
    const word = (text: string): string => {
      const node = nodes.get(text);
      if (node !== undefined) return node;
      const known = this.#project.datasources.has(text) || this.#project.pipes.has(text);
      return known && text !== file.name ? this.of(text) : text;
    };
    const parts = file.nodes.map(({ sql, type, settings }) => {
      const others = settings.map(({ command, value }) => `${command} ${word(value)}`);
      return [type, ...others, sqlShape(sql, word)].join('\n');
    });
    return parts.join('\n\n');
  }
}

/** Columns, engine and indexes: what decides whether ClickHouse takes the table and what reads from it. */
export const tableShape = ({ file }: ProjectFile): string =>
  file.kind === 'datasource' ? JSON.stringify([file.columns, file.engine, file.indexes]) : '';

function sqlShape(sql: string, word: (text: string) => string): string {
  let previous = '';
  let comparing = false;
  const shape = (sql.match(TOKEN) ?? []).map((token) => {
    const first = token.charAt(0);
    const isLiteral = first === "'" || (first >= '0' && first <= '9');
    // Only a compared literal may vary: an argument such as the type in CAST decides what comes out.
    if (!isLiteral) comparing = /^(?:[=<>]|like|ilike|between)$/i.test(token) || (comparing && token === ',');
    if (token === '(' && /^in$/i.test(previous)) comparing = true;
    previous = token;
    if (!isLiteral) return /^[A-Za-z_]/.test(token) ? word(token) : token;
    return comparing ? classOf(token) : token;
  });
  return shape.join(' ');
}

/** `'acme_12'` and `'globex_7'` are one class, `'acme'` and `'12'` are not; numbers go by their width. */
const classOf = (literal: string): string =>
  literal.startsWith("'")
    ? literal
        .replace(/\d+/g, '9')
        .replace(/[A-Za-z]+/g, 'a')
        .replace(/(?:a_?9?_?)+/g, 'a')
    : `9${literal.length}`;
