// Fills the new table of a data source that cannot share the live one: everything that was there at one instant, and from then on every write.
import type { Engine } from './engine/engine.ts';
import { EngineError } from './engine/failure.ts';
import { guardSelect } from './engine/guard.ts';
import { quote, quoteTable } from './engine/quoting.ts';
import { describeTable } from './engine/tables.ts';
import type { Fill, PhysicalPlan } from './physical-plan.ts';
import { SandboxError } from './state.ts';
import type { Deployment, Workspace } from './workspace.ts';

export interface Filling {
  readonly workspace: Workspace;
  readonly live: Deployment;
  readonly deployment: Deployment;
  readonly tables: PhysicalPlan['tables'];
}

interface Copy {
  readonly name: string;
  readonly from: string;
  readonly snapshot: string;
  readonly to: string;
  readonly fill: Fill;
}

/** Between the snapshots and the first double write nothing is written, so each row arrives once. */
export async function fillTables(engine: Engine, filling: Filling): Promise<void> {
  const { workspace, deployment } = filling;
  const copies = copiesOf(filling);
  try {
    await workspace.writes.cut(async () => {
      for (const { from, snapshot } of copies) await takeSnapshot(engine, from, snapshot);
      deployment.receiving = true;
    });
    for (const copy of copies) await engine.admin(await copyText(engine, copy));
  } finally {
    for (const { snapshot } of copies) await engine.admin(`DROP TABLE IF EXISTS ${quoteTable(snapshot)}`);
  }
}

function copiesOf({ live, deployment, tables }: Filling): Copy[] {
  const copies: Copy[] = [];
  for (const [name, fill] of tables) {
    const from = live.catalog.datasources.get(name)?.table;
    const to = deployment.catalog.datasources.get(name)?.table;
    if (fill.from !== 'live' || from === undefined || to === undefined) continue;
    copies.push({ name, from, snapshot: `${to}_snapshot`, to, fill });
  }
  return copies;
}

async function takeSnapshot(engine: Engine, from: string, snapshot: string): Promise<void> {
  try {
    await engine.admin(`CREATE TABLE ${quoteTable(snapshot)} CLONE AS ${quoteTable(from)}`);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // Only MergeTree tables can be cloned.
    await engine.admin(
      `CREATE TABLE ${quoteTable(snapshot)} ENGINE = Memory AS SELECT * FROM ${quoteTable(from)}`,
    );
  }
}

async function copyText(engine: Engine, { name, snapshot, to, fill }: Copy): Promise<string> {
  const source =
    'select' in fill
      ? `WITH ${quote(name)} AS (SELECT * FROM ${quoteTable(snapshot)}) ${await forwardSelect(engine, name, fill.select)}`
      : `SELECT * FROM ${quoteTable(snapshot)}`;
  const given = await engine.rows(`DESCRIBE (${source})`);
  const wanted = new Set((await describeTable(engine, to)).map((column) => column.name));
  const columns = given
    .map((row) => String(row.name))
    .filter((column) => wanted.has(column))
    .map(quote)
    .join(', ');
  return `INSERT INTO ${quoteTable(to)} (${columns}) SELECT ${columns} FROM (${source})`;
}

/** The FORWARD_QUERY as a SELECT over the data source alone. */
export async function forwardSelect(engine: Engine, name: string, list: string): Promise<string> {
  const text = `SELECT ${list.trim().replace(/^select\b/i, '')} FROM ${quote(name)}`;
  const guarded = await guardSelect(engine, text, (table) => table === name);
  if (!guarded.ok) throw new SandboxError(400, guarded.refusal.message);
  const other = guarded.value.tables.find((table) => table !== name);
  if (other !== undefined) throw new SandboxError(400, `it may only read ${name}, not ${other}`);
  return guarded.value.canonical;
}
