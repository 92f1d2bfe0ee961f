// Writes the whole project to a folder, for those who want `tb deploy` to stay their deployer.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markerOf } from './datafile/marker.ts';
import { parseDatafile } from './datafile/parse.ts';
import { printDatafile } from './datafile/print.ts';
import { Stop, unwrap } from './errors.ts';
import type { Fleet } from './model.ts';
import { desiredOf, type Sources } from './sources.ts';

const FOLDERS = { datasource: 'datasources', pipe: 'pipes' } as const;

/** Paths of what was written, and of what an earlier rendering had left of tenants that the list removes. */
export interface Written {
  readonly files: readonly string[];
  readonly removed: readonly string[];
}

export async function writeProject(sources: Sources, out: string): Promise<Written> {
  const { resources, notes } = unwrap(desiredOf(sources, 'forward'));
  if (notes.length > 0) {
    throw new Stop(
      'bad-input',
      `The project would miss files, and a deployment without them would delete what is live:\n${notes.join('\n')}\nNothing was written.`,
    );
  }
  const texts = new Map(
    sources.project.connections.map(({ name, text }) => [join(out, 'connections', name), text]),
  );
  for (const { resource, text } of resources) {
    if (resource.kind === 'token') continue;
    const path = join(out, FOLDERS[resource.kind], `${resource.name}.${resource.kind}`);
    texts.set(path, text ?? printDatafile(resource));
  }
  const removed = await leftOvers(sources.fleet, { out, written: new Set(texts.keys()) });
  for (const folder of [...Object.values(FOLDERS), 'connections'])
    await mkdir(join(out, folder), { recursive: true });
  for (const [path, text] of texts) await writeFile(path, text);
  for (const path of removed) await rm(path);
  return { files: [...texts.keys()], removed };
}

/** A file that stays would keep a removed tenant alive. One of a tenant that merely vanished from the list stays. */
async function leftOvers(
  fleet: Fleet,
  { out, written }: { out: string; written: ReadonlySet<string> },
): Promise<string[]> {
  const removed = new Set(fleet.tenants.flatMap(({ id, state }) => (state === 'removed' ? [id] : [])));
  const paths: string[] = [];
  for (const folder of Object.values(FOLDERS)) {
    for (const name of await readdir(join(out, folder)).catch(() => [])) {
      const path = join(out, folder, name);
      if (written.has(path) || !/\.(datasource|pipe)$/.test(name)) continue;
      const parsed = parseDatafile(path, await readFile(path, 'utf8'));
      const marker = parsed.ok ? markerOf(parsed.value.description)?.marker : undefined;
      if (marker?.fleet === fleet.name && removed.has(marker.tenant)) paths.push(path);
    }
  }
  return paths;
}
