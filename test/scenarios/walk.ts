// Who holds which token, what holders ask, and the answers as a table of two columns.
import { z } from 'zod';
import { slugOf } from '../../src/tenants/slug.ts';
import type { Stage } from './stage.ts';

interface Holding {
  readonly tenant: string;
  readonly value: string;
  /** `now`: in the tenant's secret. `old`: was there once. */
  readonly ofToken: 'now' | 'old';
}

/** Everybody who was ever handed a token keeps it. */
export class Holders {
  readonly stage: Stage;
  readonly ids: readonly string[];
  readonly #handed = new Map<string, Set<string>>();
  readonly #endpoints = new Set<string>();
  readonly #tables = new Set<string>();

  constructor(stage: Stage, ids: readonly string[]) {
    this.stage = stage;
    this.ids = ids;
  }

  holdings(): Holding[] {
    return this.ids.flatMap((tenant) => {
      const current = this.stage.github.secrets.get(`TINYBIRD_TENANT_${slugOf(tenant).toUpperCase()}_READ`);
      const values = this.#handed.get(tenant) ?? new Set();
      this.#handed.set(tenant, values);
      if (current !== undefined) values.add(current);
      return [...values].map(
        (value) => ({ tenant, value, ofToken: value === current ? 'now' : 'old' }) as const,
      );
    });
  }

  /** Endpoints and tables, also those that are gone. */
  async known(): Promise<{ readonly endpoints: readonly string[]; readonly tables: readonly string[] }> {
    for (const [file, text] of await this.stage.workspace.datafiles()) {
      const [name = '', extension] = file.split('.');
      if (extension === 'datasource') this.#tables.add(name);
      else if (text.includes('TYPE endpoint')) this.#endpoints.add(name);
    }
    return { endpoints: [...this.#endpoints].sort(), tables: [...this.#tables].sort() };
  }

  /** So many events of a type of each tenant, on a day of its own and later than any month in which this runs. */
  async ingest(type: string, count: number): Promise<void> {
    const rows = this.ids.flatMap((tenant, nth) =>
      Array.from({ length: count + nth }, () => ({
        tenant_id: tenant,
        event_type: type,
        response: 200,
        timestamp: `${dayOf(nth)} 12:00:00`,
      })),
    );
    await this.stage.workspace.append('events', rows);
  }
}

const dayOf = (nth: number): string => `2100-01-${String(nth + 1).padStart(2, '0')}`;

export interface Answer {
  readonly tenant: string;
  readonly ofToken: Holding['ofToken'];
  readonly question: string;
  /** As the tenant that it is. */
  readonly own: boolean;
  readonly answer: string;
}
/** By tenant, token and question. */
export type Answers = ReadonlyMap<string, Answer>;

/** Every holder asks every endpoint, as the tenant that it is and as the next one on the list, and the tables by SQL. */
export async function askAll(holders: Holders): Promise<Answers> {
  const { ids } = holders;
  const { endpoints, tables } = await holders.known();
  const answers = new Map<string, Answer>();
  for (const { tenant, value, ofToken } of holders.holdings()) {
    const other = ids[(ids.indexOf(tenant) + 1) % ids.length] ?? '';
    const questions = [
      ...endpoints.flatMap((endpoint) => [tenant, other].map((id) => asking(endpoint, id))),
      ...tables.map(selecting),
    ];
    for (const { question, path } of questions) {
      const key = `${tenant} ${ofToken} ${question}`;
      const answer = await answerTo(holders, `${path}&token=${value}`);
      const own = question.endsWith(`?tenant=${tenant}`);
      // Of several old tokens the one that opens something.
      if ((answers.get(key)?.answer ?? REFUSED) === REFUSED)
        answers.set(key, { tenant, ofToken, question, own, answer });
    }
  }
  return answers;
}

export const REFUSED = 'refused';

const asking = (endpoint: string, id: string) => ({
  question: `${endpoint}?tenant=${id}`,
  path: `/v0/pipes/${endpoint}.json?tenant=${id}`,
});

function selecting(table: string) {
  const sql = `SELECT tenant_id, event_type, count() AS events FROM ${table} GROUP BY ALL ORDER BY ALL FORMAT JSON`;
  return { question: `SQL on ${table}`, path: `/v0/sql?q=${encodeURIComponent(sql)}` };
}

const Row = z.object({
  day: z.string().optional(),
  tenant_id: z.string().optional(),
  event_type: z.string().optional(),
  events: z.number(),
});
type Row = z.output<typeof Row>;
const Rows = z.object({ data: z.array(Row) });

/** `acme: 2 login, 1 purchase`; events whose tenant the endpoint does not tell are only counted. */
async function answerTo({ stage, ids }: Holders, path: string): Promise<string> {
  const answer = await fetch(`${stage.sandbox.url}${path}&of=others`);
  if (answer.status === 403 || answer.status === 404) return REFUSED;
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  const { data } = Rows.parse(await answer.json());
  const whose = ({ day, tenant_id: id }: Row): string | undefined =>
    id ?? ids.find((_, nth) => day === dayOf(nth));
  const groups = Map.groupBy(data, whose);
  const told = [...groups].map(([tenant, rows]) => {
    const counts = rows.map(({ event_type: type, events }) => `${events} ${type ?? 'events'}`).join(', ');
    return tenant === undefined ? counts : `${tenant}: ${counts}`;
  });
  return told.join('; ') || 'nothing';
}

interface StepSeen {
  readonly notes: readonly string[];
  readonly answers: Answers;
}

export function table(title: string, forward: StepSeen, classic: StepSeen): string {
  const lines = rowsOf(forward.answers, classic.answers);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = [
    ...forward.notes.map((note) => `On Forward the run says: ${note}`),
    ...classic.notes.map((note) => `On Classic the run says: ${note}`),
  ];
  return [title, '', ...text, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

type Line = readonly [holder: string, question: string, forward: string, classic: string];

/** What is refused on both is one line for each token. */
function rowsOf(forward: Answers, classic: Answers): Line[] {
  const keys = new Map([...forward, ...classic]);
  const holders = Map.groupBy(keys, ([, { tenant, ofToken }]) =>
    ofToken === 'now' ? tenant : `${tenant}, old`,
  );
  const lines: Line[] = [['TOKEN OF', 'ASKS', 'FORWARD', 'CLASSIC']];
  for (const [holder, asked] of holders) {
    const answered = asked.map(([key, { question }]): Line => {
      return [holder, question, forward.get(key)?.answer ?? '-', classic.get(key)?.answer ?? '-'];
    });
    const shown = answered.filter(([, , on, off]) => on !== REFUSED || off !== REFUSED);
    const rest = answered.length - shown.length;
    lines.push(...shown);
    const what = shown.length === 0 ? `anything (${rest} questions)` : `anything else (${rest} questions)`;
    if (rest > 0) lines.push([holder, what, REFUSED, REFUSED]);
  }
  return lines;
}
