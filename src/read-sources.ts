// Reads everything the user keeps in the repository: the list, the sets, the project. All of it before anything is sent.
import { ok, Stop, unwrap } from './errors.ts';
import type { Inputs } from './inputs.ts';
import type { Fleet } from './model.ts';
import { EMPTY_PROJECT, readProject } from './project.ts';
import type { Sources } from './sources.ts';
import { type Folder, readFolders } from './templates/folders.ts';
import { compileSets } from './templates/sets.ts';
import { didYouMean } from './tenants/show.ts';
import { readTenants } from './tenants.ts';

/** Where the sets that come with the product stand in its own repository. */
const SHIPPED = 'datafiles-templates';

export async function readSources(inputs: Inputs, shippedSets: string): Promise<Sources> {
  const { tenants, templates, project } = inputs;
  // At once, because each waits for the disk; whose problems are told does not depend on who was faster.
  const [list, folders, files] = await Promise.all([
    readTenants(tenants),
    readFolders(templates ?? shippedSets, templates ?? SHIPPED),
    project === null ? ok(EMPTY_PROJECT) : readProject(project),
  ]);
  const fleet = unwrap(list);
  // Without a token the base of the list is rendered, too, which may want other sets.
  const isAsShipped = templates === null && inputs['tinybird-token'] !== null;
  const sets = compileSets(isAsShipped ? wantedOf(fleet, unwrap(folders)) : unwrap(folders));
  return { fleet, sets: unwrap(sets), project: unwrap(files) };
}

/** Nothing is wrong with the sets that come with the product, and none extends another: only those that a tenant has are compiled. */
function wantedOf({ tenants }: Fleet, folders: readonly Folder[]): readonly Folder[] {
  const wanted = new Set(tenants.map(({ set }) => set));
  const own = folders.filter(({ name }) => wanted.has(name));
  // Whoever wants one that is not there is told which there are.
  return own.length === wanted.size ? own : folders;
}

/** The ids that a run is limited to, or null; an id that the list does not have is a mistake of whoever `said` it. */
export function onlyTenants(
  wanted: readonly string[] | null,
  fleet: Fleet,
  said = 'input tenant',
): ReadonlySet<string> | null {
  if (wanted === null) return null;
  const ids = fleet.tenants.map(({ id }) => id);
  const unknown = wanted.filter((id) => !ids.includes(id));
  if (unknown.length === 0) return new Set(wanted);
  const named = unknown.map((id) => `${JSON.stringify(id)}${didYouMean(id, ids)}`).join(', ');
  throw new Stop('bad-input', `${said}: nothing was sent, because the list has no tenant ${named}`);
}
