// What a server only writes in another way, and what somebody has changed.
import { describe, expect, test } from 'vitest';
import {
  isShorter,
  sameCodec,
  sameExpression,
  sameKey,
  sameSql,
  sameType,
} from '../../src/plan/canonical.ts';

const INTERVAL = 'WHERE at > now() - INTERVAL 90 DAY';
const TAGGED =
  "%\nSELECT {{Int32(n, 1, description='How many')}} FROM t\n{% if defined(d) %}\nWHERE a\n{% end %}";

describe('SQL is the same', () => {
  test.each([
    ['blanks and lines', 'SELECT a,\n    b\nFROM t', 'SELECT a, b  FROM t '],
    ['blanks around operators', "WHERE a='x' AND b>=1", "WHERE a = 'x' AND b >= 1"],
    ['line ends', 'SELECT a\r\nFROM t\r\n', 'SELECT a\nFROM t'],
    ['tabs', 'SELECT\ta\tFROM t', 'SELECT a FROM t'],
    ['keywords', 'select a as b from t where a and not b', 'SELECT a AS b FROM t WHERE a AND NOT b'],
    ['quotes around names', 'SELECT `a`, "b" FROM `t`', 'SELECT a, b FROM t'],
    ['the form of a string', "SELECT 'it''s'", "SELECT 'it\\'s'"],
    ['what means the same', 'WHERE a <> 1 AND b == 2', 'WHERE a != 1 AND b = 2'],
    ['an interval', INTERVAL, 'WHERE at > now() - toIntervalDay(90)'],
    ['an interval in quotes', INTERVAL, "WHERE at > now() - interval '90' days"],
    ['a comment', 'SELECT a -- the first\nFROM t', 'SELECT a\nFROM t'],
    ['a block comment', 'SELECT /* first */ a FROM t', 'SELECT a FROM t'],
    ['a semicolon', 'SELECT a FROM t;', 'SELECT a FROM t'],
    ['a `%` that turns nothing on', '%\nSELECT a FROM t', 'SELECT a FROM t'],
    ['`%` on the same line', TAGGED, TAGGED.replace('%\n', '% ')],
    [
      'blanks in tags',
      TAGGED,
      TAGGED.replace('{{Int32(n, 1,', '{{ Int32(n,  1,').replace('{% end %}', '{%end%}'),
    ],
    ['a comment of the template', TAGGED, TAGGED.replace('WHERE a', "{# don't #}WHERE a")],
  ])('%s', (_, one, other) => {
    expect(sameSql(one, other)).toBe(true);
    expect(sameSql(other, one)).toBe(true);
  });
});

const SQL = "SELECT a, 'x  y' AS b FROM t WHERE tenant_id = 'acme' AND n IN (1, 2)";

describe('SQL is another', () => {
  test.each([
    ['literal', SQL, SQL.replace("'acme'", "'globex'")],
    ['case of a string', SQL, SQL.replace("'acme'", "'Acme'")],
    ['number of blanks in a string', SQL, SQL.replace('x  y', 'x y')],
    ['operator', SQL, SQL.replace("= 'acme'", "!= 'acme'")],
    ['filter: none', SQL, "SELECT a, 'x  y' AS b FROM t"],
    ['filter: in a comment', SQL, SQL.replace('AND n', '-- AND n')],
    ['filter: or', SQL, SQL.replace('AND', 'OR')],
    ['list', SQL, SQL.replace('(1, 2)', '(1, 2, 3)')],
    ['table', SQL, SQL.replace('FROM t', 'FROM u')],
    ['name of a column', SQL, SQL.replace('AS b', 'AS B')],
    ['case of a function', 'SELECT a(b)', 'SELECT A(b)'],
    ['name that is a string', SQL, SQL.replace("'acme'", '"acme"')],
    ['order of brackets', 'WHERE (a OR b) AND c', 'WHERE a OR (b AND c)'],
    ['interval', INTERVAL, INTERVAL.replace('90', '30')],
    ['unit', INTERVAL, INTERVAL.replace('DAY', 'HOUR')],
    ['`%` that turned tags on', TAGGED, TAGGED.slice(2)],
    ['default of a parameter', TAGGED, TAGGED.replace('n, 1', 'n, 2')],
    ['text in a tag', TAGGED, TAGGED.replace('How many', 'How  many')],
    ['condition', TAGGED, TAGGED.replace('defined(d)', 'defined(e)')],
    ['place of a tag', '%\nSELECT {{a}} -- {{b}}', '%\nSELECT -- {{a}}\n{{b}}'],
    ['line, now in a comment', 'SELECT 1 -- one\nFROM t', 'SELECT 1 -- one FROM t'],
  ])('%s', (_, one, other) => {
    expect(sameSql(one, other)).toBe(false);
    expect(sameSql(other, one)).toBe(false);
  });
});

