// What a bad list gets: one clear error that names the place, exit code 2, and nothing but questions sent.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectOnlyAsked, expectSound, said } from './sound.ts';
import { type Stage, setStage } from './stage.ts';

interface Row {
  readonly bad: string;
  /** Lines of `tenants.yaml` below `fleet` and `tenants:`. */
  readonly tenants?: readonly string[];
  /** The whole of `tenants.yaml`. */
  readonly list?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly says: string;
}

const ROWS: readonly Row[] = [
  { bad: 'no such file', inputs: { tenants: 'nowhere.yaml' }, says: '' },
  { bad: 'a file that is no list', inputs: { tenants: 'README.md' }, says: '' },
  { bad: 'an empty folder', inputs: { tenants: 'lists/empty' }, files: { 'lists/empty/.keep': '' }, says: '' },
  { bad: 'an empty file', list: '', says: '' },
  { bad: 'only comments', list: '# nothing yet\n', says: '' },
  { bad: 'an empty list', list: 'fleet: usage\ntenants: []\n', says: '' },
  { bad: 'YAML that ends too early', list: 'fleet: usage\ntenants:\n  - { id: acme, template: own-table\n', says: '' },
  { bad: 'a tab in YAML', list: 'fleet: usage\ntenants:\n\t- id: acme\n', says: '' },
  { bad: 'a key twice', tenants: ['{ id: acme, id: umbrella, template: own-table }'], says: '' },
  { bad: 'a YAML alias', tenants: ['&a { id: acme, template: own-table }', '*a'], says: '' },
  { bad: 'JSON cut off', files: { 'lists/cut.json': '{"fleet":"usage","tenants":[{"id":"acme"' }, inputs: { tenants: 'lists/cut.json' }, says: '' },
  { bad: 'CSV without an id column', files: { 'lists/a.csv': 'name,template\nacme,own-table\n' }, inputs: { tenants: 'lists/a.csv' }, says: '' },
  { bad: 'CSV with a row too long', files: { 'lists/b.csv': 'id,template\nacme,own-table,extra\n' }, inputs: { tenants: 'lists/b.csv' }, says: '' },
  { bad: 'not UTF-8', files: { 'lists/latin.yaml': Buffer.from('fleet: caf\xe9\n', 'latin1') }, inputs: { tenants: 'lists/latin.yaml' }, says: '' },
  { bad: 'NUL bytes', list: 'fleet: usage\0\ntenants: []\n', says: '' },
  { bad: 'no fleet', list: 'tenants:\n  - { id: acme, template: own-table }\n', says: '' },
  { bad: 'a fleet that would end its marker', list: 'fleet: "a] tenant=b"\ntenants:\n  - { id: acme, template: own-table }\n', says: '' },
  { bad: 'a misspelt key', tenants: ['{ id: acme, tempalte: own-table }'], says: '' },
  { bad: 'no id', tenants: ['{ template: own-table }'], says: '' },
  { bad: 'an empty id', tenants: ['{ id: "", template: own-table }'], says: '' },
  { bad: 'no template', tenants: ['{ id: acme }'], says: '' },
  { bad: 'an unknown set', tenants: ['{ id: acme, template: own-tabel }'], says: '' },
  { bad: 'a set that leads out of the folder', tenants: ['{ id: acme, template: ../own-table }'], says: '' },
  { bad: 'a set called like a property of every object', tenants: ['{ id: acme, template: constructor }'], says: '' },
  { bad: 'an unknown state', tenants: ['{ id: acme, template: own-table, state: remove }'], says: '' },
  { bad: 'the same id twice', tenants: ['{ id: acme, template: own-table }', '{ id: acme, template: own-token }'], says: '' },
  { bad: 'two ids with one slug', tenants: ['{ id: acme-eu, template: own-table }', '{ id: acme.eu, template: own-token }'], says: '' },
  { bad: 'a slug given twice', tenants: ['{ id: acme, template: own-table }', '{ id: other, slug: acme, template: own-token }'], says: '' },
  { bad: 'a slug that is no identifier', tenants: ['{ id: acme, slug: "1; DROP", template: own-table }'], says: '' },
  { bad: 'names that meet: a tenant’s and the project’s', tenants: ['{ id: usage, slug: usage, template: tiny, vars: {} }'], inputs: { templates: 'lists/sets' }, files: { 'lists/sets/tiny/set.yaml': 'variables: {}\n', 'lists/sets/tiny/by_day.pipe.hbs': 'NODE n1\nSQL >\n    SELECT 1\n\nTYPE endpoint\n' }, says: '' },
  { bad: 'names that meet: two tenants’', tenants: ['{ id: acme, template: eu }', '{ id: acme_eu, template: plain }'], inputs: { templates: 'lists/sets' }, files: { 'lists/sets/eu/set.yaml': '', 'lists/sets/eu/eu_page.pipe.hbs': 'NODE n1\nSQL >\n    SELECT 1\n\nTYPE endpoint\n', 'lists/sets/plain/set.yaml': '', 'lists/sets/plain/page.pipe.hbs': 'NODE n1\nSQL >\n    SELECT 1\n\nTYPE endpoint\n' }, says: '' },
  { bad: 'a variable that the set does not have', tenants: ['{ id: acme, template: own-table, vars: { retention_dais: 3 } }'], says: '' },
  { bad: 'a variable of the wrong type', tenants: ['{ id: acme, template: own-table, vars: { retention_days: "long" } }'], says: '' },
  { bad: 'a variable below its least', tenants: ['{ id: acme, template: own-table, vars: { retention_days: 0 } }'], says: '' },
  { bad: 'a permission that is not given', tenants: ['{ id: acme, template: own-endpoints }'], says: '' },
  { bad: 'a permission that is empty', tenants: ['{ id: acme, template: own-endpoints, vars: { event_types: [] } }'], says: '' },
  { bad: 'a permission that is null', tenants: ['{ id: acme, template: own-endpoints, vars: { event_types: null } }'], says: '' },
  { bad: 'a variable called __proto__', tenants: ['{ id: acme, template: own-table, vars: { __proto__: 1 } }'], says: '' },
  { bad: 'an id with a comma', tenants: ['{ id: "a,b", template: own-table }'], says: '' },
  { bad: 'an id with NUL', tenants: ['{ id: "a\\0b", template: own-table }'], says: '' },
  { bad: 'an id with a line end and a workflow command', tenants: ['{ id: "a\\n::set-env name=X::1", template: own-table }'], says: '' },
  { bad: 'an id written from right to left', tenants: ['{ id: "a\\u202Eb", template: own-table }'], says: '' },
  { bad: 'an id of ten thousand characters', tenants: [`{ id: ${'x'.repeat(10_000)}, template: own-table }`], says: '' },
  { bad: 'an id without a letter', tenants: ['{ id: "***", template: own-table }'], says: '' },
  { bad: 'an id that is our marker', tenants: ['{ id: "[tinybird-tenants fleet=x tenant=y]", template: own-table }'], says: '' },
  { bad: 'an id with the old form of a workflow command', tenants: ['{ id: "##[add-path]x", template: nothing }'], says: '' },
  { bad: 'an id with a percent-encoded line end', tenants: ['{ id: "a%0A::warning::b", template: nothing }'], says: '' },
  { bad: 'a folder with a link in it', inputs: { tenants: 'lists/linked' }, files: { 'lists/linked/fleet.yaml': 'fleet: usage\n' }, says: '' },
  { bad: 'a tenant asked for that the list does not have', tenants: ['{ id: acme, template: own-table }'], inputs: { tenant: 'acne' }, says: '' },
  { bad: 'several things at once', tenants: ['{ id: acme, template: own-tabel }', '{ id: acme, template: own-table, state: off }', '{ id: "a,b" }'], says: '' },
];

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

test.each(ROWS)('$bad', async ({ bad, tenants, list, files = {}, inputs, says }) => {
  const { dir } = stage.repository;
  rmSync(join(dir, 'lists'), { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  if (bad === 'a folder with a link in it') symlinkSync('/etc/hostname', join(dir, 'lists/linked/acme.yaml'));
  const end = await stage.act({
    list: list ?? ['fleet: usage', 'tenants:', ...(tenants ?? []).map((line) => `  - ${line}`), ''].join('\n'),
    ...(inputs === undefined ? {} : { inputs }),
  });
  if (process.env.JUDGE) (await import('node:fs')).appendFileSync(process.env.JUDGE, JSON.stringify([bad, said(end), end.exitCode]) + '\n');
  expect(said(end)).toBe(says);
  expect(end.exitCode).toBe(2);
  expectOnlyAsked(end);
  await expectSound(stage, end);
});
