// The list as text to one fleet: all problems at once, each with its file, line and column.
import type { Problem, Result } from '../errors.ts';
import type { Fleet, Place } from '../model.ts';
import { checkHead, checkList, checkTenant, type Head, NO_HEAD, tenantNodes, withId } from './draft.ts';
import { assemble, type Placed } from './fleet.ts';
import { readJson } from './flow.ts';
import { placesIn } from './lines.ts';
import type { Fault, Node, Reading } from './tree.ts';
import { readYaml, readYamlMapping } from './yaml.ts';

export type TextFormat = 'yaml' | 'json' | 'csv';
export interface TextFile {
  /** As the user knows it: a path, or `-` for standard input. */
  readonly file: string;
  readonly text: string;
}
export type Reader = (text: string) => Reading;
/** A list as text; the files of a folder are those directly in it. CSV brings its reader, which needs a library of its own. */
export type TenantsText =
  | (TextFile & { readonly format: Exclude<TextFormat, 'csv'> })
  | (TextFile & { readonly format: 'csv'; readonly read: Reader })
  | { readonly format: 'folder'; readonly folder: string; readonly files: readonly TextFile[] };

type PlaceOf = (at: number) => Place;

const READERS = { yaml: readYaml, json: readJson } as const;
const FORMATS: ReadonlyMap<string, TextFormat> = new Map([
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
  ['.csv', 'csv'],
]);

/** By the ending of the name; null when it is none of ours. */
export const formatOf = (file: string): TextFormat | null => FORMATS.get(partsOf(file).ending) ?? null;

/** Files in a folder that say nothing about tenants. */
export const isAside = (file: string): boolean => /^(?:\.|README)/i.test(partsOf(file).name);

/**
 * One fleet, or every problem of the list. Values in, values out; never throws.
 *
 * YAML and JSON: `fleet` (required), `workspace`, `defaults: { template, vars }`, `allow` (for the project),
 * `tenants: [{ id, slug, template, vars, state, allow }]` with `allow: [{ hazard, reason, until }]`.
 *
 * CSV: columns `id`, `slug`, `template`, `state`; every other column (`name` or `vars.name`) is a variable, `name[]` a
 * list with `;` between its items. Lines before the header may say `# fleet: name`, `# workspace: name` and
 * `# template: name`; without the first, the fleet is the stem of the file.
 *
 * Folder: one YAML or JSON file per tenant, its stem the id if it says none. `fleet.yaml` has `fleet`, `workspace`,
 * `defaults` and `allow`; without it, the fleet is the name of the folder.
 *
 * A list without tenants is a problem: an empty list never removes anything.
 */
export function parseTenants(input: TenantsText): Result<Fleet> {
  return input.format === 'folder' ? parseFolder(input) : parseFile(input);
}

function parseFile(input: Exclude<TenantsText, { format: 'folder' }>): Result<Fleet> {
  const { file, format } = input;
  const findings = new Findings();
  const { root, placeOf } = findings.open(input, format === 'csv' ? input.read : READERS[format]);
  if (root === null) return { ok: false, problems: findings.problems };
  const { value, faults } = checkList(root);
  findings.add(faults, placeOf);
  for (const tenant of tenantNodes(root)) findings.addTenant(tenant, placeOf);
  const stem = format === 'csv' && file !== '-' ? partsOf(file).stem : null;
  return assemble({
    where: placeOf(root.at),
    head: value === null ? null : { ...value, fleet: value.fleet ?? stem },
    tenants: findings.tenants,
    problems: findings.problems,
  });
}

function parseFolder({ folder, files }: { folder: string; files: readonly TextFile[] }): Result<Fleet> {
  const findings = new Findings();
  let head: Head | null | undefined;
  for (const one of files.toSorted(byName)) {
    const { stem } = partsOf(one.file);
    const reader = memberReader(one.file);
    if (reader === 'aside') continue;
    if (reader === null) {
      findings.problems.push({
        file: one.file,
        message: 'a folder holds .yaml and .json files, one per tenant',
      });
    } else if (stem !== 'fleet') {
      const { root, placeOf } = findings.open(one, reader);
      if (root !== null) findings.addTenant(withId(root, stem), placeOf);
    } else if (head !== undefined) {
      findings.problems.push({ file: one.file, message: 'a second file that describes the fleet' });
    } else {
      head = findings.readHead(one, reader);
    }
  }
  const { name } = partsOf(folder);
  const known = head === undefined ? NO_HEAD : head;
  return assemble({
    where: { file: folder },
    head: known === null ? null : { ...known, fleet: known.fleet ?? name },
    tenants: findings.tenants,
    problems: findings.problems,
  });
}

/** So many tenants are checked before code made for it would have paid. */
const FEW = 50;

/** What has been read so far, and what is wrong with it. */
class Findings {
  readonly problems: Problem[] = [];
  readonly tenants: Placed[] = [];

  open({ file, text }: TextFile, read: Reader): { root: Node | null; placeOf: PlaceOf } {
    const placeOf = placesIn(file, text);
    const { root, faults } = unmerged(text) ?? read(text);
    const none = root === null && faults.length === 0;
    if (none) this.add([{ at: 0, message: 'the file is empty' }], placeOf, 'empty-list');
    this.add(faults, placeOf, root === null ? 'unreadable-list' : undefined);
    return { root, placeOf };
  }

  add(faults: readonly Fault[], placeOf: PlaceOf, stop?: Problem['stop']): void {
    const named = stop === undefined ? {} : { stop };
    for (const { at, message } of faults) this.problems.push({ ...named, ...placeOf(at), message });
  }

  addTenant(node: Node, placeOf: PlaceOf): void {
    const { value, faults } = checkTenant(node, { jitless: this.tenants.length < FEW });
    this.add(faults, placeOf);
    if (value !== null) this.tenants.push({ draft: value, at: placeOf(value.at) });
  }

  readHead(file: TextFile, read: Reader): Head | null {
    const { root, placeOf } = this.open(file, read);
    if (root === null) return null;
    const { value, faults } = checkHead(root);
    this.add(faults, placeOf);
    return value;
  }
}

/** What Git writes into a file that it cannot merge would be a problem on each of its lines. */
function unmerged(text: string): Reading | null {
  const at = text.search(/^<{7} /m);
  if (at === -1 || !/^>{7} /m.test(text)) return null;
  return {
    root: null,
    faults: [{ at, message: 'a merge that was not finished: Git wrote both sides here' }],
  };
}

const byName = (left: TextFile, right: TextFile): number => (left.file < right.file ? -1 : 1);

function memberReader(file: string): Reader | 'aside' | null {
  if (isAside(file)) return 'aside';
  const format = formatOf(file);
  if (format === 'yaml') return readYamlMapping;
  return format === 'json' ? readJson : null;
}

/** `dir/acme.yaml` → `acme.yaml`, `acme`, `.yaml`. */
function partsOf(path: string): { name: string; stem: string; ending: string } {
  const name = path.replace(/[\\/]+$/, '').replace(/^.*[\\/]/s, '');
  const dot = name.lastIndexOf('.');
  return dot < 1
    ? { name, stem: name, ending: '' }
    : { name, stem: name.slice(0, dot), ending: name.slice(dot).toLowerCase() };
}
