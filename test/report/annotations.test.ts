// Annotations stand on lines of the list, and no more of them are made than GitHub shows.
import { expect, it } from 'vitest';
import { annotationsOf, annotationsOfProblems } from '../../src/report/annotations.ts';
import { edited, outcomesOf, reportFor, withRows } from './reports.ts';

const table = (id: string, rest = '') => `  - { id: ${id}, template: own-table${rest} }\n`;
const ids = Array.from({ length: 14 }, (_, nth) => `t${nth + 10}`);

it('warn of a removal and a loss on the tenant’s line', async () => {
  const report = await reportFor({
    before: table('acme') + table('hooli') + table('umbrella'),
    after:
      table('acme') +
      table('hooli', ', state: removed') +
      table('umbrella', ', vars: { retention_days: 30 }'),
    edit: withRows('hooli_usage_events', 48_210),
  });
  expect(annotationsOf(report)).toEqual([
    {
      level: 'warning',
      message: 'tenant hooli would be removed: 1 data source with 48,210 rows, 3 pipes, 1 token',
      at: { file: 'tenants.yaml', line: 4, column: 11 },
    },
    {
      level: 'warning',
      message:
        'tenant umbrella would be changed: umbrella_usage_events: description, ttl (may lose data of 7 rows)',
      at: { file: 'tenants.yaml', line: 5, column: 11 },
    },
  ]);
});

it('tell of what somebody changed in the workspace', async () => {
  const report = await reportFor({
    before: table('acme'),
    after: table('acme'),
    edit: edited('acme_usage_by_day', (text) => text.replace('400', '500')),
  });
  expect(annotationsOf(report).map(({ message }) => message)).toEqual([
    'tenant acme would be brought back, somebody changed it in the workspace: acme_usage_by_day: sql',
  ]);
});

it('are nine errors at most, the last of which counts the others: the run fails with a tenth', async () => {
  const list = ids.map((id) => table(id)).join('');
  const fails = Object.fromEntries(
    ids.map((id) => [`pipe/${id}_usage_by_day`, `refused ${'x'.repeat(5_000)}`]),
  );
  const found = annotationsOf(
    await reportFor({ before: '', after: list, mode: 'apply', outcomes: outcomesOf(fails) }),
  );
  expect(found).toHaveLength(9);
  expect(found[0]?.at).toEqual({ file: 'tenants.yaml', line: 3, column: 11 });
  expect(found.every(({ level, message }) => level === 'error' && message.length < 1_100)).toBe(true);
  expect(found.at(-1)).toMatchObject({
    message: '6 more errors: the log and the summary have them all',
    at: null,
  });
});

it('stand on the lines of what is wrong with the list', () => {
  const problems = [
    { file: 'tenants.yaml', line: 3, column: 5, message: 'no id' },
    { file: 'input tinybird-host', message: 'not a URL' },
  ];
  expect(annotationsOfProblems(problems)).toEqual([
    { level: 'error', message: 'no id', at: { file: 'tenants.yaml', line: 3, column: 5 } },
  ]);
});
