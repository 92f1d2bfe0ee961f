// Hostile SQL against real data: refused by the guard, or harmless when it runs.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../../src/sandbox/engine/engine.ts';
import { EngineError } from '../../../src/sandbox/engine/failure.ts';
import { guardCondition, guardSelect } from '../../../src/sandbox/engine/guard.ts';
import { createAlias, createDatabase } from '../../../src/sandbox/engine/tables.ts';

// `mine` is open but for the rows of others, `public` is open, `theirs` and the other workspace are closed.
const SECRET = 'TOPSECRET';
const RESOURCES = new Set(['mine', 'public', 'theirs']);
const READABLE = new Set(['mine', 'public']);
const LIMITS = { seconds: 5, memoryBytes: 1e9, resultRows: 100_000 };

let engine: Engine;
let file: string;

beforeAll(async () => {
  engine = await openEngine();
  file = join(engine.dataDir, 'secret.csv');
  await writeFile(file, `${SECRET}\n`);
  await createDatabase(engine, 'ws_a');
  await createDatabase(engine, 'ws_b');
  await createDatabase(engine, 'outside');
  for (const table of ['data.mine', 'data.public', 'data.theirs', 'data.other', 'outside.rows'])
    await engine.admin(
      `CREATE TABLE ${table} (tenant Int32, name String) ENGINE = MergeTree ORDER BY tenant`,
    );
  await engine.admin(`INSERT INTO data.mine VALUES (1, 'fine'), (2, '${SECRET}')`);
  await engine.admin(`INSERT INTO data.public VALUES (1, 'fine')`);
  for (const table of ['data.theirs', 'data.other', 'outside.rows'])
    await engine.admin(`INSERT INTO ${table} VALUES (1, '${SECRET}')`);
  for (const name of RESOURCES) await createAlias(engine, { database: 'ws_a', name, table: `data.${name}` });
  await createAlias(engine, { database: 'ws_b', name: 'other', table: 'data.other' });
});
afterAll(() => engine.close());

/** What someone with a token sees: the rows, or why not. */
async function ask(sql: string): Promise<string> {
  const guarded = await guardSelect(engine, sql, (name) => RESOURCES.has(name));
  if (!guarded.ok) return guarded.refusal.code;
  const closed = guarded.value.tables.find((name) => !READABLE.has(name));
  if (closed !== undefined) return 'no-access';
  try {
    const bytes = await engine.tenantQuery({
      database: 'ws_a',
      sql: guarded.value.canonical,
      format: 'JSONCompact',
      filters: new Map([['mine', 'tenant = 1']]),
      limits: LIMITS,
    });
    return Buffer.from(bytes).toString();
  } catch (error) {
    if (error instanceof EngineError) return `failed: ${error.message}`;
    throw error;
  }
}

