// A datafile together with where its parts stand in the file that the user wrote.
import { parseDatafile } from '../datafile/parse.ts';
import { Source } from '../datafile/source.ts';
import { statements } from '../datafile/statements.ts';
import type { Datafile, Node } from '../datafile/types.ts';
import type { Place } from '../model.ts';
import type { ProjectFile } from '../project.ts';
import type { Traced } from './traced.ts';

/** SQL as it stands in a file, with its indentation. */
export interface Sql {
  readonly file: File;
  readonly node: Node;
  readonly text: string;
  readonly at: (offset: number) => Place;
}

export interface File {
  readonly datafile: Datafile;
  /** In the order of the nodes. */
  readonly sqls: readonly Sql[];
  /** Of a command such as ENGINE_SORTING_KEY; of the file's start when it has none. */
  readonly place: (command: string) => Place;
}

/** Null for what does not parse, which a plan says already. */
export function readFile(path: string, name: string, traced: Traced): File | null {
  const parsed = parseDatafile(name, traced.text);
  if (!parsed.ok) return null;
  const datafile = parsed.value;
  const source = new Source(path, traced.text);
  const all = statements(source, datafile.kind);
  const at = (offset: number): Place => ({ file: path, ...traced.place(offset) });
  const nodes = datafile.kind === 'pipe' ? datafile.nodes.filter(({ sql }) => sql !== '') : [];
  const blocks = all.filter(({ command }) => command === 'SQL');
  const file: File = {
    datafile,
    sqls: nodes.flatMap((node, nth): Sql[] => {
      const block = blocks[nth];
      if (block === undefined) return [];
      const { start, end } = block;
      return [
        {
          get file() {
            return file;
          },
          node,
          text: source.text.slice(start, end),
          at: (offset) => at(start + offset),
        },
      ];
    }),
    place: (command) => at(all.find((one) => one.command === command)?.at ?? 0),
  };
  return file;
}

/** A file of the project, which stands as it is. */
export function projectFile({ path, datafile, text }: ProjectFile): File | null {
  const source = new Source(path, text);
  const place = (offset: number) => {
    const before = source.text.slice(0, offset);
    return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
  };
  return readFile(path, `${datafile.name}.${datafile.kind}`, { text: source.text, place });
}
