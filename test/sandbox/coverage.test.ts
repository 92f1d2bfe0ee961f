// COVERAGE.md says what the server really has, and every assumption in it is one that the probe asks about.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../src/sandbox/engine/engine.ts';
import { Faults } from '../../src/sandbox/faults.ts';
import { buildServer } from '../../src/sandbox/server.ts';
import { newWorld } from '../../src/sandbox/world.ts';
import { QUESTIONS } from '../conformance/questions.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});
afterAll(async () => engine.close());

const text = readFileSync(new URL('../../src/sandbox/COVERAGE.md', import.meta.url), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
const endpoints = rows.filter(([name]) => /^(?:GET|POST|PUT|DELETE) /.test(name ?? ''));
const assumptions = rows.filter(([name]) => /^A\d+$/.test(name ?? ''));

test('the rows that are not missing are the routes of the server', () => {
  const app = buildServer({ world: newWorld(engine, Date.now), faults: new Faults(), requests: [] });
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`);
  const present = endpoints.filter(([, state]) => state !== 'missing').map(([name]) => name);
  expect(new Set(present)).toEqual(new Set(routes));
  expect(present).toHaveLength(new Set(present).size);
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
