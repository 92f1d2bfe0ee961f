// Canonical datafiles with hostile text in every place that can hold text.

import { ENGINE_OPTIONS } from '../../src/datafile/commands.ts';
import type { Column, Datafile, Datasource, Engine, Node, Pipe, Setting } from '../../src/datafile/types.ts';
import fc from '../properties.ts';

const HOSTILE = [
  'TYPE endpoint',
  'TOKEN "x" READ',
  'token x read',
  'DESCRIPTION >',
  'SCHEMA >',
  'SQL >',
  'NODE two',
  'ENGINE "MergeTree"',
  'SETTINGS',
  '# heading',
  '> quoted',
  '>',
  '{% if x %}',
  '{{ String(x) }}',
  '"in quotes"',
  "'in quotes'",
  "it's",
  '"',
  'a\\',
  '\\"\\\'',
  '-- comment',
  '`tick`',
  '[tinybird-tenants fleet=a tenant=b set=c sha=d]',
  'a # b',
  'a  b',
  '"a" "b"',
  '\'a\' "b"',
  'ünï – 日本語 \u{1f600} \u202e',
  '\ufeffx',
  'x\u2028y',
];

export const oneLine = fc
  .oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))
  .map((text) => text.replace(/[\p{Cc}]/gu, ''));

const trimmed = oneLine.map((text) => text.trim());
const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);

const description = fc.array(trimmed, { maxLength: 5 }).map((lines) => lines.join('\n').trim());

const sqlLine = fc
  .tuple(fc.constantFrom('', '  ', '    ', '\t'), oneLine)
  .map(([lead, text]) => (/^[ \t]*$/.test(text) ? '' : lead + text));
const edge = oneLine
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''))
  .filter((text) => text !== '' && !text.trimStart().startsWith('%'));
const sql = fc
  .tuple(fc.constantFrom('', '%\n'), edge, fc.array(sqlLine, { maxLength: 4 }), edge)
  .map(([percent, first, middle, last]) => percent + [first, ...middle, last].join('\n'));

const literal = oneLine.map((text) => `'${text.replace(/['\\]/g, '\\$&')}'`);
const columnType = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom(
      'String',
      'UInt64',
      'DateTime64(3)',
      'Decimal(18, 4)',
      'JSON',
      'AggregateFunction(count)',
    ),
    fc.tuple(fc.constantFrom('Array', 'Nullable'), tie('type')).map(([outer, inner]) => `${outer}(${inner})`),
    fc.tuple(tie('type'), tie('type')).map(([one, other]) => `Map(${one}, ${other})`),
    fc
      .tuple(name, tie('type'), literal)
      .map(([field, inner, text]) => `Tuple(${field} ${inner}, e Enum8(${text} = 1))`),
  ),
})).type;
const expression = fc.oneof(
  literal,
  fc.constantFrom(
    '0',
    'now64(3)',
    'NULL',
    "if(a IS NOT NULL, 'x, y', `b c`)",
    '[1, 2]',
    "map('a', 1)",
    'a IS NULL',
  ),
);
const codec = fc.constantFrom('ZSTD(1)', 'Delta(4), LZ4', 'NONE');
const backticked = oneLine
  .map((text) => text.replaceAll('`', ''))
  .filter((text) => text !== '' && text !== 'INDEX');

const orNull = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });

export const columns: fc.Arbitrary<Column[]> = fc.uniqueArray(
  fc.record({
    name: backticked,
    type: columnType,
    jsonpath: orNull(backticked),
    default: orNull(expression),
    codec: orNull(codec),
  }),
  { selector: (column) => column.name, minLength: 1, maxLength: 5 },
);

/** A value that the format has a form for: at most one kind of quotes. */
const value = oneLine.map((text) => (text.includes('"') ? text.replaceAll("'", '') : text));

const settings = (commands: string[]): fc.Arbitrary<Setting[]> =>
  fc.uniqueArray(fc.record({ command: fc.constantFrom(...commands), value }), {
    selector: (setting) => setting.command,
    maxLength: 3,
  });

const engine: fc.Arbitrary<Engine> = fc.record({
  type: fc.constantFrom('MergeTree', 'Null', 'ReplacingMergeTree'),
  options: fc
    .subarray(ENGINE_OPTIONS)
    .chain((options) =>
      fc.tuple(...options.map((command) => value.map((text) => ({ command, value: text || 'x' })))),
    ),
});

const index = fc.record({
  name,
  expression: fc.constantFrom('a', 'lower(b)', 'type', "m['a TYPE b']", '(a, b)', 'a * 2'),
  type: fc.constantFrom('minmax', 'set(100)', 'ngrambf_v1(4, 1024, 1, 42)'),
  granularity: orNull(fc.nat()),
});

const token = value.filter((text) => text !== '');

const datasource: fc.Arbitrary<Datasource> = fc.record({
  kind: fc.constant('datasource'),
  name,
  description,
  columns,
  engine: orNull(engine),
  indexes: fc.array(index, { maxLength: 3 }),
  grants: fc.array(fc.record({ token, permission: fc.constantFrom('READ', 'APPEND') }), { maxLength: 3 }),
  sharedWith: fc.array(fc.constantFrom('partner', 'partner two', "o'brien & co", 'TOKEN'), { maxLength: 3 }),
  forwardQuery: orNull(sql),
  settings: settings(['TAGS', 'VERSION', 'KAFKA_TOPIC', 'KAFKA_GROUP_ID', 'IMPORT_BUCKET_URI', 'INCLUDE']),
});

const node: fc.Arbitrary<Node> = fc.record({
  name: token,
  description,
  sql,
  type: fc.constantFrom('standard', 'endpoint', 'materialized', 'copy', 'sink', 'stream'),
  settings: settings(['DATASOURCE', 'COPY_SCHEDULE', 'COPY_MODE', 'ENGINE', 'ENGINE_SORTING_KEY', 'TAGS']),
});

const pipe: fc.Arbitrary<Pipe> = fc.record({
  kind: fc.constant('pipe'),
  name,
  description,
  nodes: fc.uniqueArray(node, { selector: ({ name: own }) => own, minLength: 1, maxLength: 3 }),
  grants: fc.array(fc.record({ token, permission: fc.constant('READ' as const) }), { maxLength: 3 }),
  settings: settings(['TAGS', 'VERSION', 'INCLUDE', 'MAINTAINER']),
});

export const datafile: fc.Arbitrary<Datafile> = fc.oneof(datasource, pipe);
