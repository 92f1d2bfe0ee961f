// Brings one deployment live: check, stage, wait, promote, retire the old one.

import { poll } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { StepName } from '../model.ts';
import { plural } from '../numbers.ts';
import type { Deployment } from '../plan/calls.ts';
import type {
  DeployAnswer,
  FileMessage,
  Deployment as LiveDeployment,
  UploadFile,
} from '../tinybird/ports.ts';
import { driftIn, unexpected } from './answer.ts';
import { type Promotion, provePromoted, proveStaged, type Watched } from './promotion.ts';
import type { Deployer } from './slot.ts';

export interface Load {
  readonly deployment: Deployment;
  readonly files: readonly UploadFile[];
  /** The live one that the files were made from; null in a workspace without any. */
  readonly liveId: string | null;
  readonly watched: Watched;
}

export type Landing =
  | { readonly kind: 'live'; readonly id: string }
  | { readonly kind: 'unchanged' }
  /** The workspace moved under us. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'refused'; readonly errors: readonly FileMessage[] }
  /** These names of ours are not what our marker says, and nothing of them is planned. */
  | { readonly kind: 'drifted'; readonly names: readonly string[] };

const DOING: Readonly<Record<StepName, string>> = {
  revoke: 'Taking access away',
  apply: 'Deploying',
  tokens: 'Minting tokens',
  remove: 'Removing',
};

export async function land(
  deployer: Deployer,
  { deployment, files, liveId, watched }: Load,
): Promise<Landing> {
  const { writer, say } = deployer;
  const { changes, destructive, step } = deployment;
  const checked = await writer.deploy(files, { check: true, destructive });
  if (checked.result !== 'success') return ended(checked);
  const names = driftIn(checked, deployment);
  if (names.length > 0) return { kind: 'drifted', names };
  const surprise = unexpected(checked, deployment);
  if (surprise !== null) throw new Stop('server-refused', surprise);
  say(`${DOING[step]}: ${plural(changes.length, 'change')}, ${plural(files.length, 'file')}`);
  const staged = await writer.deploy(files, { check: false, destructive });
  if (staged.result !== 'success') return ended(staged);
  if (staged.deployment === null) throw new Error('a deployment without an id');
  const { id } = staged.deployment;
  if (unexpected(staged, deployment) !== null) {
    say(`The workspace changed between the check and deployment ${id}: discarding it and planning again`);
    await writer.removeDeployment(id);
    return { kind: 'moved' };
  }
  const prepared = await ready(deployer, id);
  if (prepared === 'gone') return gone(deployer, id, liveId);
  if (prepared.phase === 'failed') {
    await writer.removeDeployment(id);
    const none = [{ file: null, message: `deployment ${id} failed` }];
    return { kind: 'refused', errors: prepared.errors.length > 0 ? prepared.errors : none };
  }
  return promote(deployer, { id, liveId, watched });
}

function ended(answer: Exclude<DeployAnswer, { result: 'success' }>): Landing {
  if (answer.result === 'no_changes') return { kind: 'unchanged' };
  return answer.inProgress ? { kind: 'moved' } : { kind: 'refused', errors: answer.errors };
}

async function ready({ reader, clock, deadline }: Deployer, id: string): Promise<LiveDeployment | 'gone'> {
  const prepared = await poll<LiveDeployment | 'gone'>(clock, deadline, async () => {
    const now = await reader.deployment(id);
    if (now === null || now.phase === 'gone') return 'gone';
    return now.phase === 'ready' || now.phase === 'failed' || now.live ? now : undefined;
  });
  if (prepared !== 'timeout') return prepared;
  throw new Stop(
    'failed',
    `Deployment ${id} was not ready within \`deploy-timeout\`. It stays staged; the next run continues it. Raise \`deploy-timeout\` if it holds a lot of history to backfill.`,
  );
}

/** The live deployment must still be the one we started from; otherwise our files would undo somebody's work. */
export async function promote(deployer: Deployer, promotion: Promotion): Promise<Landing> {
  const { reader, writer, say } = deployer;
  const { id, liveId } = promotion;
  const current = await ready(deployer, id);
  if (current === 'gone') return gone(deployer, id, liveId);
  if (current.phase === 'failed') {
    await writer.removeDeployment(id);
    return { kind: 'moved' };
  }
  if (!current.live) {
    // Before the last look at what is live: it takes its time.
    await proveStaged(deployer, promotion);
    const now = await liveNow(reader);
    if (now !== liveId && now !== id) {
      say(`Deployment ${now} went live meanwhile: discarding ${id} and planning again`);
      await writer.removeDeployment(id);
      return { kind: 'moved' };
    }
    if (now !== id && (await setLive(deployer, id, liveId)) === 'moved') return { kind: 'moved' };
  }
  say(`Deployment ${id} is live`);
  await provePromoted(deployer, promotion);
  if (liveId !== null && liveId !== id) await retire(deployer, liveId);
  return { kind: 'live', id };
}

/** A run with the same plan has taken it up and gone on from there, or somebody wants it away. */
async function gone({ reader }: Deployer, id: string, liveId: string | null): Promise<Landing> {
  if ((await liveNow(reader)) !== liveId) return { kind: 'moved' };
  throw new Stop(
    'failed',
    `Deployment ${id} was deleted by somebody else while it was being prepared. Run again.`,
  );
}

const liveNow = async (reader: Deployer['reader']): Promise<string | null> =>
  (await reader.deployments()).find((one) => one.live)?.id ?? null;

/** A run with the same plan takes up what is staged, and may be faster; it may even be further by now. */
async function setLive(
  { reader, writer }: Deployer,
  id: string,
  liveId: string | null,
): Promise<'live' | 'moved'> {
  try {
    await writer.setLive(id);
    return 'live';
  } catch (error) {
    const now = await liveNow(reader);
    if (!(error instanceof Stop) || now === liveId) throw error;
    return now === id ? 'live' : 'moved';
  }
}

/** What was promoted is live whether or not the old one goes; a later step or run sweeps it away. */
async function retire({ writer, say }: Deployer, id: string): Promise<void> {
  try {
    await writer.removeDeployment(id);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(`Deployment ${id} is retired but could not be removed yet: ${error.message}`);
  }
}
