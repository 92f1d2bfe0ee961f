// The project that a list stands for, as files: what whoever deploys without us has to send.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/bundle.ts';
import { printDatafile } from '../src/datafile/print.ts';
import { unwrap } from '../src/errors.ts';
import type { Generation } from '../src/model.ts';
import { readProject } from '../src/project.ts';
import { desiredOf } from '../src/sources.ts';
import { readFolders } from '../src/templates/folders.ts';
import { compileSets } from '../src/templates/sets.ts';
import { readTenants } from '../src/tenants.ts';
import type { UploadFile } from '../src/tinybird/ports.ts';

export async function datafiles(checkout: string, generation: Generation = 'forward'): Promise<UploadFile[]> {
  const fleet = unwrap(await readTenants(join(checkout, 'tenants.yaml')));
  const sets = unwrap(compileSets(unwrap(await readFolders(join(root, 'datafiles-templates')))));
  const project = unwrap(await readProject(join(checkout, 'tinybird')));
  const { resources } = unwrap(desiredOf({ fleet, sets, project }, generation));
  return resources.flatMap(({ resource }): UploadFile[] =>
    resource.kind === 'token'
      ? []
      : [{ name: `${resource.name}.${resource.kind}`, text: printDatafile(resource) }],
  );
}

/** In the folders that the official tools look into, emptied first. */
export async function writeFiles(files: readonly UploadFile[], folder: string): Promise<void> {
  const kinds = { datasource: 'datasources', pipe: 'endpoints' } as const;
  for (const kind of Object.values(kinds)) {
    await rm(join(folder, kind), { recursive: true, force: true });
    await mkdir(join(folder, kind), { recursive: true });
  }
  for (const { name, text } of files) {
    const kind = name.endsWith('.datasource') ? kinds.datasource : kinds.pipe;
    await writeFile(join(folder, kind, name), text);
  }
}