// Each text and what it gets: the guard's code, `no-access`, `failed`, or `rows` when it runs and shows nothing.
const HOSTILE: readonly (readonly [sql: string, gets: string])[] = [
  // Other statements.
  ['INSERT INTO mine VALUES (3, 1)', 'not-select'],
  ['DROP TABLE mine', 'not-select'],
  ['CREATE TABLE x (a Int8) ENGINE = Memory', 'not-select'],
  ['SET readonly = 0', 'not-select'],
  ['SET ROLE admin_role', 'not-select'],
  ['USE ws_b', 'not-select'],
  ['KILL QUERY WHERE 1', 'not-select'],
  ['SYSTEM SHUTDOWN', 'not-select'],
  ['SHOW TABLES FROM ws_b', 'not-select'],
  ['DESCRIBE ws_b.other', 'not-select'],
  ['EXPLAIN QUERY TREE SELECT * FROM ws_b.other', 'not-select'],
  ['EXISTS TABLE ws_b.other', 'not-select'],
  ['SHOW CREATE TABLE theirs', 'not-select'],
  ['SELECT 1; DROP TABLE mine', 'several'],
  ['SELECT 1; SELECT * FROM ws_b.other', 'several'],
  ["SELECT * FROM mine INTO OUTFILE '/dev/null'", 'not-select'],
  ['SELECT 1 PARALLEL WITH SELECT 2', 'several'],
  ['EXECUTE AS default SELECT 1', 'not-select'],
  ['BACKUP DATABASE ws_b TO Null', 'not-select'],
  // Settings at any depth would take the filter away.
  ['SELECT * FROM mine SETTINGS additional_table_filters = {}', 'settings'],
  ['SELECT * FROM mine FORMAT JSON SETTINGS additional_table_filters = {}', 'settings'],
  ['SELECT * FROM (SELECT * FROM mine SETTINGS additional_table_filters = {})', 'settings'],
  ['WITH m AS (SELECT * FROM mine SETTINGS additional_table_filters = {}) SELECT * FROM m', 'settings'],
  ['SELECT (SELECT max(name) FROM mine SETTINGS additional_table_filters = {})', 'settings'],
  ['SELECT 1 UNION ALL SELECT count() FROM mine SETTINGS additional_table_filters = DEFAULT', 'settings'],
  ['SELECT 1 WHERE 1 IN (SELECT tenant FROM mine SETTINGS additional_table_filters = {})', 'settings'],
  [
    'SELECT * FROM view(SELECT * FROM mine SETTINGS additional_table_filters = {})',
    'forbidden-table-function',
  ],
  // Other databases.
  ['SELECT * FROM ws_b.other', 'qualified-name'],
  ['SELECT * FROM `ws_b`.`other`', 'qualified-name'],
  ['SELECT * FROM "data"."mine"', 'qualified-name'],
  ['SELECT * FROM data.mine', 'qualified-name'],
  ['SELECT * FROM outside.rows', 'qualified-name'],
  ['SELECT * FROM ws_a.mine', 'qualified-name'],
  ['SELECT * FROM `ws_b.other`', 'qualified-name'],
  ['SELECT * FROM system.tables', 'qualified-name'],
  ['SELECT * FROM system.processes', 'qualified-name'],
  ['SELECT * FROM information_schema.tables', 'qualified-name'],
  ['SELECT * FROM public JOIN ws_b.other AS o ON 1', 'qualified-name'],
  ['SELECT name IN (ws_b.other) FROM public', 'qualified-name'],
  ['SELECT * FROM public WHERE (tenant, name) IN ws_b.other', 'qualified-name'],
  ['SELECT in((tenant, name), ws_b.other) FROM public', 'qualified-name'],
  ['SELECT globalNotNullIn((1, 2), ws_b.other)', 'qualified-name'],
  ['SELECT 1 UNION ALL SELECT tenant FROM ws_b.other', 'qualified-name'],
  ['SELECT (SELECT any(name) FROM ws_b.other)', 'qualified-name'],
  ['SELECT EXISTS(SELECT * FROM ws_b.other)', 'qualified-name'],
  ['WITH RECURSIVE r AS (SELECT * FROM ws_b.other) SELECT * FROM r', 'qualified-name'],
  ['SELECT /* ; */ * FROM/**/ws_b/**/./**/other', 'qualified-name'],
  // Closed tables of the same workspace.
  ['SELECT * FROM theirs', 'no-access'],
  ['SELECT * FROM public, theirs', 'no-access'],
  ['SELECT * FROM public AS theirs JOIN theirs AS public ON 1', 'no-access'],
  ['SELECT (1, name) IN theirs FROM public', 'no-access'],
  ['SELECT (1, name) IN (theirs) FROM public', 'no-access'],
  ['SELECT notIn((1, name), theirs) FROM public', 'no-access'],
  ['SELECT * FROM (SELECT * FROM (SELECT * FROM theirs))', 'no-access'],
  ['WITH (SELECT any(name) FROM theirs) AS x SELECT x', 'no-access'],
  ['WITH theirs AS (SELECT 1) SELECT * FROM theirs', 'cte-name'],
  [
    'SELECT * FROM (WITH theirs AS (SELECT 1 AS a) SELECT * FROM theirs) UNION ALL SELECT name FROM theirs',
    'cte-name',
  ],
  ['WITH RECURSIVE theirs AS (SELECT 1) SELECT * FROM theirs', 'cte-name'],
  ['WITH theirs(a) AS (SELECT 1) SELECT * FROM theirs', 'cte-name'],
  ['WITH theirs AS t SELECT 1 IN t', 'no-access'],
  ['WITH `theirs` AS ((SELECT 1)) SELECT * FROM `theirs`', 'cte-name'],
  // Functions that read something else.
  ["SELECT file('@FILE@')", 'forbidden-function'],
  ["SELECT FILE('@FILE@')", 'forbidden-function'],
  ["SELECT `file`('@FILE@')", 'forbidden-function'],
  ["SELECT * APPLY(file) FROM (SELECT '@FILE@' AS a)", 'unsupported'],
  ["SELECT * APPLY(x -> file(x)) FROM (SELECT '@FILE@' AS a)", 'unsupported'],
  ["SELECT COLUMNS('a') APPLY(x -> file(x)) FROM (SELECT '@FILE@' AS a)", 'unsupported'],
  ["SELECT * REPLACE(file(a) AS a) FROM (SELECT '@FILE@' AS a)", 'forbidden-function'],
  ["SELECT arrayMap(x -> file(x), ['@FILE@'])", 'forbidden-function'],
  ["SELECT a FROM (SELECT 1 AS a) ORDER BY a WITH FILL FROM length(file('@FILE@'))", 'forbidden-function'],
  [
    "SELECT a, b FROM (SELECT 1 AS a, '' AS b) ORDER BY a WITH FILL TO 3 INTERPOLATE (b AS file('@FILE@'))",
    'forbidden-function',
  ],
  ["SELECT count() OVER (PARTITION BY file('@FILE@'))", 'forbidden-function'],
  ["SELECT count() OVER w FROM public WINDOW w AS (ORDER BY file('@FILE@'))", 'forbidden-function'],
  ["SELECT 1 LIMIT length(file('@FILE@'))", 'forbidden-function'],
  ["SELECT * FROM public LIMIT 1 BY file('@FILE@')", 'forbidden-function'],
  ["SELECT 1 FROM public ARRAY JOIN [file('@FILE@')] AS a", 'forbidden-function'],
  ["SELECT * FROM numbers(length(file('@FILE@')))", 'forbidden-function'],
  ["SELECT * FROM values('a String', (file('@FILE@')))", 'forbidden-function'],
  ["SELECT quantile(length(file('@FILE@')))(tenant) FROM public", 'forbidden-function'],
  ["SELECT joinGet('ws_b.other', 'name', 1)", 'forbidden-function'],
  ["SELECT dictGet('ws_b.other', 'name', 1)", 'forbidden-function'],
  ["SELECT hasColumnInTable('ws_b', 'other', 'name')", 'forbidden-function'],
  ["SELECT getSetting('additional_table_filters')", 'forbidden-function'],
  ["SELECT getServerSetting('max_connections')", 'forbidden-function'],
  ['SELECT hostName()', 'forbidden-function'],
  ['SELECT currentRoles()', 'forbidden-function'],
  ['SELECT user()', 'forbidden-function'],
  ['SELECT sleep(3)', 'forbidden-function'],
  ["SELECT aiGenerate('x')", 'forbidden-function'],
  ['SELECT filesystemAvailable()', 'forbidden-function'],
  // Table functions.
  ["SELECT * FROM file('@FILE@')", 'forbidden-table-function'],
  ["SELECT * FROM url('http://127.0.0.1:1/')", 'forbidden-table-function'],
  ["SELECT * FROM merge('data', '.*')", 'forbidden-table-function'],
  ["SELECT * FROM merge('.*')", 'forbidden-table-function'],
  ["SELECT * FROM remote('127.0.0.1', ws_b.other)", 'forbidden-table-function'],
  ['SELECT * FROM cluster(default, ws_b.other)', 'forbidden-table-function'],
  ['SELECT * FROM loop(theirs)', 'forbidden-table-function'],
  ['SELECT * FROM mergeTreeIndex(data, mine)', 'forbidden-table-function'],
  ["SELECT * FROM dictionary('theirs')", 'forbidden-table-function'],
  ["SELECT * FROM executable('id', 'TSV', 'a String')", 'forbidden-table-function'],
  ["SELECT * FROM sqlite('@FILE@', 'x')", 'forbidden-table-function'],
  ["SELECT * FROM input('a String')", 'forbidden-table-function'],
  ['SELECT * FROM view(SELECT * FROM theirs)', 'forbidden-table-function'],
  ['SELECT * FROM (EXPLAIN SELECT * FROM theirs)', 'forbidden-table-function'],
  ["SELECT * FROM (SELECT 1) AS a, `file`('@FILE@') AS b", 'forbidden-table-function'],
  // Forged lines in what EXPLAIN AST prints.
  ['SELECT (tuple(1) AS `x\n      Identifier public (alias q`) IN ws_b.other', 'characters'],
  ['SELECT 1 AS `a (alias b`', 'characters'],
  ['SELECT 1 AS `a (children 2`', 'characters'],
  ['SELECT 1 AS "a\\nTableIdentifier public"', 'characters'],
  ['SELECT 1 AS `a\u2028b`', 'characters'],
  ['SELECT * FROM `@FILE@`', 'qualified-name'],
  ["SELECT 'x\n TableIdentifier theirs' FROM public", 'rows'],
  ['SELECT {x:String}', 'parameter'],
  ['SELECT * FROM {x:Identifier}', 'parameter'],
  ['SELECT 1 \0', 'characters'],
  ['SELECT nosuch(1)', 'unknown-function'],
  ['', 'syntax'],
  // Around the row filter.
  ['SELECT * FROM mine', 'rows'],
  ['SELECT * FROM mine WHERE tenant = 2 OR 1', 'rows'],
  ['SELECT * FROM mine AS public', 'rows'],
  ['SELECT * FROM mine PREWHERE tenant = 2', 'rows'],
  ['SELECT * FROM public JOIN mine ON 1', 'rows'],
  ['SELECT * FROM mine UNION ALL SELECT * FROM mine', 'rows'],
  ['SELECT name FROM mine INTERSECT SELECT name FROM mine', 'rows'],
  ["SELECT throwIf(name LIKE 'TOP%', name) FROM mine", 'failed'],
  ['SELECT throwIf(tenant = 2) FROM mine', 'rows'],
  ['WITH m AS (SELECT * FROM mine) SELECT * FROM m', 'rows'],
  ['SELECT (SELECT groupArray(name) FROM mine)', 'rows'],
  ['SELECT groupArray(name), max(name), any(name) FROM mine', 'rows'],
  ['SELECT tenant, name FROM public WHERE (2, 1) IN (SELECT tenant, 1 FROM mine)', 'rows'],
  ['SELECT count() FROM mine HAVING count() > 1', 'rows'],
  ['SELECT * FROM public AS mine', 'rows'],
  ['SELECT m.name FROM mine AS m FULL JOIN mine AS n ON m.tenant != n.tenant', 'failed'],
];

