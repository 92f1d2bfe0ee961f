// Applies a plan to a Classic workspace, one resource after the other, in an order whose every beginning is harmless.
import type { Clock } from '../clock.ts';
import { Stop } from '../errors.ts';
import { type Change, type Fleet, nameOf, type Outcome, type Plan, type Resource } from '../model.ts';
import type { Builds } from '../plan/builds.ts';
import { changesOf, type World } from '../plan/calls.ts';
import { inNeed, namesIn } from '../plan/needs.ts';
import { ownership } from '../plan/owned.ts';
import { createLimit } from '../tinybird/limit.ts';
import type { ClassicWriter, Reader } from '../tinybird/ports.ts';
import { type Carrier, carryOne, narrow } from './change.ts';
import type { Applied } from './forward.ts';
import { tidy } from './leftovers.ts';
import { progressOf, tellTables } from './progress.ts';

export interface ClassicWorld extends World {
  readonly builds: Builds;
}

export interface ClassicDriver {
  readonly reader: Reader;
  readonly writer: ClassicWriter;
  readonly clock: Clock;
  /** How long one job may take, milliseconds. */
  readonly timeout: number;
  readonly settle: number;
  /** Tenants at a time. */
  readonly concurrency: number;
  readonly fleet: Fleet;
  readonly only: ReadonlySet<string> | null;
  readonly say: (line: string) => void;
}

interface Run {
  readonly carrier: Carrier;
  readonly driver: ClassicDriver;
  readonly outcomes: Map<string, Outcome>;
  /** Names of what is not there, or not as it should be. */
  readonly missing: Set<string>;
}

export async function applyClassic(world: ClassicWorld, driver: ClassicDriver): Promise<Applied> {
  const run: Run = { carrier: carrierOf(world, driver), driver, outcomes: new Map(), missing: new Set() };
  const ended = (again: boolean, stop: Stop | null): Applied => {
    return { outcomes: [...run.outcomes.values()], deploymentId: null, again, stop, notes: [] };
  };
  try {
    return ended((await takeSteps(run, world)) === 'moved', null);
  } catch (error) {
    if (error instanceof Stop) return ended(false, error);
    throw error;
  }
}

function carrierOf(world: ClassicWorld, driver: ClassicDriver): Carrier {
  const { byKey: builds } = world.builds;
  const waiting = [...builds.values()].filter(
    ({ filling, fresh, how }) => filling.kind !== 'none' && fresh && how !== 'beside',
  );
  const unfilled = Map.groupBy(waiting, ({ target }) => target.name);
  return {
    ...driver,
    builds,
    made: new Map(),
    unfilled: new Map([...unfilled].map(([name, views]) => [name, views.length])),
    resources: new Map(world.live.resources.map((resource) => [resource.name, resource.datafile])),
    tokens: new Map(world.live.tokens.map((token) => [token.name, token])),
    time: null,
  };
}

async function takeSteps(run: Run, world: ClassicWorld): Promise<'done' | 'moved'> {
  const { plan } = world;
  const revoke = changesOf(plan, 'revoke');
  await Promise.all(revoke.map((change) => settle(run, change, () => narrow(run.carrier, change))));
  if (await tidyUp(run, world)) return 'moved';
  await makeShared(run, plan);
  const widened = revoke.filter((change) => change.hazards.includes('widens-access'));
  const apply = [...changesOf(plan, 'apply').filter((change) => !isSharedTable(change)), ...widened];
  tellTables(
    run.driver,
    apply.filter(({ action, key }) => action === 'create' && key.startsWith('datasource/')).length,
  );
  await byTenant(run, apply, (own) => inNeed(own, (change) => resourceOf(run, change)));
  const remove = changesOf(plan, 'remove');
  if ([...run.outcomes.values()].some(({ result }) => result === 'failed')) {
    const because = 'nothing is deleted after a failure in the same run';
    for (const change of remove) record(run, change, { result: 'skipped', because });
    return 'done';
  }
  await byTenant(run, remove, (own) => inNeed(own, (change) => resourceOf(run, change)).reverse());
  return 'done';
}

