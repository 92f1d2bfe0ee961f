// What people and other tools do to a workspace behind our back.
import { marked, markerOf, withMarker } from '../../src/datafile/marker.ts';
import type { Datafile } from '../../src/datafile/types.ts';
import type { Key, LiveResource, LiveToken, Marker } from '../../src/model.ts';
import { liveResource } from './world.ts';

export const WAYS = [
  'edit',
  'reformat',
  'describe',
  'unmark',
  'take',
  'drop',
  'open',
  'close',
  'copy',
] as const;
export type Edit = { readonly at: number; readonly how: (typeof WAYS)[number] };

/** Another fleet with the same customers. */
export const ofBilling = (id: string): Marker => ({ fleet: 'billing', tenant: id, set: 'x', sha: '1' });

export function editFile(
  files: Map<Key, LiveResource>,
  { at, how }: Edit,
  { foreign, unmarked, edited }: Record<'foreign' | 'unmarked' | 'edited', Set<string>>,
): void {
  const one = [...files.values()][at % Math.max(files.size, 1)];
  if (one === undefined) return;
  if (how === 'drop') {
    files.delete(one.key);
    foreign.delete(one.key);
    edited.delete(one.key);
    return;
  }
  if (how === 'copy') {
    // With its marker, under a name that is not the tenant's.
    const name = `copy_of_${one.name}`;
    const copy = liveResource(`${one.datafile.kind}/${name}`, { ...one.datafile, name, grants: [] });
    foreign.add(copy.key);
    files.set(copy.key, copy);
    return;
  }
  if (how === 'edit' || how === 'describe') edited.add(one.key);
  if (how === 'unmark' || how === 'take') foreign.add(one.key);
  if (how === 'unmark') unmarked.add(one.key);
  if (how === 'take') unmarked.delete(one.key);
  files.set(one.key, { ...one, datafile: after(one.datafile, how) });
}

function after(file: Datafile, how: Exclude<Edit['how'], 'drop' | 'copy'>): Datafile {
  switch (how) {
    case 'edit':
      return file.kind === 'datasource'
        ? { ...file, columns: file.columns.slice(0, 1) }
        : { ...file, nodes: file.nodes.map((node) => ({ ...node, sql: `${node.sql} LIMIT 1` })) };
    case 'reformat':
      return file.kind === 'datasource'
        ? { ...file, description: file.description.replaceAll('\n', '\n    ') }
        : {
            ...file,
            nodes: file.nodes.map((node) => ({ ...node, sql: node.sql.replace(' AS ', '\n  as ') })),
          };
    case 'describe':
      return { ...file, description: `Theirs\n${file.description}` };
    case 'unmark':
      return { ...file, description: '' };
    case 'take': {
      const found = markerOf(file.description);
      return withMarker({ ...file, description: found?.rest ?? '' }, ofBilling(found?.marker.tenant ?? 'x'));
    }
    case 'open':
      return { ...file, grants: [...file.grants, { token: 'their_read', permission: 'READ' }] };
    case 'close':
      return { ...file, grants: [] };
  }
}

export function editToken(tokens: Map<string, LiveToken>, { at, how }: Edit, foreign: Set<string>): void {
  const one = [...tokens.values()][at % Math.max(tokens.size, 1)];
  if (one === undefined) return;
  if (how === 'drop') {
    tokens.delete(one.name);
    foreign.delete(`token/${one.name}`);
  }
  if (how === 'take') {
    foreign.add(`token/${one.name}`);
    const tenant = markerOf(one.description)?.marker.tenant ?? 'x';
    tokens.set(one.name, { ...one, description: marked('', ofBilling(tenant)) });
  }
  if (how === 'close') tokens.set(one.name, { ...one, scopes: one.scopes.slice(1) });
  if (how === 'open') {
    const wide = { type: 'DATASOURCES:READ', resource: 'landing', filter: null };
    tokens.set(one.name, { ...one, scopes: [...one.scopes, wide] });
  }
}
