// Puts the rows of all tenants into the tables that they share, and of each into what is its alone.
import type { Clock } from '../clock.ts';
import type { Datasource } from '../datafile/types.ts';
import type { Tenant } from '../model.ts';
import type { Secret } from '../secret.ts';
import { ask, isAnswered, pathOf, shown } from './ask.ts';
import { type Evidence, tenantColumns } from './columns.ts';
import { filledByViews, type Ground } from './ground.ts';
import {
  brokenRows,
  crossedRows,
  hostileRows,
  type Line,
  nearRows,
  ordinaryRows,
  type Table,
} from './rows.ts';
import { isFillable } from './values.ts';

export interface Filler {
  readonly url: string;
  readonly clock: Clock;
  readonly admin: Secret;
  readonly ground: Ground;
  readonly panel: ReadonlySet<Tenant>;
  readonly tables: readonly SharedTable[];
  readonly note: (text: string) => void;
}

export interface SharedTable extends Table {
  /** Whose rows it takes; null: everybody's. */
  readonly tenant: Tenant | null;
}

/** Everything that is filled from outside, and why the rest is not. */
export function tablesOf(ground: Ground, evidence: Evidence): { tables: SharedTable[]; left: string[] } {
  const byViews = filledByViews(ground);
  const tables: SharedTable[] = [];
  const left: string[] = [];
  for (const [name, { datafile, tenant }] of ground.datasources) {
    if (byViews.has(name)) continue;
    if (canBeSent(datafile)) {
      tables.push({ datasource: datafile, columns: tenantColumns(datafile, evidence), evidence, tenant });
    } else left.push(`${name}, whose rows cannot be sent as JSON, stayed empty`);
  }
  return { tables, left };
}

const canBeSent = ({ columns }: Datasource): boolean =>
  columns.length > 0 && columns.every(({ type }) => isFillable(type));

/** What every tenant has before anything is asked. */
export async function fillAll(filler: Filler): Promise<void> {
  const everybody = new Set(filler.ground.tenants);
  await fillRound(filler, { tenants: everybody, strangers: true, number: 0 });
  for (const table of filler.tables) {
    const hostile = ownersOf(filler, table, everybody).map((owner) => hostileRows(table, owner));
    // Apart from the others: a view that cannot take one of these must not keep the others back.
    await send(filler, table, { lines: hostile, mayBreak: true });
  }
}

export interface Filling {
  readonly tenants: ReadonlySet<Tenant>;
  /** Also rows of those whom the list does not have. */
  readonly strangers: boolean;
  /** Of the round, in the values. */
  readonly number: number;
}

export async function fillRound(filler: Filler, { tenants, strangers, number }: Filling): Promise<void> {
  for (const table of filler.tables) {
    const owners = ownersOf(filler, table, tenants);
    const ordinary = owners.map((owner) => ordinaryRows(table, owner, number));
    await send(filler, table, { lines: ordinary, mayBreak: false });
    const broken = owners.map((owner) => brokenRows(table, owner));
    const strange = strangers && table.tenant === null ? strangeRows(filler, table, number) : [];
    await send(filler, table, { lines: [...strange, ...broken], mayBreak: true });
  }
}

/** Of nobody on the list: none of them may ever be seen. */
function strangeRows({ ground, panel }: Filler, table: Table, round: number): (readonly Line[])[] {
  const beyond = ground.tenants.length;
  const stranger = { tenant: null, index: beyond };
  return [
    ordinaryRows(table, stranger, round),
    ...[...panel].flatMap((tenant, place) => [
      nearRows(table, { tenant: null, index: beyond + 1 + place }, tenant),
      crossedRows(table, stranger, tenant),
    ]),
  ];
}

function ownersOf({ ground }: Filler, table: SharedTable, tenants: ReadonlySet<Tenant>) {
  return ground.tenants.flatMap((tenant, index) =>
    tenants.has(tenant) && (table.tenant === null || table.tenant === tenant) ? [{ tenant, index }] : [],
  );
}

/** Tenants in one insert: half of a size that can make it touch too many partitions is tried next. */
const AT_ONCE = 512;

interface Sent {
  readonly lines: readonly (readonly Line[])[];
  /** Some of them belong into the quarantine. */
  readonly mayBreak: boolean;
}

async function send(filler: Filler, table: Table, { lines, mayBreak }: Sent): Promise<void> {
  const filled = lines.filter(({ length }) => length > 0);
  for (let from = 0; from < filled.length; from += AT_ONCE) {
    await sendPart(filler, table, { lines: filled.slice(from, from + AT_ONCE), mayBreak });
  }
}

async function sendPart(filler: Filler, table: Table, { lines, mayBreak }: Sent): Promise<void> {
  const { name } = table.datasource;
  const path = pathOf('/v0/events', [
    ['name', name],
    ['wait', 'true'],
  ]);
  const ndjson = lines
    .flat()
    .map((row) => JSON.stringify(row))
    .join('\n');
  const body = { type: 'application/x-ndjson', text: ndjson };
  const question = { resource: name, owner: null, wants: 'rows', method: 'POST', path, body } as const;
  const answer = await ask(filler, filler.admin, question);
  const { text } = answer;
  if (isAnswered(answer)) {
    if (!mayBreak && !/"quarantined_rows": ?0\b/.test(text))
      filler.note(`test rows of ${name} went to its quarantine: ${text.slice(0, 100)}`);
  } else if (/TOO_MANY_PARTS|too many partitions/i.test(text) && lines.length > 1) {
    const half = Math.ceil(lines.length / 2);
    await sendPart(filler, table, { lines: lines.slice(0, half), mayBreak });
    await sendPart(filler, table, { lines: lines.slice(half), mayBreak });
  } else {
    filler.note(
      `${name} did not take all test rows: one row of one tenant can stop the rows of all. ${shown(answer)}`,
    );
  }
}