describe.each([
  {
    what: 'a type',
    same: sameType,
    pairs: [
      ['Decimal(18,4)', 'Decimal(18, 4)'],
      ['Decimal64(4)', 'Decimal(18, 4)'],
      ["DateTime('UTC')", 'DateTime'],
      ["Nullable(DateTime64(3, 'UTC'))", 'Nullable(DateTime64(3))'],
      ["Enum8('a'=1,'b'=2)", "Enum8('a' = 1, 'b' = 2)"],
      ["Enum('a', 'b')", "Enum8('a' = 1, 'b' = 2)"],
      ['AggregateFunction(uniq,String)', 'AggregateFunction(uniq, String)'],
      ['Boolean', 'Bool'],
    ],
    others: [
      ['String', 'Nullable(String)'],
      ['String', 'LowCardinality(String)'],
      ['Int32', 'Int64'],
      ["DateTime('UTC')", "DateTime('Europe/Madrid')"],
      ['DateTime64(3)', 'DateTime64(6)'],
      ["Enum8('a' = 1)", "Enum8('a' = 2)"],
      ['FixedString(2)', 'FixedString(3)'],
    ],
  },
  {
    what: 'a key',
    same: sameKey,
    pairs: [
      ['', 'tuple()'],
      ['tenant_id, at', '(tenant_id, at)'],
      ['tenant_id, at', 'tuple(tenant_id,at)'],
      ['tenant_id', '(`tenant_id`)'],
      ['cityHash64(a), b', 'cityHash64( a ),b'],
    ],
    others: [
      ['tenant_id, at', 'at, tenant_id'],
      ['(a), (b)', 'a'],
      ['toYYYYMM(at)', 'toYYYYMMDD(at)'],
      ['tenant_id', ''],
    ],
  },
  {
    what: 'a TTL or a default',
    same: sameExpression,
    pairs: [
      ['toDate(at) + toIntervalDay(90)', 'toDate(at) + INTERVAL 90 DAY'],
      ['at + toIntervalDay(90)', '(at + toIntervalDay(90)) DELETE'],
      ['now64(3)', 'now64( 3 )'],
      ["''", "('')"],
    ],
    others: [
      ['toDate(at) + toIntervalDay(90)', 'toDate(at) + toIntervalDay(30)'],
      ['now64(3)', 'now()'],
      ["'a'", "'A'"],
    ],
  },
  {
    what: 'a codec',
    same: sameCodec,
    pairs: [
      ['ZSTD', 'ZSTD(1)'],
      ['Delta, ZSTD(1)', 'Delta(8),ZSTD(1)'],
    ],
    others: [
      ['ZSTD(1)', 'ZSTD(3)'],
      ['Delta, ZSTD', 'ZSTD'],
      ['LZ4', 'ZSTD'],
    ],
  },
])('$what', ({ same, pairs, others }) => {
  test.each(pairs)('%s is %s', (one, other) => {
    expect(same(one, other)).toBe(true);
    expect(same(other, one)).toBe(true);
  });
  test.each(others)('%s is not %s', (one, other) => {
    expect(same(one, other)).toBe(false);
    expect(same(other, one)).toBe(false);
  });
});

test.each([
  ['at + toIntervalDay(90)', 'at + toIntervalDay(30)', false],
  ['at + toIntervalDay(30)', 'at + INTERVAL 90 DAY', true],
  ['', 'at + toIntervalDay(30)', false],
  ['at + toIntervalDay(90)', '', true],
  ['at + toIntervalMonth(3)', 'at + toIntervalDay(30)', true],
  ['at + 90', 'at + 30', true],
])('rows may go earlier by %o than by %o: %o', (ttl, than, shorter) => {
  expect(isShorter(ttl, than)).toBe(shorter);
});
