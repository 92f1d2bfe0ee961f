// The edge of the template sets: reads a folder of folders. Names come from the file system, never from the user's input.
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { bad, ok, type Problem, type Result } from '../errors.ts';

/** A folder of templates, read. */
export interface Folder {
  readonly name: string;
  /** As the user would write it. */
  readonly path: string;
  /** Contents by file name: set.yaml and the `.hbs` files. */
  readonly files: ReadonlyMap<string, string>;
}

const SET_NAME = /^[a-z0-9][a-z0-9_-]*$/;
const READ = /^set\.yaml$|^[a-z][a-z0-9_]*\.(?:datasource|pipe|token)\.hbs$/;
/** Files that were meant to be templates. */
const NEARLY = /\.hbs$|\.handlebars$|\.(?:datasource|pipe|token)(?:\.ya?ml)?$|^set\.(?:yml|json)$/;
const LARGEST = 1024 * 1024;

export const isSetName = (name: string): boolean => SET_NAME.test(name);
export const isSetFile = (name: string): boolean => READ.test(name);

/**
 * Folders with neither a set.yaml nor anything like a template are no sets. Symbolic links may not lead out of `dir`, which
 * people are `shown` under another name when they never wrote that one.
 */
export async function readFolders(dir: string, shown = dir): Promise<Result<readonly Folder[]>> {
  const problems: Problem[] = [];
  const folders: Folder[] = [];
  try {
    const root = await realpath(dir);
    for (const name of (await readdir(root)).sort()) {
      if (name.startsWith('.')) continue;
      const folder = await readFolder(root, { name, path: join(shown, name) });
      if (folder === null) continue;
      if (folder.ok) folders.push(folder.value);
      else problems.push(...folder.problems);
    }
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? 'there is no such folder' : `it cannot be read as a folder (${reasonOf(error)})`;
    return bad({ file: shown, message: `${reason}; check the input \`templates\`` });
  }
  if (problems.length > 0) return bad(...problems);
  return folders.length > 0
    ? ok(folders)
    : bad({ file: shown, message: 'holds no template set: a folder with a set.yaml' });
}

interface Entry {
  readonly name: string;
  readonly path: string;
}

async function readFolder(root: string, { name, path }: Entry): Promise<Result<Folder> | null> {
  const real = await insideOf(root, join(root, name));
  if (real === null)
    return bad({ file: path, message: 'is a symbolic link that leads out of the folder or nowhere' });
  if (!(await stat(real)).isDirectory()) return null;
  const entries = (await readdir(real)).sort();
  if (!entries.some((entry) => entry === 'set.yaml' || NEARLY.test(entry))) return null;
  if (!SET_NAME.test(name)) return bad({ file: path, message: 'a set is named with a-z, 0-9, - and _' });
  const files = new Map<string, string>();
  const problems: Problem[] = [];
  for (const entry of entries) {
    const read = await readEntry(root, { name: entry, path: `${path}/${entry}` }, join(real, entry));
    if (read === null) continue;
    if (read.ok) files.set(entry, read.value);
    else problems.push(...read.problems);
  }
  return problems.length > 0 ? bad(...problems) : ok({ name, path, files });
}

async function readEntry(root: string, { name, path }: Entry, from: string): Promise<Result<string> | null> {
  if (!READ.test(name)) {
    if (!NEARLY.test(name)) return null;
    const hint =
      'files of a set are set.yaml and <role>.datasource.hbs, <role>.pipe.hbs or <role>.token.hbs (a role: a-z, 0-9, _)';
    return bad({ file: path, message: `is not a file that a set can have: ${hint}` });
  }
  const real = await insideOf(root, from);
  if (real === null)
    return bad({ file: path, message: 'is a symbolic link that leads out of the folder or nowhere' });
  const { size } = await stat(real);
  if (size > LARGEST) return bad({ file: path, message: `has ${size} bytes; at most ${LARGEST}` });
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(real)));
  } catch (error) {
    return bad({ file: path, message: `cannot be read as UTF-8 text: ${reasonOf(error)}` });
  }
}

/** Where a path really leads, or null if that is not under `root`. */
async function insideOf(root: string, path: string): Promise<string | null> {
  try {
    const real = await realpath(path);
    return real.startsWith(root + sep) ? real : null;
  } catch {
    return null;
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
