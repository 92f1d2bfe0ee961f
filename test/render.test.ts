// What `render` leaves in a folder is a whole project: whoever deploys it neither loses nor keeps what the list does not say.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unwrap } from '../src/errors.ts';
import { parseInputs } from '../src/inputs.ts';
import { readSources } from '../src/read-sources.ts';
import { writeProject } from '../src/render.ts';
import { listOf, START } from './apply/ground.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'render-'));
  await write(START);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function render(): Promise<string[]> {
  const given: Readonly<Record<string, string>> = {
    command: 'plan',
    tenants: join(folder, 'tenants.yaml'),
    templates: join(folder, 'sets'),
    project: join(folder, 'project'),
  };
  const sources = await readSources(unwrap(parseInputs((name) => given[name] ?? '')), folder);
  await writeProject(sources, join(folder, 'out'));
  const entries = await readdir(join(folder, 'out'), { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort();
}

it('writes connections too', async () => {
  await write({ ...listOf('acme'), 'project/connections/lake.connection': 'TYPE s3\n' });
  expect(await render()).toEqual(['acme_usage.pipe', 'lake.connection', 'landing.datasource']);
});

it('deletes the files of removed tenants, and of nobody else', async () => {
  await write(listOf('acme', 'globex', 'initech'));
  await render();
  await write({
    ...listOf('acme', 'globex: removed'),
    'out/pipes/by_hand.pipe': 'NODE n\nSQL >\n    SELECT 1 AS one\n',
  });
  expect(await render()).toEqual([
    'acme_usage.pipe',
    'by_hand.pipe',
    'initech_usage.pipe',
    'landing.datasource',
  ]);
});

it('refuses to leave out a suspended tenant that cannot be rendered', async () => {
  await write({
    ...listOf('acme', 'globex: suspended'),
    'sets/endpoint/set.yaml': 'variables: { n: { type: number, required: true } }\n',
  });
  await write({
    'tenants.yaml':
      'fleet: usage\ndefaults: { template: endpoint }\ntenants:\n  - { id: acme, vars: { n: 1 } }\n  - { id: globex, state: suspended }\n',
  });
  await expect(render()).rejects.toThrow(/would miss files/);
});
