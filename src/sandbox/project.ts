// The datafiles of one deployment. Unchanged texts are taken over from the live one: not parsed again, not stored twice.
import { parseDatafile } from '../datafile/parse.ts';
import type { Datafile, Datasource, Pipe } from '../datafile/types.ts';
import type { Feedback } from './changes.ts';
import type { Part } from './multipart.ts';

export interface ProjectFile<F extends Datafile = Datafile> {
  /** Path as uploaded. */
  readonly path: string;
  readonly text: string;
  readonly file: F;
}

export interface Project {
  readonly datasources: ReadonlyMap<string, ProjectFile<Datasource>>;
  readonly pipes: ReadonlyMap<string, ProjectFile<Pipe>>;
}

export const EMPTY_PROJECT: Project = { datasources: new Map(), pipes: new Map() };

const DATA_PROJECT = 'data_project://';

/** Reads the uploaded parts; what does not parse is left out and told in the feedback. */
export function readProject(
  parts: readonly Part[],
  live: Project,
): { project: Project; feedback: Feedback[] } {
  const datasources = new Map<string, ProjectFile<Datasource>>();
  const pipes = new Map<string, ProjectFile<Pipe>>();
  const feedback: Feedback[] = [];
  const refuse = (resource: string, message: string): void => {
    feedback.push({ resource, level: 'ERROR', message });
  };
  for (const part of parts) {
    if (part.name !== DATA_PROJECT) continue;
    const path = part.filename ?? '';
    const [, name = '', kind = ''] = /([^/]*)\.(datasource|pipe)$/.exec(path) ?? [];
    if (name === '') {
      refuse(path, 'Only .datasource and .pipe files can be deployed to the sandbox.');
      continue;
    }
    if (datasources.has(name) || pipes.has(name)) {
      refuse(labelOf(kind, name), `There is already a resource named '${name}'.`);
      continue;
    }
    const text = part.body.toString('utf8');
    const known = (kind === 'datasource' ? live.datasources : live.pipes).get(name);
    if (known !== undefined && known.text === text && known.path === path) {
      put({ datasources, pipes }, known);
      continue;
    }
    const parsed = parseDatafile(path, text);
    if (parsed.ok) put({ datasources, pipes }, { path, text, file: parsed.value });
    else for (const { message } of parsed.problems) refuse(labelOf(kind, name), message);
  }
  return { project: { datasources, pipes }, feedback };
}

interface ProjectInTheMaking {
  readonly datasources: Map<string, ProjectFile<Datasource>>;
  readonly pipes: Map<string, ProjectFile<Pipe>>;
}

function put(project: ProjectInTheMaking, { file, ...rest }: ProjectFile): void {
  if (file.kind === 'datasource') project.datasources.set(file.name, { ...rest, file });
  else project.pipes.set(file.name, { ...rest, file });
}

/** How feedback names a file: `Datasource events.datasource`. */
export const labelOf = (kind: string, name: string): string =>
  kind === 'datasource' ? `Datasource ${name}.datasource` : `Pipe ${name}.pipe`;
