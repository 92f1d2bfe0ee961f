// Real-world constructs, file by file, against reviewed goldens; and what a bad file is told.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDatafile } from '../../src/datafile/parse.ts';
import { printDatafile } from '../../src/datafile/print.ts';
import { unwrap } from '../../src/errors.ts';

const FIXTURES = new URL('fixtures/', import.meta.url);
const files = readdirSync(FIXTURES).filter((file) => !file.endsWith('.json'));
const read = (file: string): string => readFileSync(new URL(file, FIXTURES), 'utf8');

describe('fixtures', () => {
  it('are at least forty', () => {
    expect(files.length).toBeGreaterThanOrEqual(40);
  });

  it.each(files)('%s', (file) => {
    const datafile = unwrap(parseDatafile(file, read(file)));
    const [name, kind] = file.split('.');
    expect(datafile).toEqual({ name, kind, ...JSON.parse(read(`${file}.json`)) });
    const text = printDatafile(datafile);
    expect(unwrap(parseDatafile(file, text))).toEqual(datafile);
    expect(printDatafile(unwrap(parseDatafile(file, text)))).toBe(text);
  });

  it('keep what they are there for', () => {
    expect(read('crlf.datasource')).toContain('\r\n');
    expect(read('crlf.pipe')).toContain('\r\n');
    expect(read('bom.datasource').charCodeAt(0)).toBe(0xfeff);
    expect(read('tabs.pipe')).toContain('\t');
    expect(read('no_final_newline.pipe')).not.toMatch(/\n$/);
  });
});

describe('the path gives kind and name', () => {
  const text = 'NODE n\nSQL >\n    SELECT 1\n';
  it.each([
    ['x.pipe', 'x'],
    ['pipes/x.pipe', 'x'],
    ['tinybird/endpoints/by_day.pipe', 'by_day'],
    ['windows\\materializations\\x.pipe', 'x'],
  ])('%s', (path, name) => {
    expect(unwrap(parseDatafile(path, text))).toMatchObject({ kind: 'pipe', name });
  });

  it.each([
    ['x.connection', '.connection files are not read here: connections are not managed per tenant'],
    ['x.incl', '.incl files are not read: put their lines into the files that INCLUDE them'],
    ['x.datasource.incl', '.incl files are not read: put their lines into the files that INCLUDE them'],
    ['x.sql', 'not a datafile: expected .datasource or .pipe'],
    ['pipe', 'not a datafile: expected .datasource or .pipe'],
    ['pipes/.pipe', 'a file name is missing before .pipe'],
  ])('%s is refused', (file, message) => {
    expect(parseDatafile(file, text)).toEqual({ ok: false, problems: [{ file, message }] });
  });
});

