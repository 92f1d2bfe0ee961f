// The order of a plan: access is taken away first, data is deleted last, ties break by name so that equal inputs give equal plans.
import { createHash, hash } from 'node:crypto';
import { printDatafile } from '../datafile/print.ts';
import { type Change, type Desired, nameOf, type Plan, type Step, type StepName } from '../model.ts';
import { claimsHash, scopeText } from './tokens.ts';

//   revoke   tokens of suspended, removed and narrowed tenants
//   apply    project, then per tenant: data sources, pipes, static tokens
//   tokens   JWTs, which need nothing but a workspace that serves what they open
//   remove   the reverse of apply
const ORDER: readonly StepName[] = ['revoke', 'apply', 'tokens', 'remove'];
const KIND_ORDER: Readonly<Record<string, number>> = { datasource: 0, pipe: 1, token: 2 };

export function inSteps(changes: readonly Change[]): Step[] {
  const steps = Map.groupBy(changes, stepOf);
  return ORDER.flatMap((name) => {
    const own = steps.get(name)?.toSorted(byNeed) ?? [];
    if (name === 'remove') own.reverse();
    return own.length > 0 ? [{ name, changes: own }] : [];
  });
}

/** All of them, in the order in which they are carried out. */
export const changesIn = ({ steps }: Pick<Plan, 'steps'>): Change[] =>
  steps.flatMap(({ changes }) => changes);

function stepOf(change: Change): StepName {
  const kind = kindOf(change);
  if (kind === 'token') {
    if (isJwt(change)) return 'tokens';
    // Together with what replaces it, so that there is no moment without either.
    if (change.action === 'delete' && change.why === 'replaced') return 'apply';
    return change.hazards.includes('revokes-access') ? 'revoke' : 'apply';
  }
  if (change.action === 'delete') return 'remove';
  const onlyRevokes =
    change.action === 'update' &&
    change.fields.join() === 'tokens' &&
    change.hazards.includes('revokes-access') &&
    !change.hazards.includes('widens-access');
  return onlyRevokes ? 'revoke' : 'apply';
}

// A deleted JWT has no `after`; its id is its own name, because nothing else identifies it.
const isJwt = (change: Change): boolean =>
  change.action === 'delete'
    ? change.before.id === nameOf(change.key)
    : change.after.resource.kind === 'token' && change.after.resource.via === 'jwt';

function byNeed(one: Change, other: Change): number {
  return (
    compare(one.tenant ?? '', other.tenant ?? '') ||
    (KIND_ORDER[kindOf(one)] ?? 0) - (KIND_ORDER[kindOf(other)] ?? 0) ||
    compare(one.key, other.key)
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const kindOf = (change: Change): string => change.key.slice(0, change.key.indexOf('/'));

/** What was reviewed is what is applied. A renewal is not a change of plan: time alone must not alter the checksum. */
export function checksumOf(changes: readonly Change[]): string {
  const told = changes.filter((change) => !isRenewal(change)).sort(byAction);
  const sum = createHash('sha256');
  for (const [n, change] of told.entries()) sum.update(`${n === 0 ? '' : '\n'}${checksumLine(change)}`);
  return sum.digest('hex').slice(0, 16);
}

/** As their lines would be sorted, without all of them at a time. */
const byAction = (one: Change, other: Change): number =>
  compare(one.action, other.action) || compare(one.key, other.key);

/** What the checksum takes from one change. */
export function checksumLine(change: Change): string {
  const before = change.action === 'create' ? '-' : change.before.sha;
  const after = change.action === 'delete' ? '-' : shaOf(change.after);
  return `${change.action} ${change.key} ${before} ${after}`;
}

/** What the tenant's tokens open stays the same: only a later end, or another token in the place of one. */
export const isRenewal = (change: Change): boolean =>
  change.rotation === true || (change.action === 'update' && change.fields.join() === 'expiry');

function shaOf(after: Desired): string {
  const { resource } = after;
  if (after.sha !== '') return after.sha;
  if (resource.kind !== 'token') return hash('sha256', printDatafile(resource)).slice(0, 16);
  if (resource.via === 'jwt') return claimsHash(resource);
  return hash(
    'sha256',
    resource.scopes
      .map((scope) => scopeText(scope))
      .sort()
      .join(),
  ).slice(0, 16);
}
