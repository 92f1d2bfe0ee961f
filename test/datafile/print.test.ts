// The law of the format, parse(print(r)) = r, and its limits: what has no text is refused, never altered.

import { describe, expect, it } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import { printDatafile } from '../../src/datafile/print.ts';
import { parseColumns, printColumns } from '../../src/datafile/schema.ts';
import type { Datafile, Datasource, Pipe } from '../../src/datafile/types.ts';
import { Stop, unwrap } from '../../src/errors.ts';
import fc from '../properties.ts';
import { columns, datafile, oneLine } from './arbitraries.ts';

const reread = (datafile: Datafile): Datafile =>
  unwrap(parseDatafile(`${datafile.name}.${datafile.kind}`, printDatafile(datafile)));

const PIPE: Pipe = {
  kind: 'pipe',
  name: 'usage',
  description: '',
  nodes: [{ name: 'n', description: '', sql: 'SELECT 1', type: 'endpoint', settings: [] }],
  grants: [],
  settings: [],
};
const DATASOURCE: Datasource = {
  kind: 'datasource',
  name: 'events',
  description: '',
  columns: [{ name: 'id', type: 'String', jsonpath: null, default: null, codec: null }],
  engine: null,
  indexes: [],
  grants: [],
  sharedWith: [],
  forwardQuery: null,
  settings: [],
};

/** The datafile read back, or null when the printer refused it with a Stop. */
function rereadOrRefused(datafile: Datafile): Datafile | null {
  try {
    return reread(datafile);
  } catch (error) {
    // A Stop with problems would be the parser's: the printer wrote what cannot be read.
    if (error instanceof Stop && error.problems.length === 0) return null;
    throw error;
  }
}

describe('the law', () => {
  it('parse(print(r)) = r', () => {
    fc.assert(
      fc.property(datafile, (r) => {
        expect(reread(r)).toEqual(r);
      }),
      { numRuns: 1500 },
    );
  });

  it('print(parse(print(r))) = print(r)', () => {
    fc.assert(
      fc.property(datafile, (r) => {
        expect(printDatafile(reread(r))).toBe(printDatafile(r));
      }),
      { numRuns: 300 },
    );
  });

  it('a file saved on Windows, with a byte order mark, means the same', () => {
    fc.assert(
      fc.property(datafile, (r) => {
        const windows = `\ufeff${printDatafile(r).replaceAll('\n', '\r\n')}`;
        expect(unwrap(parseDatafile(`${r.name}.${r.kind}`, windows))).toEqual(r);
      }),
      { numRuns: 300 },
    );
  });
});