/** `line:column message` of every problem. */
function problems(path: string, text: string): string[] {
  const result = parseDatafile(path, text);
  if (result.ok) return [];
  expect(result.problems.every(({ file }) => file === path)).toBe(true);
  return result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const SCHEMA = 'SCHEMA >\n    `id` String\n';
const NODE = 'NODE n\nSQL >\n    SELECT 1\n';

describe('bad data sources', () => {
  it.each<[string, string, string[]]>([
    ['empty', '', ['1:1 SCHEMA is missing']],
    [
      'an unknown command',
      `${SCHEMA}ENGINE "MergeTree"\nENGIN_TTL "x"\n`,
      ['4:1 ENGIN_TTL is not a valid option in datasource files.'],
    ],
    [
      'an unknown command after SCHEMA',
      `${SCHEMA}SORT "x"\nTOKEN x READ\n`,
      ['3:1 SORT is not a valid option in datasource files.'],
    ],
    [
      'an unknown block',
      `FOO >\n    NODE bar\n${SCHEMA}`,
      ['1:1 FOO is not a valid option in datasource files.'],
    ],
    ['a command of pipes', `NODE x\n${SCHEMA}`, ['1:1 NODE is not a valid option in datasource files.']],
    [
      'SETTINGS',
      `${SCHEMA}SETTINGS "x=1"\n`,
      ['3:1 SETTINGS is not a valid option in datasource files. Use ENGINE_SETTINGS.'],
    ],
    [
      'no blank before >',
      'SCHEMA>\n',
      [
        '1:1 SCHEMA> is not a valid option in datasource files. Put a blank before >.',
        '2:1 SCHEMA is missing',
      ],
    ],
    [
      'text after >',
      'SCHEMA > `id` String\n',
      ['1:10 text after SCHEMA > would be lost: put it on the next line, indented'],
    ],
    [
      'a line where a block belongs',
      'SCHEMA `id` String\n',
      [
        '1:1 SCHEMA must be multiline: write SCHEMA > and the text below it, indented',
        '2:1 SCHEMA is missing',
      ],
    ],
    [
      'a block where a line belongs',
      `${SCHEMA}KAFKA_TOPIC >\n    x\n`,
      ['3:1 KAFKA_TOPIC does not support multiline arguments: put the value beside it'],
    ],
    ['no columns', 'SCHEMA >\n\n    -- none\n', ['1:1 SCHEMA has no columns']],
    ['twice', `${SCHEMA}ENGINE "A"\nENGINE "B"\n`, ['4:1 ENGINE is given twice, first in line 3']],
    ['an unclosed quote', `${SCHEMA}KAFKA_TOPIC "x\n`, ['3:1 KAFKA_TOPIC: the quote is never closed']],
    [
      'no value',
      `${SCHEMA}KAFKA_TOPIC\nVERSION # one\n`,
      ['3:1 KAFKA_TOPIC needs a value', '4:1 VERSION needs a value'],
    ],
    ['BACKFILL', `${SCHEMA}BACKFILL always\n`, ['3:1 BACKFILL takes only skip, not always']],
    [
      'SHARED_WITH nobody',
      `${SCHEMA}SHARED_WITH >\n    ,\n`,
      ['3:1 SHARED_WITH requires at least one workspace name'],
    ],
    [
      'a bad index',
      `${SCHEMA}INDEXES >\n    idx id\n    i id TYPE minmax GRANULARITY many\n    j id TYPE minmax, k id TYPE minmax\n`,
      [
        '4:5 an index is written as: INDEX name expression TYPE type GRANULARITY n',
        '5:5 an index is written as: INDEX name expression TYPE type GRANULARITY n',
        '6:5 an index is written as: INDEX name expression TYPE type GRANULARITY n',
      ],
    ],
    [
      'tokens',
      `${SCHEMA}TOKEN x\nTOKEN my token READ\nTOKEN x WRITE\nTOKEN "x READ\nTOKEN "" READ\n`,
      [
        '3:1 TOKEN takes a name, in quotes if it has blanks, and a permission: TOKEN "my token" READ',
        '4:1 TOKEN takes a name, in quotes if it has blanks, and a permission: TOKEN "my token" READ',
        '5:1 TOKEN: WRITE is not a permission: only READ and APPEND are',
        '6:1 TOKEN: the quote is never closed',
        '7:1 TOKEN takes a name, in quotes if it has blanks, and a permission: TOKEN "my token" READ',
      ],
    ],
    ['an empty FORWARD_QUERY', `${SCHEMA}FORWARD_QUERY >\n\n`, ['3:1 FORWARD_QUERY is empty']],
    ['a control character', `DESCRIPTION a\u0007b\n${SCHEMA}`, ['1:14 control character U+0007']],
    [
      'a control character on Windows',
      `DESCRIPTION a\r\n\r\n# \0\r\n${SCHEMA}`,
      ['3:3 control character U+0000'],
    ],
  ])('%s', (_, text, expected) => {
    expect(problems('sources/x.datasource', text)).toEqual(expected);
  });
});

describe('bad columns', () => {
  it.each<[string, string, string[]]>([
    [
      '`a` String MATERIALIZED now()',
      '',
      [
        '2:14 MATERIALIZED columns are not supported: use DEFAULT, or compute the column in a materialized view',
      ],
    ],
    ['`a` String ALIAS b', '', ['2:14 ALIAS columns are not supported: compute the column in a pipe']],
    ['`a` String EPHEMERAL', '', ['2:14 EPHEMERAL columns are not supported: use DEFAULT']],
    ['`a` Date TTL a + INTERVAL 1 DAY', '', ['2:12 a TTL of a column is not supported: use ENGINE_TTL']],
    [
      "`a` String COMMENT 'x'",
      '',
      ['2:14 COMMENT of a column is not supported: write a line that starts with #'],
    ],
    ['`a` String NULL', '', ['2:14 NULL is not supported: use Nullable(...)']],
    ['`a` String not null', '', ['2:14 NOT NULL is not supported: columns are not nullable by default']],
    [
      "`a` String DEFAULT 'x' NOT NULL",
      '',
      ['2:26 NOT NULL is not supported: columns are not nullable by default'],
    ],
    ['`a` Boolean', '', ['2:3 the type Boolean is not supported: use Bool or UInt8']],
    ['`a` Array(Nullable(boolean))', '', ['2:3 the type Boolean is not supported: use Bool or UInt8']],
    ['`a` DateTime64', '', ['2:3 DateTime64 needs a precision: DateTime64(3)']],
    ['`a` Nullable(UInt)', '', ['2:3 Int and UInt need a width: Int32, UInt64, ...']],
    ['INDEX i id TYPE minmax', '', ['2:3 INDEX is not allowed in SCHEMA: use the INDEXES block']],
    ['`a`', '', ['2:3 column a needs a type or a DEFAULT']],
    ['`a` String DEFAULT', '', ['2:21 DEFAULT needs a value']],
    ['`a` DEFAULT CODEC(LZ4)', '', ['2:14 DEFAULT needs a value']],
    ['`a` String CODEC ZSTD', '', ['2:19 CODEC needs its codecs in parentheses']],
    ['`a` String CODEC(LZ4) CODEC(LZ4)', '', ['2:25 CODEC is given twice']],
    ['`a` String `json:$.a` `json:$.b`', '', ['2:25 the JSON path is given twice']],
    ['`a` String `json:$.a` extra', '', ['2:24 unexpected extra after the JSON path']],
    ['`a` String,, `b` String', '', ['2:14 unexpected comma: a column is missing before it']],
    ['`a` String', '`b` String', ['2:3 String `b` String is not one type: is a comma missing?']],
    ['`a` String,', '`a` UInt8', ['3:3 column a is declared twice']],
    ['`a` Array(String', '', ['2:3 column a: a quote or bracket is not closed or not opened']],
    ['`a` String)', '', ['2:3 column a: a quote or bracket is not closed or not opened']],
    ["`a` String DEFAULT 'x", '', ['2:3 column a: a quote or bracket is not closed or not opened']],
    ['`a String', '', ['2:3 the backtick is never closed']],
    ['`` String', '', ['2:3 a column needs a name']],
    ['a#b String', '', ['2:3 column name a#b has an odd character: put it in backticks']],
    ["`a` String DEFAULT 'x", "y'", ['2:3 column a: a line break inside quotes; write it as \\n']],
    [
      '`a` Boolean,',
      '`b` Int NULL',
      [
        '2:3 the type Boolean is not supported: use Bool or UInt8',
        '3:3 Int and UInt need a width: Int32, UInt64, ...',
        '3:11 NULL is not supported: use Nullable(...)',
      ],
    ],
  ])('%s', (first, second, expected) => {
    const text = `SCHEMA >\n  ${first}\n${second === '' ? '' : `  ${second}\n`}`;
    expect(problems('x.datasource', text)).toEqual(expected);
  });

  it('strings in types are not looked into', () => {
    expect(
      problems('x.datasource', "SCHEMA >\n  a Enum8('Boolean' = 1, 'DateTime64' = 2, 'Int' = 3)\n"),
    ).toEqual([]);
  });
});

describe('bad pipes', () => {
  it.each<[string, string, string[]]>([
    ['empty', '\n# nothing\n', ['3:1 the pipe has no NODE']],
    [
      'an unknown command',
      `${NODE}TYPE endpoint\nCACHE 60\n`,
      ['5:1 CACHE is not a valid option in pipe files.'],
    ],
    [
      'a command of data sources',
      `SCHEMA >\n    a String\n${NODE}`,
      ['1:1 SCHEMA is not a valid option in pipe files.'],
    ],
    [
      'single-line SQL',
      'NODE n\nSQL SELECT 1\n',
      ['1:1 NODE n has no SQL', '2:1 SQL must be multiline: write SQL > and the text below it, indented'],
    ],
    ['no SQL', 'NODE n\nTYPE endpoint\n', ['1:1 NODE n has no SQL']],
    [
      'empty SQL',
      'NODE n\nSQL >\n\nNODE m\nSQL >\n    %\n',
      ['2:1 the SQL of NODE n is empty', '5:1 the SQL of NODE m is empty'],
    ],
    ['SQL twice', `${NODE}SQL >\n    SELECT 2\n`, ['4:1 SQL is given twice, first in line 2']],
    ['a node twice', NODE + NODE, ['4:1 NODE n is given twice, first in line 1']],
    ['no node name', 'NODE\nSQL >\n    SELECT 1\n', ['1:1 NODE needs a name']],
    [
      'a node of two words',
      'NODE a b\nSQL >\n    SELECT 1\n',
      ['1:1 NODE takes one name: put quotes around it'],
    ],
    [
      'before the first node',
      `TYPE endpoint\nSQL >\n    x\nDATASOURCE y\n${NODE}`,
      [
        '1:1 TYPE must come after a NODE',
        '2:1 SQL must come after a NODE',
        '4:1 DATASOURCE must come after a NODE',
      ],
    ],
    [
      'an unknown TYPE',
      `${NODE}TYPE view\n`,
      ['4:1 view is not a TYPE: use standard, endpoint, materialized, copy, sink, stream'],
    ],
    ['no TYPE', `${NODE}TYPE\n`, ['4:1 TYPE needs a value']],
    ['APPEND', `TOKEN x APPEND\n${NODE}`, ['1:1 TOKEN: a pipe can only be READ']],
    [
      'DEPLOYMENT_METHOD',
      `${NODE}DEPLOYMENT_METHOD replace\n`,
      ['4:1 DEPLOYMENT_METHOD takes only alter, not replace'],
    ],
    [
      'the alias of what is there',
      `${NODE}MODE append\nCOPY_MODE append\n`,
      ['5:1 COPY_MODE is given twice, first in line 4'],
    ],
    [
      'several things at once',
      `WHAT 1\n${NODE}TYPE view\n  WHO\n`,
      [
        '1:1 WHAT is not a valid option in pipe files.',
        '5:1 view is not a TYPE: use standard, endpoint, materialized, copy, sink, stream',
        '6:3 WHO is not a valid option in pipe files.',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(problems('pipes/x.pipe', text)).toEqual(expected);
  });
});

it('an unindented command word ends a block, an indented one does not', () => {
  const pipe = unwrap(
    parseDatafile('x.pipe', 'NODE n\nSQL >\nSELECT 1,\n TYPE copy\n\ttoken\nFROMAGE\ntype ENDPOINT\n'),
  );
  expect(pipe).toMatchObject({
    nodes: [{ sql: 'SELECT 1,\n TYPE copy\n\ttoken\nFROMAGE', type: 'endpoint' }],
  });
});
