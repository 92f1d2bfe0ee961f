// Isolation as a part of a run: around what it applies, or of what is live, by itself.
import { driftNotes } from '../drift.ts';
import { Stop } from '../errors.ts';
import type { Plan } from '../model.ts';
import type { Asked, Situation } from '../situation.ts';
import type { Surroundings } from '../surroundings.ts';
import { isProven, type Proof } from '../verify/proof.ts';
import { disproof } from './joined.ts';
import { createProver, type Prover } from './prover.ts';

export const proverFor = (
  { sources, connection }: Asked,
  { clock, say }: Pick<Surroundings, 'clock' | 'say'>,
): Prover => createProver({ sources, connection, clock, say });

export interface Proven {
  /** Nothing is planned: only what is live was looked at. */
  readonly plan: Plan;
  readonly proof: Proof;
  readonly notes: readonly string[];
  readonly stop: Stop | null;
}

/** Of what is live now, whoever made it. */
export async function provenNow(
  asked: Asked,
  { plan, whole }: Situation,
  at: Pick<Surroundings, 'clock' | 'say'>,
): Promise<Proven> {
  const round = {
    where: null,
    beside: null,
    tenants: asked.only,
    lossy: new Set<string>(),
    whole: false,
  } as const;
  const proof = await proverFor(asked, at).prove(round);
  const stop = isProven(proof)
    ? null
    : new Stop(
        'not-proven',
        `Isolation could not be shown on what is live: ${disproof(proof)}. Nothing was changed.`,
      );
  const notes = driftNotes(whole);
  return { plan: { ...plan, steps: [], unchanged: 0, orphans: [], conflicts: [] }, proof, notes, stop };
}
