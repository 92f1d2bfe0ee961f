// Laws of the list: what is written is read, whatever the format; nothing throws; no two names are alike.

import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readProblem } from '../../src/errors.ts';
import type { State, Value } from '../../src/model.ts';
import { SLUG, slugOf } from '../../src/tenants/slug.ts';
import type { Node } from '../../src/tenants/tree.ts';
import { readWithLibrary, readYaml, readYamlMapping } from '../../src/tenants/yaml.ts';
import { parseTenants, type TextFormat } from '../../src/tenants.ts';
import fc from '../properties.ts';
import { parse } from './text.ts';

interface Listed {
  readonly id: string;
  readonly slug?: string;
  readonly template: string;
  readonly vars: Record<string, Value>;
  readonly state: State;
}

const hostile = fc.constantFrom(
  '007',
  '1e3',
  'true',
  'null',
  '~',
  '__proto__',
  'constructor',
  '- a',
  'a: b',
  'a #b',
  '#a',
  '"q"',
  "'",
  '{',
  '[x]',
  '*a',
  '&a',
  '!a',
  '|',
  '>',
  '%',
  '@',
  '`',
  '\\',
  '?',
  '--- x',
  'a;b',
  '日本',
  '😀',
  '0x1F',
  '-0',
  '.5',
  'x'.repeat(90),
);
const id = fc
  .oneof(
    hostile,
    fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
    fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/),
  )
  .filter((text) => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp},]/u.test(text) && text === text.trim() && text !== '');
const scalar = fc.oneof(
  hostile,
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number || 0),
);
const value: fc.Arbitrary<Value> = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/);
const vars = fc.dictionary(fc.oneof(name, fc.constant('constructor')), value, {
  maxKeys: 3,
  noNullPrototype: true,
});
/** Every tenant has a slug, so that ids may be anything. */
const list: fc.Arbitrary<Listed[]> = fc
  .uniqueArray(
    fc.record({ id, template: name, vars, state: fc.constantFrom<State>('active', 'suspended', 'removed') }),
    { selector: (tenant) => tenant.id, minLength: 1, maxLength: 6 },
  )
  .map((tenants) => tenants.map((tenant, index) => ({ ...tenant, slug: `t${index}` })));

function read(text: string, format: TextFormat) {
  const result = parse(text, format);
  if (!result.ok) throw new Error(`${result.problems.map(readProblem).join('\n')}\n${text}`);
  return result.value.tenants.map(({ id, slug, set, vars, state }) => ({
    id,
    slug,
    template: set,
    vars: { ...vars },
    state,
  }));
}

const yamlOptions = fc.record({
  defaultStringType: fc.constantFrom(
    'PLAIN' as const,
    'QUOTE_DOUBLE' as const,
    'QUOTE_SINGLE' as const,
    'BLOCK_LITERAL' as const,
  ),
  collectionStyle: fc.constantFrom('any' as const, 'flow' as const),
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 40),
});

test('YAML: what is written is read', () => {
  // The library writes " " as a block literal that it reads as "".
  const faithful = yamlOptions.filter(({ defaultStringType }) => defaultStringType !== 'BLOCK_LITERAL');
  fc.assert(
    fc.property(list, faithful, (tenants, options) => {
      const text = stringify({ fleet: 'f', tenants }, { ...options, aliasDuplicateObjects: false });
      expect(read(text, 'yaml')).toEqual(tenants);
    }),
    { numRuns: 80 },
  );
});

test('JSON: what is written is read', () => {
  fc.assert(
    fc.property(list, fc.constantFrom(0, 2, '\t'), (tenants, indent) => {
      expect(read(JSON.stringify({ fleet: 'f', tenants }, null, indent), 'json')).toEqual(tenants);
    }),
    { numRuns: 80 },
  );
});

test('CSV: what is written is read', () => {
  const cell = (content: string) => `"${content.replaceAll('"', '""')}"`;
  const flat = list.map((tenants) => tenants.map((tenant) => ({ ...tenant, vars: flattened(tenant.vars) })));
  fc.assert(
    fc.property(flat, fc.constantFrom('\n', '\r\n'), (tenants, newline) => {
      const names = [...new Set(tenants.flatMap(({ vars }) => Object.keys(vars)))];
      const rows = tenants.map(({ id, slug, template, state, vars }) => [
        ...[id, slug ?? '', template, state].map(cell),
        ...names.map((key) => {
          const given = Object.hasOwn(vars, key) ? vars[key] : undefined;
          return typeof given === 'string' ? cell(given) : String(given ?? '');
        }),
      ]);
      const header = ['id', 'slug', 'template', 'state', ...names.map((key) => `vars.${key}`)];
      const text = ['# fleet: f', ...[header, ...rows].map((row) => row.join(','))].join(newline);
      expect(read(text, 'csv')).toEqual(tenants);
    }),
    { numRuns: 80 },
  );
});

/** What a cell can hold: no lists, and empty means absent. */
function flattened(vars: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(vars).filter(([, given]) => typeof given !== 'object' && given !== ''),
  );
}

test('a slug always has its form', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), id), (text) => SLUG.test(slugOf(text))));
});

