// The shipped sets and the example's project, rendered and read, for the tests beside this file.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDatafile } from '../../src/datafile/parse.ts';
import type { Datafile } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import type { Rendered, Tenant, Value } from '../../src/model.ts';
import { renderTenant } from '../../src/templates/render.ts';
import type { Sets } from '../../src/templates/sets.ts';
import { readSets } from '../templates/made.ts';

export const SHIPPED = ['own-endpoints', 'own-table', 'own-token'] as const;
export const EXAMPLE = 'examples/usage-billing';

export const shippedSets = async (): Promise<Sets> => unwrap(await readSets('datafiles-templates'));

/** Variables that every tenant of a shipped set has to have. */
const NEEDED: Readonly<Record<string, Record<string, Value>>> = {
  'own-endpoints': { event_types: ['login', 'purchase'] },
};

export function tenantOf(set: string, id: string, slug: string): Tenant {
  const vars = Object.assign(Object.create(null), NEEDED[set]);
  return { id, slug, set, vars, state: 'active', at: { file: 'tenants.yaml', line: 1, column: 1 } };
}

export function renderShipped(sets: Sets, tenant: Tenant): Rendered {
  const set = sets.get(tenant.set);
  if (set === undefined) throw new Error(`no set ${tenant.set}`);
  return unwrap(renderTenant(set, tenant));
}

export async function exampleProject(): Promise<Datafile[]> {
  const root = join(EXAMPLE, 'tinybird');
  const names = (await readdir(root, { recursive: true })).filter((name) =>
    /\.(datasource|pipe)$/.test(name),
  );
  return Promise.all(
    names.sort().map(async (name) => unwrap(parseDatafile(name, await readFile(join(root, name), 'utf8')))),
  );
}
