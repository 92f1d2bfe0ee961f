// One reading for all tenants whose templates come out alike, and the place in the template of what is found.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../scripts/bundle.ts';
import { unwrap } from '../../src/errors.ts';
import { lint } from '../../src/lint/lint.ts';
import { trace } from '../../src/lint/traced.ts';
import { readProject } from '../../src/project.ts';
import { compile } from '../../src/templates/template.ts';
import { parseTenants } from '../../src/tenants.ts';
import fc from '../properties.ts';
import { readSets } from '../templates/made.ts';
import { CORPUS } from './corpus.ts';
import { endpoint, type Given, linted, places } from './given.ts';

const tenants = (...lines: string[]): string =>
  `fleet: test\ndefaults: { template: s }\ntenants:\n${lines.map((line) => `  - ${line}\n`).join('')}`;

const counted = (given: Given): string[] =>
  linted(given).map(({ rule, line, tenants: n, example }) => `${rule}:${line} ${n} ${example ?? ''}`);

describe('which tenants a finding is for', () => {
  const VARIABLES =
    'variables:\n  wide: { type: boolean, default: false }\n  org: { type: string, default: none }\n';

  test('those whose branch it is in', () => {
    const set = {
      'set.yaml': VARIABLES,
      'x.pipe.hbs': endpoint(
        'SELECT 1\nFROM events\n{{#unless wide}}\nWHERE tenant_id = {{sql id}}\n{{/unless}}',
      ),
    };
    const list = tenants(
      'id: a',
      '{ id: b, vars: { wide: true } }',
      '{ id: c, vars: { wide: true }, state: removed }',
      'id: d',
    );
    expect(counted({ set, tenants: list })).toEqual(['unfiltered-table:4 1 b']);
  });

  test('those whose value is not theirs alone', () => {
    const set = {
      'set.yaml': 'variables:\n  org: { type: string, required: true }\n',
      'x.pipe.hbs': endpoint('SELECT 1 FROM events WHERE tenant_id = {{sql org}}'),
    };
    const list = tenants(
      '{ id: a, vars: { org: x } }',
      '{ id: b, vars: { org: y } }',
      '{ id: c, vars: { org: y } }',
    );
    expect(counted({ set, tenants: list })).toEqual(['unfiltered-table:3 2 b']);
  });

  test('everybody but the one whose id the template holds', () => {
    const set = { 'x.pipe.hbs': endpoint("SELECT 1 FROM events WHERE tenant_id = 'b'") };
    expect(counted({ set, tenants: tenants('id: a', 'id: b', 'id: c') })).toEqual(['unfiltered-table:3 2 a']);
  });

  test('a variable of its own says whose row it is where no id does', () => {
    const set = {
      'set.yaml': 'variables:\n  org: { type: string, required: true }\n',
      'x.pipe.hbs': endpoint('SELECT 1 FROM events WHERE user_id = {{sql org}}'),
      'y.pipe.hbs': endpoint('SELECT 1 FROM events'),
    };
    const list = tenants('{ id: a, vars: { org: x } }', '{ id: b, vars: { org: y } }');
    expect(counted({ set, tenants: list, alone: true })).toEqual([
      'unfiltered-table:3 2 a',
      'sorting-key:11 2 a',
    ]);
  });

  test('without any sign of whose rows they are, nothing is sure', () => {
    const set = { 'x.pipe.hbs': endpoint('SELECT 1 FROM events') };
    expect(places(linted({ set, alone: true }))).toEqual(['unfiltered-table? x.pipe.hbs:3']);
  });

  test('a table that a variable names is looked at for each value, up to a bound', () => {
    const set = {
      'set.yaml': 'variables:\n  table: { type: string, required: true }\n',
      'x.pipe.hbs': endpoint('SELECT 1 FROM {{ident table}}'),
    };
    const list = tenants('{ id: a, vars: { table: events } }', '{ id: b, vars: { table: countries } }');
    expect(counted({ set, tenants: list })).toEqual(['unfiltered-table:3 1 a']);
    const many = Array.from({ length: 70 }, (_, n) => `{ id: t${n}, vars: { table: table_${n} } }`);
    expect(linted({ set, tenants: tenants(...many) }).map(({ message }) => message)).toContain(
      'the set s comes out in too many ways: for 6 tenants it was not looked at',
    );
  });

  test('no other value of a tenant is in it', () => {
    const set = {
      'set.yaml': 'variables:\n  org: { type: string, required: true }\n',
      'x.pipe.hbs': endpoint('SELECT 1 FROM events WHERE tenant_id = {{sql org}} OR status = {{sql org}}'),
    };
    const list = tenants('{ id: a, vars: { org: sesame } }', '{ id: b, vars: { org: sesame } }');
    expect(JSON.stringify(linted({ set, tenants: list }))).not.toContain('sesame');
  });
});

