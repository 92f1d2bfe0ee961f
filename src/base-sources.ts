// The template sets and the project as they were at the base: what was rendered then was rendered with those.
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { type Result, readProblem } from './errors.ts';
import type { Client } from './github/client.ts';
import { type FolderRead, readFolderAt } from './github/folder.ts';
import type { Inputs } from './inputs.ts';
import { EMPTY_PROJECT, isProjectFile, isProjectFolder, type Project, parseProject } from './project.ts';
import type { Sources } from './sources.ts';
import { type Folder, isSetFile, isSetName } from './templates/folders.ts';
import { compileSets, type Sets } from './templates/sets.ts';

export interface BaseAt {
  readonly client: Client;
  readonly ref: string;
}

export type Rendering = Pick<Sources, 'sets' | 'project'>;

/** What cannot be read is taken from today's, and a note says so. */
export async function renderingAt(
  base: BaseAt,
  { inputs, sources }: { readonly inputs: Inputs; readonly sources: Sources },
): Promise<{ readonly rendering: Rendering; readonly notes: readonly string[] }> {
  const notes: string[] = [];
  const kept = <T>(what: string, read: T | Unreadable, today: T): T => {
    if (!(read instanceof Unreadable)) return read;
    notes.push(`${what} at the base could not be read (${read.reason}): the base is shown with today’s`);
    return today;
  };
  const [sets, project] = await Promise.all([
    setsAt(base, inputs.templates),
    projectAt(base, inputs.project),
  ]);
  return {
    rendering: {
      // The shipped ones are part of the action, not of the repository.
      sets: sets === null ? sources.sets : kept('the template sets', sets, sources.sets),
      project: kept('the project', project, sources.project),
    },
    notes,
  };
}

class Unreadable {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

async function setsAt(base: BaseAt, path: string | null): Promise<Sets | Unreadable | null> {
  if (path === null) return null;
  const read = await folderAt(base, path, {
    wantsFolder: isSetName,
    wantsFile: (name) => name.includes('/') && isSetFile(posix.basename(name)),
  });
  switch (read.kind) {
    case 'absent':
      return new Unreadable('there was no such folder');
    case 'unknown':
      return new Unreadable(read.reason);
    case 'files':
      return orUnreadable(compileSets(foldersOf(path, read.files)));
  }
}

function foldersOf(path: string, files: ReadonlyMap<string, string>): Folder[] {
  const bySet = Map.groupBy(files, ([name]) => posix.dirname(name));
  return [...bySet].map(([name, own]) => ({
    name,
    path: posix.join(path, name),
    files: new Map(own.map(([file, text]) => [posix.basename(file), text])),
  }));
}

async function projectAt(base: BaseAt, path: string | null): Promise<Project | Unreadable> {
  if (path === null) return EMPTY_PROJECT;
  const read = await folderAt(base, path, {
    wantsFolder: isProjectFolder,
    wantsFile: (name) => isProjectFile(posix.basename(name)),
  });
  switch (read.kind) {
    case 'absent':
      return EMPTY_PROJECT;
    case 'unknown':
      return new Unreadable(read.reason);
    case 'files':
      return orUnreadable(
        parseProject([...read.files].map(([name, text]) => ({ path: posix.join(path, name), text }))),
      );
  }
}

function folderAt(
  { client, ref }: BaseAt,
  given: string,
  wants: {
    readonly wantsFolder: (name: string) => boolean;
    readonly wantsFile: (name: string) => boolean;
  },
): Promise<FolderRead> {
  const path = posix.normalize(given).replace(/^\.$/, '').replace(/\/$/, '');
  if (posix.isAbsolute(path) || path === '..' || path.startsWith('../'))
    return Promise.resolve({ kind: 'unknown', reason: `${given} is not in the repository` });
  const here = (file: string) => readFile(file).catch(() => null);
  return readFolderAt(client, { path, ref, here, ...wants });
}

const orUnreadable = <T>(result: Result<T>): T | Unreadable =>
  result.ok ? result.value : new Unreadable(result.problems.slice(0, 1).map(readProblem).join());
