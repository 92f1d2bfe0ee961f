// What is tried of everything: a panel of tenants that all others meet, and rounds in which only some get rows.
import type { Tenant } from '../model.ts';

/** Up to so many tenants all meet all. */
const ALL = 16;
const OF_EACH_SET = 3;

/** Some get rows; what the others read must stay as it was. */
export interface Round {
  readonly rows: ReadonlySet<Tenant>;
  /** Whose answers are looked at; none of them gets rows. */
  readonly watched: ReadonlySet<Tenant>;
}

export interface Sample {
  /** Tried in full against each other; all others are tried against them. */
  readonly panel: ReadonlySet<Tenant>;
  readonly rounds: readonly Round[];
  /** What was left out, a sentence each. */
  readonly said: readonly string[];
}

export function sampleOf(tenants: readonly Tenant[], exhaustive: boolean): Sample {
  const all = new Set(tenants);
  if (exhaustive || tenants.length <= ALL) {
    return {
      panel: all,
      rounds: roundsOf(
        tenants.map((tenant) => [tenant]),
        all,
      ),
      said: [],
    };
  }
  const sets = Map.groupBy(tenants, ({ set }) => set);
  const panel = new Set([...sets.values()].flatMap(panelOf));
  const others = tenants.filter((tenant) => !panel.has(tenant));
  const halves = [0, 1].map((half) => new Set(others.filter((_, index) => index % 2 === half)));
  const rounds = halves.map(
    (half): Round => ({ rows: half.union(panel), watched: all.difference(half.union(panel)) }),
  );
  const units = [...[...panel].map((tenant) => [tenant]), others];
  const said = [
    `${panel.size} of ${tenants.length} tenants (at most ${OF_EACH_SET} of each set) were tried in full against each other, the ${others.length} others against these; --exhaustive tries all against all`,
    `what the ${others.length} others count was held against each other in two halves`,
  ];
  return { panel, rounds: [...rounds, ...roundsOf(units, panel)], said };
}

/** For whether each of these leaks at all: rows of everybody else are enough. */
export function sampleFor(suspects: ReadonlySet<string>, tenants: readonly Tenant[]): Sample {
  const [watched = [], rows = []] = [true, false].map((is) =>
    tenants.filter(({ id }) => suspects.has(id) === is),
  );
  return {
    panel: new Set(tenants),
    rounds: [{ rows: new Set(rows), watched: new Set(watched) }],
    said: [],
  };
}

function panelOf(members: readonly Tenant[]): Tenant[] {
  const last = members.length - 1;
  const places = new Set([0, Math.floor(last / 2), last].slice(0, OF_EACH_SET));
  return [...places].flatMap((place) => members[place] ?? []);
}

/** Of k rounds each unit is in half of them, no two in the same: then each gets rows in a round in which the other does not. */
function roundsOf(units: readonly (readonly Tenant[])[], among: ReadonlySet<Tenant>): Round[] {
  const count = roundsFor(units.length);
  const rounds = Array.from({ length: count }, () => new Set<Tenant>());
  let code = 0;
  for (const unit of units) {
    while (ones(code) !== Math.floor(count / 2)) code += 1;
    for (const [bit, round] of rounds.entries()) {
      if (Math.floor(code / 2 ** bit) % 2 === 1) for (const tenant of unit) round.add(tenant);
    }
    code += 1;
  }
  return rounds.map((rows) => ({ rows, watched: among.difference(rows) }));
}

function roundsFor(units: number): number {
  let count = 2;
  while (capacity(count) < units) count += 1;
  return count;
}

/** How many of `count` rounds can be chosen in different ways when half of them are. */
function capacity(count: number): number {
  const half = Math.floor(count / 2);
  let ways = 1;
  for (let n = 1; n <= half; n += 1) ways = (ways * (count - half + n)) / n;
  return ways;
}

const ones = (code: number): number => code.toString(2).replaceAll('0', '').length;
