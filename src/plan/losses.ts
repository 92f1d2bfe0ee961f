// Which updates lose rows, and why: the one place that knows it, for the plan's hazards and for what refuses them.
import type { Datasource, Pipe } from '../datafile/types.ts';
import type { Change, Hazard, Key, Live } from '../model.ts';
import { type Afterwards, afterwards, reachOf, viewsOf } from './afterwards.ts';
import { needsNewTable } from './differences.ts';
import { forgets, retentionLoss } from './retention.ts';
import { viewOf } from './views.ts';

export interface Loss {
  /** Of the data source that loses rows; a view loses those of its target. */
  readonly table: string;
  /** Null where the server does not say. */
  readonly rows: number | null;
  readonly why: string;
  /** The table, and not only how long it keeps its rows. */
  readonly isMadeAnew: boolean;
}

/** The changes, `loses-data` on those that do, with the rows that are at stake; deletions say so themselves. */
export function withLosses(changes: readonly Change[], live: Live): Change[] {
  const losses = lossesOf(changes, live);
  return changes.map((change) => {
    const loss = losses.get(change.key);
    if (change.action === 'delete') return change;
    const others = change.hazards.filter((hazard) => hazard !== LOSES);
    if (loss !== undefined) return { ...change, hazards: [LOSES, ...others], rows: loss.rows };
    return others.length === change.hazards.length ? change : { ...change, hazards: others };
  });
}
const LOSES: Hazard = 'loses-data';

/** Of everything but deletions. */
export function lossesOf(changes: readonly Change[], live: Live): ReadonlyMap<Key, Loss> {
  const known = knowledgeOf(changes, live);
  const losses = new Map<Key, Loss>();
  for (const change of changes) {
    const loss = change.action === 'delete' ? null : lossOf(change, known);
    if (loss !== null) losses.set(change.key, loss);
  }
  return losses;
}

function lossOf(change: Exclude<Change, { action: 'delete' }>, known: Knowledge): Loss | null {
  const { resource } = change.after;
  if (resource.kind === 'token') return null;
  const table = resource.kind === 'datasource' ? resource.name : viewOf(resource)?.target;
  const before = table === undefined ? undefined : known.live(table);
  if (table === undefined || before?.kind !== 'datasource') return null;
  const anew = resource.kind === 'pipe' ? viewLoss(change, table, known) : tableLoss(resource, before, known);
  const why = anew ?? (resource.kind === 'pipe' ? null : retentionLoss(resource, before));
  return why === null ? null : { table, rows: known.rows(table), why, isMadeAnew: anew !== null };
}

/** On Forward a view that is new to a table fills it anew, too; on Classic it does nothing to what is there. */
function viewLoss(change: Change, target: string, known: Knowledge): string | null {
  const old = known.live(change.key.slice('pipe/'.length));
  const stays = old?.kind === 'pipe' && viewOf(old)?.target === target;
  const isAnew = stays
    ? change.action === 'update' && change.fields.some((field) => REMADE.has(field))
    : !known.isClassic;
  const why = isAnew ? refillLoss(target, known) : null;
  return why === null ? null : `${target} is made anew: ${why}`;
}

/** Fields of a view that cannot be altered: it is made anew, and its target with it. */
export const REMADE: ReadonlySet<string> = new Set(['sql', 'nodes', 'type']);

function tableLoss(after: Datasource, before: Datasource, known: Knowledge): string | null {
  if (!needsNewTable(after, before)) return null;
  const own = after.forwardQuery === null ? refillLoss(after.name, known) : null;
  if (own !== null) return `no ALTER makes this change, so that the table is made anew: ${own}`;
  const readers = forgets(after) ? known.readers(after.name) : [];
  if (readers.length === 0) return null;
  return `${readers.length === 1 ? `the table that ${readers[0]} fills is` : `the tables that ${readers.length} views fill are`} then filled anew from it, and it forgets its rows (TTL)`;
}

/** Why the rows of a table that is made anew would not all come back; null when its views bring them. */
function refillLoss(name: string, known: Knowledge): string | null {
  const table = known.there.get(name)?.datafile;
  if (table?.kind === 'datasource' && skipsBackfill(table)) return 'it says BACKFILL skip';
  const views = known.fillers(name);
  if (views.length === 0) return 'no view fills it, so that nothing brings its rows back';
  const appender = known.appender(name);
  if (appender !== undefined) {
    return `${appender} appends to it, and what was appended is in no other table`;
  }
  for (const view of views) {
    const sources = [...reachOf(view, known.there)].flatMap(
      (source) => known.there.get(source)?.datafile ?? [],
    );
    const forgetful = sources.find((source) => source.kind === 'datasource' && forgets(source));
    if (forgetful !== undefined) return forgetting(forgetful.name, view.name);
    if (sources.length === 0) return `it is not known what ${view.name} reads`;
  }
  return null;
}

const forgetting = (source: string, view: string): string =>
  `${source} forgets its rows (TTL), so that ${view} could not read all of them again`;

const skipsBackfill = ({ settings }: Datasource): boolean =>
  settings.some(({ command, value }) => command === 'BACKFILL' && /^skip$/i.test(value));

interface Knowledge {
  readonly isClassic: boolean;
  readonly there: Afterwards;
  readonly live: (name: string) => Datasource | Pipe | undefined;
  readonly rows: (name: string) => number | null;
  /** Views that fill a data source. */
  readonly fillers: (name: string) => readonly Pipe[];
  /** Names of views that read it. */
  readonly readers: (name: string) => readonly string[];
  /** A token that may append to it. */
  readonly appender: (name: string) => string | undefined;
}

/** Most plans lose nothing: an index is made when it is asked for. */
function knowledgeOf(changes: readonly Change[], live: Live): Knowledge {
  const there = lazy(() => afterwards(changes, live));
  const byName = lazy(() => new Map(live.resources.map((one) => [one.name, one])));
  const fillers = lazy(() => Map.groupBy([...viewsOf(there())], ({ view }) => view.target));
  const readers = lazy(() => readersOf(there()));
  const appenders = lazy(
    () =>
      new Map(
        live.tokens.flatMap(({ name, scopes }) =>
          scopes.flatMap(({ type, resource }) =>
            resource !== null && type.endsWith(':APPEND') ? [[resource, `the token ${name}`] as const] : [],
          ),
        ),
      ),
  );
  return {
    isClassic: live.beside !== undefined,
    get there() {
      return there();
    },
    live: (name) => byName().get(name)?.datafile,
    rows: (name) => byName().get(name)?.rows ?? null,
    fillers: (name) => (fillers().get(name) ?? []).map(({ view }) => view.pipe),
    readers: (name) => readers().get(name) ?? [],
    appender: (name) => appenders().get(name),
  };
}

function readersOf(there: Afterwards): Map<string, string[]> {
  const readers = new Map<string, string[]>();
  for (const { view } of viewsOf(there)) {
    for (const name of reachOf(view.pipe, there)) {
      const own = readers.get(name);
      if (own === undefined) readers.set(name, [view.pipe.name]);
      else own.push(view.pipe.name);
    }
  }
  return readers;
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
