// /v0/sql on real ClickHouse: formats with their content types, DESCRIBE, templates, and the error table.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { querySql } from '../../../src/sandbox/query/sql.ts';
import { SandboxError } from '../../../src/sandbox/state.ts';
import { admin, openWorkspace, type Workspace } from './workspace.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace('ws_sql');
});
afterAll(() => workspace.engine.close());

async function ask(
  sql: string,
  options: { params?: Readonly<Record<string, string>>; pipeline?: string } = {},
) {
  const { body, contentType } = await querySql({
    ...workspace,
    access: admin,
    secrets: new Map([['KEY', 'hidden']]),
    filtersReachPipes: false,
    params: new Map(Object.entries(options.params ?? {})),
    sql,
    pipeline: options.pipeline,
  });
  return { contentType, text: Buffer.from(body).toString() };
}

const TSV = 'text/tab-separated-values; charset=UTF-8';

describe('formats', () => {
  test.each([
    ['', TSV, 'a b\t1\n'],
    [' FORMAT TSV', TSV, 'a b\t1\n'],
    [' FORMAT TabSeparated', TSV, 'a b\t1\n'],
    [' FORMAT TSVWithNames', TSV, 's\tn\na b\t1\n'],
    [' FORMAT CSV', 'text/csv; charset=UTF-8; header=absent', '"a b",1\n'],
    [' format CSVWithNames;', 'text/csv; charset=UTF-8; header=present', '"s","n"\n"a b",1\n'],
    [' FORMAT JSONEachRow', 'application/x-ndjson', '{"s":"a b","n":1}\n'],
  ])('SELECT …%s', async (clause, contentType, text) => {
    expect(await ask(`SELECT 'a b' AS s, 1 AS n${clause}`)).toEqual({ contentType, text });
  });

  test('JSON', async () => {
    const { contentType, text } = await ask('SELECT sum(n) AS n FROM events FORMAT JSON');
    expect(contentType).toBe('application/json; charset=UTF-8');
    expect(JSON.parse(text)).toMatchObject({
      meta: [{ name: 'n', type: 'Int64' }],
      data: [{ n: 33 }],
      rows: 1,
    });
  });

  test('bytes that are no text come through', async () => {
    expect((await ask("SELECT 'a\\0b' AS s FORMAT JSONEachRow")).text).toBe('{"s":"a\\u0000b"}\n');
  });
});

describe('texts', () => {
  test.each([
    ['DESCRIBE events FORMAT CSV', '"tenant","String"'],
    ['DESC TABLE events', 'tenant\tString'],
    ['describe (select n from everything)', 'n\tInt64'],
    ['SELECT 1;', '1\n'],
    ['SELECT 1 -- ;', '1\n'],
    ['/* a */ SELECT 1', '1\n'],
    ['WITH 2 AS two SELECT two', '2\n'],
    ["SELECT 'SELECT * FROM nowhere; FORMAT Nothing'", 'SELECT * FROM nowhere; FORMAT Nothing\n'],
  ])('%s', async (sql, start) => {
    expect((await ask(sql)).text.startsWith(start)).toBe(true);
  });

  test('a template, with secrets for whoever may read everything', async () => {
    const { text } = await ask("%\nSELECT {{Int32(n, 1)}}, {{tb_secret('KEY')}}", { params: { n: '7' } });
    expect(text).toBe('7\thidden\n');
  });

  test('parameters of the request reach the pipes', async () => {
    expect((await ask('SELECT n FROM usage', { params: { tenant: 'globex' } })).text).toBe('30\n');
  });

  test('_ is the pipeline', async () => {
    expect((await ask('SELECT sum(n) FROM _', { pipeline: 'everything' })).text).toBe('33\n');
  });
});

describe('errors', () => {
  const long = `SELECT '${'x'.repeat(8192)}'`;
  test.each([
    ['', 400, /^The request body should contain a query$/],
    ['SELEC 1', 400, /^DB::Exception: Syntax error/],
    ['SELECT * FROM', 400, /^DB::Exception: Syntax error/],
    ['SELECT 1; SELECT 2', 400, /^DB::Exception: /],
    [
      'INSERT INTO events VALUES (1)',
      400,
      /^DB::Exception: Only SELECT or DESCRIBE queries are supported. Got: InsertQuery$/,
    ],
    ['DROP TABLE events', 400, /Got: DropQuery$/],
    ['TRUNCATE TABLE events', 400, /Got: TruncateQuery$/],
    ['SET readonly = 0', 400, /Got: SetQuery$/],
    ['SHOW TABLES', 400, /^DB::Exception: Only SELECT or DESCRIBE/],
    ['EXPLAIN SELECT 1', 400, /^DB::Exception: Only SELECT or DESCRIBE/],
    ['SELECT nothing FROM events', 400, /^\[Error\] Missing columns: 'nothing' \(UNKNOWN_IDENTIFIER\)$/],
    ['SELECT foobar(1)', 400, /^Unknown function foobar\. Contact support@tinybird\.co/],
    ['SELECT 1 FORMAT Template', 403, /^Format 'Template' is not allowed\. Allowed formats: JSON, CSV/],
    ['SELECT * FROM nowhere', 403, /^Resource 'nowhere' not found$/],
    ["SELECT toInt32('x')", 400, /^\[Error\] .*\(CANNOT_PARSE_TEXT\)$/],
    ['SELECT throwIf(n > 5) FROM events', 400, /^(\[Error\] |The function throwIf)/],
    ['SELECT {a:String}', 400, /./],
    [long, 400, /8192/],
    ['DESCRIBE system.one', 400, /^DB::Exception: /],
    ['%\nSELECT {{String(a', 400, /^Template Syntax Error: /],
    ['SELECT * FROM _', 403, /^Resource '_' not found$/],
  ])('%.40s', async (sql, status, message) => {
    const error = await ask(sql).then(
      ({ text }) => new Error(`answered ${text}`),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof SandboxError)) throw error;
    expect([error.status, error.message]).toEqual([status, expect.stringMatching(message)]);
    // Nothing of the inside is shown.
    expect(error.message).not.toMatch(/ws_sql|\bdata\./);
  });
});
