// tenants.schema.json, which editors read, says what the reader says.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { jsonSchema } from '../../src/tenants/shape.ts';
import { parseTenants } from '../../src/tenants.ts';

const written: unknown = JSON.parse(readFileSync('tenants.schema.json', 'utf8'));

test('the file is made from the shape', () => {
  expect(written).toEqual(jsonSchema());
});

const valid = new Ajv2020({ allowUnionTypes: true }).compile(jsonSchema());

test.each([
  ['fleet: f\ntenants: [{ id: 007, template: t }]', true],
  [
    'fleet: f\nworkspace: w\ndefaults: { template: t, vars: { a: [1, x] } }\ntenants: [{ id: a, slug: b, state: removed }]',
    true,
  ],
  [readFileSync('examples/usage-billing/tenants.yaml', 'utf8'), true],
  ['tenants: [{ id: a, template: t }]', false],
  ['fleet: f\ntenants: []', false],
  ['fleet: a b\ntenants: [{ id: a, template: t }]', false],
  ['fleet: f\ntenants: [{ template: t }]', false],
  ['fleet: f\ntenants: [{ id: "", template: t }]', false],
  ['fleet: f\ntenants: [{ id: "a,b", template: t }]', false],
  ['fleet: f\ntenants: [{ id: a, slug: A, template: t }]', false],
  ['fleet: f\ntenants: [{ id: a, template: t, state: gone }]', false],
  ['fleet: f\ntenants: [{ id: a, template: t, vars: { x: { y: 1 } } }]', false],
  ['fleet: f\ntenants: [{ id: a, template: t, vars: { X: 1 } }]', false],
  ['fleet: f\ntenants: [{ id: a, template: t, typo: 1 }]', false],
  [
    'fleet: f\nallow: [{ hazard: fan-out, reason: r, until: 2026-12-31 }]\ntenants: [{ id: a, template: t, allow: [{ hazard: loses-data, reason: r, until: 2026-12-31 }] }]',
    true,
  ],
  [
    'fleet: f\ntenants: [{ id: a, template: t, allow: [{ hazard: x, reason: r, until: 2026-12-31 }] }]',
    false,
  ],
  [
    'fleet: f\ntenants: [{ id: a, template: t, allow: [{ hazard: fan-out, reason: r, until: soon }] }]',
    false,
  ],
  ['fleet: f\ntenants: [{ id: a, template: t, allow: [{ hazard: fan-out, until: 2026-12-31 }] }]', false],
])('%#: editor and reader agree', (text, fine) => {
  expect(valid(parseYaml(text))).toBe(fine);
  expect(parseTenants({ format: 'yaml', file: 'list.yaml', text }).ok).toBe(fine);
});
