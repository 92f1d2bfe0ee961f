// The same change in many tenants is one difference, and what is shown as the same is the same.

import { describe, expect, it } from 'vitest';
import { differencesOf } from '../../src/report/differences.ts';
import { jsonOf } from '../../src/report/json.ts';
import { namelessFor, roleOf } from '../../src/report/nameless.ts';
import { rowsOf } from '../../src/report/rows.ts';
import { terminal } from '../../src/report/terminal.ts';
import fc from '../properties.ts';
import { edited, outcomesOf, reportFor, rewritten, withRows } from './reports.ts';

const endpoints = (id: string, types = 'login', rest = '') =>
  `  - { id: ${id}, template: own-endpoints, vars: { event_types: [${types}] }${rest} }\n`;
const table = (id: string, rest = '') => `  - { id: ${id}, template: own-table${rest} }\n`;

describe('a text without the name of its tenant', () => {
  const ids = fc.constantFrom('acme', 'Globex-Corp', 'a', 'count', 'x y', "o'hara", 'a.b');
  const slugs = fc.constantFrom('acme', 'globex_corp', 'a', 'count', 'x_y');
  const parts = fc.constantFrom(
    'acme',
    'acme_rows',
    'Globex-Corp',
    'globex_corp_rows',
    'a',
    'count',
    "'",
    ' ',
    '(',
    'x y',
    'x_y',
    '<tenant>',
    '<slug>',
    '_',
    '.',
    'acmeville',
  );
  const texts = fc.array(parts, { maxLength: 12 }).map((all) => all.join(''));

  it('is the same text again with the name put back', () => {
    fc.assert(
      fc.property(ids, slugs, texts, (id, slug, text) => {
        const nameless = namelessFor({ id, slug })(text);
        const back =
          nameless === text ? text : nameless.replaceAll('<slug>', slug).replaceAll('<tenant>', id);
        expect(back).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps what only looks like the name', () => {
    const nameless = namelessFor({ id: 'acme', slug: 'acme' });
    expect(nameless("FROM acme_rows, acmeville WHERE t = 'acme' AND big_acme")).toBe(
      "FROM <slug>_rows, acmeville WHERE t = '<tenant>' AND big_acme",
    );
    expect(roleOf('acme_usage', 'acme')).toBe('usage');
    expect(roleOf('acmeville', 'acme')).toBe('acmeville');
  });
});

describe('differences', () => {
  const sets = rewritten('own-endpoints/usage_by_day.pipe.hbs', (text) => text.replace('400', '500'));

  it('of the same change in many tenants are one, whatever else differs in their texts', async () => {
    const list = endpoints('acme') + endpoints('globex', 'purchase') + endpoints('Big-Corp');
    const report = await reportFor({ before: list, after: list, sets: await sets });
    expect(differencesOf(report).map(({ name, tenants }) => [name, tenants])).toEqual([
      ['usage_by_day', ['Big-Corp', 'acme']],
      // The line below the change says which events: it is no longer the same.
      ['globex_usage_by_day', ['globex']],
    ]);
    const alike = endpoints('acme') + endpoints('globex') + endpoints('corp');
    const [same, ...others] = differencesOf(
      await reportFor({ before: alike, after: alike, sets: await sets }),
    );
    expect(others).toEqual([]);
    expect(same).toMatchObject({ name: 'usage_by_day', what: 'sql', tenants: ['acme', 'corp', 'globex'] });
    expect(same?.diff).toContain("     WHERE tenant_id = '<tenant>'");
  });

  it('show what the plan says differs, not what the server wrote its own way', async () => {
    const list = table('acme');
    const report = await reportFor({
      before: list,
      after: table('acme', ', vars: { retention_days: 30 }'),
      edit: edited('acme_usage_events', (text) =>
        text
          .replace('tenant_id, timestamp', 'tenant_id,timestamp')
          .replace('ENGINE_TTL', 'ENGINE_SETTINGS "index_granularity = 8192"\nENGINE_TTL'),
      ),
    });
    const [{ diff } = { diff: [] }] = differencesOf(report);
    expect(diff.filter((line) => /^[-+]/.test(line))).toEqual([
      '-    Usage events of acme, kept for 365 days',
      '+    Usage events of acme, kept for 30 days',
      '-ENGINE_TTL "toDateTime(timestamp) + toIntervalDay(365)"',
      '+ENGINE_TTL "toDateTime(timestamp) + toIntervalDay(30)"',
    ]);
  });

  it('are in the JSON, once each', async () => {
    const list = endpoints('acme') + endpoints('globex');
    const report = await reportFor({ before: list, after: list, sets: await sets });
    expect(jsonOf(report)).toMatchObject({
      differences: [{ tenants: ['acme', 'globex'], action: 'update' }],
    });
  });
});

describe('rows', () => {
  it('come with what is dangerous first, and tell rows that go tenant by tenant', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const report = await reportFor({
      before: ids.map((id) => table(id)).join('') + endpoints('x'),
      after: `${table('a', ', state: removed')}${table('b', ', state: removed')}${table('c', ', state: suspended')}${table('d', ', vars: { retention_days: 30 }')}${table('e')}${table('f')}${endpoints('x')}${endpoints('y')}${endpoints('z')}`,
      edit: withRows('a_usage_events', 0),
      sets: await rewritten('own-table/usage_by_day.pipe.hbs', (text) => text.replace('400', '500')),
    });
    expect(
      rowsOf(report).map(({ verb, tenants }) => `${verb} ${tenants.map(({ id }) => id).join()}`),
    ).toEqual(['remove a', 'remove b', 'suspend c', 'update d', 'update e,f', 'create y,z']);
  });

  it('stand in one line of the log when they are many', async () => {
    const list = ['a', 'b', 'c', 'd', 'e'].map((id) => endpoints(id)).join('');
    const sets = await rewritten('own-endpoints/usage_by_day.pipe.hbs', (text) => text.replace('400', '500'));
    const report = await reportFor({
      before: list,
      after: list,
      sets,
      mode: 'apply',
      outcomes: outcomesOf({ 'pipe/a_usage_by_day': 'refused' }),
    });
    expect(terminal(report).split('\n').slice(1, 3)).toEqual([
      '  x a          FAILED   refused',
      '  ~ 4 tenants  updated  usage_by_day: sql (b, c, d, …)',
    ]);
  });
});
