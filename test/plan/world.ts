// Generated worlds for the laws: a fleet, what it renders to, and a workspace that also holds others' resources.

import { withMarker } from '../../src/datafile/marker.ts';
import { asPrinted } from '../../src/datafile/print.ts';
import type { Datasource, Pipe } from '../../src/datafile/types.ts';
import { type Declared, declare } from '../../src/declared.ts';
import { desiredFrom } from '../../src/desired.ts';
import { ok, unwrap } from '../../src/errors.ts';
import {
  type Desired,
  type Fleet,
  keyOf,
  type Live,
  type LiveResource,
  type LiveToken,
  type Plan,
  type Rendered,
  type State,
  type Tenant,
} from '../../src/model.ts';
import { EMPTY_PROJECT } from '../../src/project.ts';
import { NO_SLOTS } from '../../src/rotation/slots.ts';
import { slugOf } from '../../src/tenants/slug.ts';
import fc from '../properties.ts';

export const datasource = (name: string, column: string): Datasource => ({
  kind: 'datasource',
  name,
  description: `Rows of ${name}`,
  columns: [
    { name: 'tenant_id', type: 'String', jsonpath: '$.tenant_id', default: null, codec: null },
    { name: column, type: 'Int64', jsonpath: `$.${column}`, default: null, codec: null },
  ],
  engine: { type: 'MergeTree', options: [{ command: 'SORTING_KEY', value: 'tenant_id' }] },
  indexes: [],
  grants: [],
  sharedWith: [],
  forwardQuery: null,
  settings: [],
});

export const endpoint = (name: string, sql: string): Pipe => ({
  kind: 'pipe',
  name,
  description: '',
  nodes: [{ name: 'answer', description: '', sql, type: 'endpoint', settings: [] }],
  grants: [],
  settings: [],
});

/** A set with a table, an endpoint over it and a token; `shape` changes every file. */
function renderTenant(tenant: Tenant): Rendered {
  const table = `${tenant.slug}_rows`;
  const pipe = `${tenant.slug}_usage`;
  const shape = Number(tenant.vars.shape ?? 0);
  return {
    files: [
      { role: 'rows', ...asPrinted(datasource(table, `value_${shape}`)), from: 'set/rows.datasource.hbs' },
      {
        role: 'usage',
        ...asPrinted(endpoint(pipe, `SELECT ${shape} AS n FROM ${table}`)),
        from: 'set/usage.pipe.hbs',
      },
    ],
    tokens: [
      {
        role: 'read',
        from: 'set/read.token.hbs',
        token: {
          kind: 'token',
          name: `${tenant.slug}_read`,
          via: 'static',
          scopes: [{ type: 'PIPES:READ', resource: pipe }],
          ttl: 0,
          rps: null,
        },
      },
    ],
    backfill: 'exact',
    allowWide: null,
  };
}

export const declaredOf = (fleet: Fleet): Declared =>
  unwrap(
    declare({
      fleet,
      project: EMPTY_PROJECT,
      generation: 'forward',
      render: (tenant) => ok(renderTenant(tenant)),
    }),
  );

export const desiredOf = (fleet: Fleet): readonly Desired[] => desiredFrom(declaredOf(fleet), NO_SLOTS);

export const tenant = (id: string, state: State = 'active', shape = 0): Tenant => ({
  id,
  slug: slugOf(id),
  set: 'set',
  vars: { shape },
  state,
  at: { file: 'tenants.yaml', line: 1, column: 1 },
});

export const fleetOf = (tenants: readonly Tenant[], name = 'usage'): Fleet => ({
  name,
  workspace: null,
  tenants,
});

export const EMPTY: Live = { resources: [], tokens: [], jwts: new Map() };

/** What a workspace holds after it took everything that is desired. */
export function liveOf(desired: readonly Desired[]): Live {
  const resources: LiveResource[] = [];
  const tokens: LiveToken[] = [];
  for (const { key, resource } of desired) {
    if (resource.kind !== 'token') resources.push(liveResource(key, resource));
    else {
      const scopes = resource.scopes.map(({ type, resource: name, filter }) => ({
        type,
        resource: name,
        filter: filter ?? null,
      }));
      tokens.push({
        id: `id-${resource.name}`,
        name: resource.name,
        description: resource.description ?? '',
        value: null,
        scopes,
        origin: null,
      });
    }
  }
  return { resources, tokens, jwts: new Map() };
}

export const liveResource = (key: LiveResource['key'], datafile: Datasource | Pipe): LiveResource => ({
  key,
  id: `t_${datafile.name}`,
  name: datafile.name,
  datafile,
  rows: datafile.kind === 'datasource' ? 7 : null,
  unfaithful: null,
  updatedAt: '',
});

/** Others' things: unmarked ones, and another fleet's. */
export function foreignOf(names: readonly string[], fleet: string | null): LiveResource[] {
  return names.map((name) => {
    const plain = datasource(name, 'n');
    const file =
      fleet === null
        ? plain
        : withMarker(plain, { fleet, tenant: name.replace(/_\w+$/, ''), set: 'x', sha: '1' });
    return liveResource(keyOf('datasource', name), file);
  });
}

/** Carries a plan out on a live state, as a faithful server would. */
export function applied(plan: Plan, live: Live): Live {
  const resources = new Map(live.resources.map((resource) => [resource.key, resource]));
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  for (const change of plan.steps.flatMap((step) => step.changes)) {
    if (change.action === 'delete') {
      resources.delete(change.key);
      tokens.delete(change.key.slice('token/'.length));
      continue;
    }
    const made = liveOf([change.after]);
    for (const resource of made.resources) resources.set(resource.key, resource);
    for (const token of made.tokens) tokens.set(token.name, token);
  }
  return { resources: [...resources.values()], tokens: [...tokens.values()], jwts: live.jwts };
}

export const ids = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom('acme', 'Globex-Corp', '007', '1e3', '__proto__', 'constructor', 'x y', "o'hara"),
    fc.stringMatching(/^[a-z]{3,8}$/),
  ),
  { maxLength: 12, selector: slugOf },
);

/** A list today, the same list yesterday with other states and shapes, and what others have in the workspace. */
export const worlds = ids.chain((all) =>
  fc.record({
    before: fc.tuple(...all.map((id) => someTenant(id))),
    after: fc.tuple(...all.map((id) => someTenant(id))),
    unmarked: fc.subarray(['landing', 'other_team', 'acme', 'acmeville']),
    otherFleet: fc.subarray(['billing_rows', 'billing_usage', 'zeta_rows']),
  }),
);

const someTenant = (id: string) =>
  fc
    .record({
      state: fc.constantFrom<State | 'absent'>(
        'active',
        'active',
        'active',
        'suspended',
        'removed',
        'absent',
      ),
      shape: fc.nat({ max: 1 }),
    })
    .map(({ state, shape }) => (state === 'absent' ? null : tenant(id, state, shape)));

export const present = (tenants: readonly (Tenant | null)[]): Tenant[] =>
  tenants.filter((one) => one !== null);
