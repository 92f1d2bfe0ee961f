// The life of every kind of token on both generations, side by side: what each opens after every step stands in walk.txt.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../../scripts/bundle.ts';
import type { Generation } from '../../src/model.ts';
import { fromNow } from './placeholders.ts';
import { play, prepare } from './play.ts';
import { type Action, buildAction, type Stage, setStage } from './stage.ts';
import { plainStep } from './step.ts';
import { type Answers, askAll, Holders, REFUSED, table } from './walk.ts';

const GOLDEN = join(import.meta.dirname, 'walk.txt');
const bless = process.env['BLESS'] === '1';

const List = z.looseObject({ tenants: z.array(z.looseObject({ id: z.string() })) });
const example = List.parse(parse(readFileSync(join(root, 'examples/usage-billing/tenants.yaml'), 'utf8')));
const IDS = example.tenants.map(({ id }) => id);

interface Way {
  readonly says: string;
  /** What lines say instead; null for a line that is not there. */
  readonly lines: Readonly<Record<string, object | null>>;
  /** Ingested before the step: how many, of each tenant. */
  readonly events?: Readonly<Record<string, number>>;
}

const every = <T>(value: T): Record<string, T> => Object.fromEntries(IDS.map((id) => [id, value]));
// One of each set.
const SOME = ['acme', 'Globex-Corp', 'stark'];
const some = (line: object): Record<string, object> => Object.fromEntries(SOME.map((id) => [id, line]));
const active = { initech: { state: 'active' } };
const narrowed = { vars: { event_types: ['login'] } };

const WALK: readonly Way[] = [
  { says: 'Only hooli is on the list', lines: { ...every(null), hooli: {} } },
  { says: 'Events have arrived; all others are added', lines: {}, events: { login: 2, purchase: 1 } },
  {
    says: 'More events have arrived; Globex-Corp may see logins only',
    lines: { 'Globex-Corp': narrowed },
    events: { login: 1 },
  },
  {
    says: 'acme, Globex-Corp and stark are suspended',
    lines: { 'Globex-Corp': narrowed, ...some({ state: 'suspended' }) },
  },
  { says: 'They and initech are reactivated', lines: active },
  { says: 'acme, Globex-Corp and stark are removed', lines: { ...active, ...some({ state: 'removed' }) } },
];

let action: Action;
beforeAll(async () => {
  action = await buildAction();
});
afterAll(() => action[Symbol.dispose]());

test('every token opens the same on both generations, and nothing once it is taken away', async () => {
  const [forward, classic] = await Promise.all([walk('forward'), walk('classic')]);
  const text = WALK.map(({ says }, nth) => {
    const [on, off] = [forward[nth], classic[nth]];
    if (on === undefined || off === undefined) throw new Error('a step is missing');
    expectSame(on.answers, off.answers);
    return table(`${nth + 1}. ${says}`, on, off);
  }).join('\n\n');
  if (bless) writeFileSync(GOLDEN, `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(GOLDEN, 'utf8'));
});

/** The same rows from the same endpoints; and nobody reads another tenant's. */
function expectSame(forward: Answers, classic: Answers): void {
  for (const [key, { answer, ofToken, own }] of classic) {
    if (ofToken === 'now' && own) expect(answer, key).toBe(forward.get(key)?.answer);
    if (ofToken === 'old') expect(answer, key).toBe(REFUSED);
  }
  for (const [key, { answer, tenant }] of [...forward, ...classic]) {
    const others = IDS.filter((id) => id !== tenant && answer.includes(`${id}:`));
    expect(others, `${key} gives ${answer}`).toEqual([]);
  }
}

async function walk(generation: Generation) {
  await using stage = await setStage(action, generation);
  const holders = new Holders(stage, IDS);
  const steps: { notes: string[]; answers: Answers }[] = [];
  for (const way of WALK) {
    for (const [type, count] of Object.entries(way.events ?? {})) await holders.ingest(type, count);
    const notes = await takeStep(stage, way);
    steps.push({ notes, answers: await askAll(holders) });
  }
  return steps;
}

/** What the run says besides what it did. */
async function takeStep(stage: Stage, { says, lines }: Way): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'walk-'));
  try {
    const tenants = example.tenants.flatMap((tenant) => {
      const line = lines[tenant.id];
      return line === null ? [] : [{ ...tenant, ...line }];
    });
    writeFileSync(join(folder, 'tenants.yaml'), JSON.stringify({ ...example, tenants }, null, 2));
    const { end } = await play(stage, await prepare(stage, plainStep(says), { folder, isBuilt: false }));
    expect(end.exitCode, end.log).toBe(0);
    const notes = end.log.split('\n').filter((line) => line.startsWith('  i '));
    return notes.map((line) => line.slice(4).replaceAll(/\d{4}-\S+Z/g, (time) => fromNow(Date.parse(time))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