test('a list is refused exactly when two ids are alike or get the same name', () => {
  const close = fc.array(fc.stringMatching(/^[aA1][-_b]?$/), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(close, (ids) => {
      const text = JSON.stringify({
        fleet: 'f',
        defaults: { template: 't' },
        tenants: ids.map((one) => ({ id: one })),
      });
      const result = parse(text, 'json');
      const extra = ids.length - new Set(ids.map(slugOf)).size;
      expect(result.ok ? 0 : result.problems.length).toBe(extra);
    }),
  );
});

const CHARACTERS = [
  ...Array.from(':-#\'"[]{}&*!|>?%@`,\\\n\n \t\r;=~'),
  '  ',
  '\n  - id: x\n',
  '\n---\n',
  '\n        x: y\n',
  '\n     more\n',
  '\n   x: y\n',
  'tenants:\n',
  '|+\n',
  '- ',
  ': ',
  ' #',
  '"\n',
  '\u202e',
  '\0',
];
interface Slip {
  readonly at: number;
  readonly toLineEnd: boolean;
  readonly removed: number;
  readonly added: string;
}
const slips: fc.Arbitrary<Slip[]> = fc.array(
  fc.record({
    at: fc.nat(),
    toLineEnd: fc.boolean(),
    removed: fc.nat(2),
    added: fc.constantFrom(...CHARACTERS),
  }),
  { maxLength: 3 },
);

/** A real text after a few slips of the keyboard. */
function slipped(text: string, made: readonly Slip[]): string {
  return made.reduce((before, { at, toLineEnd, removed, added }) => {
    const anywhere = at % (before.length + 1);
    const start = toLineEnd ? before.indexOf('\n', anywhere) : anywhere;
    return before.slice(0, start) + added + before.slice(start + (toLineEnd ? 0 : removed));
  }, text);
}

const lists = fc
  .tuple(list, yamlOptions, slips)
  .map(([tenants, options, made]) => slipped(stringify({ fleet: 'f', tenants }, options), made));
const members = fc
  .tuple(list, yamlOptions, slips)
  .map(([[tenant], options, made]) => slipped(stringify(tenant, options), made));

test('no text throws, in any format', () => {
  const format = fc.constantFrom<TextFormat>('yaml', 'json', 'csv');
  fc.assert(
    fc.property(
      fc.oneof(lists, fc.string({ unit: 'binary', maxLength: 60 }), fc.json()),
      format,
      (text, one) => {
        const result = parse(text, one);
        if (!result.ok) expect(result.problems).not.toEqual([]);
        const files = [{ file: `a.${one}`, text }];
        expect(parseTenants({ format: 'folder', folder: 'f', files })).toHaveProperty('ok');
      },
    ),
    { numRuns: 200 },
  );
});

/** The place of the list itself is nobody's: it is where its first entry begins, by whoever reads it. */
function withoutListPlace(root: Node | null): Node | null {
  if (root?.kind !== 'mapping') return root;
  const entries = root.entries.map((entry) =>
    entry.key === 'tenants' && entry.value.kind === 'list'
      ? { ...entry, value: { ...entry.value, at: 0 } }
      : entry,
  );
  return { ...root, entries };
}

test('the ordinary way and the library read the same', () => {
  fc.assert(
    fc.property(lists, (text) => {
      const [ordinary, library] = [readYaml(text), readWithLibrary(text)];
      expect(ordinary.faults).toEqual(library.faults);
      expect(withoutListPlace(ordinary.root)).toEqual(withoutListPlace(library.root));
    }),
    { numRuns: 300 },
  );
});

test('so do the files of a folder', () => {
  fc.assert(
    fc.property(members, (text) => {
      expect(readYamlMapping(text)).toEqual(readWithLibrary(text));
    }),
    { numRuns: 200 },
  );
});

test.each([
  '  - id: a\n        x: y\n    template: b\n',
  '  - id: a\n     more\n',
  '  - id: a\n   slug: b\n',
  '  - id: |+\n      a\n\n  - id: b\n',
  '  - id: "a\n  - id: b\n  - id: c"\n',
  '  - id: [a,\n  - id: b\n  - c]\n',
  '  - id: a\n    vars:\n      x:\n       - 1\n      - 2\n',
  '  - id: a\n    id: b\n',
  '  - id: a\n    vars: { x: 1, x: 2 }\n',
  '  - id: a # b\n  - id: a#b\n  - id: a: b\n',
  '  - id: a\r\n    vars:\r\n      \r x: 1\r\n',
  '- id: a\n...\n- id: b\n',
  '  - id: a\n - id: b\n',
  '  - id: a\nx: 1\n  - id: b\n',
  '  - id: a\n\n- id: b\n  slug: c\n',
  '  - id: a',
])('%#: the ordinary way knows its limits', (tenants) => {
  const text = `fleet: f\ntenants:\n${tenants}`;
  const [ordinary, library] = [readYaml(text), readWithLibrary(text)];
  expect(ordinary.faults).toEqual(library.faults);
  expect(withoutListPlace(ordinary.root)).toEqual(withoutListPlace(library.root));
});
