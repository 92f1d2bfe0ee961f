// Tenant by what it could read, folded: tenants with the same story stand together, with names as their set calls them.
import type { Tenant } from '../model.ts';
import type { Findings } from './findings.ts';
import type { Ground } from './ground.ts';
import type { Reach } from './proof.ts';

export function matrixOf(ground: Ground, findings: Findings): Reach[] {
  const leaks = Map.groupBy(findings.leaks.values(), ({ tenant }) => tenant);
  const stories = new Map<string, Reach & { tenants: string[] }>();
  for (const tenant of ground.tenants) {
    const asked = findings.asked.get(tenant.id) ?? new Set<string>();
    const leaked = new Set(leaks.get(tenant.id)?.map(({ resource }) => resource));
    const read = (findings.reads.get(tenant.id) ?? new Set<string>()).difference(leaked);
    const refused = asked.difference(read).difference(leaked).size;
    const shown = (names: ReadonlySet<string>) =>
      [...new Set([...names].map((name) => callIt(ground, tenant, name)))].sort();
    const reach = { set: tenant.set, reads: shown(read), leaks: shown(leaked), refused };
    const key = JSON.stringify(reach);
    const same = stories.get(key) ?? { ...reach, tenants: [] };
    same.tenants.push(tenant.id);
    stories.set(key, same);
  }
  return [...stories.values()];
}

function callIt({ datasources, pipes }: Ground, tenant: Tenant, name: string): string {
  const [, base = name, quarantine = ''] = /^(.*?)(_quarantine)?$/.exec(name) ?? [];
  const file = datasources.get(name) ?? pipes.get(name) ?? datasources.get(base);
  const owner = file?.tenant ?? null;
  if (owner === null) return name;
  const role = name.startsWith(`${owner.slug}_`) ? name.slice(owner.slug.length + 1) : `${base}${quarantine}`;
  return owner === tenant ? `its ${role}` : `${role} of others (${owner.set})`;
}
