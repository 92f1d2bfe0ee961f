// Everything the user keeps in the repository, rendered: the list, the sets, the project.
import { type Declared, declare, type Wanted } from './declared.ts';
import { type DesiredState, desiredState } from './desired.ts';
import { bad, type Result } from './errors.ts';
import type { Fleet, Generation, Rendered, Tenant } from './model.ts';
import type { Project } from './project.ts';
import { renderTenant } from './templates/render.ts';
import type { Sets } from './templates/sets.ts';
import { didYouMean } from './tenants/show.ts';

export interface Sources {
  readonly fleet: Fleet;
  readonly sets: Sets;
  readonly project: Project;
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
