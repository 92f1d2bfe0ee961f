// Which parts of a datafile differ, in the words of the report. Live datafiles come from lists: what a list leaves out is not a difference.
import { engineOption } from '../datafile/engine.ts';
import { markerOf } from '../datafile/marker.ts';
import type { Column, Datafile, Datasource, Grant, Node, Pipe } from '../datafile/types.ts';
import { type Hazard, keyOf } from '../model.ts';
import { isShorter, sameCodec, sameExpression, sameKey, sameSql, sameType } from './canonical.ts';

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

/** Whether somebody has edited what our marker says is ours; TOKEN lines are looked at with their tokens. */
export const isEdited = (after: Datafile, before: Datafile): boolean =>
  bodyDifference(after, before).fields.length > 0;

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
  if (isOtherTable(after, before)) {
    fields.push('engine');
    hazards.add('loses-data');
  }
  const [ttl, live] = [engineOption(after, 'TTL'), engineOption(before, 'TTL')];
  if (live !== '' && !sameExpression(ttl, live)) {
    fields.push('ttl');
    if (isShorter(ttl, live)) hazards.add('loses-data');
  }
  return { fields, hazards: [...hazards] };
}

/** What no ALTER can do: other columns than the same and more, another engine or key. */
export const needsNewTable = (after: Datasource, before: Datasource): boolean =>
  columnDifference(after, before) === 'lossy' || isOtherTable(after, before);

function columnDifference(after: Datasource, before: Datasource): 'same' | 'grown' | 'lossy' {
  let wanted: ReadonlyMap<string, Column> | null = null;
  let same = after.columns.length === before.columns.length;
  for (const [n, column] of before.columns.entries()) {
    let next = after.columns[n];
    if (next?.name !== column.name) {
      wanted ??= new Map(after.columns.map((each) => [each.name, each]));
      next = wanted.get(column.name);
    }
    if (next === undefined || !sameType(next.type, column.type)) return 'lossy';
    if (!sameExpression(next.default ?? '', column.default ?? '')) same = false;
    if (column.jsonpath !== null && next.jsonpath !== column.jsonpath) same = false;
    if (column.codec !== null && !sameCodec(next.codec ?? '', column.codec)) same = false;
  }
  return same ? 'same' : 'grown';
}

function pipeDifference(after: Pipe, before: Pipe): Difference {
  const fields: string[] = [];
  const hazards = new Set<Hazard>();
  if (!sameText(after.description, before.description)) fields.push('description');
  if (!sameNames(after.nodes, before.nodes)) fields.push('nodes');
  if (after.nodes.some((node, n) => !sameNode(node, before, n))) fields.push('sql');
  const target = targetOf(before);
  if (target !== undefined && targetOf(after) !== target) fields.push('target');
  if (pipeType(after) !== pipeType(before)) {
    fields.push('type');
    if (pipeType(before) === 'endpoint') hazards.add('breaks-readers');
  }
  return { fields, hazards: [...hazards] };
}

/** In any order: nodes find each other by name. */
function sameNames(after: readonly Node[], before: readonly Node[]): boolean {
  if (after.length !== before.length) return false;
  if (after.every(({ name }, n) => name === before[n]?.name)) return true;
  const names = new Set(before.map(({ name }) => name));
  return after.every(({ name }) => names.has(name));
}

function sameNode({ name, sql }: Node, { nodes }: Pipe, n: number): boolean {
  const live = nodes[n]?.name === name ? nodes[n] : nodes.find((node) => node.name === name);
  return live === undefined || sameSql(sql, live.sql);
}

/** What a view or a copy fills. */
const targetOf = (pipe: Pipe): string | undefined =>
  pipe.nodes
    .find(({ type }) => type === 'materialized' || type === 'copy')
    ?.settings.find(({ command }) => command === 'DATASOURCE' || command === 'TARGET_DATASOURCE')?.value;

const pipeType = (pipe: Pipe): string =>
  pipe.nodes.find((node) => node.type !== 'standard')?.type ?? 'standard';

/** Only what decides how rows are stored; servers fill in the rest. */
function isOtherTable(after: Datasource, before: Datasource): boolean {
  if (before.engine === null) return false;
  return (
    engineType(after) !== engineType(before) ||
    KEYS.some((command) => !sameKey(engineOption(after, command), engineOption(before, command))) ||
    SAID.some((command) => {
      const live = engineOption(before, command);
      return live !== '' && !sameKey(engineOption(after, command), live);
    })
  );
}

const KEYS = ['SORTING_KEY', 'PARTITION_KEY'];
/** Which row wins; not every server tells it. */
const SAID = ['VER', 'IS_DELETED', 'SIGN'];

/** Servers may say how they keep copies of a table. */
const engineType = ({ engine }: Datasource): string =>
  (engine?.type ?? 'MergeTree').replace(/^(?:Replicated|Shared)(?=\w*MergeTree$)/, '');

const sameText = (one: string, other: string): boolean =>
  one === other || flush(one) === flush(other) || flush(unmarked(one)) === flush(unmarked(other));
const unmarked = (description: string): string => markerOf(description)?.rest ?? description;

/** Servers hand descriptions back with the indentation of the file. */
const flush = (text: string): string => text.trim().replace(/[ \t\r]*\n[ \t]*/g, '\n');
