// Which tokens follow which, and which of the older ones may go: decided from what is live, what was asked for, and who still uses them. Pure.
import type { DraftToken } from '../declared.ts';
import type { Generation, LiveToken, Rotation } from '../model.ts';
import type { TokenUse } from '../tinybird/token-uses.ts';
import { firstOf, liveSlots, NO_SLOTS, type RoleSlots, slotName, slotsOf, slotTime } from './slots.ts';

/** What the command `rotate` was asked for. */
export interface Turn {
  /** Ids; null for all. */
  readonly tenants: ReadonlySet<string> | null;
  /** Only tokens that are at least so many seconds old; null for any. A role's first token counts as older than anything. */
  readonly olderThan: number | null;
  /** The old value is known to somebody who must not have it: nothing waits. */
  readonly atOnce: boolean;
}

export interface Turned {
  readonly slots: RoleSlots;
  readonly rotation: Rotation;
  /** `acme/read`: asked for, but there is no token to follow. */
  readonly absent: readonly string[];
  /** Asked for, but one before it still works: the same rotation goes on. */
  readonly begun: readonly string[];
}

const NONE: ReadonlySet<string> = new Set();
export const NO_ROTATION: Rotation = {
  next: NONE,
  retired: NONE,
  replaced: NONE,
  refreshed: NONE,
  renewed: NONE,
};

interface Turning {
  readonly live: readonly LiveToken[];
  readonly generation: Generation;
  /** Unix seconds. */
  readonly now: number;
  /** Null when nobody asked for the next ones. */
  readonly turn: Turn | null;
  /** By name of a role's first token: roles that are left as they are. */
  readonly held: ReadonlySet<string>;
}

/** The tokens that the roles have, with the next ones where they were asked for. */
export function turn(
  tokens: readonly DraftToken[],
  { live, generation, now, turn: asked, held }: Turning,
): Turned {
  const firsts = new Set(tokens.flatMap(({ token }) => (token.via === 'static' ? [token.name] : [])));
  const there = liveSlots(firsts, live);
  if (asked === null) return { slots: there, rotation: NO_ROTATION, absent: [], begun: [] };
  const names = new Set(live.map(({ name }) => name));
  const slots = new Map(there);
  const next = new Set<string>();
  const retired = new Set<string>();
  const replaced = new Set<string>();
  const refreshed = new Set<string>();
  const absent: string[] = [];
  const begun: string[] = [];
  for (const { token, tenant, role } of tokens) {
    if (token.via === 'jwt' || held.has(token.name) || !(asked.tenants?.has(tenant.id) ?? true)) continue;
    const { current, retiring } = slotsOf(there, token.name);
    const who = `${tenant.id}/${role}`;
    if (!names.has(current)) absent.push(who);
    else if (asked.olderThan !== null && slotTime(current) > Math.max(0, now - asked.olderThan)) continue;
    else if (asked.atOnce && generation === 'classic') {
      refreshed.add(current);
      for (const name of retiring) retired.add(name);
      slots.set(token.name, { current, retiring: [] });
    } else if (!asked.atOnce && retiring.length > 0) begun.push(who);
    else {
      const following = slotName(token.name, Math.max(now, slotTime(current) + 1));
      next.add(following);
      const older = [current, ...retiring];
      if (asked.atOnce) for (const name of older) replaced.add(name);
      slots.set(token.name, { current: following, retiring: asked.atOnce ? [] : older });
    }
  }
  return { slots, rotation: { ...NO_ROTATION, next, retired, replaced, refreshed }, absent, begun };
}

/** Why an older token still has to work. Times in Unix seconds. */
export type Wait = { readonly who: string; readonly name: string } & (
  | { readonly why: 'unpublished' }
  | { readonly why: 'grace'; readonly until: number }
  | { readonly why: 'used'; readonly use: TokenUse }
  | { readonly why: 'appends' }
  | { readonly why: 'unknown'; readonly reason: string }
);

export interface Grace {
  /** Seconds that both work at least. */
  readonly grace: number;
  readonly now: number;
  /** Since when a token is where its readers find it, Unix seconds; null when it is not. */
  readonly publishedAt: (name: string) => number | null;
}

export interface Old {
  readonly who: string;
  readonly name: string;
  readonly current: string;
  /** It may also append, which leaves no trace in the statistics. */
  readonly appends: boolean;
}

/** Tokens that another one follows, and that are not new themselves. */
export function oldTokens(
  tokens: readonly DraftToken[],
  slots: RoleSlots,
  { rotation, only }: { readonly rotation: Rotation; readonly only: ReadonlySet<string> | null },
): Old[] {
  if (slots === NO_SLOTS || slots.size === 0) return [];
  return tokens.flatMap(({ token, tenant, role }): Old[] => {
    const { current, retiring } = slotsOf(slots, token.name);
    if (token.via === 'jwt' || rotation.next.has(current) || !(only?.has(tenant.id) ?? true)) return [];
    const appends = token.scopes.some(({ type }) => type === 'DATASOURCES:APPEND');
    return retiring.map((name) => ({ who: `${tenant.id}/${role}`, name, current, appends }));
  });
}

/** Those whose grace is over: only about them somebody has to be asked. */
export function overdue(
  old: readonly Old[],
  { grace, now, publishedAt }: Grace,
): { readonly due: readonly (Old & { readonly since: number })[]; readonly waits: readonly Wait[] } {
  const due: (Old & { since: number })[] = [];
  const waits: Wait[] = [];
  for (const one of old) {
    const { who, name } = one;
    const since = publishedAt(one.current);
    if (since === null) waits.push({ who, name, why: 'unpublished' });
    else if (now < since + grace) waits.push({ who, name, why: 'grace', until: since + grace });
    else due.push({ ...one, since });
  }
  return { due, waits };
}

/** By name of the token; or why nobody can tell. */
export type Uses = ReadonlyMap<string, TokenUse> | { readonly unknown: string };

/** Of those whose grace is over, the ones that go now. */
export function retire(
  due: readonly (Old & { readonly since: number })[],
  uses: Uses,
  force: boolean,
): { readonly retired: ReadonlySet<string>; readonly waits: readonly Wait[] } {
  const retired = new Set<string>();
  const waits: Wait[] = [];
  for (const { who, name, since, appends } of due) {
    const use = 'unknown' in uses ? undefined : uses.get(name);
    if (force) retired.add(name);
    else if ('unknown' in uses) waits.push({ who, name, why: 'unknown', reason: uses.unknown });
    else if (use !== undefined && use.last >= since) waits.push({ who, name, why: 'used', use });
    else if (appends) waits.push({ who, name, why: 'appends' });
    else retired.add(name);
  }
  return { retired, waits };
}

export function without(slots: RoleSlots, retired: ReadonlySet<string>): RoleSlots {
  if (retired.size === 0) return slots;
  const left = new Map(slots);
  for (const name of retired) {
    const own = left.get(firstOf(name));
    if (own !== undefined)
      left.set(firstOf(name), { ...own, retiring: own.retiring.filter((one) => one !== name) });
  }
  return left;
}
