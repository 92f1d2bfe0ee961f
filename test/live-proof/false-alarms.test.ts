// What real projects have, and what must not take a deployment back; beside each what still must.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { watchedIn } from '../../src/apply/promotion.ts';
import type { Clock } from '../../src/clock.ts';
import { parseDatafile } from '../../src/datafile/parse.ts';
import type { Datasource, Pipe } from '../../src/datafile/types.ts';
import { unwrap } from '../../src/errors.ts';
import { isApart } from '../../src/live-proof/apart.ts';
import { comparedIn } from '../../src/live-proof/evidence.ts';
import { pipeRead } from '../../src/live-proof/reads.ts';
import { looseIn } from '../../src/live-proof/same.ts';
import { unsteady, watch } from '../../src/live-proof/steady.ts';
import { parametersIn } from '../../src/live-proof/template.ts';
import { type Holder, tryOwn } from '../../src/live-proof/trial.ts';
import { twinOf } from '../../src/live-proof/twin.ts';
import type { Change, Desired, Plan, Scope, Tenant, Token } from '../../src/model.ts';
import { ownership } from '../../src/privilege/owners.ts';
import { Secret } from '../../src/secret.ts';
import { type Ask, createAsk } from '../../src/tinybird/asking.ts';
import { createDispatcher } from '../../src/tinybird/dispatcher.ts';
import { createClient } from '../../src/tinybird/http.ts';
import { contentOf } from '../../src/verify/ask.ts';
import { Findings } from '../../src/verify/findings.ts';
import type { Ground } from '../../src/verify/ground.ts';

const tenantOf = (id: string): Tenant => ({
  id,
  slug: id,
  set: 'one',
  vars: {},
  state: 'active',
  at: { file: 'tenants.yaml', line: 1, column: 1 },
});
const [acme, globex] = [tenantOf('acme'), tenantOf('globex')];

const table = (name: string, columns: string, engine = 'MergeTree'): Datasource =>
  unwrap(
    parseDatafile(
      `${name}.datasource`,
      `SCHEMA >\n    ${columns}\n\nENGINE "${engine}"\nENGINE_SORTING_KEY "n"\n`,
    ),
  ) as Datasource;
const pipe = (sql: string): Pipe =>
  unwrap(parseDatafile('asked.pipe', `NODE n\nSQL >\n    ${sql}\n\nTYPE endpoint\n`)) as Pipe;

const EVENTS = table('events', '`customer_id` String, `tenant_id` String, `n` Int32');
const COUNT = "SELECT count() AS n FROM events WHERE tenant_id = 'acme'";

function groundOf(...pipes: Pipe[]): Ground {
  return {
    generation: 'forward',
    tenants: [acme, globex],
    datasources: new Map([['events', { datafile: EVENTS, tenant: null }]]),
    pipes: new Map(pipes.map((datafile) => [datafile.name, { datafile, tenant: null }])),
    tokens: [],
    owns: ownership([acme, globex]),
  };
}

const SCOPE: Scope = { type: 'PIPES:READ', resource: 'asked' };
const names = new Map([acme, globex].map(({ id }) => [id, id]));

function read(sql: string) {
  const ground = groundOf(pipe(COUNT.replace('asked', 'known')), pipe(sql));
  const at = { ground, evidence: comparedIn(ground), tenant: acme, names, where: null };
  const { question, guessed } = pipeRead(pipe(sql), SCOPE, at);
  return { path: question.path, guessed };
}

describe('parameters', () => {
  test.each([
    ["{{String(user, description='whose', required=True)}}", false],
    ["{{String(user, description='whose')}}", false],
    ["{{Int32(n, 3, description='how many')}}", true],
    ['{{Int32(n, 3, required=True)}}', false],
    ['{{Int32(n, default=3)}}', true],
    ["{{Array(ids, 'Int32')}}", false],
    ["{{Array(ids, 'Int32', '1,2')}}", true],
  ])('%s', (hole, hasDefault) => {
    expect(parametersIn(`%SELECT ${hole}`)[0]?.hasDefault).toBe(hasDefault);
  });

  test('what may be left out is left out', () => {
    const sql = '%SELECT n FROM events WHERE 1 {% if defined(c) %}AND n = {{Int32(c)}}{% end %}';
    expect(read(sql)).toEqual({ path: '/v0/pipes/asked.json', guessed: false });
  });

  test('what a template demands is given, and may be wrong', () => {
    const sql = "%{% if not defined(u) %}{{ error('u?') }}{% end %} SELECT {{Int32(u, 0)}} AS n FROM events";
    expect(read(sql)).toEqual({ path: '/v0/pipes/asked.json?u=1', guessed: true });
    expect(read('%SELECT {{columns(what)}} FROM events').guessed).toBe(true);
  });
});

