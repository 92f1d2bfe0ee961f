// Which tenants are tried: all of few, some of many, evenly, so that the requests are bounded whatever the fleet's size.
import type { Fleet, Tenant } from '../model.ts';
import { grouped } from '../numbers.ts';

export interface Chosen {
  /** Their tokens ask for what is theirs. */
  readonly tried: readonly Tenant[];
  /** Of these, the ones that also ask for what is not. */
  readonly askers: ReadonlySet<Tenant>;
  /** Whose resources others ask for: one of each set first. */
  readonly others: readonly Tenant[];
  /** What was left out, one sentence each. */
  readonly sampled: readonly string[];
}

const MOST_TRIED = 100;
const MOST_ASKERS = 20;
const MOST_OTHERS = 4;

export interface Wanted {
  /** Ids; null for all. */
  readonly first: ReadonlySet<string> | null;
  /** Then the others, as many as there is room for. */
  readonly others: boolean;
}

export function chosenFrom({ tenants }: Fleet, { first, others: more }: Wanted): Chosen {
  const live = tenants.filter(({ state }) => state !== 'removed');
  const active = live.filter(({ state }) => state === 'active');
  const [wanted, rest] = [true, false].map((is) =>
    active.filter(({ id }) => (first?.has(id) ?? true) === is),
  );
  const able = [...(wanted ?? []), ...(more ? (rest ?? []) : [])];
  const some = evenly(wanted ?? [], MOST_TRIED);
  const tried = more ? [...some, ...evenly(rest ?? [], MOST_TRIED - some.length)] : some;
  const askers = evenly(tried, MOST_ASKERS);
  const sets = [...Map.groupBy(live, ({ set }) => set).values()].flatMap((members) => members.slice(0, 1));
  const others = new Set([...sets, ...live.slice(0, MOST_OTHERS + 1)]);
  return {
    tried,
    askers: new Set(askers),
    // One more, because nobody is another to itself.
    others: [...others].slice(0, MOST_OTHERS + 1),
    sampled: [
      ...left(tried, able, 'were tried on what is theirs'),
      ...left(askers, tried, 'of these on what is not'),
    ],
  };
}

const left = (some: readonly Tenant[], all: readonly Tenant[], what: string): string[] =>
  some.length === all.length ? [] : [`${grouped(some.length)} of ${grouped(all.length)} tenants ${what}`];

function evenly(tenants: readonly Tenant[], most: number): readonly Tenant[] {
  if (tenants.length <= most) return tenants;
  return Array.from({ length: most }, (_, nth) => tenants[Math.floor((nth * tenants.length) / most)]).filter(
    (tenant) => tenant !== undefined,
  );
}
