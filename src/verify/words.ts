// The proof for a terminal: leaks first, then what was tried, then who could read what.
import { grouped, plural } from '../numbers.ts';
import { findingLines } from '../report/findings.ts';
import { ADMINISTRATOR, isProven, type Leak, type Proof, type Reach } from './proof.ts';

const SHOWN = 20;
const SHOWN_FINDINGS = 5;
const NAMES = 3;

/** `where` the tokens were tried. */
export function terminal(proof: Proof, where = 'in the sandbox'): string {
  const certain = proof.findings.filter(({ level }) => level === 'warning');
  const lines = [
    `Verify: fleet ${proof.fleet}, ${where} (${proof.generation})`,
    ...failures(proof),
    headline(proof),
    ...proof.matrix.flatMap(reachLines),
    ...findingLines(certain, SHOWN_FINDINGS).map((line) => `  lint: ${line}`),
    ...proof.sampled.map((sentence) => `  sampled: ${sentence}`),
    ...proof.notTried.map((sentence) => `  not tried: ${sentence}`),
    ...proof.notes.map((sentence) => `  i ${sentence}`),
  ];
  if (!isProven(proof)) lines.push('TOKEN in a line above is the value of the token it is about.');
  return `${lines.join('\n')}\n`;
}

/** Two lines for each leak and each refusal. */
export const failures = ({ leaks, refusedOwn, moved = [] }: Proof): string[] => [
  ...shown(leaks, leakLines),
  ...shown(refusedOwn, ({ tenant, role, resource, why, curl }) => [
    `  x ${tenant}/${role} is refused by its own ${resource}: ${why}`,
    ...(curl === '' ? [] : [`      ${curl}`]),
  ]),
  ...shown(moved, (sentence) => [`  x ${sentence}`]),
];

/** `12 tenants × 31 resources: 372 reads tried, 0 leaks, 12 own reads answered`. */
export function headline({ tenants, resources, tried, leaks, answered, refusedOwn }: Proof): string {
  const refused = refusedOwn.length === 0 ? '' : `, ${grouped(refusedOwn.length)} refused`;
  return `${plural(tenants, 'tenant')} × ${plural(resources, 'resource')}: ${plural(tried, 'read')} tried, ${plural(leaks.length, 'leak')}, ${plural(answered, 'own read')} answered${refused}`;
}

function leakLines({ kind, tenant, role, resource, of, why, curl }: Leak): string[] {
  const others =
    of.length === 0 ? '' : ` (${of.map((id) => (id === '?' ? 'somebody beyond the list' : id)).join(', ')})`;
  const whose = role === ADMINISTRATOR ? `what ${tenant} has` : `${tenant}/${role}`;
  return [`  LEAK ${kind}: ${whose} on ${resource}: ${why}${others}`, `      ${curl}`];
}

function shown<T>(items: readonly T[], linesOf: (item: T) => string[]): string[] {
  const left = items.length - SHOWN;
  return [
    ...items.slice(0, SHOWN).flatMap(linesOf),
    ...(left > 0 ? [`  … and ${grouped(left)} more; --json has all`] : []),
  ];
}

function reachLines({ set, tenants, reads, leaks, refused }: Reach): string[] {
  const names = `${tenants.slice(0, NAMES).join(', ')}${tenants.length > NAMES ? ', …' : ''}`;
  if (reads.length + leaks.length + refused === 0)
    return [`  ${set}, ${plural(tenants.length, 'tenant')} (${names}): has no token`];
  const said = [
    reads.length === 0 ? 'reads nothing' : `reads ${reads.join(', ')}`,
    ...(leaks.length === 0 ? [] : [`LEAKS ${leaks.join(', ')}`]),
    `refused by ${grouped(refused)} others`,
  ];
  return [`  ${set}, ${plural(tenants.length, 'tenant')} (${names}): ${said.join('; ')}`];
}