describe('whose a row is', () => {
  test('a name alone does not say it', () => {
    const sql = '%SELECT n FROM events WHERE customer_id = {{Int32(customer_id)}}';
    expect(read(sql)).toEqual({ path: '/v0/pipes/asked.json?customer_id=1', guessed: true });
    const ground = groundOf(pipe(COUNT));
    expect([...comparedIn(ground).columns.keys()]).toEqual(['tenant_id']);
  });
});

const twin = (sql: string): string => {
  const ground = groundOf(pipe(sql));
  const scene = { ground, evidence: comparedIn(ground), tenant: acme, names, params: new Map() };
  return twinOf(scene, pipe(sql));
};

describe('own rows', () => {
  test.each([
    [
      `${COUNT.replace('events', 'events FINAL')}`,
      "(SELECT * FROM `events` FINAL WHERE `tenant_id` IN ('acme')) AS `events` WHERE",
    ],
    [
      `${COUNT.replace('events', 'events AS e FINAL')}`,
      "(SELECT * FROM `events` FINAL WHERE `tenant_id` IN ('acme')) AS e WHERE",
    ],
    [
      "WITH events AS (SELECT * FROM events WHERE tenant_id = 'acme') SELECT count() AS n FROM events",
      "WITH events AS (SELECT * FROM (SELECT * FROM `events` WHERE `tenant_id` IN ('acme')) AS `events` WHERE tenant_id = 'acme') SELECT count() AS n FROM events",
    ],
  ])('%s', (sql, expected) => {
    expect(twin(sql)).toContain(expected);
  });
});

/** More with each call. */
function steps(by: number, from = 1_000): () => number {
  let at = from;
  return () => {
    at += by;
    return at;
  };
}

const answerOf = (...data: unknown[]) => ({ status: 200, text: JSON.stringify({ data }) });

test('what is left of a sum that should be none is none', () => {
  expect(contentOf(answerOf({ s: 3.6e-12 }))).toBe(contentOf(answerOf({ s: 0 })));
  expect(contentOf(answerOf({ s: 0.0001 }))).not.toBe(contentOf(answerOf({ s: 0 })));
});

test.each([
  'SELECT row_number() OVER (ORDER BY n) FROM t',
  'SELECT a FROM t LEFT ANY JOIN u USING a',
  'SELECT groupConcat(a) FROM t',
  'SELECT deltaSum(a) FROM t',
])('%s may say two things', (sql) => {
  expect(looseIn(sql)).not.toBe(null);
});

describe('rows around a promotion', () => {
  const counts = (rows: Record<string, number>) => new Map(Object.entries(rows));

  test('of engines that merge rows only none at all is a sign; so it is of small tables', () => {
    const merging = new Set(['r']);
    expect(unsteady(counts({ r: 100_000 }), counts({ r: 60_000 }), merging)).toEqual([]);
    expect(unsteady(counts({ r: 100_000 }), counts({ r: 0 }), merging)).toHaveLength(1);
    expect(unsteady(counts({ small: 3 }), counts({ small: 0 }))).toEqual(['small falls from 3 to 0 rows']);
    expect(unsteady(counts({ a_quarantine: 500 }), counts({ a_quarantine: 0 }))).toEqual([]);
  });

  const watching = { tables: [EVENTS], beside: { where: null }, where: '2', lossy: new Set<string>() };
  const counting =
    (live: () => number, staged: () => number): Ask =>
    async (path) => {
      if (path.includes('quarantine')) return { status: 404, text: 'no' };
      return answerOf({ n: path.includes('__tb__deployment') ? staged() : live() });
    };

  test('rows that keep coming in fast are no jump, rows that are there twice are one', async () => {
    const fast = steps(5_000);
    expect((await watch(counting(fast, fast), watching)).moved).toEqual([]);
    const twice = counting(
      () => 10_000,
      () => 20_000,
    );
    expect((await watch(twice, watching)).moved).toEqual(['events jumps from 10,000 to 20,000 rows']);
  });

  test('an answer that is no count is none', async () => {
    const odd: Ask = async () => ({ status: 200, text: '<html>' });
    expect((await watch(odd, watching)).moved).toEqual([]);
  });
});

const still: Clock = { now: () => 0, sleep: async () => undefined };

