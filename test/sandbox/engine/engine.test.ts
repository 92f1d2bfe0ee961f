// The engine itself: sharing, limits, cancelling, restart, and the habits of chDB that its code counts on or works around.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../../src/sandbox/engine/engine.ts';
import { EngineError } from '../../../src/sandbox/engine/failure.ts';
import { loadNative } from '../../../src/sandbox/engine/native.ts';
import { createAlias, createDatabase } from '../../../src/sandbox/engine/tables.ts';
import type { TenantQuery } from '../../../src/sandbox/engine/tenant-query.ts';
import { ndjson } from './fixtures.ts';

const query = (sql: string, more: Partial<TenantQuery> = {}): TenantQuery => ({
  database: 'ws_a',
  sql,
  format: 'TabSeparated',
  filters: new Map(),
  limits: { seconds: 20, memoryBytes: 1e9, resultRows: 1_000_000 },
  ...more,
});

// Fails after it has given rows.
const FAILING = 'SELECT number, throwIf(number = 250000) FROM numbers(300000)';
const ENDLESS = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))';
const LATE_FAILING = `${FAILING} SETTINGS max_threads = 1, max_block_size = 10000`;

describe('an open engine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
    await createDatabase(engine, 'ws_a');
    await engine.admin('CREATE TABLE data.rows (id Int32, name String) ENGINE = MergeTree ORDER BY id');
    await createAlias(engine, { database: 'ws_a', name: 'rows', table: 'data.rows' });
    await engine.insert({
      table: 'data.rows',
      ndjson: ndjson([
        { id: 1, name: 'a' },
        { id: 2, name: "b\0'" },
      ]),
    });
  });
  afterAll(() => engine.close());

  const ask = async (sql: string, more?: Partial<TenantQuery>): Promise<string> =>
    Buffer.from(await engine.tenantQuery(query(sql, more))).toString();
  // Every tenant connection answers once.
  const askAll = (sql: string): Promise<string[]> => Promise.all(Array.from({ length: 10 }, () => ask(sql)));

  it('answers with rows, exact bytes and the filters of the token', async () => {
    expect(await engine.rows('SELECT count() AS n FROM data.rows')).toEqual([{ n: 2 }]);
    expect(await ask('SELECT name FROM rows WHERE id = 2', { format: 'RawBLOB' })).toBe("b\0'");
    const filters = new Map([['rows', "name = 'a'"]]);
    expect(await ask('SELECT id FROM rows UNION ALL SELECT id FROM rows AS r', { filters })).toBe('1\n1\n');
  });

  it('gives nothing of a failed query to the next one', async () => {
    const failures = await Promise.allSettled(Array.from({ length: 10 }, () => ask(FAILING)));
    expect(failures.map(({ status }) => status)).toEqual(Array(10).fill('rejected'));
    expect(await askAll('SELECT 5')).toEqual(Array(10).fill('5\n'));
    // The one connection for administration.
    await expect(engine.admin(LATE_FAILING)).rejects.toMatchObject({ code: 395 });
    expect(await engine.admin('SELECT 5')).toBe('5\n');
  });

  it('says code and name of an error, and no internal names', async () => {
    const error: unknown = await ask('SELECT * FROM row').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code: 60, codeName: 'UNKNOWN_TABLE' });
    expect(String(error)).not.toMatch(/ws_a|data\.|Maybe|version|DB::Exception/);
  });

  it.each([
    ['SELECT sleep(1)', { seconds: 0.2, memoryBytes: 1e9, resultRows: 10 }, 159],
    [
      'SELECT groupArray(number) FROM numbers(100000000)',
      { seconds: 20, memoryBytes: 2e7, resultRows: 10 },
      241,
    ],
    ['SELECT number FROM numbers(100)', { seconds: 20, memoryBytes: 1e9, resultRows: 10 }, 396],
  ])('%s stops at its limit', async (sql, limits, code) => {
    await expect(ask(sql, { limits })).rejects.toMatchObject({ code });
    expect(await askAll('SELECT 7')).toEqual(Array(10).fill('7\n'));
  });

  it('really stops a query when its signal aborts', async () => {
    const controller = new AbortController();
    const running = Promise.allSettled(
      Array.from({ length: 5 }, () => ask(ENDLESS, { signal: controller.signal })),
    );
    const isRunning = async (): Promise<boolean> =>
      (
        await engine.rows(
          "SELECT 1 FROM system.processes WHERE query LIKE '%1000000000000%' AND query NOT LIKE '%system.processes%'",
        )
      ).length > 0;
    while (!(await isRunning())) await new Promise(setImmediate);
    controller.abort(new Error('gone'));
    expect((await running).map((result) => result.status === 'rejected' && String(result.reason))).toEqual(
      Array(5).fill('Error: gone'),
    );
    // Long before their twenty seconds are over the engine has given them up too, and the connections are back.
    while (await isRunning()) await new Promise(setImmediate);
    expect(await askAll('SELECT 8')).toEqual(Array(10).fill('8\n'));
  });

  it.each([
    'INSERT INTO rows VALUES (3, 1)',
    'DROP TABLE rows',
    'SELECT * FROM system.nothing',
    'CREATE TABLE ws_a.x (a Int8) ENGINE = Memory',
  ])('refuses %s to a tenant even without the guard', async (sql) => {
    await expect(ask(sql)).rejects.toBeInstanceOf(EngineError);
    expect(await engine.rows('SELECT count() AS n FROM data.rows')).toEqual([{ n: 2 }]);
  });

  it.each([
    query('SELECT 1', { database: 'default' }),
    query('SELECT 1', { filters: new Map([['`rows`', '1']]) }),
    query('SELECT 1', { format: 'CSV SETTINGS x' }),
    query('SELECT 1', { output: { readonly: 0 } }),
  ])('refuses what would miss its target: %j', async (bad) => {
    await expect(engine.tenantQuery(bad)).rejects.toThrow(/^not an? /);
  });

  it('describes a SELECT in a database', async () => {
    expect(await engine.check('SELECT id, count() AS n FROM rows GROUP BY id', 'ws_a')).toEqual({
      columns: [
        { name: 'id', type: 'Int32' },
        { name: 'n', type: 'UInt64' },
      ],
    });
    await expect(engine.check('SELECT nosuch FROM rows', 'ws_a')).rejects.toMatchObject({ code: 47 });
  });

  it('is shared by the same directory and refuses another one', async () => {
    const again = await openEngine();
    expect(again.dataDir).toBe(engine.dataDir);
    await again.close();
    await again.close();
    expect(await ask('SELECT 1')).toBe('1\n');
    await expect(openEngine({ dataDir: join(tmpdir(), 'elsewhere') })).rejects.toThrow('already runs');
  });
});

