// Reads everything the user keeps in the repository: the list, the sets, the project. All of it before anything is sent.
import { Stop, unwrap } from './errors.ts';
import type { Inputs } from './inputs.ts';
import type { Fleet } from './model.ts';
import { EMPTY_PROJECT, readProject } from './project.ts';
import type { Sources } from './sources.ts';
import { readSets } from './templates/sets.ts';
import { didYouMean } from './tenants/show.ts';
import { readTenants } from './tenants.ts';

/** Where the sets that come with the product stand in its own repository. */
const SHIPPED = 'datafiles-templates';

export async function readSources(inputs: Inputs, shippedSets: string): Promise<Sources> {
  const fleet = unwrap(await readTenants(inputs.tenants));
  const sets = unwrap(await readSets(inputs.templates ?? shippedSets, inputs.templates ?? SHIPPED));
  const project = inputs.project === null ? EMPTY_PROJECT : unwrap(await readProject(inputs.project));
  return { fleet, sets, project };
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
