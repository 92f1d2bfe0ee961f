// Names in SQL: found wherever a name can stand, and nowhere else.
import { expect, test } from 'vitest';
import { mentionsIn } from '../../src/datafile/mentions.ts';

const tables = (sql: string) =>
  mentionsIn(sql)
    .filter(({ isTable }) => isTable)
    .map(({ name }) => name);
const names = (sql: string) => mentionsIn(sql).map(({ name }) => name);

test.each([
  ['SELECT 1 FROM events', ['events']],
  ['select * from\n  `events` e join "users" u on 1', ['events', 'users']],
  ["SELECT ' FROM a ' FROM b -- FROM c", ['b']],
  ["SELECT 'it''s \\' FROM a' FROM b /* FROM c\n FROM d */", ['b']],
  ['SELECT * FROM -- which?\n events', ['events']],
  ['SELECT * FROM (SELECT * FROM events) WHERE from_date > 1', ['events']],
  ['SELECT `from` FROM t # FROM u\n', ['t']],
  ['SELECT "a""b" FROM "x y"', ['x y']],
  ['', []],
])('%s', (sql, expected) => {
  expect(tables(sql)).toEqual(expected);
});

test('every word is a mention, a string or a number is none', () => {
  expect(names("SELECT a.b, 'c', 12e3 FROM d WHERE e2 IN (f, 'g')")).toEqual([
    'SELECT',
    'a',
    'b',
    'FROM',
    'd',
    'WHERE',
    'e2',
    'IN',
    'f',
  ]);
});

test('a mention says where it stands, quotes included', () => {
  const sql = 'SELECT * FROM `events` AS e';
  const [found] = mentionsIn(sql).filter(({ isTable }) => isTable);
  expect(sql.slice(found?.at, found?.end)).toBe('`events`');
});
