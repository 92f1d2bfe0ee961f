// A workspace that many hands have been in: ours, other fleets', nobody's, edited, missing and half forgotten things, on both generations.

import { withMarker } from '../../src/datafile/marker.ts';
import { asPrinted } from '../../src/datafile/print.ts';
import type { Datafile, Grant } from '../../src/datafile/types.ts';
import { desiredState } from '../../src/desired.ts';
import { ok, unwrap } from '../../src/errors.ts';
import type {
  Desired,
  Fleet,
  Generation,
  Key,
  Live,
  Plan,
  Rendered,
  RenderedToken,
  Scope,
  State,
  Tenant,
} from '../../src/model.ts';
import { keepLines } from '../../src/plan/carriers.ts';
import { plan } from '../../src/plan/plan.ts';
import { EMPTY_PROJECT } from '../../src/project.ts';
import { slugOf } from '../../src/tenants/slug.ts';
import fc from '../properties.ts';
import { asListed, deployed, jwtsAfter } from './carried.ts';
import { editFile, editToken, ofBilling, WAYS } from './hands.ts';
import { applied, datasource, EMPTY, endpoint, fleetOf, ids, liveResource, tenant } from './world.ts';

/** Three ways a set can be: the second has another column and a token that opens less, the third lacks an endpoint. */
function renderTenant({ slug, vars }: Tenant): Rendered {
  const shape = Number(vars.shape ?? 0);
  const [table, pipe] = [`${slug}_rows`, `${slug}_usage`];
  const files = [
    {
      role: 'rows',
      ...asPrinted(datasource(table, `value_${shape === 1 ? 1 : 0}`)),
      from: 'rows.datasource.hbs',
    },
    ...(shape === 2
      ? []
      : [
          {
            role: 'usage',
            ...asPrinted(endpoint(pipe, `SELECT count() AS n FROM ${table}`)),
            from: 'usage.pipe.hbs',
          },
        ]),
  ];
  const opens: Scope[] = [
    ...(shape === 2 ? [] : [{ type: 'PIPES:READ' as const, resource: pipe }]),
    ...(shape === 1 ? [] : [{ type: 'DATASOURCES:READ' as const, resource: table }]),
  ];
  const token = (role: string, via: 'static' | 'jwt'): RenderedToken => ({
    role,
    from: `${role}.token.hbs`,
    token: {
      kind: 'token',
      name: `${slug}_${role}`,
      via,
      scopes: opens,
      ttl: via === 'jwt' ? 3600 : 0,
      rps: null,
    },
  });
  return {
    files,
    tokens: [token('read', 'static'), token('app', 'jwt')],
    backfill: 'exact',
    allowWide: null,
  };
}

const renderedFor = (fleet: Fleet, generation: Generation): readonly Desired[] =>
  unwrap(desiredState({ fleet, project: EMPTY_PROJECT, generation, render: (one) => ok(renderTenant(one)) }))
    .resources;

const someTenant = (id: string) =>
  fc.record({
    id: fc.constant(id),
    state: fc.constantFrom<State | 'absent'>('active', 'active', 'active', 'suspended', 'removed', 'absent'),
    shape: fc.nat({ max: 2 }),
  });
type Line = { readonly id: string; readonly state: State | 'absent'; readonly shape: number };

// More tenants cost time and show nothing else.
const MOST = 5;
export const scenes = ids
  .map((all) => all.slice(0, MOST))
  .chain((all) =>
    fc.record({
      generation: fc.constantFrom<Generation>('forward', 'classic'),
      before: fc.tuple(...all.map(someTenant)),
      after: fc.tuple(...all.map(someTenant)),
      unmarked: fc.subarray(['landing', 'acme', 'acme_rows', 'tenant_007_rows']),
      otherFleet: fc.subarray(['billing', 'acme', '007', "o'hara"]),
      edits: fc.array(fc.record({ at: fc.nat(), how: fc.constantFrom(...WAYS) }), { maxLength: 4 }),
      only: fc.option(fc.subarray(all), { freq: 3 }),
      prune: fc.boolean(),
      adopt: fc.boolean(),
    }),
  );
