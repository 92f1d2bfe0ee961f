// COVERAGE.md says what the server really has, and every assumption in it is one that the probe asks about.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../src/sandbox/engine/engine.ts';
import { Faults } from '../../src/sandbox/faults.ts';
import { buildServer, classicRoutes } from '../../src/sandbox/server.ts';
import { newWorld } from '../../src/sandbox/world.ts';
import { QUESTIONS } from '../conformance/questions.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});
afterAll(async () => engine.close());

const text = readFileSync(new URL('../../src/sandbox/COVERAGE.md', import.meta.url), 'utf8');
const rowsOf = (section: string): string[][] =>
  section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), rowsOf(section)]),
);
const rowsUnder = (title: string, first: RegExp): string[][] =>
  (sections.get(title) ?? []).filter(([name]) => first.test(name ?? ''));
const both = rowsUnder('Endpoints', /^(?:GET|POST|PUT|DELETE) /);
const classic = rowsUnder('Endpoints of Classic workspaces', /^(?:GET|POST|PUT|DELETE) /);
const endpoints = [...both, ...classic];
const assumptions = rowsUnder('Assumptions', /^A\d+$/);
const aboutClassic = rowsUnder('Assumptions about Classic', /^B\d+$/);

const sorted = (names: readonly string[]): string[] => names.toSorted((a, b) => a.localeCompare(b));

interface Route {
  readonly method: string;
  readonly path: string;
}

const namesOf = (routes: readonly Route[]): string[] =>
  routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);

test('the rows that are not missing are the routes of the server', () => {
  const world = newWorld(engine, Date.now);
  const ofClassic = namesOf(classicRoutes(world).flatMap(({ routes }) => routes));
  const others = namesOf(buildServer({ world, faults: new Faults(), requests: [] }).routes);
  for (const name of ofClassic) others.splice(others.indexOf(name), 1);
  const present = (rows: string[][]): string[] =>
    sorted(rows.filter(([, state]) => state !== 'missing').map(([name = '']) => name));
  expect(present(both)).toEqual(sorted(others));
  expect(present(classic)).toEqual(sorted(ofClassic));
});

test('every row has a state, and names its source', () => {
  for (const [name, state, source] of endpoints) {
    expect(['same', 'assumed', 'differs', 'missing'], name).toContain(state);
    expect(source, name).not.toBe('');
  }
});

test('the assumptions are numbered as the rows name them, and the probe asks each', () => {
  const ids = assumptions.map(([id]) => id);
  const named = endpoints.flatMap((cells) => cells.join(' ').match(/\bA\d+\b/g) ?? []);
  expect(new Set(named)).toEqual(new Set(ids));
  expect(QUESTIONS.map(({ id }) => id)).toEqual(ids);
});

test('the assumptions about Classic are numbered as the rows name them', () => {
  const named = endpoints.flatMap((cells) => cells.join(' ').match(/\bB\d+\b/g) ?? []);
  expect(aboutClassic.map(([id]) => id)).toEqual(aboutClassic.map((_, i) => `B${i + 1}`));
  expect(new Set(named)).toEqual(new Set(aboutClassic.map(([id]) => id)));
});
