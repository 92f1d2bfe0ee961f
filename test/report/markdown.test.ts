// What a reviewer must read whatever the length: data that goes, whoever it belongs to; and how a long text becomes shorter.
import { describe, expect, it } from 'vitest';
import type { Change, Plan } from '../../src/model.ts';
import { createRedactor } from '../../src/redact.ts';
import { COMMENT_LIMIT, rungs, SUMMARY_LIMIT, stopSummary } from '../../src/report/markdown.ts';
import { reportOf } from '../../src/report/report.ts';
import { Secret } from '../../src/secret.ts';
import { fleetOf } from '../plan/world.ts';
import { outside } from './reading.ts';
import { asItIs, reportFor } from './reports.ts';

const EMPTY: Plan = {
  steps: [],
  unchanged: 0,
  orphans: [],
  liveTenants: ['acme'],
  foreign: 0,
  conflicts: [],
  checksum: '0',
};

const goes = (tenant: string | null): Change => ({
  action: 'delete',
  key: 'datasource/acme_old',
  tenant,
  hazards: ['loses-data'],
  before: { id: 't_1', sha: '1' },
  why: 'pruned',
  rows: 1234,
});

const summary = (change: Change): string => {
  const acme = { id: 'acme', slug: 'acme', set: 'own-table', vars: {}, state: 'active' as const };
  const fleet = fleetOf([{ ...acme, at: { file: 'tenants.yaml', line: 1, column: 1 } }]);
  const plan: Plan = { ...EMPTY, steps: [{ name: 'remove', changes: [change] }] };
  const told = { fleet, mode: 'plan', workspace: null, plan, notes: [], stop: null, drift: true } as const;
  const report = reportOf(told, asItIs);
  return rungs(report, { run: null, base: null, head: null }, 10_000).at(-1) ?? '';
};

it('warns of a data source that goes although its tenant stays', () => {
  expect(summary(goes('acme'))).toContain('⚠️ `acme_old` goes: 1 data source with 1,234 rows (pruned)');
});

it('warns of data that goes with a file of the project', () => {
  expect(summary(goes(null))).toContain('⚠️ `acme_old` goes');
});

const tenants = (n: number, days: (nth: number) => number): string =>
  Array.from(
    { length: n },
    (_, nth) => `  - { id: tenant-${nth}, template: own-table, vars: { retention_days: ${days(nth)} } }\n`,
  ).join('');

describe('a comment that is too long', async () => {
  const links = { run: 'https://github.com/acme/customers/actions/runs/1', base: null, head: null };
  const report = await reportFor({
    before: tenants(400, () => 365),
    after: tenants(400, (nth) => nth + 400),
  });
  const texts = rungs(report, links, COMMENT_LIMIT);

  it('is filled, in whole sections, and says where the rest is', () => {
    const [first = ''] = texts;
    expect(first.length).toBeGreaterThan(COMMENT_LIMIT * 0.95);
    expect(first.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(first).toMatch(
      /^… and \d+ differences more: the summary of the \[run\]\(https:[^)]+\) has everything\.$/m,
    );
    expect(outside(first)).toContain('400 tenants to update');
  });

  it('has shorter ones below it, down to the totals', () => {
    expect(texts.length).toBeGreaterThan(3);
    for (const [at, text] of texts.entries()) {
      expect(text.length).toBeLessThan(texts[at - 1]?.length ?? Number.POSITIVE_INFINITY);
      expect(text).toContain('**400 tenants to update**');
      expect(text).toContain(report.plan.checksum);
    }
    expect(texts.at(-1)?.length).toBeLessThan(3_000);
  });

  it('is whole in the summary', () => {
    const [whole = ''] = rungs(report, links, SUMMARY_LIMIT);
    expect(whole).not.toContain('… and');
    expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(1024 * 1024);
    expect(whole.match(/^-ENGINE_TTL/gm)).toHaveLength(400);
  });
});

it('says of a refusal with a thousand lines the first ones and the way out', () => {
  const message = ['Too much:', ...Array.from({ length: 1_000 }, (_, n) => `  no. ${n}`), 'Do less.'].join(
    '\n',
  );
  const text = stopSummary(new Error(message));
  expect(text).toContain('no. 18');
  expect(text).not.toContain('no. 19');
  expect(text).toContain('… and 981 more lines, which are in the log');
  expect(text.trimEnd().endsWith('> Do less.')).toBe(true);
});

it('redacts before it marks up and cuts', () => {
  const redact = createRedactor([new Secret('ab#cd@ef*0123')]);
  expect(stopSummary(new Error('refused ab#cd@ef*0123'), redact)).toContain('refused \\*\\*\\*');
});
