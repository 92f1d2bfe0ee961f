// What has to be shown around a promotion, and the way back when it is not: staging is discarded, what was live before is live again.
import { Stop } from '../errors.ts';
import { disproof } from '../live-proof/joined.ts';
import type { Prover, Round } from '../live-proof/prover.ts';
import { type Change, nameOf, type Outcome, type Plan } from '../model.ts';
import { changesOf, type Deployment } from '../plan/calls.ts';
import { isRenewal } from '../plan/steps.ts';
import type { ForwardWriter } from '../tinybird/ports.ts';
import { isProven } from '../verify/proof.ts';
import type { Applied } from './forward.ts';

/** Whom a deployment is about; null where taking access away must not wait for anything, nor be taken back. */
export type Watched = Pick<Round, 'tenants' | 'lossy'> | null;

/** Who gets a JWT is watched with those whose files change: it opens the same deployment. */
export const watchedIn = (
  { step, changes }: Pick<Deployment, 'step' | 'changes'>,
  plan: Pick<Plan, 'steps'>,
  refused: ReadonlySet<string>,
): Watched => (step === 'apply' ? watchedOf([...changes, ...mintedBut(refused, plan)]) : null);

/** JWTs of those whose files the server did not refuse. */
const mintedBut = (refused: ReadonlySet<string | null>, plan: Pick<Plan, 'steps'>): Change[] =>
  changesOf(plan, 'tokens').filter(({ tenant }) => !refused.has(tenant));

const watchedOf = (changes: readonly Change[]): Exclude<Watched, null> => ({
  tenants: new Set(changes.flatMap(({ tenant }) => tenant ?? [])),
  lossy: new Set(
    changes.flatMap(({ key, hazards }) => [
      ...(hazards.includes('loses-data') ? [nameOf(key)] : []),
      // Of another schema other rows are rejected, and kept apart from those of before.
      `${nameOf(key)}_quarantine`,
    ]),
  ),
});

export interface Promoter {
  readonly writer: ForwardWriter;
  /** Null when nothing has to be proven. */
  readonly prover: Prover | null;
  readonly say: (line: string) => void;
}

export interface Promotion {
  readonly id: string;
  /** What is live before; null for nothing. */
  readonly liveId: string | null;
  readonly watched: Watched;
}

/** Throws a Stop after the deployment has been discarded. */
export async function proveStaged({ writer, prover }: Promoter, promotion: Promotion): Promise<void> {
  const { id, liveId, watched } = promotion;
  if (prover === null || watched === null) return;
  const beside = liveId === null ? null : { where: null };
  const proof = await prover.prove({ ...watched, where: id, beside, whole: true });
  if (isProven(proof)) return;
  const found = `Isolation could not be shown on deployment ${id} before it went live: ${disproof(proof)}.`;
  try {
    await writer.removeDeployment(id);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    throw new Stop(
      'not-proven',
      `${found} What was live stays live. Discarding it failed (\`tb deployment discard\` does it): ${error.message}`,
    );
  }
  throw new Stop('not-proven', `${found} It was discarded, and what was live stays live.`);
}

/** The deployment is live, and the one before it is still there. Throws a Stop after the swap back. */
export async function provePromoted(promoter: Promoter, promotion: Promotion): Promise<void> {
  const { prover } = promoter;
  const { id, watched } = promotion;
  if (prover === null || watched === null) return;
  const liveId = promotion.liveId === id ? null : promotion.liveId;
  const beside = liveId === null ? null : { where: liveId };
  const why = await unprovenBecause(prover, { ...watched, where: null, beside, whole: true });
  if (why === null) return;
  const found = `Isolation could not be shown after deployment ${id} had gone live: ${why}.`;
  if (liveId === null)
    throw new Stop(
      'not-proven',
      `${found} There is none before it to go back to: it is still live. Correct the templates and run again, or take the tokens away with \`state: suspended\`.`,
    );
  await swapBack(promoter, { id, liveId, found });
  throw new Stop('not-proven', `${found} Deployment ${liveId} is live again, and ${id} was discarded.`);
}

/** Null when it is proven. What keeps it from being shown is no reason to leave it live. */
async function unprovenBecause(prover: Prover, round: Round): Promise<string | null> {
  try {
    const proof = await prover.prove(round);
    return isProven(proof) ? null : disproof(proof);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return error.message.replace(/\.$/, '');
  }
}

