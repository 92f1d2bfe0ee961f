// One change of a Classic workspace as the requests that make it.
import { engineOption } from '../datafile/engine.ts';
import type { Datafile, Datasource, Pipe } from '../datafile/types.ts';
import { assertNever, Stop } from '../errors.ts';
import { type Change, nameOf, type Token } from '../model.ts';
import type { Build } from '../plan/builds.ts';
import { liveScopeText } from '../plan/tokens.ts';
import type { Alteration, StaticToken } from '../tinybird/ports.ts';
import { type Historian, withCutoff } from './fill.ts';
import { makeView } from './history.ts';

export interface Carrier extends Historian {
  readonly builds: ReadonlyMap<string, Build>;
  /** Those under way and those that ended: a table and its view may both ask for the same one. */
  readonly made: Map<Build, Promise<void>>;
  /** What is live, by name. */
  readonly resources: Map<string, Datafile>;
}

export async function carryOne(at: Carrier, change: Change): Promise<void> {
  switch (change.action) {
    case 'create':
    case 'update': {
      const { resource } = change.after;
      switch (resource.kind) {
        case 'datasource':
          return change.action === 'create' ? createTable(at, resource) : alterTable(at, resource, change);
        case 'pipe':
          return change.action === 'create'
            ? createPipe(at, resource, change)
            : updatePipe(at, resource, change);
        case 'token':
          return setToken(at, resource, change);
        default:
          return assertNever(resource);
      }
    }
    case 'delete':
      return remove(at, change.key);
    case 'replace':
      throw new Stop('failed', `${change.key} would have to be made anew: ${change.why}`);
    default:
      return assertNever(change);
  }
}

/**
 * Takes away what the change takes away, and gives nothing yet: what it would open may not be there. A filter takes away,
 * too: it also holds in the pipes of its token, which must not be without it for a moment.
 */
export async function narrow(at: Carrier, change: Change): Promise<void> {
  if (change.action === 'delete' || !change.key.startsWith('token/')) return carryOne(at, change);
  if (isRefresh(change)) return at.writer.refreshToken(nameOf(change.key));
  const { resource } = change.after;
  if (resource.kind !== 'token') return carryOne(at, change);
  const live = at.tokens.get(resource.name);
  const has = new Set(live?.scopes.map(liveScopeText));
  const wanted = tokenOf(resource);
  const scopes = wanted.scopes.filter((scope) => {
    const isThere = at.resources.has(scope.resource ?? '');
    return has.has(liveScopeText(scope)) || (scope.filter !== null && isThere);
  });
  if (scopes.length > 0) {
    await at.writer.updateToken({ ...wanted, scopes });
    if (live !== undefined) at.tokens.set(resource.name, { ...live, ...wanted, scopes });
    return;
  }
  // A token cannot be without scopes: one that keeps none is made anew once what it opens is there.
  await at.writer.deleteToken(resource.name);
  at.tokens.delete(resource.name);
}

/** Another value, and nothing else. */
const isRefresh = (change: Change): boolean => change.action === 'update' && change.fields.join() === 'value';

const KINDS = { datasource: 'deleteDatasource', pipe: 'deletePipe', token: 'deleteToken' } as const;

function remove({ writer }: Carrier, key: Change['key']): Promise<void> {
  const slash = key.indexOf('/');
  const kind = key.slice(0, slash);
  if (kind !== 'datasource' && kind !== 'pipe' && kind !== 'token') throw new Error(`what is a ${kind}?`);
  return writer[KINDS[kind]](key.slice(slash + 1));
}

/** A table whose view is still to come says so: until its history is there, it may be dropped. */
const describe = ({ unfilled }: Carrier, { name, description }: Datasource): string =>
  unfilled.has(name) ? withCutoff(description, 0) : description;

async function createTable(at: Carrier, table: Datasource): Promise<void> {
  await at.writer.createDatasource({ ...table, description: describe(at, table) });
  at.resources.set(table.name, table);
}

