// Whatever people and servers write, it stays what it is: text in code, in a cell or in prose.

import { describe, expect, it } from 'vitest';
import type { Datafile } from '../../src/datafile/types.ts';
import type { Finding } from '../../src/lint/finding.ts';
import { type Change, type Desired, keyOf, type Plan } from '../../src/model.ts';
import { differencesOf } from '../../src/report/differences.ts';
import { code, fenced, inert, quoted } from '../../src/report/markdown/inert.ts';
import { applying, COMMENT_LIMIT, type Links, rungs, stopSummary } from '../../src/report/markdown.ts';
import type { Report } from '../../src/report/report.ts';
import { NO_SECRETS } from '../../src/report/report.ts';
import fc from '../properties.ts';
import { outside, tableRows } from './reading.ts';
import { asItIs } from './reports.ts';

const LINKS: Links = {
  run: 'https://github.com/acme/customers/actions/runs/1',
  base: 'a'.repeat(40),
  head: 'b'.repeat(40),
};

const PIECES = [
  '`',
  '``',
  '```',
  '````diff',
  '~~~',
  '\n',
  '\r',
  '\n\n',
  '|',
  '\\',
  '\\|',
  '<',
  '>',
  '<!--',
  '-->',
  '<img src=x>',
  '</details>',
  '</code>',
  '@acme',
  '@acme/team',
  'a@b.co',
  '#12',
  'acme/customers#12',
  'GH-12',
  'https://evil.example',
  '://',
  'www.evil.example',
  '![x](y)',
  '[x](y)',
  '[x]: y',
  '$x$',
  '$`x`$',
  '&#64;',
  '&lt;',
  '\u202e',
  '\u200b',
  '\u0000',
  '_',
  '__',
  '*',
  '**',
  '~',
  'a1b2c3d',
  'deadbeef',
  '- ',
  '1. ',
  '+ ',
  '# ',
  '=== ',
  '    ',
  ' ',
  'x',
  'acme',
  '<tenant>',
  '\ud800',
  '!',
  '(',
  ')',
  "'",
  '"',
  '%0A',
  '::error::',
];
const hostile = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(''));

const datafile = (name: string, [description, sql, node]: readonly string[]): Datafile => ({
  kind: 'pipe',
  name,
  description: description ?? '',
  nodes: [{ name: node ?? '', description: '', sql: sql ?? '', type: 'endpoint', settings: [] }],
  grants: [],
  settings: [],
});

const texts = fc.tuple(hostile, hostile, hostile);

const changes = (tenant: string | null): fc.Arbitrary<Change> =>
  fc
    .record({
      name: hostile,
      before: texts,
      after: texts,
      word: hostile,
      drift: fc.boolean(),
      action: fc.nat({ max: 3 }),
    })
    .map(({ name, before, after, word, drift, action }): Change => {
      const key = keyOf('pipe', name);
      const desired: Desired = {
        key,
        resource: datafile(name, after),
        tenant,
        set: word,
        role: null,
        sha: '1',
        from: word,
      };
      const was = { id: 'x', sha: '2', datafile: datafile(name, before), updatedAt: word, editedBy: word };
      const hazards = ['loses-data'] as const;
      const own = { key, tenant, hazards: drift ? hazards : [], ...(drift ? { drift: true as const } : {}) };
      switch (action) {
        case 0:
          return { ...own, action: 'create', after: desired };
        case 1:
          return { ...own, action: 'replace', after: desired, before: was, why: word };
        case 2: {
          const access = { live: [word], listed: [word], wider: true, byHand: true };
          return { ...own, action: 'update', after: desired, before: was, fields: [word], access };
        }
        default:
          return {
            ...own,
            action: 'update',
            after: desired,
            before: was,
            fields: ['sql', 'description', 'nodes'],
          };
      }
    });

