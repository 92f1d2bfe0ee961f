// What a JWT for a role says, from the shipped sets, on either generation.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../scripts/bundle.ts';
import { unwrap } from '../src/errors.ts';
import { parseInputs } from '../src/inputs.ts';
import { mintable, parseTtl } from '../src/mintable.ts';
import type { Generation } from '../src/model.ts';
import { readSources } from '../src/read-sources.ts';
import type { Sources } from '../src/sources.ts';

let folder: string;
let sources: Sources;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mintable-'));
  const tenants = join(folder, 'tenants.yaml');
  await writeFile(
    tenants,
    'fleet: usage\ntenants:\n  - { id: acme, template: own-table }\n  - { id: stark, template: own-token }\n',
  );
  const inputs = unwrap(parseInputs((name) => (name === 'tenants' ? tenants : '')));
  sources = await readSources(inputs, join(root, 'datafiles-templates'));
});
afterAll(() => rm(folder, { recursive: true }));

const jwt = (tenant: string, generation: Generation, ttl: number | null = null) =>
  mintable(sources, generation, { tenant, role: 'read', ttl });

const pipe = (resource: string) => ({ type: 'PIPES:READ', resource });
const ofStark = { fixedParams: { tenant: 'stark' } };

test.each(['forward', 'classic'] as const)(
  'of a static token of pipes: what it opens, for a day (%s)',
  (generation) => {
    expect(jwt('acme', generation)).toEqual({
      name: 'acme_read',
      scopes: [pipe('acme_usage_by_day'), pipe('acme_usage_this_month')],
      rps: null,
      ttl: 86_400,
    });
  },
);

test('of a JWT: the scopes of the generation alone', () => {
  expect(jwt('stark', 'forward', 60)).toEqual({
    name: 'stark_read',
    scopes: [
      { ...pipe('usage_by_day'), ...ofStark },
      { ...pipe('usage_this_month'), ...ofStark },
    ],
    rps: null,
    ttl: 60,
  });
});

test('a row filter cannot go into a JWT on Classic, and what it narrows does not go without it', () => {
  expect(() => jwt('stark', 'classic')).toThrow(
    'stark/read: on a Classic workspace a JWT can open pipes only, and this token opens the data source events. Hand out the API token that an apply makes',
  );
});

test('the longest life is the set’s, to the second', () => {
  expect(jwt('stark', 'forward', parseTtl('7d')).ttl).toBe(604_800);
  expect(() => jwt('stark', 'forward', 604_801)).toThrow(/^ttl: 604801 seconds are more than the 604800/);
});
