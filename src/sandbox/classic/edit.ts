// One change of a Classic workspace: what it puts in the place of live resources, and how that becomes the live state.
import { parseDatafile } from '../../datafile/parse.ts';
import { printDatafile } from '../../datafile/print.ts';
import type { Datasource, Pipe } from '../../datafile/types.ts';
import type { Project, ProjectFile } from '../project.ts';
import { type Catalog, SandboxError, type StoredDatasource, type StoredPipe } from '../state.ts';
import { type Deployment, liveOf, type Workspace } from '../workspace.ts';
import type { World } from '../world.ts';

/** Where a change happens. `workspace.deploys` is held: one change at a time. */
export interface Place {
  readonly world: World;
  readonly workspace: Workspace;
}

/** By name; null takes away. A new name is the old one with null and the new one. */
export interface Edit {
  readonly datasources?: ReadonlyMap<string, StoredDatasource | null>;
  readonly pipes?: ReadonlyMap<string, StoredPipe | null>;
  /** Materialized pipe to its view. */
  readonly views?: ReadonlyMap<string, string | null>;
}

type Live = Pick<Deployment, 'catalog' | 'project' | 'views'>;

/** What is live after the edit. The maps are new ones: requests on their way keep theirs. */
export function edited(live: Live, { datasources, pipes, views }: Edit): Live {
  const catalog: Catalog = {
    ...live.catalog,
    datasources: merged(live.catalog.datasources, datasources),
    pipes: merged(live.catalog.pipes, pipes),
  };
  const project: Project = {
    datasources: merged(live.project.datasources, filesOf(datasources, live.project.datasources)),
    pipes: merged(live.project.pipes, filesOf(pipes, live.project.pipes)),
  };
  return { catalog, project, views: merged(live.views, views) };
}

export function commit({ world, workspace }: Place, edit: Edit): void {
  Object.assign(liveOf(workspace), edited(liveOf(workspace), edit));
  world.save();
}

function merged<T>(
  before: ReadonlyMap<string, T>,
  edit: ReadonlyMap<string, T | null> = new Map(),
): ReadonlyMap<string, T> {
  if (edit.size === 0) return before;
  const after = new Map(before);
  for (const [name, value] of edit) {
    if (value === null) after.delete(name);
    else after.set(name, value);
  }
  return after;
}

function filesOf<F extends Datasource | Pipe>(
  edit: ReadonlyMap<string, { readonly file: F } | null> = new Map(),
  before: ReadonlyMap<string, ProjectFile<F>>,
): ReadonlyMap<string, ProjectFile<F> | null> {
  return new Map(
    [...edit].map(([name, stored]) => {
      const known = before.get(name);
      if (stored === null || known?.file === stored.file)
        return [name, stored === null ? null : (known ?? null)];
      const { file } = stored;
      return [name, { path: pathOf(file), text: printDatafile(file), file }];
    }),
  );
}

const pathOf = (file: Datasource | Pipe): string => `${file.name}.${file.kind}`;

/** As a datafile of this content is read: what the API takes, a file can hold. 400 with what is wrong. */
export function canonical<F extends Datasource | Pipe>(file: F): F {
  const parsed = parseDatafile(pathOf(file), printDatafile(file));
  if (!parsed.ok) throw new SandboxError(400, parsed.problems.map(({ message }) => message).join('; '));
  return { ...file, ...parsed.value };
}

/** 400 for a name that no resource can have, or that one already has. */
export function demandFreeName({ workspace }: Place, name: string): void {
  const { datasources, pipes } = liveOf(workspace).catalog;
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new SandboxError(400, `Invalid name "${name}": use letters, digits and _`);
  const kind = datasources.has(name) ? 'Data Source' : pipes.has(name) ? 'Pipe' : null;
  if (kind === null) return;
  throw new SandboxError(
    400,
    `There is already a ${kind} with name "${name}". Pick another name and try again`,
  );
}
