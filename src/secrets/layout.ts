// Which secret a token's value goes into: one of its own, or one of the buckets that all tenants share.

import { bad, ok, type Problem, type Result } from '../errors.ts';
import { bucketName, bucketNames, bucketOf } from '../github/buckets.ts';
import type { Entries } from '../github/ledger.ts';
import { type NamedSecret, secretCollisions, secretName } from '../github/names.ts';
import { MOST_SECRETS } from '../github/secrets.ts';
import type { Desired, Fleet } from '../model.ts';
import { plural } from '../numbers.ts';
import { firstOf } from '../rotation/slots.ts';

export type Layout = 'per-tenant' | 'packed';

export interface Chosen {
  readonly layout: Layout;
  /** Completes "the layout is packed: …". */
  readonly why: string;
}

export interface Choice {
  readonly asked: Layout | 'auto';
  /** Of this target. */
  readonly entries: Entries;
  /** Names of all secrets there, ours or not. */
  readonly existing: readonly string[];
  /** What every token of the list would be called in a secret of its own. */
  readonly names: Iterable<string>;
  /** Whether a tenant's secrets stay although the list does not ask for them: it vanished. */
  readonly stays: (tenant: string) => boolean;
  readonly prefix: string;
  /** Nothing but tokens: the layout stays what it is. */
  readonly tokensOnly: boolean;
}

export function chooseLayout(choice: Choice): Chosen {
  const { asked, entries, existing, prefix, tokensOnly } = choice;
  const buckets = new Set(bucketNames(prefix));
  const isPacked =
    [...entries.values()].some(({ tenant }) => tenant === null) ||
    // A ledger that was lost: to begin anew beside buckets of ours would hide that.
    (entries.size === 0 && existing.some((name) => buckets.has(name)));
  if (tokensOnly && entries.size > 0)
    return { layout: isPacked ? 'packed' : 'per-tenant', why: 'as it is; only an apply moves values' };
  if (asked !== 'auto') return { layout: asked, why: 'as `secret-layout` says' };
  if (isPacked) return { layout: 'packed', why: 'as it is; `auto` does not go back by itself' };
  return byRoom(choice);
}

function byRoom({ entries, existing, names, stays }: Choice): Chosen {
  const others = existing.filter((name) => !entries.has(name));
  const kept = [...entries].flatMap(([name, { tenant }]) => (tenant !== null && stays(tenant) ? [name] : []));
  const all = new Set([...others, ...kept, ...names]).size;
  const own = plural(all - others.length, 'secret');
  const beside = others.length > 0 ? ` beside ${plural(others.length, 'other')}` : '';
  return all <= MOST_SECRETS
    ? { layout: 'per-tenant', why: `${own} fit${all - others.length === 1 ? 's' : ''}${beside}` }
    : { layout: 'packed', why: `${own}${beside} would be more than the ${MOST_SECRETS} that GitHub allows` };
}

/** What a token's secret of its own is called; all tokens of a role share one. */
export const ownName = (prefix: string, token: string): string => `${prefix}${firstOf(token)}`.toUpperCase();

/** By token's name: the name of a secret of its own. Names that GitHub refuses or that collide are problems. */
export function ownNames(
  desired: readonly Desired[],
  fleet: Fleet,
  prefix: string,
): Result<ReadonlyMap<string, string>> {
  const slugs = new Map(fleet.tenants.map(({ id, slug }) => [id, slug]));
  const problems: Problem[] = [];
  const named: (NamedSecret & { token: string })[] = [];
  for (const { resource, tenant, role } of desired) {
    if (resource.kind !== 'token' || tenant === null || role === null) continue;
    const owner = { slug: slugs.get(tenant) ?? tenant, role };
    const name = secretName(prefix, owner);
    if (name.ok) named.push({ token: resource.name, name: name.value, owner });
    else problems.push(...name.problems);
  }
  const reserved = bucketNames(prefix).map((name) => ({ name, owner: null }));
  for (const { name, owners } of secretCollisions([...named, ...reserved])) {
    const who = owners
      .map((owner) => (owner === null ? 'the layout `packed`' : `${owner.slug}'s ${owner.role}`))
      .join(' and ');
    problems.push({
      file: 'input secret-prefix',
      message: `the secret ${name} is wanted twice: for ${who}. Give one of the tenants another \`slug\``,
    });
  }
  return problems.length > 0 ? bad(...problems) : ok(new Map(named.map(({ token, name }) => [token, name])));
}

/** By token's name: the name of its secret in that layout. */
export function secretNames(
  own: ReadonlyMap<string, string>,
  desired: readonly Desired[],
  { layout, prefix }: { readonly layout: Layout; readonly prefix: string },
): ReadonlyMap<string, string> {
  if (layout === 'per-tenant') return own;
  const tenants = new Map(desired.map(({ resource, tenant }) => [resource.name, tenant ?? '']));
  return new Map(
    [...own.keys()].map((token) => [token, bucketName(prefix, bucketOf(tenants.get(token) ?? ''))]),
  );
}
