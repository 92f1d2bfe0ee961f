// What separates the workspace from the list: tokens that are merely due, and everything else, which is drift.
import type { Change, Plan } from './model.ts';
import { isRenewal } from './plan/steps.ts';
import { plural, sentence } from './report/words.ts';

/** The same plan with nothing but renewals, for a schedule. */
export function renewalsOf(plan: Plan): Plan {
  const steps = plan.steps.map(({ name, changes }) => ({ name, changes: changes.filter(isRenewal) }));
  return { ...plan, steps: steps.filter(({ changes }) => changes.length > 0) };
}

export const driftOf = ({ steps }: Plan): Change[] =>
  steps.flatMap(({ changes }) => changes.filter((change) => !isRenewal(change)));

const SHOWN = 10;

/** For a run that leaves the drift where it is. */
export function driftNotes(plan: Plan): string[] {
  const changes = driftOf(plan);
  if (changes.length === 0) return [];
  const shown = changes.slice(0, SHOWN).map(sentence).join('; ');
  const left = changes.length > SHOWN ? '; …' : '';
  return [
    `drift: the workspace is not what the list says. An apply (a push, or a run by hand) would make ${plural(changes.length, 'change')}: ${shown}${left}`,
  ];
}
