// The same change in many tenants is one difference, and what is shown as the same is the same.

import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/model.ts';
import { createRedactor } from '../../src/redact.ts';
import { annotationsOf } from '../../src/report/annotations.ts';
import { jsonOf, jsonPieces } from '../../src/report/json.ts';
import { rungs, SUMMARY_LIMIT } from '../../src/report/markdown.ts';
import { namelessFor, roleOf } from '../../src/report/nameless.ts';
import { type Report, shownReport } from '../../src/report/report.ts';
import { rowsOf } from '../../src/report/rows.ts';
import { terminal } from '../../src/report/terminal.ts';
import { Secret } from '../../src/secret.ts';
import fc from '../properties.ts';
import { asItIs, edited, outcomesOf, reportFor, rewritten, withRows } from './reports.ts';

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

  it('is what one regular expression would make of it', () => {
    const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    fc.assert(
      fc.property(ids, slugs, texts, (id, slug, text) => {
        const names = new RegExp(
          `(?<![\\w-])${literal(id)}(?![\\w-])|(?<!\\w)(${literal(slug)})(?![A-Za-z0-9])`,
          'g',
        );
        const isTaken = text.includes('<tenant>') || text.includes('<slug>');
        const wanted = text.replace(names, (_, found: unknown) =>
          found === undefined ? '<tenant>' : '<slug>',
        );
        expect(namelessFor({ id, slug })(text)).toBe(isTaken ? text : wanted);
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
    expect(report.differences.map(({ name, tenants }) => [name, tenants])).toEqual([
      ['usage_by_day', ['Big-Corp', 'acme']],
      // The line below the change says which events: it is no longer the same.
      ['globex_usage_by_day', ['globex']],
    ]);
    const alike = endpoints('acme') + endpoints('globex') + endpoints('corp');
    const all = await reportFor({ before: alike, after: alike, sets: await sets });
    const [same, ...others] = all.differences;
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
    const [{ diff } = { diff: [] }] = report.differences;
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

describe('what is not for anybody to read', () => {
  const list = table('acme') + endpoints('globex');
  const VALUE = 'acme/globex.7f3a acme';
  const redact = createRedactor([new Secret(VALUE)]);

  it('is taken out of texts while they are whole, before the names of tenants are', async () => {
    const sets = await rewritten('own-table/usage_by_day.pipe.hbs', (text) =>
      text.replace('WHERE 1', `WHERE tenant_id != '${VALUE}'`),
    );
    const report = await reportFor({ before: '', after: list + table('initech'), sets, redact });
    const diffs = report.differences.map(({ diff }) => diff.join('\n')).join('\n');
    expect(diffs).toContain("WHERE tenant_id != '***'");
    expect(diffs).not.toContain('7f3a');
  });

  it('cannot be rendered: nothing but the differences has read what resources say', async () => {
    const found = await reportFor({
      before: list,
      after: `${table('acme', ', state: removed')}${table('b')}`,
    });
    const closed = <T extends object>(resource: T): T =>
      new Proxy(resource, {
        get: (of, name) => {
          if (['kind', 'nodes', 'columns', 'scopes', 'toJSON'].includes(String(name)))
            return Reflect.get(of, name);
          throw new Error(`somebody reads ${String(name)}`);
        },
        ownKeys: () => {
          throw new Error('somebody reads all of it');
        },
      });
    const shut = (change: Change): Change =>
      change.action === 'delete'
        ? change
        : { ...change, after: { ...change.after, resource: closed(change.after.resource) } };
    const report: Report = {
      ...found,
      project: found.project.map(shut),
      tenants: found.tenants.map((tenant) => ({ ...tenant, changes: tenant.changes.map(shut) })),
      plan: {
        ...found.plan,
        steps: found.plan.steps.map((step) => ({ ...step, changes: step.changes.map(shut) })),
      },
    };
    expect(report.differences.length).toBeGreaterThan(3);
    const shown = shownReport(report, redact);
    expect(rungs(shown, { run: null, base: null, head: null }, SUMMARY_LIMIT).join()).toContain('b');
    expect(terminal(shown)).toContain('b');
    expect(annotationsOf(shown)).not.toEqual([]);
    expect([...jsonPieces(jsonOf(report), redact)].join('')).toContain('"pipe/b_usage_by_day"');
  });
});

it('the JSON comes in pieces as one indented text', async () => {
  const ids = Array.from({ length: 600 }, (_, n) => `t${n}`);
  const report = await reportFor({
    before: endpoints('gone'),
    after: ids.map((id) => endpoints(id)).join(''),
  });
  const pieces = [...jsonPieces(jsonOf(report), asItIs)];
  expect(pieces.length).toBeGreaterThan(3);
  expect(pieces.join('')).toBe(`${JSON.stringify(jsonOf(report), null, 2)}\n`);
  expect([...jsonPieces({}, asItIs)].join('')).toBe('{}\n');
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