describe('a data directory', () => {
  it('keeps rows over a restart, and a temporary one is removed', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'engine-'));
    try {
      const first = await openEngine({ dataDir });
      await first.admin('CREATE TABLE data.kept (id Int32) ENGINE = MergeTree ORDER BY id');
      await first.admin('CREATE TABLE data.copy (id Int32) ENGINE = MergeTree ORDER BY id');
      await first.admin('CREATE MATERIALIZED VIEW data.view TO data.copy AS SELECT id FROM data.kept');
      await createDatabase(first, 'ws_a');
      await createAlias(first, { database: 'ws_a', name: 'kept', table: 'data.kept' });
      await first.insert({ table: 'data.kept', ndjson: ndjson([{ id: 1 }]) });
      await first.admin(`CREATE TABLE data.clone_${'a'.repeat(32)} CLONE AS data.kept`);
      await first.admin(`CREATE TABLE data.service_${'a'.repeat(32)} (id Int32) ENGINE = Memory`);
      await first.close();
      await mkdir(join(dataDir, 'batches'));
      const second = await openEngine({ dataDir });
      await second.insert({ table: 'data.kept', ndjson: ndjson([{ id: 2 }]) });
      expect(Buffer.from(await second.tenantQuery(query('SELECT count() FROM kept'))).toString()).toBe('2\n');
      expect(
        await second.rows("SELECT name FROM system.tables WHERE match(name, '^(clone|service)_')"),
      ).toEqual([]);
      expect(await second.rows('SELECT count() AS n FROM data.copy')).toEqual([{ n: 2 }]);
      await second.close();
      expect(await readdir(dataDir)).toEqual(['clickhouse', 'engine.xml']);
    } finally {
      await rm(dataDir, { recursive: true });
    }
    const temporary = await openEngine();
    await temporary.close();
    await expect(stat(temporary.dataDir)).rejects.toThrow('ENOENT');
    await expect(temporary.rows('SELECT 1')).rejects.toThrow('closed');
  });
});

