// Names that are too long for a server, with their tenant, its line and the sum; and those that an apply keeps for itself.
import { expect, test } from 'vitest';
import type { Pipe } from '../src/datafile/types.ts';
import { readProblem } from '../src/errors.ts';
import type { Tenant, Token } from '../src/model.ts';
import { longNames, reservedNames } from '../src/names.ts';

const tenant: Tenant = {
  id: 'Acme',
  slug: 'a'.repeat(100),
  set: 's',
  vars: {},
  state: 'active',
  at: { file: 'tenants.yaml', line: 7, column: 9 },
};
const pipe = (name: string): Pipe => ({
  kind: 'pipe',
  name,
  description: '',
  nodes: [],
  grants: [],
  settings: [],
});
const token = (name: string): Token => ({
  kind: 'token',
  name,
  via: 'static',
  scopes: [],
  ttl: 0,
  rps: null,
});
const named = (role: string): string => `${tenant.slug}_${role}`;

test('128 characters are a name, 129 are a problem of the tenant', () => {
  const fits = named('b'.repeat(27));
  const role = 'b'.repeat(28);
  const from = 's/x.pipe.hbs';
  expect(longNames([{ datafile: pipe(fits), tenant, from }], [{ token: token(fits), tenant, from }])).toEqual(
    [],
  );
  const problems = longNames(
    [{ datafile: pipe(named(role)), tenant, from }],
    [{ token: token(named(role)), tenant, from: 's/x.token.hbs' }],
  );
  expect(problems.map(({ stop }) => stop)).toEqual(['quota', 'quota']);
  expect(problems.map(readProblem)[0]).toBe(
    `tenants.yaml:7:9: tenant "Acme": the name ${named(role)} has 129 characters (100 of the slug and 28 of the role ${role}), at most 128 are allowed. Give the tenant a shorter \`slug\`, or rename s/x.pipe.hbs`,
  );
});

test('what the project calls its own is not ours to judge', () => {
  expect(longNames([{ datafile: pipe('x'.repeat(200)), tenant: null, from: 'x.pipe' }], [])).toEqual([]);
});

test.each(['events__next', 'events__fill'])(
  'on Classic no role may end like %s: an apply would take it for its own leftover',
  (role) => {
    const named = {
      datafile: pipe(`acme_${role}`),
      tenant: { ...tenant, slug: 'acme' },
      from: `s/${role}.pipe.hbs`,
    };
    expect(reservedNames([named]).map(readProblem)).toEqual([
      `s/${role}.pipe.hbs: tenant "Acme": acme_${role} ends like what an apply makes for a while beside acme_events. Give the role a name that ends in neither __next nor __fill`,
    ]);
    expect(
      reservedNames([
        { ...named, tenant: null },
        { ...named, datafile: pipe('acme_next_events') },
      ]),
    ).toEqual([]);
  },
);