async function swapBack(
  { writer, say }: Promoter,
  { id, liveId, found }: { readonly id: string; readonly liveId: string; readonly found: string },
): Promise<void> {
  say(`Going back to deployment ${liveId}`);
  try {
    await writer.setLive(liveId);
    await writer.removeDeployment(id);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    throw new Stop(
      'not-proven',
      `${found} Going back to deployment ${liveId} failed, so that ${id} may still be live: ${error.message} Promote ${liveId} by hand (\`tb deployment promote\`), or run again.`,
    );
  }
}

const LIVE: Round = { where: null, beside: null, tenants: null, lossy: new Set(), whole: false };

/** The same, after access was taken away, which does not wait for it. */
export async function proveLive(prover: Prover | null): Promise<void> {
  if (prover === null) return;
  const proof = await prover.prove(LIVE);
  if (isProven(proof)) return;
  throw new Stop(
    'not-proven',
    `Isolation could not be shown on what an earlier run has left live: ${disproof(proof)}. Access was taken away where the list says so; there is no deployment to go back to. Correct the templates and run again.`,
  );
}

/** A run was killed before it had shown anything of what it made live. Nothing is swapped: who made the older one is not known. */
export async function proveLeftover({ prover }: Promoter, id: string, liveId: string): Promise<void> {
  if (prover === null) return;
  const proof = await prover.prove(LIVE);
  if (isProven(proof)) return;
  throw new Stop(
    'not-proven',
    `Deployment ${liveId} is live, the one before it (${id}) was never retired, and isolation could not be shown: ${disproof(proof)}. Nothing was changed. Promote ${id} to go back to it (\`tb deployment promote\`), or correct the templates and run once without \`verify\`.`,
  );
}

/** Of what new JWTs open where nothing is deployed for it. Throws a Stop before they are minted. */
export async function proveMintable(prover: Prover | null, changes: readonly Change[]): Promise<void> {
  const fresh = changes.filter((change) => change.action !== 'delete' && !isRenewal(change));
  if (prover === null || fresh.length === 0) return;
  const proof = await prover.prove({ ...watchedOf(fresh), where: null, beside: null, whole: true });
  if (isProven(proof)) return;
  throw new Stop('not-proven', `Isolation could not be shown: ${disproof(proof)}. No new JWT is minted.`);
}

const NO_WAY_BACK =
  'A Classic workspace has no deployment to go back to: what was applied is live, and no new value was handed out. Correct the templates and run again, or take the tokens away with `state: suspended`.';

/**
 * On Classic everything is live at once. What was not proven counts as failed; the run after that finds nothing to apply,
 * and must not hand out then what this one did not, so it looks at the others as well.
 */
export async function provenApplied(prover: Prover, plan: Plan, applied: Applied): Promise<Applied> {
  if (applied.again) return applied;
  const done = new Set(applied.outcomes.flatMap(({ key, result }) => (result === 'applied' ? [key] : [])));
  const failed = new Set([
    ...applied.outcomes.flatMap(({ tenant, result }) => (result === 'applied' ? [] : [tenant])),
    // It ended early.
    ...changesOf(plan, 'apply').flatMap(({ key, tenant }) => (done.has(key) ? [] : [tenant])),
  ]);
  const changes = changesOf(plan, 'apply').filter(({ tenant }) => !failed.has(tenant));
  const watched = watchedOf([...changes, ...mintedBut(failed, plan)]);
  const round: Round = { ...watched, others: true, where: null, beside: null, whole: true };
  const why = await unprovenBecause(prover, round);
  if (why === null) return applied;
  const before = applied.stop === null ? '' : ` Before that: ${applied.stop.message}`;
  const stop = new Stop('not-proven', `Isolation could not be shown: ${why}. ${NO_WAY_BACK}${before}`);
  const keys = new Set(changes.map(({ key }) => key));
  const outcomes = applied.outcomes.map(
    ({ key, tenant, action, ...ending }): Outcome =>
      keys.has(key)
        ? { key, tenant, action, result: 'failed', error: 'applied, but isolation could not be shown' }
        : { key, tenant, action, ...ending },
  );
  return { ...applied, outcomes, again: false, stop };
}