it('stops the queries of tenants when it is closed', async () => {
  const engine = await openEngine();
  await createDatabase(engine, 'ws_a');
  const running = engine.tenantQuery(query(ENDLESS)).catch((error: unknown) => error);
  await engine.close();
  expect(await running).toMatchObject({ code: 394 });
});

// Each of these is the reason for some code. When a new chDB changes one, that code can go, or must change.
describe('chDB', () => {
  it('still has the habits that this module is built around', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'engine-'));
    const native = await loadNative(dataDir);
    const [session, other] = [native.openSession(), native.openSession()];
    try {
      const text = async (sql: string): Promise<string> =>
        (await session.queryAsync(sql, { format: 'TSVRaw' })).text();
      await text('CREATE DATABASE data');
      await text('CREATE TABLE data.t (a Int32) ENGINE = MergeTree ORDER BY a');
      // Reason for the discarded statement after every failure: the next answer starts with old rows, and the query lingers.
      await expect(text(LATE_FAILING)).rejects.toThrow('395');
      expect((await text('SELECT 5')).length).toBeGreaterThan(2);
      await expect(text(LATE_FAILING)).rejects.toThrow('395');
      const lingering =
        "SELECT count() FROM system.processes WHERE query LIKE '%throwIf%' AND query NOT LIKE '%system.processes%'";
      expect((await other.queryAsync(lingering, { format: 'TSV' })).text()).toBe('1\n');
      await session.queryAsync('SELECT 1');
      expect((await other.queryAsync(lingering, { format: 'TSV' })).text()).toBe('0\n');
      // Reason for the guard: readonly does not hold nested settings, and EXPLAIN runs a second statement.
      await other.queryAsync('SET readonly = 1');
      const nested = "SELECT * FROM (SELECT getSetting('max_threads') AS t SETTINGS max_threads = 3)";
      expect((await other.queryAsync(nested, { format: 'TSV' })).text()).toBe('3\n');
      await text('EXPLAIN AST SELECT 1; DROP TABLE data.t');
      expect(await text('EXISTS TABLE data.t')).toBe('0\n');
      // Reason for refusing APPLY, and odd characters in names: the tree does not show one, and prints the other as it is.
      expect(await text('EXPLAIN AST SELECT * APPLY(x -> file(x)) FROM (SELECT 1)')).not.toContain('file');
      expect(await text('EXPLAIN AST SELECT 1 AS `a\n Forged line`')).toContain('\n Forged line');
      // The parser tells statements apart.
      expect(await native.parser.analyze('SELECT 1; DROP TABLE x', 'data')).toMatchObject({
        statementCount: 2,
        queryClass: 1,
      });
      expect(await native.parser.analyze("SELECT 1 INTO OUTFILE 'x'", 'data')).toMatchObject({
        statementCount: 1,
        queryClass: 3,
      });
    } finally {
      session.close();
      other.close();
      await native.close();
      await rm(dataDir, { recursive: true });
    }
  });

  // Reason for batch files: the rows behind the statement are lost, and the server's standard input is read instead.
  it('still takes the rows of input() from standard input', () => {
    const program = `
      import { Session } from 'chdb';
      const session = new Session();
      await session.queryAsync('CREATE TABLE t (a Int32) ENGINE = Memory');
      await session.queryAsync("INSERT INTO t SELECT a FROM input('a Int32') FORMAT JSONEachRow " + '{"a":1}');
      process.stdout.write((await session.queryAsync('SELECT groupArray(a) FROM t', { format: 'TSV' })).text());
      session.close();`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], { input: '' });
    expect(child.stdout.toString()).toBe('[]\n');
  });
});