/**
 * The project's tables, and then the filters on them: a pipe that begins to read a new table must not find a token that
 * it holds to its tenant without the filter.
 */
async function makeShared(run: Run, plan: Plan): Promise<void> {
  const tables = changesOf(plan, 'apply').filter(isSharedTable);
  for (const change of tables) await settle(run, change, () => carryOne(run.carrier, change));
  const names = new Set(tables.filter(({ action }) => action === 'create').map(({ key }) => nameOf(key)));
  const held = changesOf(plan, 'revoke').filter(
    (change) =>
      change.action === 'update' &&
      change.after.resource.kind === 'token' &&
      change.after.resource.scopes.some(({ resource }) => names.has(resource)),
  );
  await Promise.all(held.map((change) => settle(run, change, () => narrow(run.carrier, change))));
}

const isSharedTable = ({ tenant, key, action }: Change): boolean =>
  tenant === null && key.startsWith('datasource/') && action !== 'delete';

/** A table that is made anew with its view needs what that needs. */
const resourceOf = ({ carrier }: Run, change: Change): Resource | undefined =>
  change.action === 'delete'
    ? carrier.resources.get(nameOf(change.key))
    : (carrier.builds.get(change.key)?.pipe ?? change.after.resource);

function tidyUp({ driver }: Run, { live, plan, desired }: ClassicWorld): Promise<boolean> {
  const { writer, only, fleet, say } = driver;
  const wanted = new Set(desired.map(({ tenant }) => tenant));
  const vanished = new Set(plan.orphans.map(({ tenant }) => tenant)).difference(wanted);
  const all = [...live.resources, ...(live.beside ?? [])];
  const ownerOf = ownership(fleet);
  const resources = all.filter((resource) => {
    const owner = ownerOf(resource);
    // What vanished from the list is left alone, unfinished or not.
    return (
      owner.kind === 'ours' && !vanished.has(owner.marker.tenant) && only?.has(owner.marker.tenant) !== false
    );
  });
  const names = new Set(all.map(({ name }) => name));
  return tidy({ writer, resources, exists: (name) => names.has(name), say });
}

/** The project first, because tenants read it; then tenants side by side, each in its own order. */
async function byTenant(
  run: Run,
  changes: readonly Change[],
  inOrder: (own: readonly Change[]) => readonly Change[],
): Promise<void> {
  const groups = Map.groupBy(changes, ({ tenant }) => tenant);
  const limit = createLimit(run.driver.concurrency);
  const tell = progressOf(run.driver, groups.size);
  const take = async (own: readonly Change[]): Promise<void> => {
    for (const change of inOrder(own)) await settle(run, change, () => carryOne(run.carrier, change));
    tell();
  };
  const first = changes[0]?.action === 'delete' ? undefined : groups.get(null);
  if (first !== undefined) await take(first);
  await Promise.all(
    [...groups].map(([, own]) => (own === first ? Promise.resolve() : limit(() => take(own)))),
  );
}

type Ending =
  | { result: 'applied' }
  | { result: 'failed'; error: string }
  | { result: 'skipped'; because: string };

function record({ outcomes, missing, carrier }: Run, change: Change, ending: Ending): void {
  const { key, tenant, action } = change;
  outcomes.set(key, { key, tenant, action, ...ending });
  if (ending.result === 'applied') return;
  missing.add(nameOf(change.key));
  // Without its view a table lacks its history, and what is read cannot be dropped and filled again.
  const target = carrier.builds.get(key)?.target.name;
  if (target !== undefined) missing.add(target);
}

/** A failed change keeps back what needs it, and nothing else. */
async function settle(run: Run, change: Change, work: () => Promise<void>): Promise<void> {
  const resource = change.action === 'delete' ? undefined : resourceOf(run, change);
  const needed = resource === undefined ? [] : namesIn(resource);
  const lacking = needed.find((name) => run.missing.has(name));
  if (lacking !== undefined) {
    record(run, change, { result: 'skipped', because: `it needs ${lacking}, which is not there` });
    return;
  }
  try {
    await work();
    record(run, change, { result: 'applied' });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    record(run, change, { result: 'failed', error: error.message });
  }
}