describe('a hostile query', () => {
  it.each(HOSTILE)('%j gets %s', async (sql, gets) => {
    const answer = await ask(sql.replaceAll('@FILE@', file));
    expect(answer).not.toContain(SECRET);
    const kind = answer.startsWith('{') ? 'rows' : answer.replace(/^failed:.*$/s, 'failed');
    expect(kind).toBe(gets);
  });

  it('would have found the secret where it may be read', async () => {
    const bytes = await engine.tenantQuery({
      database: 'ws_a',
      sql: 'SELECT * FROM mine',
      format: 'JSON',
      filters: new Map(),
      limits: LIMITS,
    });
    expect(Buffer.from(bytes).toString()).toContain(SECRET);
  });
});

describe('an honest query', () => {
  it.each([
    ['select 1', 'SELECT 1', [], null],
    ['SELECT a FROM mine -- no\n;', 'SELECT a FROM mine', ['mine'], null],
    ['SELECT 1 FORMAT JSON', 'SELECT 1', [], 'JSON'],
    [
      'WITH q AS (SELECT 1) SELECT * FROM q, public FORMAT CSV',
      'WITH q AS (SELECT 1) SELECT * FROM q, public',
      ['public'],
      'CSV',
    ],
    [
      'SELECT sumIf(a, b), uniqMerge(c), countDistinct(d) FROM mine',
      'SELECT sumIf(a, b), uniqMerge(c), countDistinct(d) FROM mine',
      ['mine'],
      null,
    ],
    ['FROM public SELECT a', 'SELECT a FROM public', ['public'], null],
    ['SELECT 1 AS `año`', 'SELECT 1 AS `año`', [], null],
  ])('%j is understood', async (sql, canonical, tables, format) => {
    const guarded = await guardSelect(engine, sql, (name) => RESOURCES.has(name));
    expect(guarded).toEqual({ ok: true, value: { canonical, tables, format } });
  });

  it.each([
    "SELECT CASE tenant WHEN 1 THEN 'a' ELSE 'b' END, tenant BETWEEN 1 AND 2, name ILIKE '%x%', -tenant FROM public",
    "SELECT toStartOfHour(now()) - INTERVAL 1 DAY, EXTRACT(YEAR FROM today()), TRIM(BOTH ' ' FROM name) FROM public",
    'SELECT row_number() OVER w, lagInFrame(tenant) OVER w FROM public WINDOW w AS (PARTITION BY name ORDER BY tenant ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)',
    'SELECT tenant, count() FROM public GROUP BY GROUPING SETS ((tenant), ()) HAVING count() >= 0',
    'SELECT tenant FROM public GROUP BY ALL ORDER BY ALL LIMIT 1 WITH TIES',
    'SELECT * EXCEPT(name) REPLACE(1 AS tenant) FROM public PREWHERE tenant > 0',
    'SELECT p.*, a.tenant FROM public AS p ASOF JOIN public AS a ON p.name = a.name AND p.tenant >= a.tenant',
    'SELECT x FROM public ARRAY JOIN [1, 2] AS x LIMIT 1 BY x',
    "SELECT COLUMNS('ten') FROM public QUALIFY row_number() OVER (ORDER BY tenant) = 1",
    'SELECT number FROM numbers(3) ORDER BY number WITH FILL FROM 0 TO 5 STEP 1',
    "SELECT JSONExtractString('{}', 'a'), map('a', 1)['a'], (1, 'x').1, [1, 2][1], arrayMap(x -> x + 1, [1])",
    'SELECT 1 UNION DISTINCT SELECT 2 INTERSECT SELECT 2 EXCEPT SELECT 3',
    'SELECT quantilesTDigest(0.5, 0.9)(tenant), topK(3)(name), argMax(name, tenant), groupUniqArray(name) FROM public',
    'SELECT grouping(tenant) FROM public GROUP BY ROLLUP(tenant)',
    'SELECT count(*) FILTER (WHERE tenant > 0), untuple((1, 2)), EXISTS(SELECT 1) FROM public',
    "SELECT throwIf(tenant = 9, 'no'), toTypeName(name), formatReadableSize(1), version() != '' FROM public",
  ])('%s runs', async (sql) => {
    expect(await ask(sql)).toMatch(/^\{/);
  });
});

describe('a condition', () => {
  it.each([
    ['tenant=1', '(tenant = 1)'],
    ["name in ('a','b') and tenant > 1 -- so", "((name IN ('a', 'b')) AND (tenant > 1))"],
  ])('%j is understood', async (condition, canonical) => {
    expect(await guardCondition(engine, condition)).toEqual({ ok: true, value: canonical });
  });

  it.each([
    ['1) UNION ALL SELECT (1', 'not-condition'],
    ['1), (2', 'not-condition'],
    ['1) FROM mine WHERE (1', 'not-condition'],
    ['1) LIMIT (1', 'not-condition'],
    ['tenant IN (SELECT 1)', 'not-condition'],
    ['tenant IN theirs', 'not-condition'],
    ["file('x') = ''", 'forbidden-function'],
    ['1) SETTINGS max_threads = (1', 'syntax'],
    ['', 'syntax'],
  ])('%j is refused as %s', async (condition, code) => {
    expect(await guardCondition(engine, condition)).toMatchObject({ ok: false, refusal: { code } });
  });
});

describe('the list of functions', () => {
  it('closes everything that is not known to be harmless', async () => {
    const names = await engine.rows("SELECT name, categories FROM system.functions WHERE alias_to = ''");
    const open = names
      .filter(({ name }) => engine.functions.judge(String(name)) === 'allowed')
      .map(({ name }) => String(name));
    expect(open.length).toBeGreaterThan(1200);
    const reaching =
      /^(?:file|joinGet|dict|regionTo|ai|get(?:Setting|Server|Merge|Macro)|host|fqdn|sleep|current|address|filesystem|show|tcp|catboost|hasColumnInTable|query)/i;
    expect(open.filter((name) => reaching.test(name))).toEqual(['queryString', 'queryStringAndFragment']);
  });
});
