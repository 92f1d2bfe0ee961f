// Which words of a SELECT are tables. The texts are as ClickHouse prints them.
import { expect, test } from 'vitest';
import { referencesIn, rewrite } from '../../../src/sandbox/query/references.ts';

const found: readonly (readonly [sql: string, ...names: string[]])[] = [
  ['SELECT 1'],
  ['SELECT a FROM t', 't'],
  ['SELECT a FROM t AS x FINAL PREWHERE t.a = 1', 't'],
  ['SELECT a, b FROM x AS y, z INNER JOIN (SELECT 1 FROM k) AS q USING (a) WHERE c, d', 'x', 'z', 'k'],
  ['SELECT a FROM t ARRAY JOIN arr AS a, b LEFT ARRAY JOIN c, d INNER JOIN u ON 1', 't', 'u'],
  ['SELECT 1 AS `from`, x.`from`, 2 AS JOIN FROM t', 't'],
  [
    'SELECT (a IN (t)) AND (b NOT IN (u)) AND (c IN (1, 2)) AND (d IN (SELECT 1 FROM v)) AND (e IN tuple(1))',
    't',
    'u',
    'v',
  ],
  ['SELECT a.b FROM d.t AS x, `d`.u, v INNER JOIN d.w AS y ON x.a = y.b', 'd.t', 'd.u', 'v', 'd.w'],
  ['SELECT * FROM numbers(10) AS n, t GLOBAL ANY LEFT JOIN t2 ON f(a, b), t3', 't', 't2', 't3'],
  ["SELECT 'FROM t' AS `FROM u`, x FROM `v`", 'v'],
  ['SELECT a FROM t ORDER BY a ASC WITH FILL FROM x TO y, b ASC LIMIT 1, 2', 't'],
  ['SELECT a FROM t GROUP BY a, b WITH ROLLUP WITH TOTALS HAVING c, d', 't'],
  ['SELECT a FROM t UNION ALL (SELECT * FROM u) EXCEPT (SELECT * FROM v)', 't', 'u', 'v'],
  // CTEs
  ['WITH a AS (SELECT * FROM t) SELECT * FROM a, u', 't', 'u'],
  ['WITH t AS (SELECT * FROM t) SELECT * FROM t', 't'],
  ['WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r'],
  ['WITH a AS MATERIALIZED (SELECT 1), b(x, y) AS (SELECT * FROM a) SELECT * FROM b'],
  ['WITH 5 AS k, (SELECT max(a) FROM t) AS s, f(x, y) AS g SELECT * FROM k, s, g', 't', 'k', 's', 'g'],
  ['WITH b AS (SELECT * FROM a), a AS (SELECT 1) SELECT * FROM b', 'a'],
  ['SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) AS x, a', 'a'],
  ['WITH a AS (SELECT 1) SELECT 1 UNION ALL SELECT * FROM a'],
  ['WITH a AS (SELECT 1) SELECT (SELECT x FROM a), y IN (a), z IN (SELECT * FROM a)'],
  ['SELECT EXISTS(SELECT 1 FROM t WHERE u.a = 1) FROM u', 't', 'u'],
];

test.each(found.map(([sql, ...names]) => [sql, names] as const))('%s', (sql, names) => {
  expect(referencesIn(sql).map(({ name }) => name)).toEqual(names);
});

test('says where each stands and whether it has an alias', () => {
  const sql = 'SELECT * FROM `t` AS x, u WHERE a IN (v)';
  const references = referencesIn(sql);
  expect(references.map(({ start, end }) => sql.slice(start, end))).toEqual(['`t`', 'u', 'v']);
  expect(references.map(({ place, aliased }) => [place, aliased])).toEqual([
    ['table', true],
    ['table', false],
    ['in', false],
  ]);
});

test('rewrites some and leaves the rest', () => {
  const sql = 'SELECT * FROM t, u WHERE t.a = u.a';
  const [first] = referencesIn(sql);
  expect(first && rewrite(sql, new Map([[first, '(SELECT 1) AS t']]))).toBe(
    'SELECT * FROM (SELECT 1) AS t, u WHERE t.a = u.a',
  );
});
