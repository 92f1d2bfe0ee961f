// The one staging slot of a workspace: free, left over from us, or somebody else's.
import { type Clock, poll } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { Expected } from '../plan/calls.ts';
import { firstOf, isSlot } from '../rotation/slots.ts';
import type { Deployment, Reader } from '../tinybird/ports.ts';
import { changedOf, createdOf, deletedOf } from './answer.ts';
import { type Promoter, proveLeftover } from './promotion.ts';

export interface Deployer extends Promoter {
  readonly reader: Reader;
  readonly clock: Clock;
  /** Milliseconds since the epoch; waiting ends then. */
  readonly deadline: number;
}

export type Slot =
  | { readonly kind: 'free'; readonly liveId: string | null; readonly unproven: boolean }
  /** Staged by a run of ours that did not finish: its lists are exactly what we were about to deploy. */
  | { readonly kind: 'ours'; readonly deployment: Deployment; readonly liveId: string | null }
  /** We waited for somebody: what was read before is out of date. */
  | { readonly kind: 'moved' };

/** What a run of ours that was killed may have staged. */
export interface Ours {
  /** What this run is about to deploy; asked only when something is staged. */
  readonly expected: () => Expected;
  /** Names of the first tokens of the roles: a rotation that was begun has names of its own, by its time. */
  readonly roles: () => ReadonlySet<string>;
}

/** Clears what a killed run left behind, and waits for what is not ours. */
export async function takeSlot(deployer: Deployer, { expected, roles }: Ours): Promise<Slot> {
  const { liveId, staged, unproven } = await sweep(deployer);
  if (staged === null) return { kind: 'free', liveId, unproven };
  if (matches(staged, expected()) || isRotation(staged, roles()))
    return { kind: 'ours', deployment: staged, liveId };
  deployer.say(`Deployment ${staged.id} of somebody else is in progress (${staged.status}): waiting for it`);
  const { id } = staged;
  const gone = await poll(deployer.clock, deployer.deadline, async () => {
    const all = await deployer.reader.deployments();
    return all.some((one) => one.id === id && !one.live && one.phase !== 'gone') ? undefined : true;
  });
  if (gone === 'timeout') throw inProgress(staged);
  return { kind: 'moved' };
}

/**
 * Removes what can only be a leftover: a retired deployment (older than the live one) and a failed one. They serve
 * nobody and block every later deployment. What is newer than the live one is given back, untouched. `unproven`: a retired
 * one was removed without a proof of what is live.
 */
export async function sweep(
  deployer: Deployer,
): Promise<{ liveId: string | null; staged: Deployment | null; unproven: boolean }> {
  const { reader, writer, say } = deployer;
  const all = await reader.deployments();
  const liveId = all.find((one) => one.live)?.id ?? null;
  let staged: Deployment | null = null;
  let unproven = false;
  for (const one of all) {
    if (one.live || one.phase === 'gone') continue;
    if (one.phase === 'failed' || (liveId !== null && BigInt(one.id) < BigInt(liveId))) {
      if (one.phase !== 'failed' && liveId !== null) {
        await proveLeftover(deployer, one.id, liveId);
        unproven ||= deployer.prover === null;
      }
      say(`Removing deployment ${one.id}, a leftover (${one.phase === 'failed' ? 'failed' : 'retired'})`);
      await writer.removeDeployment(one.id);
    } else {
      staged = await reader.deployment(one.id);
    }
  }
  return { liveId, staged, unproven };
}

/** Token lines alone are in no list of names, and a killed run may have staged nothing else. */
function matches({ names, tokenChanges }: Deployment, expected: Expected): boolean {
  if (names === null) return false;
  const lists = [createdOf(names), changedOf(names), deletedOf(names), tokenChanges.map(({ name }) => name)];
  const [created = [], changed = [], deleted = [], tokens = []] = lists;
  return (
    lists.some((list) => list.length > 0) &&
    equal(created, expected.created) &&
    equal(deleted, expected.deleted) &&
    new Set(changed).isSubsetOf(expected.changed) &&
    new Set(tokens).isSubsetOf(expected.tokens)
  );
}

/** Nothing but next tokens of these roles, and perhaps the end of those before them. */
export function isRotation({ names, tokenChanges }: Deployment, roles: ReadonlySet<string>): boolean {
  if (names === null || createdOf(names).length + deletedOf(names).length > 0) return false;
  const carriers = new Set(
    tokenChanges.flatMap(({ added, removed }) => [...added, ...removed].map(({ resource }) => resource)),
  );
  return (
    tokenChanges.some(({ name, added }) => isSlot(name) && added.length > 0) &&
    tokenChanges.every(({ name }) => roles.has(firstOf(name))) &&
    new Set(changedOf(names)).isSubsetOf(carriers)
  );
}

const equal = (names: readonly string[], expected: ReadonlySet<string>): boolean =>
  new Set(names).symmetricDifference(expected).size === 0;

const inProgress = ({ id, status }: { id: string; status: string }): Stop =>
  new Stop(
    'deployment-in-progress',
    `Deployment ${id} is in progress in this workspace (${status}) and is not ours: it was still there after \`deploy-timeout\`. Nothing was deployed. Either finish it (\`tb deployment promote\`) or discard it (\`tb deployment discard\`), then run again; a run changes nothing twice.`,
  );
