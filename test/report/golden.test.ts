// Comments as people get them, to the byte. `BLESS=1 vitest run test/report` writes them anew; read the difference.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Live } from '../../src/model.ts';
import { guard } from '../../src/plan/guard.ts';
import { COMMENT_LIMIT, type Links, rungs } from '../../src/report/markdown.ts';
import type { Report } from '../../src/report/report.ts';
import { EMPTY } from '../plan/world.ts';
import {
  edited,
  foreign,
  outcomesOf,
  reportFor,
  rewritten,
  without,
  withResource,
  withRows,
} from './reports.ts';

const bless = process.env.BLESS === '1';

const LINKS: Links = {
  run: 'https://github.com/acme/customers/actions/runs/4711/attempts/1',
  base: '1f3a9c0d5b7e2f4a6c8e0b1d3f5a7c9e1b3d5f70',
  head: '9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d',
};

const endpoints = (id: string, rest = '') =>
  `  - { id: ${id}, template: own-endpoints, vars: { event_types: [login, purchase] }${rest} }\n`;
const table = (id: string, rest = '') => `  - { id: ${id}, template: own-table${rest} }\n`;
const REMOVED = ', state: removed';
const POLICY = { maxRemovals: 5, prune: false, planChecksum: null, now: 0 };

const faster = (text: string): string =>
  text.replace(
    'countIf(response >= 400) AS errors',
    'countIf(response >= 500) AS errors,\n        uniq(event_type) AS kinds',
  );

const several =
  (...edits: readonly ((live: Live) => Live)[]) =>
  (live: Live) =>
    edits.reduce((now, edit) => edit(now), live);

const conflicting = {
  before: endpoints('globex'),
  after: endpoints('globex') + endpoints('acme'),
  edit: withResource(
    foreign(
      'acme_usage_by_day.pipe',
      "DESCRIPTION >\n    Daily numbers for the board\n\nNODE daily\nSQL >\n    SELECT toDate(timestamp) AS day, count() AS events\n    FROM events\n    WHERE tenant_id = 'acme'\n    GROUP BY day\n\nTYPE endpoint\n",
    ),
  ),
};

const fleet = (n: number) => Array.from({ length: n }, (_, nth) => endpoints(`tenant-${nth + 1}`)).join('');

const COMMENTS: Readonly<Record<string, () => Promise<Report>>> = {
  'three-tenants': async () =>
    reportFor({
      before: endpoints('acme') + table('umbrella'),
      after: endpoints('acme') + table('umbrella') + endpoints('initech'),
      sets: await rewritten('own-endpoints/usage_by_day.pipe.hbs', faster),
      edit: withRows('umbrella_usage_events', 1_200),
    }),
  'five-hundred-tenants': async () =>
    reportFor({
      before: fleet(500),
      after: fleet(500),
      sets: await rewritten('own-endpoints/usage_by_day.pipe.hbs', faster),
    }),
  'removal-with-rows': () =>
    reportFor({
      before: table('hooli') + table('umbrella') + endpoints('acme') + endpoints('initech'),
      after:
        table('hooli', REMOVED) +
        table('umbrella', ', vars: { retention_days: 30 }') +
        endpoints('acme') +
        endpoints('initech', ', state: suspended'),
      edit: several(withRows('hooli_usage_events', 48_210), withRows('umbrella_usage_events', 1_200)),
    }),
  conflict: () =>
    reportFor({ ...conflicting, stop: (plan, list) => guard({ plan, live: EMPTY }, list, POLICY) }),
  'hostile-name': () =>
    reportFor({
      before: '',
      after: [
        '  - { id: "@acme/admins </details><!-- tinybird-tenants {} --> `` | x | #12 ![x](https://evil.example/x.png)", slug: evil, template: own-endpoints, vars: { event_types: ["``````", "</details>", "@acme/admins"] } }\n',
        endpoints('acme'),
      ].join(''),
    }),
  drift: () =>
    reportFor({
      before: endpoints('acme') + table('umbrella') + endpoints('gone'),
      after: endpoints('acme') + table('umbrella'),
      edit: several(
        edited('acme_usage_by_day', (text) => text.replace('tenant_id =', '1 = 1 OR tenant_id ='), {
          updatedAt: '2026-11-20 10:12:00.123456',
          editedBy: 'ada@example.com',
        }),
        without('umbrella_usage_this_month'),
      ),
      notes: ['the list was read at 9e8d7c6'],
    }),
  'failed-apply': async () =>
    reportFor({
      before: endpoints('acme') + endpoints('globex') + endpoints('hooli'),
      after:
        endpoints('acme') +
        endpoints('globex') +
        endpoints('hooli') +
        endpoints('initech') +
        table('umbrella'),
      sets: await rewritten('own-endpoints/usage_by_day.pipe.hbs', faster),
      mode: 'apply',
      outcomes: outcomesOf({
        'pipe/globex_usage_by_day':
          "usage_by_day.pipe: DB::Exception: Missing columns: 'respons' while processing query: 'SELECT respons', required columns: 'respons'. (UNKNOWN_IDENTIFIER)",
      }),
    }),
  'repaired-apply': async () =>
    reportFor({
      before: endpoints('acme') + endpoints('globex'),
      after: endpoints('acme') + endpoints('globex') + endpoints('initech'),
      sets: await rewritten('own-endpoints/usage_by_day.pipe.hbs', faster),
      mode: 'apply',
      outcomes: outcomesOf(),
    }),
};

describe('the comment of', () => {
  for (const [name, report] of Object.entries(COMMENTS)) {
    it(name, async () => {
      const [text = ''] = rungs(await report(), LINKS, COMMENT_LIMIT);
      const file = join(import.meta.dirname, `${name}.golden.md`);
      if (bless) writeFileSync(file, `${text}\n`);
      expect(`${text}\n`).toBe(existsSync(file) ? readFileSync(file, 'utf8') : 'run with BLESS=1');
    });
  }
});
