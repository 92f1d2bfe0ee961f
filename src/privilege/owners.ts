// Which values are one tenant's and nobody else's: its id, its slug, and variables that tell it from all others.
import type { Tenant, Value } from '../model.ts';

export type Owns = (tenant: Tenant, value: string | number) => boolean;

/** The id of the only tenant that has a text; null when several have it. */
type Owners = Map<string, string | null>;

/** Numbers are compared as text; a boolean and an empty text are nobody's. */
export function ownership(tenants: readonly Tenant[]): Owns {
  const names: Owners = new Map();
  const variables = new Map<string, Owners>();
  for (const tenant of tenants) {
    claim(names, tenant.id, tenant);
    claim(names, tenant.slug, tenant);
    for (const [name, value] of Object.entries(tenant.vars)) {
      const owners = variables.get(name) ?? new Map<string, string | null>();
      variables.set(name, owners);
      for (const text of textsOf(value)) claim(owners, text, tenant);
    }
  }
  for (const name of halfStated(tenants)) variables.delete(name);
  return (tenant, value) => {
    const text = String(value);
    if (text === '') return false;
    // A variable may hold another tenant's id: then the value is that tenant's.
    if (names.has(text)) return names.get(text) === tenant.id;
    return Object.keys(tenant.vars).some((name) => variables.get(name)?.get(text) === tenant.id);
  };
}

function claim(owners: Owners, text: string, { id }: Tenant): void {
  const owner = owners.get(text);
  owners.set(text, owner === undefined || owner === id ? id : null);
}

const textsOf = (value: Value): string[] =>
  (typeof value === 'object' ? value : [value]).filter((item) => typeof item !== 'boolean').map(String);

/** Variables that some active tenant of a set leaves to the set's default, which may be the value that another one states. */
function halfStated(tenants: readonly Tenant[]): Set<string> {
  const sets = Map.groupBy(
    tenants.filter(({ state }) => state === 'active'),
    ({ set }) => set,
  );
  const half = new Set<string>();
  for (const members of sets.values()) {
    const stated = new Map<string, number>();
    for (const { vars } of members) {
      for (const name of Object.keys(vars)) stated.set(name, (stated.get(name) ?? 0) + 1);
    }
    for (const [name, count] of stated) if (count < members.length) half.add(name);
  }
  return half;
}