type Choices = typeof scenes extends fc.Arbitrary<infer S> ? S : never;

export interface Scene {
  readonly fleet: Fleet;
  readonly generation: Generation;
  readonly live: Live;
  /** Not ours, whatever its name. */
  readonly foreign: ReadonlySet<string>;
  /** Of these, what a run that adopts may take. */
  readonly unmarked: ReadonlySet<string>;
  /** Says something else than it did. */
  readonly edited: ReadonlySet<string>;
  /** Ids; null for all. */
  readonly only: ReadonlySet<string> | null;
  readonly prune: boolean;
  readonly adopt: boolean;
  readonly desired: readonly Desired[];
  readonly plan: Plan;
  /** The workspace after the plan is carried out, and what is planned then. */
  readonly afterwards: () => { readonly live: Live; readonly plan: Plan };
}

export function sceneOf({ generation, prune, adopt, ...told }: Choices): Scene {
  const fleet = fleetOf(tenantsOf(told.after));
  const { live, ...known } = workspaceOf(generation, told);
  const only = told.only === null ? null : new Set<string>(told.only);
  const choices = { fleet, only, prune };
  const look = (at: Live) => {
    const desired = keepLines({ desired: renderedFor(fleet, generation), live: at, ...choices });
    return { desired, plan: plan({ desired, live: at, adopt, now: 0, ...choices }) };
  };
  const now = look(live);
  const afterwards = () => {
    const carried = generation === 'forward' ? deployed({ ...now, live }) : applied(now.plan, live);
    const then = asListed(generation, fleet, carried);
    return { live: then, plan: look(then).plan };
  };
  return { fleet, generation, live, ...known, ...now, only, prune, adopt, afterwards };
}

const tenantsOf = (lines: readonly Line[]): Tenant[] =>
  lines.flatMap(({ id, state, shape }) => (state === 'absent' ? [] : [tenant(id, state, shape)]));

/** What yesterday's list left there, what others put there, and what somebody did to any of it. */
function workspaceOf(
  generation: Generation,
  told: Pick<Choices, 'before' | 'unmarked' | 'otherFleet' | 'edits'>,
) {
  const fleet = fleetOf(tenantsOf(told.before));
  const desired = renderedFor(fleet, generation);
  const made = plan({ desired, live: EMPTY, fleet, only: null, prune: false, adopt: false, now: 0 });
  const start = asListed(generation, fleet, {
    ...applied(made, EMPTY),
    jwts: jwtsAfter(made, EMPTY.jwts),
  });
  const files = new Map(start.resources.map((resource) => [resource.key, resource]));
  const tokens = new Map(start.tokens.map((token) => [token.name, token]));
  const foreign = new Set<string>(['token/their_read']);
  const unmarked = new Set<string>();
  const edited = new Set<string>();
  const put = (name: string, datafile: Datafile): void => {
    const key: Key = `${datafile.kind}/${name}`;
    if (files.has(key)) return;
    foreign.add(key);
    files.set(key, liveResource(key, datafile));
  };
  const theirs: Grant = { token: 'their_read', permission: 'READ' };
  for (const name of told.unmarked) {
    put(name, { ...datasource(name, 'n'), grants: [theirs] });
    if (foreign.has(`datasource/${name}`)) unmarked.add(`datasource/${name}`);
  }
  for (const id of told.otherFleet) {
    for (const role of ['rows', 'more']) {
      const name = `${slugOf(id)}_${role}`;
      put(name, withMarker(datasource(name, 'n'), ofBilling(id)));
    }
  }
  for (const edit of told.edits) editFile(files, edit, { foreign, unmarked, edited });
  if (generation === 'classic') for (const edit of told.edits) editToken(tokens, edit, foreign);
  const live = { resources: [...files.values()], tokens: [...tokens.values()], jwts: start.jwts };
  return { live: asListed(generation, fleet, live), foreign, unmarked, edited };
}
