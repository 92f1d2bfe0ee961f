// Several proofs as one, and what a proof that failed comes to in a few words.
import { plural } from '../numbers.ts';
import { type Proof, sorted } from '../verify/proof.ts';

/** Of the same fleet: what was asked before a promotion, and what after it. */
export const joined = (first: Proof, second: Proof): Proof => ({
  ...second,
  tried: first.tried + second.tried,
  answered: first.answered + second.answered,
  leaks: sorted([...first.leaks, ...second.leaks]),
  refusedOwn: [...first.refusedOwn, ...second.refusedOwn],
  moved: both(first.moved ?? [], second.moved ?? []),
  tenants: Math.max(first.tenants, second.tenants),
  resources: Math.max(first.resources, second.resources),
  sampled: both(first.sampled, second.sampled),
  notTried: both(first.notTried, second.notTried),
  notes: both(first.notes, second.notes),
});

const both = (first: readonly string[], second: readonly string[]): string[] => [
  ...new Set([...first, ...second]),
];

const SHOWN = 3;

/** `globex/read could read acme_usage, which it must not (…)`. */
export function disproof({ leaks, refusedOwn, moved = [] }: Proof): string {
  const said = [
    ...leaks.map(({ tenant, role, resource, of, why }) => {
      const others = of.length === 0 ? '' : ` (${of.join(', ')})`;
      return `${tenant}/${role} on ${resource}: ${why}${others}`;
    }),
    ...refusedOwn.map(
      ({ tenant, role, resource, why }) =>
        `${tenant}/${role} is refused by ${resource}, which is its own: ${why}`,
    ),
    ...moved,
  ];
  const more = said.length > SHOWN ? `; and ${plural(said.length - SHOWN, 'more finding')}` : '';
  return `${said.slice(0, SHOWN).join('; ')}${more}`;
}
