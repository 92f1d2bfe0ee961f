// How refusals count, name and allow things.

import type { Allowance, Desired } from '../model.ts';
import { grouped } from '../numbers.ts';

const SHOWN = 10;

/** In the order of the alphabet, and how many more. */
export function sample(names: readonly string[]): string {
  const shown = names.toSorted().slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown} and ${grouped(names.length - SHOWN)} more` : shown;
}

/** Of Unix seconds, in UTC. */
export const dayOf = (now: number): string => new Date(now * 1000).toISOString().slice(0, 10);

/** The one that still holds, and else the one that ended last. */
export function allowanceOf(
  { allow = [] }: Desired,
  hazard: Allowance['hazard'],
  today: string,
): { readonly holds: boolean; readonly allowance: Allowance } | null {
  const [latest] = allow
    .filter((one) => one.hazard === hazard)
    .toSorted((one, other) => (one.until < other.until ? 1 : -1));
  return latest === undefined ? null : { holds: latest.until >= today, allowance: latest };
}

const DAYS = 14;

/** The line that allows it, to be copied into a list or a set.yaml; it fits at any indentation. */
export function lineFor(hazard: Allowance['hazard'], today: string): string {
  const until = dayOf(Date.parse(`${today}T00:00:00Z`) / 1000 + DAYS * 86_400);
  return `allow: [{ hazard: ${hazard}, reason: "why it may happen", until: ${until} }]`;
}
