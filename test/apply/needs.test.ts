// The order of a Classic apply: whatever the changes and however they came, each after what it needs, none lost, none twice.

import { expect, test } from 'vitest';
import type { Pipe } from '../../src/datafile/types.ts';
import { type Change, keyOf, type Resource } from '../../src/model.ts';
import { inNeed } from '../../src/plan/needs.ts';
import fc from '../properties.ts';

const table = (name: string): Resource => ({
  kind: 'datasource',
  name,
  description: '',
  columns: [],
  engine: null,
  indexes: [],
  grants: [],
  sharedWith: [],
  forwardQuery: null,
  settings: [],
});
const pipe = (name: string, reads: readonly string[], target?: string): Pipe => ({
  kind: 'pipe',
  name,
  description: '',
  nodes: [
    {
      name: `${name}_node`,
      description: '',
      sql: `SELECT * FROM ${reads.join(' JOIN ')}`,
      type: target === undefined ? 'endpoint' : 'materialized',
      settings: target === undefined ? [] : [{ command: 'DATASOURCE', value: target }],
    },
  ],
  grants: [],
  settings: [],
});
const token = (name: string, opens: readonly string[]): Resource => ({
  kind: 'token',
  name,
  via: 'static',
  scopes: opens.map((resource) => ({ type: 'PIPES:READ', resource })),
  ttl: 0,
  rps: null,
});

const changeOf = (resource: Resource): Change => {
  const key = keyOf(resource.kind, resource.name);
  const after = { key, resource, tenant: 'a', set: 's', role: null, sha: '1', from: 'x' };
  return { action: 'create', key, tenant: 'a', hazards: [], after };
};
const resourceOf = (change: Change): Resource | undefined =>
  change.action === 'delete' ? undefined : change.after.resource;
const namesOf = (changes: readonly Change[]): string[] =>
  changes.map(({ key }) => key.slice(key.indexOf('/') + 1));

/** Tables, views from lower tables into higher ones, endpoints over tables and earlier endpoints, tokens. */
const worlds = fc
  .record({
    views: fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })), { maxLength: 5 }),
    endpoints: fc.array(fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 3 }), { maxLength: 4 }),
    tokens: fc.array(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
  })
  .map(({ views, endpoints, tokens }) => [
    ...[0, 1, 2, 3].map((n) => table(`t${n}`)),
    ...views.filter(([from, to]) => from < to).map(([from, to], n) => pipe(`v${n}`, [`t${from}`], `t${to}`)),
    ...endpoints.map((reads, n) =>
      pipe(
        `e${n}`,
        reads.map((at) => (at < 4 ? `t${at}` : n === 0 ? 't0' : `e${at % n}`)),
      ),
    ),
    ...tokens.map((opens, n) =>
      token(
        `r${n}`,
        opens.map((at) => `e${at}`),
      ),
    ),
  ]);

/** One of them, as the server sees it: this has to be there before that. */
function needsOf(resource: Resource, all: readonly Resource[]): string[] {
  if (resource.kind === 'datasource') return [];
  if (resource.kind === 'token') return resource.scopes.map((scope) => scope.resource);
  const [node] = resource.nodes;
  const reads = node?.sql.replace('SELECT * FROM ', '').split(' JOIN ') ?? [];
  const target = node?.settings[0]?.value;
  if (target !== undefined) return [...reads, target];
  // What reads a table waits for the views that fill it.
  const views = all.filter(
    (one) => one.kind === 'pipe' && reads.includes(one.nodes[0]?.settings[0]?.value ?? ''),
  );
  return [...reads, ...views.map(({ name }) => name)];
}

const shuffled = worlds.chain((resources) =>
  fc.shuffledSubarray(resources, { minLength: 0, maxLength: resources.length }),
);

test('each comes after what it needs, and nothing is lost or there twice', () => {
  fc.assert(
    fc.property(shuffled, (resources) => {
      const order = namesOf(inNeed(resources.map(changeOf), resourceOf));
      expect(order.toSorted()).toEqual(resources.map(({ name }) => name).sort());
      for (const resource of resources) {
        for (const need of needsOf(resource, resources).filter((name) => order.includes(name))) {
          expect([need, 'before', resource.name, order.indexOf(need) < order.indexOf(resource.name)]).toEqual(
            [need, 'before', resource.name, true],
          );
        }
      }
    }),
  );
});

test('what is in order stays as it is', () => {
  fc.assert(
    fc.property(shuffled, (resources) => {
      const once = inNeed(resources.map(changeOf), resourceOf);
      expect(inNeed(once, resourceOf)).toEqual(once);
    }),
  );
});

test('a circle, and what nobody knows, ends', () => {
  const circle = [pipe('a', ['b']), pipe('b', ['a']), pipe('c', ['c'])].map(changeOf);
  expect(namesOf(inNeed(circle, resourceOf)).sort()).toEqual(['a', 'b', 'c']);
  expect(namesOf(inNeed(circle, () => undefined))).toEqual(['a', 'b', 'c']);
});