async function alterTable(at: Carrier, table: Datasource, change: Change): Promise<void> {
  const build = at.builds.get(change.key);
  if (build !== undefined) return makeOnce(at, build);
  const before = at.resources.get(table.name);
  if (before?.kind !== 'datasource') throw new Error(`${table.name} is updated but not live`);
  const alteration = alterationOf({ ...table, description: describe(at, table) }, before);
  // A dry run first: what Classic cannot do must not be done by half.
  if (alteration.columns !== undefined || alteration.indexes !== undefined || alteration.ttl !== undefined) {
    await at.writer.alterDatasource(table.name, alteration, { dry: true });
  }
  await at.writer.alterDatasource(table.name, alteration, { dry: false });
}

function alterationOf(after: Datasource, before: Datasource): Alteration {
  const ttl = engineOption(after, 'TTL');
  const columns = JSON.stringify(after.columns) !== JSON.stringify(before.columns);
  return {
    description: after.description,
    ...(columns ? { columns: after.columns } : {}),
    ...(ttl === engineOption(before, 'TTL') ? {} : { ttl }),
    ...(JSON.stringify(after.indexes) === JSON.stringify(before.indexes) ? {} : { indexes: after.indexes }),
  };
}

function createPipe(at: Carrier, pipe: Pipe, change: Change): Promise<void> {
  const build = at.builds.get(change.key);
  return build === undefined ? at.writer.createPipe(pipe, { replace: false }) : makeOnce(at, build);
}

function makeOnce(at: Carrier, build: Build): Promise<void> {
  const making = at.made.get(build) ?? makeView(at, build);
  at.made.set(build, making);
  return making;
}

/** One node's SQL changes in place, so that a published one is never away; more than that is one request as well. */
async function updatePipe(at: Carrier, pipe: Pipe, change: Change): Promise<void> {
  const build = at.builds.get(change.key);
  if (build !== undefined) return makeOnce(at, build);
  const before = at.resources.get(pipe.name);
  if (before?.kind !== 'pipe') throw new Error(`${pipe.name} is updated but not live`);
  const changed = changedNodes(pipe, before);
  const [node] = changed;
  if (changed.length > 1 || !sameShape(pipe, before)) return at.writer.createPipe(pipe, { replace: true });
  if (node !== undefined) await at.writer.updateNode(pipe.name, node);
  await at.writer.updatePipe(pipe.name, { description: pipe.description });
}

function changedNodes(after: Pipe, before: Pipe) {
  const old = new Map(before.nodes.map((node) => [node.name, node]));
  return after.nodes.filter(({ name, sql }) => old.get(name)?.sql.trim() !== sql.trim());
}

/** The same nodes, of the same types, with the same words about them. */
function sameShape(after: Pipe, before: Pipe): boolean {
  const shape = (pipe: Pipe) =>
    JSON.stringify(pipe.nodes.map(({ name, type, description }) => [name, type, description]));
  return shape(after) === shape(before);
}

/** Narrowing may have done all of it. */
async function setToken(at: Carrier, token: Token, change: Change): Promise<void> {
  const live = at.tokens.get(token.name);
  if (live === undefined) return at.writer.createToken(tokenOf(token));
  const next = updated(at, token, change);
  const texts = (scopes: StaticToken['scopes']) => new Set(scopes.map(liveScopeText));
  const isSame = texts(next.scopes).symmetricDifference(texts(live.scopes)).size === 0;
  if (!isSame || next.description !== live.description) await at.writer.updateToken(next);
}

/** To a token of the project, which others may use, scopes are only added. */
function updated({ tokens }: Carrier, token: Token, { tenant }: Change): StaticToken {
  const wanted = tokenOf(token);
  const live = tokens.get(token.name);
  if (tenant !== null || live === undefined) return wanted;
  const known = new Set(wanted.scopes.map(liveScopeText));
  const others = live.scopes.filter((scope) => !known.has(liveScopeText(scope)));
  return { ...wanted, description: live.description, scopes: [...wanted.scopes, ...others] };
}

const tokenOf = ({ name, description, scopes }: Token): StaticToken => ({
  name,
  description: description ?? '',
  scopes: scopes.map(({ type, resource, filter }) => ({ type, resource, filter: filter ?? null })),
});
