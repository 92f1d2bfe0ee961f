// What separates the workspace from the list: tokens that are merely due, and everything else, which is drift.

import { type Change, nameOf, type Plan } from './model.ts';
import { plural } from './numbers.ts';
import { changesIn, isRenewal } from './plan/steps.ts';
import { excess, kindOf, lastEdit, sentence } from './report/words.ts';

export const driftOf = (plan: Plan): Change[] => changesIn(plan).filter((change) => !isRenewal(change));

export const hasDrift = (plan: Plan): boolean => driftOf(plan).length > 0 || plan.orphans.length > 0;

const SHOWN = 10;

/** For a run that leaves the drift where it is. */
export function driftNotes(plan: Plan): string[] {
  const changes = driftOf(plan);
  // What opens too much must not be behind the dots.
  const [wide, others] = [true, false].map((is) => changes.filter((one) => (excess(one) !== null) === is));
  const told = [...(wide ?? []), ...(others ?? [])].map(drifted);
  const kept = plan.orphans.map(({ key, tenant }) => `${nameOf(key)} (${kindOf(key)} of ${tenant})`);
  return [
    ...(told.length === 0
      ? []
      : [
          `drift: the workspace is not what the list says. An apply (a push, or a run by hand) would make ${plural(changes.length, 'change')}: ${shown(told)}`,
        ]),
    ...(kept.length === 0
      ? []
      : [`drift: ${plural(kept.length, 'orphan')}, which no line of the list asks for: ${shown(kept)}`]),
  ];
}

const shown = (lines: readonly string[]): string =>
  lines.slice(0, SHOWN).join('; ') + (lines.length > SHOWN ? '; …' : '');

/** `edited acme_usage: sql, on 2026-01-02 03:04:05 UTC by ada@example.com`. */
function drifted(change: Change): string {
  if (change.action === 'create') return `missing ${nameOf(change.key)} (${kindOf(change.key)})`;
  if (change.drift) return `edited ${sentence(change)}${lastEdit(change.before)}`;
  return excess(change) === null ? sentence(change) : `widened ${sentence(change)}`;
}
