// Ids that mean harm: the shipped sets come to SQL that ClickHouse itself reads as it reads a harmless one's, and open nothing else.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { afterAll, describe, expect, test } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import { printDatafile } from '../../src/datafile/print.ts';
import type { Pipe } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import type { Tenant } from '../../src/model.ts';
import { renderSql } from '../../src/sandbox/templating/render.ts';
import { scopesOfJwt, signJwt, verifyJwt } from '../../src/sandbox/token-values.ts';
import { renderTenant } from '../../src/templates/render.ts';
import fc from '../properties.ts';
import { exampleProject, shippedSets, tenantOf } from '../sets/rendered.ts';
import { HOSTILE } from '../templates/made.ts';

const COUNT = 10_000;
const KNOWN = ['007', '1e3', '\\', '{{', "x', role: 'admin", 'a{', '%', '*', '1=1'];
const PARTS = [
  ...[
    "'",
    '"',
    '`',
    '\\',
    '{',
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#',
    '--',
    '/*',
    '*/',
    '$$',
    ';',
    '(',
    ')',
    ',',
    '%',
    '_',
  ],
  ...[
    ' ',
    'OR 1=1',
    ' UNION ALL ',
    'tenant_id',
    'a',
    '0',
    'é',
    '日',
    '\\x27',
    "\\'",
    '&',
    '=',
    ':',
    '|',
    '\u00a0',
  ],
];

/** Seeded: the same in every run. */
const VALUES = [
  ...KNOWN,
  ...HOSTILE.filter((value) => value.length < 1_000),
  ...fc.sample(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 8 })
          .map((parts) => parts.join('')),
      },
      { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 24, unit: 'grapheme' }) },
    ),
    { numRuns: COUNT, seed: 6 },
  ),
];

const sets = await shippedSets();
const project = await exampleProject();
const shared = project.find(({ name }) => name === 'usage_by_day');

/** Every SQL that a tenant of each set comes to, by what it is; null when its id is refused. */
function statements(id: string): Map<string, string> | null {
  const found = new Map<string, string>();
  for (const [name, set] of sets) {
    const tenant: Tenant = tenantOf(name, id, 'slug');
    const rendered = renderTenant(set, { ...tenant, vars: withValue(tenant, id) });
    if (!rendered.ok) return null;
    for (const { datafile } of rendered.value.files)
      if (datafile.kind === 'pipe') addSql(found, name, datafile);
    for (const { token } of rendered.value.tokens) {
      for (const { resource, filter, fixedParams } of token.scopes) {
        if (filter !== undefined) found.set(`${name} filter`, `SELECT 1 FROM ${resource} WHERE ${filter}`);
        if (fixedParams === undefined || shared?.kind !== 'pipe') continue;
        // What is signed is what the endpoint gets.
        const claims = {
          name: 't',
          workspace_id: 'w',
          exp: 4e9,
          scopes: [{ type: 'PIPES:READ' as const, resource, fixed_params: fixedParams }],
        };
        const [scope] = scopesOfJwt(verifyJwt(signJwt(claims, 'key'), 'key', 0));
        const params = new Map(
          Object.entries(scope?.fixedParams ?? {}).map(([key, value]) => [key, String(value)]),
        );
        if (params.size !== 1 || params.get('tenant') !== id)
          throw new Error(`the JWT of ${id} says something else`);
        found.set(
          `${name} fixed parameter`,
          renderSql(shared.nodes[0]?.sql ?? '', params, { secrets: new Map() }).sql,
        );
      }
    }
  }
  return found;
}

const withValue = (tenant: Tenant, id: string) =>
  tenant.set === 'own-endpoints' ? { ...tenant.vars, event_types: [id, 'login'] } : tenant.vars;

function addSql(found: Map<string, string>, set: string, pipe: Pipe): void {
  const { name } = pipe;
  // As a server reads it.
  const datafile = unwrap(parseDatafile(`${name}.pipe`, printDatafile(pipe)));
  if (datafile.kind !== 'pipe' || datafile.nodes.length !== pipe.nodes.length)
    throw new Error(`${name} has changed`);
  for (const { sql } of datafile.nodes) {
    found.set(`${set} ${name}`, renderSql(sql, new Map(), { secrets: new Map([['x', 'secret']]) }).sql);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
const session = new Session(folder, { connectionArgs: ['--implicit_select=0'] });
afterAll(() => {
  session.close();
  rmSync(folder, { recursive: true });
});

/** Shapes as ClickHouse's parser and lexer see them: its own print of the tree, with its own blanking of literals. */
async function shapesOf(texts: readonly string[]): Promise<string[]> {
  const file = join(folder, 'texts.ndjson');
  writeFileSync(file, texts.map((sql, nth) => JSON.stringify({ nth, sql })).join('\n'));
  const query = `SELECT normalizeQueryKeepNames(formatQuerySingleLineOrNull(sql)) AS shape
    FROM file('${file}', 'JSONEachRow', 'nth UInt32, sql String') ORDER BY nth`;
  const bytes = (await session.queryAsync(query, { format: 'JSONEachRow' })).bytes();
  const lines = Buffer.from(bytes).toString().trimEnd().split('\n');
  return lines.map((line): string => JSON.parse(line).shape);
}

describe('shape', () => {
  const rendered = VALUES.flatMap((value) => {
    const found = statements(value);
    return found === null ? [] : [[value, found] as const];
  });

  test('most of them can be ids: there is something to compare', () => {
    expect(VALUES.length).toBeGreaterThanOrEqual(COUNT);
    expect(rendered.length).toBeGreaterThan(COUNT / 2);
    expect(KNOWN.filter((value) => statements(value) === null)).toEqual(['{{']);
  });

  test('every statement of every one has the shape of a harmless one', async () => {
    const harmless = statements('harmless') ?? new Map<string, string>();
    expect([...harmless.keys()]).toHaveLength(7);
    for (const [what, sql] of harmless) {
      const [wanted, widened] = await shapesOf([sql, `${sql} OR 1 = 1`]);
      // It tells what it is to tell.
      expect([wanted === null, wanted === widened]).toEqual([false, false]);
      // Where it stands for nothing in the SQL, all are one text.
      const texts = new Map(rendered.map(([value, found]) => [found.get(what) ?? '', value]));
      const shapes = await shapesOf([...texts.keys()]);
      const others = [...texts.values()].filter((_, nth) => shapes[nth] !== wanted);
      expect([what, others]).toEqual([what, []]);
    }
  });
});