describe('places', () => {
  test('everything that the template wrote is found where it stands', () => {
    const line = fc.constantFrom(
      'a{{x}}b',
      '{{#if x}}',
      '{{/if}}',
      '  {{#each l}}',
      '  {{/each}}',
      '',
      'é {{String(x)}}',
      '\\{{ y }} z',
      '{% if c %} d',
      '{{!-- n --}} e',
      ' {{#if no}} {{/if}} f',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const source = `NODE n\nSQL >\n${lines.map((text) => ` ${text}`).join('\n')}\n`;
        const { template, flaws } = compile(source, 'file', { typeOf: () => 'number', roles: new Set() });
        fc.pre(flaws.length === 0);
        const values = new Map<string, number | number[]>([
          ['x', 1],
          ['l', [1, 2]],
          ['no', 0],
        ]);
        const { text, place } = trace(template, { slug: 's', values });
        const rows = source.split('\n');
        for (const [at, character] of text.split('').entries()) {
          const { line: row, column } = place(at);
          const written = rows[row - 1]?.[column - 1] ?? '\n';
          // A value stands where its hole opens.
          expect(written === character || (written === '{' && /\d/.test(character)), `${text}\n${at}`).toBe(
            true,
          );
        }
      }),
      { numRuns: 80 },
    );
  });

  test('behind Handlebars of the template, in line and column', () => {
    const pipe = `{{!-- a comment --}}\n${endpoint('SELECT {{#if slug}}\n1\n{{/if}}\n  FROM {{resource "own"}} AS o, events')}`;
    const set = { 'own.datasource.hbs': 'SCHEMA >\n    `a` String\n', 'x.pipe.hbs': pipe };
    const [found] = linted({ set });
    expect(found).toMatchObject({ rule: 'unfiltered-table', line: 7, column: 37 });
  });
});

describe('comments and texts', () => {
  const junk = fc.string({
    unit: fc.constantFrom(...`' "\`-;)(]=,ORWHEREtenant_id FROM events $\\é`.split('')),
    maxLength: 30,
  });

  test('what stands in them changes no finding', () => {
    const findings = (pipe: string, fixed: string) =>
      linted({
        set: {
          'read.token.hbs': `kind: jwt\nscopes:\n  - type: PIPES:READ\n    resource: usage\n    fixed_params:\n      ${fixed}\n`,
        },
        project: { 'endpoints/usage.pipe': pipe },
      });
    fc.assert(
      fc.property(
        fc.constantFrom(...CORPUS),
        fc.array(junk, { minLength: 8, maxLength: 8 }),
        ({ pipe, corrected, fixed }, texts) => {
          for (const text of [pipe, corrected]) {
            const lines = text.split('\n').map((line, nth) => {
              const said = texts[nth % texts.length] ?? '';
              // A %, and what is not SQL, stands alone.
              if (!/^ {4}\s*[^%\s]/.test(line)) return line;
              return nth % 2 === 0 ? `${line} -- ${said}` : `${line} /* ${said.replaceAll('*', '')} */`;
            });
            expect(findings(lines.join('\n'), fixed)).toEqual(findings(text, fixed));
            const other = text.replaceAll(
              /'(public|x|now)'/g,
              () => `'${(texts[0] ?? '').replaceAll(/['\\]/g, '')}'`,
            );
            expect(findings(other, fixed)).toEqual(findings(text, fixed));
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test('whatever is written, it is read to its end', () => {
    const word = fc.constantFrom(
      ..."SELECT FROM WHERE JOIN ON USING WITH AS ( ) [ ] , . :: = IN AND OR NOT BETWEEN UNION ALL CASE WHEN END * events tenant_id a 1 'x' {{String(x)}} LEFT ARRAY toInt8( CAST( :: OVER GROUP BY LIMIT {%if@x%} {%end%} -- /* \" '"
        .split(' ')
        .map((text) => text.replaceAll('@', ' ')),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 25 }), (words) => {
        const sql = `%\nSELECT ${words.join(' ')} FROM events`;
        const mv = endpoint(sql).replace('TYPE endpoint', 'TYPE materialized\nDATASOURCE accounts');
        const found = linted({
          set: { 'read.token.hbs': 'kind: static\nscopes:\n  - PIPES:READ usage\n' },
          project: { 'endpoints/usage.pipe': endpoint(sql), 'pipes/mv.pipe': mv },
        });
        expect(found.every(({ line }) => line > 0)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

describe('what is shipped', () => {
  test.each(['forward', 'classic'] as const)('the example has no finding on %s', async (generation) => {
    const sets = unwrap(await readSets(join(root, 'datafiles-templates')));
    const project = unwrap(await readProject(join(root, 'examples/usage-billing/tinybird')));
    for (const list of [
      [
        'id: acme\n    template: own-table',
        'id: hooli\n    template: own-endpoints\n    vars: { event_types: [login] }',
        'id: stark\n    template: own-token',
      ],
      ['id: acme\n    template: own-table'],
      ['id: hooli\n    template: own-endpoints\n    vars: { event_types: [login] }'],
      ['id: stark\n    template: own-token'],
    ]) {
      const text = tenants(...list);
      const fleet = unwrap(parseTenants({ file: 'tenants.yaml', text, format: 'yaml' }));
      expect(lint({ fleet, sets, project }, generation)).toEqual([]);
    }
  });
});
