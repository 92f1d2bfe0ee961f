// The project: the datafiles that all tenants share, read from a folder laid out as the Forward CLI expects it.
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseDatafile } from './datafile/parse.ts';
import type { Datafile } from './datafile/types.ts';
import { bad, ok, type Problem, type Result } from './errors.ts';

export interface ProjectFile {
  /** Path as it is shown to the user. */
  readonly path: string;
  readonly datafile: Datafile;
  readonly text: string;
}

export interface Project {
  readonly files: readonly ProjectFile[];
  /** `.connection` files: uploaded as they are, never planned (they hold secrets by reference only). */
  readonly connections: readonly { readonly name: string; readonly text: string }[];
}

export const EMPTY_PROJECT: Project = { files: [], connections: [] };

// The folders that the official CLI looks into, besides the root of the project.
const FOLDERS = new Set([
  'datasources',
  'pipes',
  'endpoints',
  'materializations',
  'copies',
  'sinks',
  'playgrounds',
  'connections',
]);
const DATAFILE = /\.(datasource|pipe|connection)$/;

export const isProjectFolder = (name: string): boolean => FOLDERS.has(name);
export const isProjectFile = (name: string): boolean => DATAFILE.test(name);

/** Reads every datafile of the folder; all problems of all files at once. */
export async function readProject(folder: string): Promise<Result<Project>> {
  const paths = await datafilePaths(folder);
  if (!paths.ok) return paths;
  const texts: { path: string; text: string }[] = [];
  for (const path of paths.value) texts.push({ path, text: await readFile(path, 'utf8') });
  return parseProject(texts);
}

/** The project from its files, wherever they were read. */
export function parseProject(
  texts: readonly { readonly path: string; readonly text: string }[],
): Result<Project> {
  const files: ProjectFile[] = [];
  const connections: { name: string; text: string }[] = [];
  const problems: Problem[] = [];
  for (const { path, text } of texts) {
    if (path.endsWith('.connection')) {
      connections.push({ name: basename(path), text });
      continue;
    }
    const parsed = parseDatafile(path, text);
    if (parsed.ok) files.push({ path, datafile: parsed.value, text });
    else problems.push(...parsed.problems);
  }
  return problems.length > 0 ? bad(...problems) : ok({ files, connections });
}

async function datafilePaths(folder: string): Promise<Result<string[]>> {
  try {
    const paths: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isFile() && DATAFILE.test(entry.name)) paths.push(join(folder, entry.name));
      if (!entry.isDirectory() || !FOLDERS.has(entry.name)) continue;
      for (const name of await readdir(join(folder, entry.name))) {
        if (DATAFILE.test(name)) paths.push(join(folder, entry.name, name));
      }
    }
    if (paths.length > 0) return ok(paths.sort());
    return bad({
      file: folder,
      message: 'the project folder holds no .datasource or .pipe file; check the input `project`',
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return bad({
      file: folder,
      message: `cannot read the project folder (${code}); check the input \`project\``,
    });
  }
}
