// How values are written, and which are refused.
import { expect, test } from 'vitest';
import type { Value } from '../../src/model.ts';
import { bare, prose, show, sqlLiteral, sqlName, Unfit, word } from '../../src/templates/places.ts';

test.each<[Value, string]>([
  ['acme', "'acme'"],
  ['', "''"],
  ["O'Brien", "'O\\'Brien'"],
  ['\\', "'\\\\'"],
  ["\\' OR 1=1 -- ", "'\\\\\\' OR 1=1 -- '"],
  ['{{tb_secret("x")}}', "'\\x7B\\x7Btb_secret(\\x22x\\x22)}}'"],
  ['$HOME', "'\\x24HOME'"],
  ['日本 😀', "'日本 😀'"],
  [7, '7'],
  [-7, '(-7)'],
  [-0, '0'],
  [1.5, '1.5'],
  [1e21, '1e+21'],
  [true, 'true'],
  [['a', "b'"], "('a', 'b\\'')"],
  [[1, -2], '(1, (-2))'],
])('sql %j', (value, literal) => {
  expect(sqlLiteral(value)).toBe(literal);
});

test.each<[Value]>([
  ['a\nb'],
  ['\u0000'],
  ['\u0085'],
  ['\u202e'],
  ['\u2028'],
  ['\ud800'],
  ['x'.repeat(1025)],
  [[]],
  [['a', '\n']],
  [Number.NaN],
  [Infinity],
])('sql refuses %j', (value) => {
  expect(() => sqlLiteral(value)).toThrow(Unfit);
});

test('a name is always in backticks', () => {
  expect(sqlName('DISTINCT')).toBe('`DISTINCT`');
  for (const value of ['', '1a', 'a.b', 'a b', '`', 'a`', 'é', 'a\n', 7, true, ['a']]) {
    expect(() => sqlName(value)).toThrow(Unfit);
  }
});

test('prose is one line, exact, without our mark or an opener', () => {
  expect(prose(' a "b" {c} # d ')).toBe(' a "b" {c} # d ');
  for (const value of ['', ' ', 'a\nb', '[tinybird-tenants x', '{{x', '{%', 'a{#', '\u200f', ['a']]) {
    expect(() => prose(value)).toThrow(Unfit);
  }
});

test('bare takes what is safe anywhere, word what is part of a name', () => {
  for (const value of ['a', '007', '1e3', 'a.b', 'a-b-c', 'A_1', 7, 1.5, true])
    expect(bare(value)).toBe(String(value));
  for (const value of ['', '-', '-1', '--', 'a--b', 'a-', ' a', "'", '{', 'é', -1, 1e21, ['a']]) {
    expect(() => bare(value)).toThrow(Unfit);
  }
  for (const value of ['a', '007', 7]) expect(word(value)).toBe(String(value));
  for (const value of ['a.b', 'a-b', '', 1.5, -1]) expect(() => word(value)).toThrow(Unfit);
});

test('a value in a message is short and shows what is invisible', () => {
  expect(show('a\u202eb"\n')).toBe('"a<U+202E>b\\"\\n"');
  expect(show('x'.repeat(100))).toHaveLength(58);
});
