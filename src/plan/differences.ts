// Which parts of a datafile differ, in the words of the report. Live datafiles come from lists: what a list leaves out is not a difference.
import { markerOf } from '../datafile/marker.ts';
import type { Datafile, Datasource, Grant, Pipe } from '../datafile/types.ts';
import { type Hazard, keyOf } from '../model.ts';

export interface Difference {
  readonly fields: readonly string[];
  readonly hazards: readonly Hazard[];
}

/** What an update from `before` to `after` would change; our marker is not a difference. */
export function differences(after: Datafile, before: Datafile): Difference {
  const body = bodyDifference(after, before);
  const fields = [...body.fields];
  const hazards = [...body.hazards];
  const wanted = new Set(after.grants.map(lineOf));
  const live = new Set(before.grants.map(lineOf));
  if (!live.isSubsetOf(wanted)) hazards.push('revokes-access');
  if (!wanted.isSubsetOf(live)) hazards.push('widens-access');
  if (live.symmetricDifference(wanted).size > 0) fields.push('tokens');
  return { fields, hazards };
}

/** One TOKEN line, as a key. */
export const lineOf = (grant: Grant): string => `${grant.permission} ${grant.token}`;

function bodyDifference(after: Datafile, before: Datafile): Difference {
  if (after.kind === 'datasource' && before.kind === 'datasource') return datasourceDifference(after, before);
  if (after.kind === 'pipe' && before.kind === 'pipe') return pipeDifference(after, before);
  throw new Error(
    `${keyOf(after.kind, after.name)} compared with a ${before.kind}: conflicts are found before`,
  );
}

function datasourceDifference(after: Datasource, before: Datasource): Difference {
  const fields: string[] = [];
  const hazards = new Set<Hazard>();
  if (!sameText(after.description, before.description)) fields.push('description');
  const columns = columnDifference(after, before);
  if (columns !== 'same') fields.push('columns');
  if (columns === 'lossy') hazards.add('loses-data');
  if (before.engine !== null && engineText(after) !== engineText(before)) {
    fields.push('engine');
    hazards.add('loses-data');
  }
  const ttl = [option(after, 'TTL'), option(before, 'TTL')];
  if (ttl[0] !== ttl[1] && ttl[1] !== null) {
    fields.push('ttl');
    hazards.add('loses-data');
  }
  return { fields, hazards: [...hazards] };
}

function columnDifference(after: Datasource, before: Datasource): 'same' | 'grown' | 'lossy' {
  const wanted = new Map(after.columns.map((column) => [column.name, column]));
  let same = after.columns.length === before.columns.length;
  for (const column of before.columns) {
    const next = wanted.get(column.name);
    if (next === undefined || squeeze(next.type) !== squeeze(column.type)) return 'lossy';
    if (squeeze(next.default ?? '') !== squeeze(column.default ?? '')) same = false;
    if (column.jsonpath !== null && next.jsonpath !== column.jsonpath) same = false;
  }
  return same ? 'same' : 'grown';
}

function pipeDifference(after: Pipe, before: Pipe): Difference {
  const fields: string[] = [];
  const hazards = new Set<Hazard>();
  if (!sameText(after.description, before.description)) fields.push('description');
  const names = (pipe: Pipe) => pipe.nodes.map((node) => node.name).join();
  if (names(after) !== names(before)) fields.push('nodes');
  const live = new Map(before.nodes.map((node) => [node.name, node]));
  if (
    after.nodes.some(
      (node) => live.has(node.name) && squeeze(node.sql) !== squeeze(live.get(node.name)?.sql ?? ''),
    )
  ) {
    fields.push('sql');
  }
  if (pipeType(after) !== pipeType(before)) {
    fields.push('type');
    if (pipeType(before) === 'endpoint') hazards.add('breaks-readers');
  }
  return { fields, hazards: [...hazards] };
}

const pipeType = (pipe: Pipe): string =>
  pipe.nodes.find((node) => node.type !== 'standard')?.type ?? 'standard';

const option = (datasource: Datasource, command: string): string | null =>
  squeeze(datasource.engine?.options.find((setting) => setting.command === command)?.value ?? '') || null;

/** Only what decides how rows are stored; servers fill in the rest. `tuple()` is how they write "no key". */
function engineText(datasource: Datasource): string {
  const key = (command: string) => (option(datasource, command) ?? '').replace(/^tuple\(\)$/, '');
  return [datasource.engine?.type ?? 'MergeTree', key('SORTING_KEY'), key('PARTITION_KEY')].join('|');
}

const sameText = (one: string, other: string): boolean => unmarked(one) === unmarked(other);
const unmarked = (description: string): string => (markerOf(description)?.rest ?? description).trim();

/** Servers reflow white space; it never carries meaning between SQL tokens. */
const squeeze = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\s*([(),])\s*/g, '$1')
    .trim();
