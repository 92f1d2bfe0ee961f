// From the text of a .datasource or .pipe file to its canonical form, or to everything that is wrong with it.
import { bad, ok, type Result } from '../errors.ts';
import { readDatasource } from './datasource.ts';
import { readPipe } from './pipe.ts';
import { Source } from './source.ts';
import type { Datafile } from './types.ts';

/**
 * The kind comes from the extension of `path`, the name from its stem; folders do not matter.
 * Commands of both generations of the platform are read; which of them a workspace takes is for the server to say.
 * Comments are not kept, nor is the indentation of a description's lines.
 */
export function parseDatafile(path: string, text: string): Result<Datafile> {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const dot = base.lastIndexOf('.');
  const name = base.slice(0, Math.max(dot, 0));
  const extension = dot < 0 ? '' : base.slice(dot);
  if (extension !== '.datasource' && extension !== '.pipe') {
    return bad({
      file: path,
      message: NOT_READ[extension] ?? 'not a datafile: expected .datasource or .pipe',
    });
  }
  if (name === '') return bad({ file: path, message: `a file name is missing before ${extension}` });
  const source = new Source(path, text);
  const datafile = extension === '.pipe' ? readPipe(source, name) : readDatasource(source, name);
  return source.clean ? ok(datafile) : bad(...source.problems);
}

const NOT_READ: Partial<Record<string, string>> = {
  '.connection': '.connection files are not read here: connections are not managed per tenant',
  '.incl': '.incl files are not read: put their lines into the files that INCLUDE them',
};