const reports: fc.Arbitrary<Report> = fc
  .record({
    fleet: hostile,
    workspace: hostile,
    ids: fc.uniqueArray(hostile, { minLength: 1, maxLength: 4 }),
    words: fc.array(hostile, { minLength: 6, maxLength: 6 }),
    mode: fc.constantFrom('plan', 'apply'),
    isStopped: fc.boolean(),
    project: fc.array(changes(null), { maxLength: 2 }),
  })
  .chain(({ ids, ...rest }) =>
    fc
      .tuple(...ids.map((id) => fc.array(changes(id), { minLength: 1, maxLength: 3 })))
      .map((own) => ({ ...rest, ids, own })),
  )
  .map(({ fleet, workspace, ids, own, words, mode, isStopped, project }): Report => {
    const [set = '', failed = '', skipped = '', note = '', why = '', message = ''] = words;
    const tenants = ids.map((id, nth) => ({
      id,
      slug: 'acme',
      at: null,
      fate: (['updated', 'created', 'removed', 'suspended'] as const)[nth % 4] ?? 'updated',
      set,
      changes: own[nth] ?? [],
      failed: mode === 'apply' && nth === 0 ? failed : null,
      skipped: mode === 'apply' && nth === 1 ? skipped : null,
    }));
    const [adopting] = project;
    const plan: Plan = {
      steps: [{ name: 'apply', changes: [...project, ...own.flat()] }],
      unchanged: 3,
      orphans: ids.map((tenant) => ({ key: keyOf('pipe', tenant), tenant, rows: 3 })),
      liveTenants: ids,
      foreign: 1,
      conflicts: [
        { key: keyOf('pipe', why), tenant: null, why, ...(adopting === undefined ? {} : { adopting }) },
      ],
      checksum: 'c0ffee',
    };
    return {
      fleet,
      mode,
      workspace: { id: 'w', name: workspace },
      plan,
      tenants,
      project,
      differences: differencesOf({ plan, tenants, project }, asItIs),
      outcomes: [],
      deploymentId: null,
      secrets: { ...NO_SECRETS, failed: [{ name: why, error: note }] },
      tokenIds: {},
      notes: [note],
      proof: null,
      findings: ids.map(
        (example): Finding => ({
          rule: 'sorting-key',
          level: isStopped ? 'warning' : 'unsure',
          file: why,
          line: 1,
          column: 2,
          message,
          instead: note,
          tenants: 2,
          example,
        }),
      ),
      stop: isStopped ? { name: 'failed', message, exitCode: 1 } : null,
      drift: true,
    };
  });

/** Nothing that GitHub would make anything of. */
function expectHarmless(markdown: string): void {
  const prose = outside(markdown);
  const linking = /[<>@$]|:\/\/|www\.|GH-\d|!\[|\](?!\\)\(|(?<![0-9a-z])[0-9a-f]{7}/i;
  expect(prose.split('\n').filter((line) => linking.test(line))).toEqual([]);
  // Only a headline begins with one.
  expect(prose.replace(/^### /gm, '')).not.toMatch(/#/);
  expect(markdown).not.toMatch(/[\p{Cc}\p{Cf}](?<!\n)/u);
}

describe('hostile text', () => {
  it('as prose is prose', () => {
    fc.assert(
      fc.property(hostile, (text) => expectHarmless(inert(text))),
      { numRuns: 3_000 },
    );
  });

  it('as code is code, and can be read', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(outside(`a ${code(text)} b`).trim()).toMatch(/^a\s+b$/);
      }),
      { numRuns: 3_000 },
    );
  });

  it('in a fence stays there', () => {
    fc.assert(
      fc.property(fc.array(hostile), (lines) => {
        expect(outside(fenced(lines, 'diff').join('\n'))).toBe('');
      }),
    );
  });

  it('begins no list and no heading in a quotation', () => {
    expect(quoted('- a\r\n1. b\n+ c\n2) d\n\n===\n# e\n  f')).toEqual([
      '> \\- a',
      '>',
      '> 1\\. b',
      '>',
      '> \\+ c',
      '>',
      '> 2\\) d',
      '>',
      '> \\===',
      '>',
      '> `#` e',
      '>',
      '> - f',
    ]);
  });

  it('anywhere in a report breaks out of nothing, on no rung', () => {
    fc.assert(
      fc.property(reports, (report) => {
        for (const text of rungs(report, LINKS, COMMENT_LIMIT)) {
          expectHarmless(text);
          for (const cells of tableRows(text)) expect(cells).toHaveLength(4);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is within any limit, in whole lines', () => {
    fc.assert(
      fc.property(reports, fc.integer({ min: 1_500, max: 12_000 }), (report, limit) => {
        const [, ...lower] = rungs(report, LINKS, COMMENT_LIMIT);
        const texts = rungs(report, LINKS, limit);
        expect(texts.length).toBeGreaterThan(0);
        for (const text of texts) {
          expect(text.length).toBeLessThanOrEqual(limit);
          expectHarmless(text);
        }
        expect(
          lower.every((text, at) => text.length < (lower[at - 1]?.length ?? Number.POSITIVE_INFINITY)),
        ).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('in what a run says while it applies, and where it has no report', () => {
    fc.assert(
      fc.property(hostile, hostile, (fleet, message) => {
        expectHarmless(applying({ fleet, workspace: message }, LINKS));
        expectHarmless(stopSummary(new Error(message)));
      }),
    );
  });
});
