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
  {
    bad: 'no such file',
    inputs: { tenants: 'nowhere.yaml' },
    says: 'nowhere.yaml: there is no such file or folder',
  },
  {
    bad: 'a file that is no list',
    inputs: { tenants: 'README.md' },
    says: 'README.md: not a list: it has to end in .yaml, .yml, .json or .csv',
  },
  {
    bad: 'an empty folder',
    inputs: { tenants: 'lists/empty' },
    files: { 'lists/empty/.keep': '' },
    says: 'lists/empty: no tenants; an empty list never removes anything (`state: removed` does, tenant by tenant)',
  },
  { bad: 'an empty file', list: '', says: 'tenants.yaml:1:1: the file is empty' },
  { bad: 'only comments', list: '# nothing yet\n', says: 'tenants.yaml:1:1: the file is empty' },
  {
    bad: 'an empty list',
    list: 'fleet: usage\ntenants: []\n',
    says: 'tenants.yaml:1:1: no tenants; an empty list never removes anything (`state: removed` does, tenant by tenant)',
  },
  {
    bad: 'YAML that ends too early',
    list: 'fleet: usage\ntenants:\n  - { id: acme, template: own-table\n',
    says: 'tenants.yaml:4:1: not YAML: flow map in block collection must be sufficiently indented and end with a }',
  },
  {
    bad: 'a tab in YAML',
    list: 'fleet: usage\ntenants:\n\t- id: acme\n',
    says: 'tenants.yaml:3:1: a tab as indentation; YAML wants blanks',
  },
  {
    bad: 'a key twice',
    tenants: ['{ id: acme, id: umbrella, template: own-table }'],
    says: 'tenants.yaml:3:17: the key "id" stands here twice',
  },
  {
    bad: 'a YAML alias',
    tenants: ['&a { id: acme, template: own-table }', '*a'],
    says: 'tenants.yaml:3:14: the id "acme" is already at tenants.yaml:3',
  },
  {
    bad: 'JSON cut off',
    files: { 'lists/cut.json': '{"fleet":"usage","tenants":[{"id":"acme"' },
    inputs: { tenants: 'lists/cut.json' },
    says: 'lists/cut.json:1:41: expected "}" here',
  },
  {
    bad: 'CSV without an id column',
    files: { 'lists/a.csv': 'name,template\nacme,own-table\n' },
    inputs: { tenants: 'lists/a.csv' },
    says: 'lists/a.csv:1:1: no column "id"; the first row names the columns, with commas between',
  },
  {
    bad: 'CSV with a row too long',
    files: { 'lists/b.csv': 'id,template\nacme,own-table,extra\n' },
    inputs: { tenants: 'lists/b.csv' },
    says: 'lists/b.csv:2:1: this row has 3 cells, the header has 2',
  },
  {
    bad: 'not UTF-8',
    files: { 'lists/latin.yaml': Buffer.from('fleet: caf\xe9\n', 'latin1') },
    inputs: { tenants: 'lists/latin.yaml' },
    says: 'lists/latin.yaml: not UTF-8',
  },
  {
    bad: 'NUL bytes',
    list: 'fleet: usage\0\ntenants: []\n',
    says: 'tenants.yaml:1:8: the fleet "usage\\u0000" has to be 1 to 100 letters, digits, "-" and "_"; it is part of every marker',
  },
  {
    bad: 'no fleet',
    list: 'tenants:\n  - { id: acme, template: own-table }\n',
    says: 'tenants.yaml:1:1: no fleet; the list needs a name of its own: `fleet: name`',
  },
  {
    bad: 'a fleet that would end its marker',
    list: 'fleet: "a] tenant=b"\ntenants:\n  - { id: acme, template: own-table }\n',
    says: 'tenants.yaml:1:8: the fleet "a] tenant=b" has to be 1 to 100 letters, digits, "-" and "_"; it is part of every marker',
  },
  {
    bad: 'a misspelt key',
    tenants: ['{ id: acme, tempalte: own-table }'],
    says: 'tenants.yaml:3:17: unknown key "tempalte"; did you mean "template"?',
  },
  { bad: 'no id', tenants: ['{ template: own-table }'], says: 'tenants.yaml:3:5: no id' },
  {
    bad: 'an empty id',
    tenants: ['{ id: "", template: own-table }'],
    says: 'tenants.yaml:3:11: the id is empty',
  },
  {
    bad: 'no template',
    tenants: ['{ id: acme }'],
    says: 'tenants.yaml:3:11: no template; say which, here or for all under `defaults`',
  },
  {
    bad: 'an unknown set',
    tenants: ['{ id: acme, template: own-tabel }'],
    says: 'tenants.yaml:3:11: tenant "acme" wants the template set "own-tabel", which does not exist (there are own-endpoints, own-table, own-token); did you mean "own-table"?',
  },
  {
    bad: 'a set that leads out of the folder',
    tenants: ['{ id: acme, template: ../own-table }'],
    says: 'tenants.yaml:3:11: tenant "acme" wants the template set "../own-table", which does not exist (there are own-endpoints, own-table, own-token); did you mean "own-table"?',
  },
  {
    bad: 'a set called like a property of every object',
    tenants: ['{ id: acme, template: constructor }'],
    says: 'tenants.yaml:3:11: tenant "acme" wants the template set "constructor", which does not exist (there are own-endpoints, own-table, own-token)',
  },
  {
    bad: 'an unknown state',
    tenants: ['{ id: acme, template: own-table, state: remove }'],
    says: 'tenants.yaml:3:45: the state "remove" is not active, suspended or removed; did you mean "removed"?',
  },
  {
    bad: 'the same id twice',
    tenants: ['{ id: acme, template: own-table }', '{ id: acme, template: own-token }'],
    says: 'tenants.yaml:4:11: the id "acme" is already at tenants.yaml:3',
  },
  {
    bad: 'two ids with one slug',
    tenants: ['{ id: acme-eu, template: own-table }', '{ id: acme.eu, template: own-token }'],
    says: 'tenants.yaml:4:11: the id "acme.eu" and the id "acme-eu" (tenants.yaml:3) both get the name acme_eu; give one of them another `slug`',
  },
  {
    bad: 'a slug given twice',
    tenants: ['{ id: acme, template: own-table }', '{ id: other, slug: acme, template: own-token }'],
    says: 'tenants.yaml:4:11: the id "other" and the id "acme" (tenants.yaml:3) both get the name acme; give one of them another `slug`',
  },
  {
    bad: 'a slug that is no identifier',
    tenants: ['{ id: acme, slug: "1; DROP", template: own-table }'],
    says: 'tenants.yaml:3:23: the slug "1; DROP" is not of the form [a-z][a-z0-9_]*',
  },
  {
    bad: 'names that meet: a tenant’s and the project’s',
    tenants: ['{ id: usage, slug: usage, template: tiny, vars: {} }'],
    inputs: { templates: 'lists/sets' },
    files: {
      'lists/sets/tiny/set.yaml': 'variables: {}\n',
      'lists/sets/tiny/by_day.pipe.hbs': 'NODE n1\nSQL >\n    SELECT 1\n\nTYPE endpoint\n',
    },
    says: 'tenants.yaml:3:11: the name usage_by_day is wanted twice: as pipe of the project (tinybird/endpoints/usage_by_day.pipe) and as pipe of tenant "usage" (tenants.yaml:3, tiny/by_day.pipe.hbs). Give one of the tenants another `slug`, or rename the role or file',
  },
  {
    bad: 'names that meet: two tenants’',
    tenants: ['{ id: acme, template: eu }', '{ id: acme_eu, template: plain }'],
    inputs: { templates: 'lists/sets' },
    files: {
      'lists/sets/eu/set.yaml': 'variables: {}\n',
      'lists/sets/eu/eu_page.pipe.hbs': 'NODE n1\nSQL >\n    SELECT 1\n\nTYPE endpoint\n',
      'lists/sets/plain/set.yaml': 'variables: {}\n',
      'lists/sets/plain/page.pipe.hbs': 'NODE n1\nSQL >\n    SELECT 1\n\nTYPE endpoint\n',
    },
    says: 'tenants.yaml:4:11: the name acme_eu_page is wanted twice: as pipe of tenant "acme" (tenants.yaml:3, eu/eu_page.pipe.hbs) and as pipe of tenant "acme_eu" (tenants.yaml:4, plain/page.pipe.hbs). Give one of the tenants another `slug`, or rename the role or file',
  },
  {
    bad: 'a variable that the set does not have',
    tenants: ['{ id: acme, template: own-table, vars: { retention_dais: 3 } }'],
    says: 'tenants.yaml:3:11: tenant "acme": the set own-table has no variable "retention_dais"; it has retention_days',
  },
  {
    bad: 'a variable of the wrong type',
    tenants: ['{ id: acme, template: own-table, vars: { retention_days: "long" } }'],
    says: 'tenants.yaml:3:11: tenant "acme": retention_days is "long", but has to be a whole number',
  },
  {
    bad: 'a variable below its least',
    tenants: ['{ id: acme, template: own-table, vars: { retention_days: 0 } }'],
    says: 'tenants.yaml:3:11: tenant "acme": retention_days is 0, below the least allowed, 1',
  },
  {
    bad: 'a permission that is not given',
    tenants: ['{ id: acme, template: own-endpoints }'],
    says: 'tenants.yaml:3:11: tenant "acme": event_types is a permission of the set own-endpoints: list what the tenant may see',
  },
  {
    bad: 'a permission that is empty',
    tenants: ['{ id: acme, template: own-endpoints, vars: { event_types: [] } }'],
    says: 'tenants.yaml:3:11: tenant "acme": event_types is a permission and cannot be empty',
  },
  {
    bad: 'a permission that is null',
    tenants: ['{ id: acme, template: own-endpoints, vars: { event_types: null } }'],
    says: 'tenants.yaml:3:63: a variable without a value; leave the line out, or write "" for an empty text',
  },
  {
    bad: 'a variable called __proto__',
    tenants: ['{ id: acme, template: own-table, vars: { __proto__: 1 } }'],
    says: 'tenants.yaml:3:46: "__proto__" cannot name a variable: a-z, 0-9 and _, starting with a letter',
  },
  {
    bad: 'an id with a comma',
    tenants: ['{ id: "a,b", template: own-table }'],
    says: 'tenants.yaml:3:11: the id has a comma, which separates ids in the input `tenant`',
  },
  {
    bad: 'an id with NUL',
    tenants: ['{ id: "a\\0b", template: own-table }'],
    says: 'tenants.yaml:3:11: the id has a line break, a control character or another invisible one',
  },
  {
    bad: 'an id with a line end and a workflow command',
    tenants: ['{ id: "a\\n::set-env name=X::1", template: own-table }'],
    says: 'tenants.yaml:3:11: the id has a line break, a control character or another invisible one',
  },
  {
    bad: 'an id written from right to left',
    tenants: ['{ id: "a\\u202Eb", template: own-table }'],
    says: 'tenants.yaml:3:11: the id has a line break, a control character or another invisible one',
  },
  {
    bad: 'an id of ten thousand characters',
    tenants: [`{ id: ${'x'.repeat(10_000)}, template: own-table }`],
    says: 'tenants.yaml:3:11: the id has 10000 characters; at most 200 are allowed',
  },
  {
    bad: 'an id without a letter',
    tenants: ['{ id: "***", template: own-table }'],
    says: 'tenants.yaml:3:11: the id "***" has no letter or digit for a name; add a `slug`',
  },
  {
    bad: 'an id that is our marker',
    tenants: ['{ id: "[tinybird-tenants fleet=x tenant=y]", template: own-table }'],
    says: 'tenants.yaml:3:11: the id holds the mark of what is ours',
  },
  {
    bad: 'an id with the old form of a workflow command',
    tenants: ['{ id: "##[add-path]x", template: nothing }'],
    says: 'tenants.yaml:3:11: tenant "##[add-path]x" wants the template set "nothing", which does not exist (there are own-endpoints, own-table, own-token)',
  },
  {
    bad: 'an id with a percent-encoded line end',
    tenants: ['{ id: "a%0A::warning::b", template: nothing }'],
    says: 'tenants.yaml:3:11: tenant "a%0A::warning::b" wants the template set "nothing", which does not exist (there are own-endpoints, own-table, own-token)',
  },
  {
    bad: 'a folder with a link in it',
    inputs: { tenants: 'lists/linked' },
    files: { 'lists/linked/fleet.yaml': 'fleet: usage\n' },
    says: 'lists/linked/acme.yaml: not a file; folders and links in the folder are not followed\nlists/linked: no tenants; an empty list never removes anything (`state: removed` does, tenant by tenant)',
  },
  {
    bad: 'a tenant asked for that the list does not have',
    tenants: ['{ id: acme, template: own-table }'],
    inputs: { tenant: 'acne' },
    says: 'input tenant: nothing was sent, because the list has no tenant "acne"; did you mean "acme"?',
  },
  {
    bad: 'several things at once',
    tenants: [
      '{ id: acme, template: own-tabel }',
      '{ id: acme, template: own-table, state: off }',
      '{ id: "a,b" }',
    ],
    says: 'tenants.yaml:4:11: the id "acme" is already at tenants.yaml:3\ntenants.yaml:4:45: the state "off" is not active, suspended or removed\ntenants.yaml:5:11: the id has a comma, which separates ids in the input `tenant`',
  },
];

/** One of each way that a run of the action ends so; the others run within this process. */
const BUILT = new Set([
  'no such file',
  'an id with the old form of a workflow command',
  'a tenant asked for that the list does not have',
  'several things at once',
]);

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
  const act = BUILT.has(bad) ? stage.act : stage.actHere;
  const end = await act({
    list:
      list ?? ['fleet: usage', 'tenants:', ...(tenants ?? []).map((line) => `  - ${line}`), ''].join('\n'),
    ...(inputs === undefined ? {} : { inputs }),
  });
  expect(said(end)).toBe(says);
  expect(end.exitCode).toBe(2);
  expectOnlyAsked(end);
  await expectSound(stage, end);
});