/** What is found of the one endpoint, with what the workspace says to the tenant and of own rows alone. */
async function found(ask: Ask, { sql = COUNT, isWhole = true } = {}) {
  const ground = groundOf(pipe(sql));
  const findings = new Findings(ground);
  const token: Token = {
    kind: 'token',
    name: 'acme_read',
    via: 'static',
    scopes: [SCOPE],
    ttl: 0,
    rps: null,
  };
  const holder: Holder = {
    tenant: acme,
    role: 'read',
    token,
    isWhole,
    value: new Secret('p.x'),
  };
  await tryOwn(
    { ask, clock: still, ground, evidence: comparedIn(ground), names, where: null, findings },
    holder,
  );
  const { notes, notTried } = findings;
  const [leaks, refusedOwn] = [[...findings.leaks.values()], [...findings.refusedOwn.values()]];
  return { leaks, refusedOwn, notes: [...notes], notTried: [...notTried] };
}

describe('a tenant’s own endpoint', () => {
  const says =
    (tenant: () => number, alone: () => number): Ask =>
    async (_, token) =>
      answerOf({ n: token === null ? alone() : tenant() });

  test('a row that one server has a moment later is no leak', async () => {
    const asked = steps(1, 0);
    // Two answers over own rows alone are behind, the next are not.
    const lagging = says(
      () => 5,
      () => (asked() <= 2 ? 4 : 5),
    );
    expect((await found(lagging)).leaks).toEqual([]);
    expect(
      (
        await found(
          says(
            () => 5,
            () => 4,
          ),
        )
      ).leaks,
    ).toHaveLength(1);
  });

  test('rows that never stand still hide no leak, and are none', async () => {
    const growing = steps(7);
    expect(await found(says(growing, growing))).toMatchObject({
      leaks: [],
      notes: [expect.stringContaining('too fast')],
    });
    const leaking = await found(says(() => growing() * 9, growing));
    expect(leaking.leaks).toMatchObject([{ kind: 'counts', resource: 'asked' }]);
  });

  test('one stumble of the server is none of isolation, one that stays is', async () => {
    const asked = steps(1, 0);
    const stumbling: Ask = async () => (asked() === 1 ? { status: 500, text: 'no' } : answerOf({ n: 1 }));
    expect((await found(stumbling)).refusedOwn).toEqual([]);
    expect((await found(async () => ({ status: 500, text: 'no' }))).refusedOwn).toHaveLength(1);
  });

  test('what nobody has deployed yet is not tried', async () => {
    const absent: Ask = async () => ({ status: 404, text: 'no such pipe' });
    expect((await found(absent, { isWhole: false })).refusedOwn).toEqual([]);
    expect((await found(absent)).refusedOwn).toHaveLength(1);
  });
});

test('far beyond own rows, however fast these grow', () => {
  const [before, after] = [answerOf({ n: 1_000 }), answerOf({ n: 1_010 })] as const;
  expect(isApart(answerOf({ n: 1_020 }), [before, after])).toBe(false);
  expect(isApart(answerOf({ n: 5_000 }), [before, after])).toBe(true);
  expect(isApart(answerOf({ n: 9_000 }), [before, answerOf({ n: 2_000 })])).toBe(false);
  expect(isApart({ status: 500, text: '' }, [before, after])).toBe(false);
});

test('an answer that is too large is one, and nobody reads it', async () => {
  const server = createServer((_, response) => response.end('x'.repeat(2_000)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const dispatcher = createDispatcher({});
  try {
    const host = `http://127.0.0.1:${port}`;
    const client = createClient({
      host,
      token: new Secret('p.x'),
      dispatcher,
      concurrency: 1,
      maxBytes: 1_000,
    });
    expect((await createAsk(client)('/v0/sql', null)).status).toBe(206);
  } finally {
    await dispatcher.close();
    server.close();
  }
});

test('whose files the server refused is watched with nobody', () => {
  const change = (id: string): Change => {
    const key = `token/${id}_read` as const;
    const after: Desired = {
      key,
      tenant: id,
      set: 'one',
      role: 'read',
      sha: '',
      from: 'set.yaml',
      resource: { kind: 'token', name: `${id}_read`, via: 'jwt', scopes: [SCOPE], ttl: 60, rps: null },
    };
    return { key, tenant: id, hazards: [], action: 'create', after };
  };
  const steps: Plan['steps'] = [{ name: 'tokens', changes: [change('acme'), change('globex')] }];
  const watched = watchedIn({ step: 'apply', changes: [] }, { steps }, new Set(['acme']));
  expect(watched?.tenants).toEqual(new Set(['globex']));
});
