// A process of its own, started by rendering.ts: renders a fleet and plans it against a workspace that holds it, on one thread, a line of JSON
// a pass; and packs their tokens into secrets, without GitHub.
import { join } from 'node:path';
import { root } from '../scripts/bundle.ts';
import { unwrap } from '../src/errors.ts';
import type { Desired, Live, LiveResource, LiveToken } from '../src/model.ts';
import { plan } from '../src/plan/plan.ts';
import { readProject } from '../src/project.ts';
import { changeCount } from '../src/report/report.ts';
import { Secret } from '../src/secret.ts';
import { desiredOf } from '../src/sources.ts';
import { readFolders } from '../src/templates/folders.ts';
import { compileSets } from '../src/templates/sets.ts';
import { readTenants } from '../src/tenants.ts';
import { pack } from './packing.ts';

const [checkout = '', passes = '1'] = process.argv.slice(2);
const started = performance.now();
const fleet = unwrap(await readTenants(join(checkout, 'tenants.yaml')));
const listMs = performance.now() - started;
const sets = unwrap(compileSets(unwrap(await readFolders(join(root, 'datafiles-templates')))));
const project = unwrap(await readProject(join(checkout, 'tinybird')));
const live = liveOf(desire());

for (let pass = 0; pass < Number(passes); pass += 1) {
  const cpu = process.cpuUsage();
  const at = performance.now();
  const desired = desire();
  const renderMs = performance.now() - at;
  const planned = plan({ desired, live, fleet, only: null, prune: false, adopt: false, now: 0 });
  const planMs = performance.now() - at - renderMs;
  const { user, system } = process.cpuUsage(cpu);
  if (changeCount(planned) > 0) throw new Error('the plan is not empty');
  const datafiles = desired.filter(({ resource }) => resource.kind !== 'token').length;
  const result = {
    datafiles,
    renderMs,
    planMs,
    cpuMs: (user + system) / 1000,
    listMs,
    packMs: pack(desired, live, fleet),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function desire(): readonly Desired[] {
  return unwrap(desiredOf({ fleet, sets, project }, 'forward')).resources;
}

/** The workspace after an apply of all. */
function liveOf(desired: readonly Desired[]): Live {
  const resources = desired.flatMap(({ key, resource }, n): LiveResource[] =>
    resource.kind === 'token'
      ? []
      : [
          {
            key,
            id: `t_${n}`,
            name: resource.name,
            datafile: resource,
            rows: null,
            unfaithful: null,
            updatedAt: '',
          },
        ],
  );
  const tokens = desired.flatMap(({ resource }, n): LiveToken[] =>
    resource.kind === 'token'
      ? [
          {
            id: `${n}`,
            name: resource.name,
            description: '',
            value: new Secret(`p.bench.${'x'.repeat(100)}${n}`),
            scopes: resource.scopes.map(({ type, resource: name }) => ({
              type,
              resource: name,
              filter: null,
            })),
            origin: null,
          },
        ]
      : [],
  );
  return { resources, tokens, jwts: new Map() };
}
