// The tokens of a role: the one that is handed out, and those before it that go on working for a while. When a token was made is in its name.

/** `acme_read__20261122050940` is the token of acme's `read` that was made at 2026-11-22 05:09:40 UTC; `acme_read` is the first one. */
const SLOT = /__(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;

export interface Slots {
  /** Name of the token that is handed out. */
  readonly current: string;
  /** Names of those before it that still work, the newest first. */
  readonly retiring: readonly string[];
}

/** By the name of the role's first token; a role that is not here has that one only. */
export type RoleSlots = ReadonlyMap<string, Slots>;
export const NO_SLOTS: RoleSlots = new Map();

export const isSlot = (name: string): boolean => SLOT.test(name);

/** Name of the role's first token. */
export const firstOf = (name: string): string => name.replace(SLOT, '');

/** Unix seconds; 0 for the first token of a role, whose age nobody knows. */
export function slotTime(name: string): number {
  const [, year, month, day, hour, minute, second] = SLOT.exec(name) ?? [];
  if (year === undefined) return 0;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? 0 : time / 1000;
}

/** @param time Unix seconds. */
export const slotName = (first: string, time: number): string =>
  `${first}__${new Date(time * 1000).toISOString().slice(0, 19).replace(/\D/g, '')}`;

export const slotsOf = (slots: RoleSlots, first: string): Slots =>
  slots.get(first) ?? { current: first, retiring: [] };

/** What is live says which token of a role is the current one: the newest. */
export function liveSlots(
  firsts: ReadonlySet<string>,
  live: readonly { readonly name: string }[],
): RoleSlots {
  const names = Map.groupBy(
    live.map(({ name }) => name),
    firstOf,
  );
  const slots = new Map<string, Slots>();
  for (const [first, own] of names) {
    if (!firsts.has(first) || !own.some(isSlot)) continue;
    const [current = first, ...retiring] = own.toSorted((one, other) => slotTime(other) - slotTime(one));
    slots.set(first, { current, retiring });
  }
  return slots;
}
