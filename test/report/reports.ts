// Reports of plans over the shipped sets: a list before, a list after, and what people did to the workspace meanwhile.
import { join } from 'node:path';
import { parseDatafile } from '../../src/datafile/parse.ts';
import { printDatafile } from '../../src/datafile/print.ts';
import type { Datafile } from '../../src/datafile/types.ts';
import type { Stop } from '../../src/errors.ts';
import { unwrap } from '../../src/errors.ts';
import type { Fleet, Live, LiveResource, Outcome, Plan } from '../../src/model.ts';
import { keyOf } from '../../src/model.ts';
import { plan } from '../../src/plan/plan.ts';
import { type Project, readProject } from '../../src/project.ts';
import type { Redact } from '../../src/redact.ts';
import { type Report, reportOf } from '../../src/report/report.ts';
import { desiredOf } from '../../src/sources.ts';
import { readFolders } from '../../src/templates/folders.ts';
import { compileSets, type Sets } from '../../src/templates/sets.ts';
import { parseTenants } from '../../src/tenants.ts';
import { EMPTY, liveOf } from '../plan/world.ts';
import { readSets } from '../templates/made.ts';

const root = join(import.meta.dirname, '../..');
const shipped: Promise<Sets> = readSets(join(root, 'datafiles-templates')).then(unwrap);
const shared: Promise<Project> = readProject(join(root, 'examples/usage-billing/tinybird')).then(unwrap);

export interface Told {
  /** YAML below `tenants:`; empty when nothing is live yet. */
  readonly before: string;
  readonly after: string;
  /** What people did to the workspace. */
  readonly edit?: (live: Live) => Live;
  /** The set as it is now, where it is not the shipped one any more. */
  readonly sets?: Sets;
  readonly mode?: Report['mode'];
  readonly outcomes?: (plan: Plan) => readonly Outcome[];
  readonly stop?: (plan: Plan, fleet: Fleet) => Stop | null;
  readonly notes?: readonly string[];
  readonly adopt?: boolean;
  readonly redact?: Redact;
}

export const asItIs: Redact = (text) => text;

export async function reportFor(told: Told): Promise<Report> {
  const {
    before,
    after,
    edit = (live) => live,
    mode = 'plan',
    adopt = false,
    notes = [],
    redact = asItIs,
  } = told;
  const [sets, project] = await Promise.all([shipped, shared]);
  const wanted = (fleet: Fleet, used: Sets) =>
    unwrap(desiredOf({ fleet, sets: used, project }, 'forward')).resources;
  const fleet = listOf(after);
  const live = edit(before === '' ? EMPTY : liveOf(wanted(listOf(before), sets)));
  const desired = wanted(fleet, told.sets ?? sets);
  const made = plan({ desired, live, fleet, only: null, prune: false, adopt, now: 0 });
  const outcomes = told.outcomes === undefined ? {} : { outcomes: told.outcomes(made) };
  const stop = told.stop?.(made, fleet) ?? null;
  const workspace = { id: 'w', name: 'production' };
  const drift = made.steps.length > 0;
  return reportOf({ fleet, mode, workspace, plan: made, notes, stop, drift, ...outcomes }, redact);
}

const listOf = (tenants: string): Fleet =>
  unwrap(parseTenants({ file: 'tenants.yaml', format: 'yaml', text: `fleet: usage\ntenants:\n${tenants}` }));

/** The shipped sets with one file written anew, as a commit does. */
export async function rewritten(file: string, change: (text: string) => string): Promise<Sets> {
  const folders = unwrap(await readFolders(join(root, 'datafiles-templates')));
  return unwrap(
    compileSets(
      folders.map((folder) => {
        const [set = '', name = ''] = file.split('/');
        if (folder.name !== set) return folder;
        return {
          ...folder,
          files: new Map(folder.files).set(name, changed(folder.files.get(name) ?? '', change)),
        };
      }),
    ),
  );
}

function changed(text: string, change: (text: string) => string): string {
  const now = change(text);
  if (now === text) throw new Error(`nothing to change in ${text}`);
  return now;
}

/** One live resource written anew, as an edit in the browser does. */
export const edited =
  (name: string, change: (text: string) => string, at: Partial<LiveResource> = {}) =>
  (live: Live): Live => ({
    ...live,
    resources: live.resources.map((resource) =>
      resource.name === name ? { ...resource, ...at, datafile: asEdited(resource, change) } : resource,
    ),
  });

function asEdited({ datafile }: LiveResource, change: (text: string) => string): Datafile {
  const kind = datafile.kind;
  return unwrap(parseDatafile(`${datafile.name}.${kind}`, changed(printDatafile(datafile), change)));
}

/** Somebody else's resource. */
export function foreign(file: string, text: string): LiveResource {
  const datafile = unwrap(parseDatafile(file, text));
  const { kind, name } = datafile;
  return {
    key: keyOf(kind, name),
    id: `t_${name}`,
    name,
    datafile,
    rows: null,
    unfaithful: null,
    updatedAt: '',
  };
}

export const withResource =
  (resource: LiveResource) =>
  (live: Live): Live => ({ ...live, resources: [...live.resources, resource] });

/** A resource deleted by hand; its token lines go with it. */
export const without =
  (name: string) =>
  (live: Live): Live => ({
    ...live,
    resources: live.resources.filter((one) => one.name !== name),
    tokens: live.tokens.map((token) => ({
      ...token,
      scopes: token.scopes.filter(({ resource }) => resource !== name),
    })),
  });

export const withRows =
  (name: string, rows: number) =>
  (live: Live): Live => ({
    ...live,
    resources: live.resources.map((one) => (one.name === name ? { ...one, rows } : one)),
  });

/** Everything was carried out, but what `fails` names. */
export const outcomesOf =
  (fails: Readonly<Record<string, string>> = {}) =>
  ({ steps }: Plan): readonly Outcome[] =>
    steps
      .flatMap(({ changes }) => changes)
      .map(({ key, tenant, action }): Outcome => {
        const error = fails[key];
        if (error !== undefined) return { key, tenant, action, result: 'failed', error };
        const blocked = tenant !== null && Object.keys(fails).some((other) => other.includes(`/${tenant}_`));
        if (!blocked) return { key, tenant, action, result: 'applied' };
        return { key, tenant, action, result: 'skipped', because: 'another resource of the tenant failed' };
      });
