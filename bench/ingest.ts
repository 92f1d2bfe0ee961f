// What the sets cost an insert: 1,000 rows of one tenant, and of all, into the landing table of fleets of some sizes.
import { INSERT_MS_PER_VIEW, INSERT_ROWS } from '../src/plan/insert-cost.ts';
import { Server } from './deployment.ts';
import { datafiles } from './rendered.ts';
import { aligned, median } from './table.ts';
import { checkOut, type SetName, tenantId, type World, writeList } from './world.ts';

const SETS: readonly SetName[] = ['own-table', 'own-endpoints', 'own-token'];
/** The first warms up. */
const INSERTS = 6;

export interface Ingest {
  readonly set: SetName;
  readonly tenants: number;
  /** Medians, milliseconds of one insert. */
  readonly ofOneMs: number;
  readonly ofAllMs: number;
}

const nameOf = (set: SetName, tenants: number): string => `insert_${set.replace('-', '_')}_${tenants}`;

export const ingestWorkspaces = (fleets: readonly number[]): string[] =>
  fleets.flatMap((tenants) => SETS.map((set) => nameOf(set, tenants)));

export async function ingest(
  world: World,
  fleets: readonly number[],
  say: (text: string) => void,
): Promise<Ingest[]> {
  const found: Ingest[] = [];
  for (const tenants of fleets) {
    for (const set of SETS) {
      say(`inserts with ${tenants} × ${set}`);
      const workspace = nameOf(set, tenants);
      const checkout = await checkOut(world, workspace, tenants);
      await writeList(checkout, tenants, set);
      const server = new Server(world, workspace);
      await server.deploy(await datafiles(checkout));
      const ofOneMs = await inserted(server, () => 0);
      const ofAllMs = await inserted(server, (row) => row % tenants);
      found.push({ set, tenants, ofOneMs, ofAllMs });
    }
  }
  return found;
}

async function inserted(server: Server, tenantOf: (row: number) => number): Promise<number> {
  const times: number[] = [];
  const timestamp = new Date().toISOString().slice(0, 19).replace('T', ' ');
  for (let n = 0; n < INSERTS; n += 1) {
    const rows = Array.from({ length: INSERT_ROWS }, (_, row) => ({
      event_type: 'login',
      response: 200,
      tenant_id: tenantId(tenantOf(row)),
      timestamp,
    }));
    times.push(await server.insert(rows));
  }
  return median(times.slice(1));
}

/** A row a size; below it what a view costs by these, and what plans say that it costs. */
export function ingestTable(found: readonly Ingest[]): string {
  const sizes = [...new Set(found.map(({ tenants }) => tenants))];
  const cells = sizes.map((tenants) => [
    tenants.toLocaleString('en'),
    ...SETS.flatMap((set) => {
      const one = found.find((each) => each.set === set && each.tenants === tenants);
      return [one?.ofOneMs, one?.ofAllMs].map((ms) => (ms === undefined ? '' : `${Math.round(ms)} ms`));
    }),
  ]);
  const head = ['tenants', ...SETS.flatMap((set) => [`${set}: of one`, 'of all'])];
  return `${aligned([head, ...cells])}\n\nA view of own-table costs an insert ${perView(found).toFixed(2)} ms; plans say ${INSERT_MS_PER_VIEW} ms (src/plan/insert-cost.ts).`;
}

/** From the smallest to the largest fleet: what one view more takes of an insert that has no rows for it. */
function perView(found: readonly Ingest[]): number {
  const own = found
    .filter(({ set }) => set === 'own-table')
    .sort((one, other) => one.tenants - other.tenants);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined || first === last) return Number.NaN;
  return (last.ofOneMs - first.ofOneMs) / (last.tenants - first.tenants);
}
