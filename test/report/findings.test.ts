// What lint found, in every rendering: a few in full, and nothing at all when there is none.
import { expect, test } from 'vitest';
import type { Finding } from '../../src/lint/finding.ts';
import { annotationsOf } from '../../src/report/annotations.ts';
import { lintText } from '../../src/report/findings.ts';
import { jsonOf } from '../../src/report/json.ts';
import { COMMENT_LIMIT, rungs } from '../../src/report/markdown.ts';
import { terminal } from '../../src/report/terminal.ts';
import { reportFor } from './reports.ts';

const finding = (line: number, more: Partial<Finding> = {}): Finding => ({
  rule: 'or-beside-filter',
  level: 'warning',
  file: 'sets/s/x.pipe.hbs',
  line,
  column: 3,
  message: 'an OR stands there',
  instead: 'tenant_id = … AND (… OR …)',
  tenants: 12,
  example: 'acme',
  ...more,
});
const UNSURE = finding(1, { rule: 'unread', level: 'unsure', message: 'why', instead: null, tenants: 1 });
const NONE = { base: null, head: null, run: null };

const table = '  - { id: acme, template: own-table }\n';
const reportWith = async (findings: readonly Finding[]) => ({
  ...(await reportFor({ before: table, after: table })),
  findings,
});

test('in the terminal five, the certain ones first', async () => {
  const report = await reportWith([UNSURE, ...[2, 3, 4, 5, 6].map((line) => finding(line))]);
  const lines = terminal(report)
    .split('\n')
    .filter((line) => line.startsWith('  !'));
  expect(lines).toHaveLength(6);
  expect(lines[0]).toBe(
    '  ! sets/s/x.pipe.hbs:2:3 or-beside-filter: an OR stands there. Instead: tenant_id = … AND (… OR …) (12 tenants, such as acme)',
  );
  expect(lines[5]).toBe('  ! … and 1 more: `tinybird-tenants lint` has them all');
});

test('in the comment three, and the others folded', async () => {
  const report = await reportWith([UNSURE, ...[2, 3, 4].map((line) => finding(line))]);
  const [longest = ''] = rungs(report, NONE, COMMENT_LIMIT);
  expect(longest).toContain('- ⚠️ `sets/s/x.pipe.hbs:4:3` or-beside-filter: an OR stands there.');
  expect(longest).toContain(
    '<details><summary>1 more finding</summary>\n\n- ❔ `sets/s/x.pipe.hbs:1:3` unread (unsure): why (tenant acme)\n\n</details>',
  );
});

test('at the lines of the templates, within what GitHub shows', async () => {
  const shipped = finding(2, { file: '/action/datafiles-templates/own-table/x.pipe.hbs' });
  const report = await reportWith([shipped, ...Array.from({ length: 11 }, (_, nth) => finding(nth + 3))]);
  const annotations = annotationsOf(report);
  expect(annotations).toHaveLength(10);
  expect(annotations[0]?.at).toBeNull();
  expect(annotations[1]).toEqual({
    level: 'warning',
    message: 'or-beside-filter: an OR stands there. Instead: tenant_id = … AND (… OR …)',
    at: { file: 'sets/s/x.pipe.hbs', line: 3, column: 3 },
  });
});

test('in the JSON, as they are', async () => {
  expect(jsonOf(await reportWith([UNSURE])).findings).toEqual([UNSURE]);
  expect(jsonOf(await reportWith([]))).not.toHaveProperty('findings');
});

test('the command lists all, and counts', () => {
  expect(lintText([])).toBe('No findings\n');
  expect(lintText([UNSURE, finding(2, { example: null, tenants: 0 })])).toBe(
    'sets/s/x.pipe.hbs:1:3 unread (unsure): why (tenant acme)\nsets/s/x.pipe.hbs:2:3 or-beside-filter: an OR stands there. Instead: tenant_id = … AND (… OR …)\n2 findings, 1 of them unsure\n',
  );
});
