// Everything the user keeps in the repository, read and rendered: the list, the sets, the project.
import { type Declared, declare, type Wanted } from './declared.ts';
import { type DesiredState, desiredState } from './desired.ts';
import { bad, type Result, Stop, unwrap } from './errors.ts';
import type { Inputs } from './inputs.ts';
import type { Fleet, Generation, Rendered, Tenant } from './model.ts';
import { EMPTY_PROJECT, type Project, readProject } from './project.ts';
import { renderTenant } from './templates/render.ts';
import { readSets, type Sets } from './templates/sets.ts';
import { didYouMean } from './tenants/show.ts';
import { readTenants } from './tenants.ts';

export interface Sources {
  readonly fleet: Fleet;
  readonly sets: Sets;
  readonly project: Project;
}

/** Where the sets that come with the product stand in its own repository. */
const SHIPPED = 'datafiles-templates';

export async function readSources(inputs: Inputs, shippedSets: string): Promise<Sources> {
  const fleet = unwrap(await readTenants(inputs.tenants));
  const sets = unwrap(await readSets(inputs.templates ?? shippedSets, inputs.templates ?? SHIPPED));
  const project = inputs.project === null ? EMPTY_PROJECT : unwrap(await readProject(inputs.project));
  return { fleet, sets, project };
}

/** What all tenants of a list would get, whichever list it is: today's or its base's. */
export const desiredOf = (sources: Sources, generation: Generation): Result<DesiredState> =>
  desiredState(wantedOf(sources, generation));

export const declaredOf = (sources: Sources, generation: Generation): Result<Declared> =>
  declare(wantedOf(sources, generation));

const wantedOf = ({ fleet, sets, project }: Sources, generation: Generation): Wanted => ({
  fleet,
  project,
  generation,
  render: (tenant) => render(sets, tenant),
});

function render(sets: Sets, tenant: Tenant): Result<Rendered> {
  const set = sets.get(tenant.set);
  if (set !== undefined) return renderTenant(set, tenant);
  const names = [...sets.keys()].sort();
  return bad({
    ...tenant.at,
    message: `tenant ${JSON.stringify(tenant.id)} wants the template set ${JSON.stringify(tenant.set)}, which does not exist (there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')})${didYouMean(tenant.set, names)}`,
  });
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
