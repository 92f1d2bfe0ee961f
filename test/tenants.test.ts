// The list from where users keep it: files, a folder, standard input, and what cannot be read.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Result, readProblem } from '../src/errors.ts';
import type { Fleet } from '../src/model.ts';
import { readTenants } from '../src/tenants.ts';

const fixtures = 'test/tenants/fixtures';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenants-'));
});
afterAll(() => rm(folder, { recursive: true }));

const problems = (result: Result<Fleet>): string[] => (result.ok ? [] : result.problems.map(readProblem));
const tenants = (result: Result<Fleet>) =>
  result.ok
    ? result.value.tenants.map(({ id, slug, set, vars, state }) => [id, slug, set, { ...vars }, state])
    : [];
const from = (text: string | Uint8Array) => Readable.from([text]);

test('a CSV file: comments, lists, quotes, numbers that are none', async () => {
  const result = await readTenants(`${fixtures}/usage.csv`);
  expect(result).toMatchObject({ ok: true, value: { name: 'usage', workspace: 'usage_prod' } });
  expect(tenants(result)).toEqual([
    ['acme', 'acme', 'own-table', { retention_days: 365 }, 'active'],
    ['Globex "Corp"', 'globex__corp_', 'own-endpoints', { event_types: ['login', 'purchase'] }, 'active'],
    ['initech', 'initech', 'own-endpoints', { retention_days: '007' }, 'suspended'],
  ]);
});

test('a JSON file: a number as id is its text', async () => {
  expect(tenants(await readTenants(`${fixtures}/tenants.json`))).toEqual([
    ['7', 'tenant_7', 'own-table', { x: '7', y: 7 }, 'active'],
  ]);
});

test('a folder: the stem is the id, fleet.yaml has the rest, README is for people', async () => {
  const result = await readTenants(`${fixtures}/folder`);
  expect(result).toMatchObject({ ok: true, value: { name: 'usage', workspace: null } });
  expect(tenants(result)).toEqual([
    ['acme', 'acme', 'own-table', { retention_days: 365 }, 'active'],
    ['Globex-Corp', 'globex_corp', 'own-endpoints', {}, 'active'],
  ]);
  expect(result.ok && result.value.tenants[1]?.at).toEqual({
    file: `${fixtures}/folder/globex.json`,
    line: 1,
    column: 9,
  });
});

test('all problems of all files of a folder', async () => {
  const at = `${fixtures}/folder-wrong`;
  expect(problems(await readTenants(at))).toEqual([
    `${at}/acme.yml:1:8: the state "gone" is not active, suspended or removed`,
    `${at}/b.json:1:1: a tenant has to be a mapping`,
    `${at}/empty.yaml:1:1: the file is empty`,
    `${at}/notes.txt: a folder holds .yaml and .json files, one per tenant`,
    `${at}/z.yaml:1:5: no template; say which, here or for all under \`defaults\``,
    `${at}/z.yaml:1:5: the id "acme" is already at ${at}/acme.yml:1`,
  ]);
});

test('a folder without fleet.yaml gives the fleet its name; links are not followed', async () => {
  await writeFile(join(folder, 'acme.yaml'), 'template: own-table\n');
  const name = folder.replace(/.*\//, '');
  expect(await readTenants(`${folder}/`)).toMatchObject({ ok: true, value: { name } });
  await symlink(join(folder, 'acme.yaml'), join(folder, 'link.yaml'));
  expect(problems(await readTenants(folder))).toEqual([
    `${join(folder, 'link.yaml')}: not a file; folders and links in the folder are not followed`,
  ]);
});

test.each([
  ['YAML', 'fleet: usage\ntenants:\n  - { id: acme, template: a }\n'],
  ['JSON', '\n {"fleet":"usage","tenants":[{"id":"acme","template":"a"}]}'],
  ['CSV', '# fleet: usage\n"id",template\nacme,a\n'],
])('standard input: %s', async (_, text) => {
  const result = await readTenants('-', from(text));
  expect(result).toMatchObject({
    ok: true,
    value: { name: 'usage', tenants: [{ id: 'acme', at: { file: '-' } }] },
  });
  expect(await readTenants('-', from(Buffer.from(`\ufeff${text}`)))).toMatchObject({ ok: true });
});

test('CSV on standard input needs to say its fleet', async () => {
  expect(problems(await readTenants('-', from('id,template\nacme,a\n')))).toEqual([
    '-:1:1: no fleet; the list needs a name of its own: `fleet: name`',
  ]);
});

test('what cannot be read is a problem with the path', async () => {
  const latin = join(folder, 'latin.csv');
  await writeFile(latin, Buffer.from('id\nacm\xe9\n', 'latin1'));
  expect(problems(await readTenants(latin))).toEqual([`${latin}: not UTF-8`]);
  expect(problems(await readTenants('-', from('')))).toEqual(['-:1:1: the file is empty']);
  expect(problems(await readTenants(`${folder}/none.yaml`))).toEqual([
    `${folder}/none.yaml: there is no such file or folder`,
  ]);
  expect(problems(await readTenants('package.toml'))).toEqual([
    'package.toml: there is no such file or folder',
  ]);
  expect(problems(await readTenants(`${fixtures}/folder/README.md`))).toEqual([
    `${fixtures}/folder/README.md: not a list: it has to end in .yaml, .yml, .json or .csv`,
  ]);
});