describe('limits', () => {
  const anyText = fc.oneof(
    oneLine,
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a\nb', 'a\rb', '\0', '\ta'),
  );

  it('a token name, a value and a node name come back as they were or are refused', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const candidates: Datafile[] = [
          { ...PIPE, grants: [{ token: text, permission: 'READ' }] },
          { ...PIPE, settings: [{ command: 'TAGS', value: text }] },
          { ...PIPE, nodes: PIPE.nodes.map((node) => ({ ...node, name: text })) },
          { ...DATASOURCE, engine: { type: 'MergeTree', options: [{ command: 'SETTINGS', value: text }] } },
          { ...DATASOURCE, engine: { type: text, options: [] } },
          { ...DATASOURCE, sharedWith: [text] },
          { ...DATASOURCE, indexes: [{ name: text, expression: 'a', type: 'minmax', granularity: 1 }] },
          { ...DATASOURCE, indexes: [{ name: 'i', expression: text, type: 'minmax', granularity: 1 }] },
        ];
        for (const candidate of candidates) {
          const back = rereadOrRefused(candidate);
          if (back !== null) expect(back).toEqual(candidate);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a line break', 'a\nTYPE endpoint'],
    ['both kinds of quotes and blanks', `it's "his"`],
    ['nothing', ''],
    ['a control character', 'a\u0007'],
  ])('a token whose name has %s is refused', (_, token) => {
    expect(() => printDatafile({ ...PIPE, grants: [{ token, permission: 'READ' }] })).toThrow(
      /^usage\.pipe: .* cannot be written in a datafile$/,
    );
  });

  it('a control character in a description is refused', () => {
    expect(() => printDatafile({ ...PIPE, description: 'a\rb' })).toThrow(
      'usage.pipe: control character U+000D cannot be written in a datafile',
    );
  });

  it.each(['type', 'default', 'codec', 'jsonpath', 'name'])(
    'a line break in the %s of a column is refused',
    (part) => {
      const column = { name: 'a', type: 'String', jsonpath: null, default: null, codec: null };
      expect(() => printColumns([{ ...column, [part]: "'a\nTOKEN x READ'" }])).toThrow(
        /cannot be written in a schema$/,
      );
    },
  );

  it('no text in a column adds or removes a column', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 2 });
    const odd = fc.oneof(
      anyText,
      fc.constantFrom('1, `evil` String', '1 -- x', "'", '(', ')', '1,', '# x', '[', '`'),
    );
    fc.assert(
      fc.property(
        names,
        odd,
        fc.constantFrom('name', 'type', 'default', 'codec', 'jsonpath'),
        (own, text, part) => {
          const list = own.map((name) => ({
            name,
            type: 'String',
            jsonpath: null,
            default: null,
            codec: null,
          }));
          const changed = list.map((column, i) => (i === 0 ? { ...column, [part]: text } : column));
          let line: string;
          try {
            line = printColumns(changed);
          } catch (error) {
            expect(error).toBeInstanceOf(Stop);
            return;
          }
          const back = parseColumns(line);
          if (back.ok) expect(back.value.map(({ name }) => name)).toEqual(changed.map(({ name }) => name));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('columns on their own', () => {
  it('parseColumns(printColumns(c)) = c, on one line as in the API', () => {
    fc.assert(
      fc.property(columns, (list) => {
        const line = printColumns(list);
        expect(line).not.toContain('\n');
        expect(unwrap(parseColumns(line))).toEqual(list);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the form of the API', () => {
    expect(unwrap(parseColumns("`id` UUID `json:$.Id`, `key` String DEFAULT 'a, b' CODEC(ZSTD(1))"))).toEqual(
      [
        { name: 'id', type: 'UUID', jsonpath: '$.Id', default: null, codec: null },
        { name: 'key', type: 'String', jsonpath: null, default: "'a, b'", codec: 'ZSTD(1)' },
      ],
    );
  });

  it('says where a column is wrong', () => {
    expect(parseColumns('`a` String,\n`b`')).toEqual({
      ok: false,
      problems: [{ file: 'schema', line: 2, column: 1, message: 'column b needs a type or a DEFAULT' }],
    });
  });
});

it('prints the canonical text', () => {
  const pipe: Pipe = {
    ...PIPE,
    description: 'Two\n\nlines',
    grants: [{ token: 'a b', permission: 'READ' }],
    settings: [{ command: 'TAGS', value: 'x, y' }],
    nodes: [
      { name: 'one', description: 'first', sql: '%\nSELECT 1\n\nAS x', type: 'standard', settings: [] },
      {
        name: 'two',
        description: '',
        sql: 'SELECT 2',
        type: 'copy',
        settings: [
          { command: 'TARGET_DATASOURCE', value: 't' },
          { command: 'COPY_SCHEDULE', value: '0 * * * *' },
          { command: 'INCLUDE', value: '"a.incl" "B=c"' },
        ],
      },
    ],
  };
  expect(printDatafile(pipe)).toBe(`DESCRIPTION >
    Two

    lines

TOKEN "a b" READ

TAGS x, y

NODE one
DESCRIPTION >
    first
SQL >
    %
    SELECT 1

    AS x

NODE two
SQL >
    SELECT 2

TYPE copy
TARGET_DATASOURCE t
COPY_SCHEDULE 0 * * * *
INCLUDE "a.incl" "B=c"
`);
  expect(
    printDatafile({
      ...DATASOURCE,
      description: 'Events',
      engine: {
        type: 'MergeTree',
        options: [
          { command: 'PARTITION_KEY', value: '' },
          { command: 'SORTING_KEY', value: 'id' },
        ],
      },
      indexes: [{ name: 'i', expression: 'id', type: 'set(1)', granularity: null }],
      grants: [{ token: 'x', permission: 'APPEND' }],
      sharedWith: ['a', 'b'],
      forwardQuery: 'SELECT\n  id',
      settings: [{ command: 'BACKFILL', value: 'skip' }],
    }),
  ).toBe(`DESCRIPTION >
    Events

SCHEMA >
    \`id\` String

ENGINE "MergeTree"
ENGINE_PARTITION_KEY ""
ENGINE_SORTING_KEY "id"

INDEXES >
    INDEX i id TYPE set(1)

BACKFILL skip

FORWARD_QUERY >
    SELECT
      id

TOKEN "x" APPEND

SHARED_WITH >
    a,
    b
`);
});
