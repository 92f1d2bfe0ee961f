// A proof as people read it, to the byte (`BLESS=1 vitest run test/report/proof.test.ts` writes it anew), and with names that mean harm.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { proofLines, proofSummary } from '../../src/report/markdown/proof.ts';
import type { Leak, Proof } from '../../src/verify/proof.ts';
import fc from '../properties.ts';
import { outside, tableRows } from './reading.ts';

const curl = (path: string): string => `curl -s -H "Authorization: Bearer $TOKEN" "$TINYBIRD_HOST${path}"`;

const leak = (changes: Partial<Leak>): Leak => ({
  kind: 'counts',
  tenant: 'globex',
  role: 'read',
  resource: 'globex_usage_by_day',
  of: ['acme'],
  why: 'the answer changed with rows of others, without any of its own tenant',
  curl: curl('/v0/pipes/globex_usage_by_day.json'),
  ...changes,
});

const HARMFUL = "x`</summary><img src=x onerror=y>@acme |**'";

const PROVEN: Proof = {
  fleet: 'usage',
  generation: 'forward',
  tried: 1372,
  answered: 12,
  leaks: [],
  refusedOwn: [],
  tenants: 12,
  resources: 31,
  findings: [],
  sampled: [],
  notTried: [],
  notes: [],
  matrix: [
    {
      set: 'own-endpoints',
      tenants: ['acme', 'globex', 'initech', 'stark', 'umbrella', 'wayne'],
      reads: ['its usage_by_day', 'its usage_this_month'],
      leaks: [],
      refused: 19,
    },
    { set: 'own-token', tenants: ['hooli'], reads: ['usage_by_day'], leaks: [], refused: 20 },
  ],
};

const LEAKING: Proof = {
  ...PROVEN,
  leaks: [
    leak({ kind: 'rows', tenant: HARMFUL, of: ['acme', '?'], why: 'the answer has values of their rows' }),
    leak({}),
    leak({
      kind: 'rows',
      tenant: 'acme',
      role: 'administrator',
      resource: 'acme_usage_events',
      why: 'rows in it name others in their column tenant_id',
      of: ['globex', 'initech', 'stark', 'umbrella', 'wayne', 'hooli'],
    }),
  ],
  refusedOwn: [
    {
      tenant: 'hooli',
      role: 'read',
      resource: 'usage_by_day',
      why: '400 {"error": "Value passed to `throwIf` function is non-zero"}',
      curl: curl('/v0/pipes/usage_by_day.json'),
    },
  ],
  findings: [
    {
      rule: 'or-beside-filter',
      level: 'warning',
      message: 'an OR beside the filter for one tenant lets other rows in',
      instead: 'AND (…)',
      file: 'sets/own-endpoints/usage_by_day.pipe.hbs',
      line: 13,
      column: 11,
      tenants: 6,
      example: 'acme',
    },
  ],
  sampled: ['9 of 12 tenants were tried in full against each other'],
  notTried: ['copy runs, which the sandbox does not have'],
  notes: ['/v0/datasources tells the tokens of own-token names of what other tenants have'],
  matrix: [
    {
      set: 'own-endpoints',
      tenants: [HARMFUL],
      reads: ['its usage_by_day'],
      leaks: ['its usage_this_month'],
      refused: 19,
    },
    { set: 'own-token', tenants: ['hooli'], reads: [], leaks: [], refused: 20 },
  ],
};

const ROOM = { limit: 100_000, where: 'the output of `--json` has everything' };

test.each([
  ['proven', PROVEN],
  ['leaking', LEAKING],
])('%s', (name, proof) => {
  const file = join(import.meta.dirname, `proof-${name}.golden.md`);
  const text = proofSummary(proof, ROOM);
  if (process.env.BLESS === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test('whatever tenants, roles and answers are called, nothing of it is markup', () => {
  const hostile = fc
    .array(
      fc.constantFrom(
        '`',
        '```',
        '\n',
        '|',
        '\\',
        '<b>',
        '</details>',
        '@acme',
        '![x](y)',
        'a',
        ' ',
        '**',
        '~~~',
      ),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(hostile, hostile, (one, other) => {
      const said = leak({
        tenant: one,
        role: other,
        of: [other, one],
        why: `it says ${one}`,
        curl: curl(`/${one}`),
      });
      const reach = { set: 's', tenants: [one, other], reads: [one], leaks: [other], refused: 1 };
      const text = proofLines({
        ...LEAKING,
        leaks: Array(9).fill(said),
        notes: [one],
        sampled: [other],
        matrix: [reach],
      }).join('\n');
      expect(outside(text)).not.toMatch(/<b>|@acme|!\[x\]/);
      for (const row of tableRows(text)) expect(row).toHaveLength(5);
    }),
  );
});

test('many leaks: whole lines within the limit, the headline first, and where the others are', () => {
  const many = { ...LEAKING, leaks: Array.from({ length: 5_000 }, (_, nth) => leak({ tenant: `t${nth}` })) };
  const lines = proofLines(many, { limit: 20_000, where: 'the report has everything' });
  const text = lines.join('\n');
  expect(text.length).toBeLessThanOrEqual(20_000);
  expect(lines[0]).toBe(
    '**❌ 12 tenants × 31 resources: 1,372 reads tried, 5,000 leaks, 12 own reads answered, 1 refused**',
  );
  expect(text).toMatch(/… and 4,\d\d\d findings more: the report has everything\./);
  outside(text);
});
