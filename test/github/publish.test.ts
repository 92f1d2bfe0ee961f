// Secrets and their ledger on a real port: what arrives is what was wanted, failures stay single, and a killed run is repaired.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { secretChanges } from '../../src/github/changes.ts';
import { type Client, createClient } from '../../src/github/client.ts';
import { encodeLedger, fingerprint, type Jwt, type LedgerRead } from '../../src/github/ledger.ts';
import { readLedger, writeLedger } from '../../src/github/ledger-variable.ts';
import { type Issued, type Published, publishSecrets } from '../../src/github/publish.ts';
import { listSecretNames, roomFor, type Target, targetName } from '../../src/github/secrets.ts';
import type { WantedSecret } from '../../src/github/wanted.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { Secret } from '../../src/secret.ts';

const PUT = 'PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}';
const DELETE = 'DELETE /repos/{owner}/{repo}/actions/secrets/{secret_name}';
const LIST = 'GET /repos/{owner}/{repo}/actions/secrets';
const UPDATE_VARIABLE = 'PATCH /repos/{owner}/{repo}/actions/variables/{name}';
const CREATE_VARIABLE = 'POST /repos/{owner}/{repo}/actions/variables';
const LEDGER = 'TINYBIRD_TENANTS_LEDGER_USAGE';
const NOW = 1_800_000_000;
const repository: Target = { kind: 'repository' };

let github: Github;
beforeAll(async () => {
  github = await startGithub({ repository: 'acme/tenants' });
});
afterEach(() => {
  expect(github.violations).toEqual([]);
  github.reset();
});
afterAll(() => github[Symbol.asyncDispose]());

const newClient = (token = github.token): Client =>
  createClient({
    token: new Secret(token),
    tokenInput: 'secrets-token',
    repository: 'acme/tenants',
    apiUrl: github.url,
    paceMs: 1,
  });

interface Wish {
  /** Static tokens by name. */
  readonly values?: Readonly<Record<string, string>>;
  /** Claims of JWTs by name. */
  readonly jwts?: Readonly<Record<string, string>>;
  readonly unwanted?: readonly string[];
  readonly target?: Target;
  readonly client?: Client;
}

/** One run: read, decide, publish. */
async function run({
  values = {},
  jwts = {},
  unwanted = [],
  target = repository,
  client = newClient(),
}: Wish) {
  const ledger = await readLedger(client, 'usage');
  const existing = await listSecretNames(client, target);
  if (!existing.ok) throw new Error(existing.failure.sentence);
  const wanted: WantedSecret[] = [
    ...Object.entries(values).map(([name, value]) => ({
      name,
      tenant: 'acme',
      via: 'static' as const,
      fingerprint: fingerprint(name, new Secret(value)),
    })),
    ...Object.entries(jwts).map(([name, claims]) => ({
      name,
      tenant: 'acme',
      via: 'jwt' as const,
      claims,
      ttl: 60,
    })),
  ];
  const facts = { wanted, unwanted, ledger, existing: existing.value, adopt: false, now: NOW };
  const changes = secretChanges({ ...facts, target: targetName(target) });
  const issued = new Map<string, Issued>([
    ...Object.entries(values).map(([name, value]) => [name, issuedAs(name, value)] as const),
    ...Object.entries(jwts).map(
      ([name, claims]) => [name, issuedAs(name, `jwt ${claims}`, { claims, expires: NOW + 60 })] as const,
    ),
  ]);
  const published = await publishSecrets({
    ...{ client, fleet: 'usage', target, ledger, changes, issued },
    existing: existing.value,
  });
  return { ...published, changes };
}

function issuedAs(name: string, text: string, jwt: Jwt | null = null): Issued {
  const value = new Secret(text);
  return { value, entry: { tenant: 'acme', fingerprint: fingerprint(name, value), jwt, switched: null } };
}

const kinds = ({ outcomes }: Published) => outcomes.map(({ kind, name }) => `${kind} ${name}`);
const sent = () => github.requests.filter(({ method }) => method !== 'GET').map(({ route }) => route);

async function ledgerEntries(): Promise<Record<string, unknown>> {
  const read: LedgerRead = await readLedger(newClient(), 'usage');
  if (read.kind !== 'present') throw new Error(`the ledger is ${read.kind}`);
  return Object.fromEntries(read.ledger.get('repository') ?? []);
}

describe('publishSecrets', () => {
  test('writes, then changes nothing with nothing but GET', async () => {
    const wish = { values: { A: 'p.a', B: 'ü'.repeat(5000) }, jwts: { J: 'c1' } };
    expect(kinds(await run(wish))).toEqual(['written A', 'written B', 'written J']);
    expect(github.secrets).toEqual(
      new Map([
        ['A', 'p.a'],
        ['B', 'ü'.repeat(5000)],
        ['J', 'jwt c1'],
      ]),
    );
    expect(sent()).toEqual([UPDATE_VARIABLE, CREATE_VARIABLE, PUT, PUT, PUT, UPDATE_VARIABLE]);
    const before = sent().length;
    expect(await run(wish)).toMatchObject({
      outcomes: [],
      notices: [],
      changes: { unchanged: ['A', 'B', 'J'] },
    });
    expect(sent()).toHaveLength(before);
  });

  test('no value in the ledger, and none unsealed in any request', async () => {
    await run({ values: { A: 'p.eyJhIjoxfQ.signature' }, jwts: { J: 'c1' } });
    expect(github.variables.get(LEDGER)).toContain('"A"');
    const everything = JSON.stringify([github.requests, [...github.variables]]);
    for (const value of ['p.eyJhIjoxfQ.signature', 'jwt c1']) {
      expect(everything).not.toContain(value);
      expect(everything).not.toContain(Buffer.from(value).toString('base64'));
    }
  });

  test('changes one, deletes another, leaves the others', async () => {
    await run({ values: { A: '1', B: '1', C: '1' } });
    github.addSecret('FOREIGN', 'x');
    expect(kinds(await run({ values: { A: '2' }, unwanted: ['B', 'FOREIGN', 'NEVER'] }))).toEqual([
      'deleted B',
      'written A',
    ]);
    expect(github.secrets).toEqual(
      new Map([
        ['A', '2'],
        ['C', '1'],
        ['FOREIGN', 'x'],
      ]),
    );
    expect(Object.keys(await ledgerEntries())).toEqual(['A', 'C']);
  });

  test("somebody else's secret is a conflict and stays", async () => {
    github.addSecret('A', 'theirs');
    const published = await run({ values: { A: 'ours', B: 'b' } });
    expect(published.changes.conflicts).toMatchObject([{ name: 'A' }]);
    expect(github.secrets).toEqual(
      new Map([
        ['A', 'theirs'],
        ['B', 'b'],
      ]),
    );
    expect(Object.keys(await ledgerEntries())).toEqual(['B']);
  });

  test('one refused write fails alone, and its name does not stay ours', async () => {
    github.fail(PUT, { status: 422, message: 'no', skip: 1 });
    const published = await run({ values: { A: 'a', B: 'b', C: 'c' } });
    expect(kinds(published)).toEqual(['written A', 'failed B', 'written C']);
    expect(Object.keys(await ledgerEntries())).toEqual(['A', 'C']);
    github.addSecret('B', 'theirs now');
    expect((await run({ values: { A: 'a', B: 'b', C: 'c' } })).changes.conflicts).toMatchObject([
      { name: 'B' },
    ]);
  });

  test('a value above 48 KB fails alone', async () => {
    const published = await run({ values: { A: 'x'.repeat(49_153), B: 'b' } });
    expect(published.outcomes).toMatchObject([
      {
        kind: 'failed',
        sentence: 'could not write the secret A: its value has 49153 bytes, GitHub takes 49152',
      },
      { kind: 'written', name: 'B' },
    ]);
  });

  test.each([
    ['reset', { reset: true as const }],
    ['a lost answer', { reset: true as const, after: true }],
    ['502', { status: 502, message: '<html>\n::set-output::' }],
    ['429', { status: 429, message: 'Too Many Requests', headers: { 'retry-after': '1' } }],
    ['a secondary limit', { status: 403, message: 'You have exceeded a secondary rate limit' }],
  ])('%s is tried again', async (_, fault) => {
    github.fail(PUT, fault);
    expect(kinds(await run({ values: { A: 'a', B: 'b' } }))).toEqual(['written A', 'written B']);
    expect(github.secrets.size).toBe(2);
  });

  test('a server that stays down: one sentence each, on one line', async () => {
    github.fail(PUT, { status: 502, message: '\n::add-mask::x', times: 4 });
    const published = await run({ values: { A: 'a', B: 'b' } });
    expect(published.outcomes).toEqual([
      {
        kind: 'failed',
        name: 'A',
        sentence: 'could not write the secret A: GitHub answered 502 (::add-mask::x)',
      },
      { kind: 'written', name: 'B' },
    ]);
  });

  test('a token without Secrets: write is tried once', async () => {
    const token = github.grant({ login: 'app[bot]', permissions: { secrets: 'read', variables: 'write' } });
    const published = await run({ values: { A: 'a', B: 'b' }, client: newClient(token) });
    const sentence =
      'could not write the secret A: `secrets-token` needs the permission `Secrets: write` (403 Resource not accessible by integration)';
    expect(published.outcomes).toEqual([
      { kind: 'failed', name: 'A', sentence },
      { kind: 'failed', name: 'B', sentence: `not tried: ${sentence}` },
    ]);
    expect(sent().filter((route) => route === PUT)).toHaveLength(1);
    expect(await ledgerEntries()).toEqual({});
  });

  test('a token without Variables: write writes nothing', async () => {
    const token = github.grant({ login: 'app[bot]', permissions: { secrets: 'write', variables: 'read' } });
    const published = await run({ values: { A: 'a' }, client: newClient(token) });
    expect(published.outcomes).toMatchObject([
      { kind: 'failed', sentence: expect.stringContaining('`Variables: write`') },
    ]);
    expect(github.secrets.size).toBe(0);
  });

  test('a token without Variables: read finds no reason to overwrite', async () => {
    await run({ values: { A: '1' } });
    const token = github.grant({ login: 'app[bot]', permissions: { secrets: 'write' } });
    const published = await run({ values: { A: '2' }, client: newClient(token) });
    expect(published.changes.conflicts).toMatchObject([
      { reason: expect.stringContaining('`Variables: read`') },
    ]);
    expect(github.secrets.get('A')).toBe('1');
  });

  test('a damaged ledger is left as it is, and so are the secrets', async () => {
    await run({ values: { A: '1' } });
    github.setVariable(LEDGER, '{"v":9}');
    const published = await run({ values: { A: '2', B: '2' }, unwanted: ['A'] });
    expect(published.changes.conflicts).toHaveLength(2);
    expect(github.secrets).toEqual(new Map([['A', '1']]));
    expect(github.variables.get(LEDGER)).toBe('{"v":9}');
  });

  test('a lost ledger makes conflicts, not writes', async () => {
    await run({ values: { A: '1' } });
    github.removeVariable(LEDGER);
    expect((await run({ values: { A: '2' } })).changes.conflicts).toMatchObject([{ name: 'A' }]);
    expect(github.secrets.get('A')).toBe('1');
  });

  test('a list that fails afterwards is a notice', async () => {
    github.fail(LIST, { status: 404, message: 'Not Found', skip: 1 });
    const published = await run({ values: { A: 'a' } });
    expect(kinds(published)).toEqual(['written A']);
    expect(published.notices).toMatchObject([expect.stringContaining('the secrets were not verified')]);
  });

  test('a ledger that cannot be settled is a notice, and the next run repairs it', async () => {
    github.fail(UPDATE_VARIABLE, { status: 422, message: 'no', skip: 1 });
    expect(await run({ values: { A: 'a' } })).toMatchObject({
      outcomes: [{ kind: 'written' }],
      notices: [expect.stringContaining('the next run writes these secrets again')],
    });
    expect((await run({ values: { A: 'a' } })).changes.writes).toMatchObject([{ reason: 'unfinished' }]);
    expect((await run({ values: { A: 'a' } })).changes.unchanged).toEqual(['A']);
  });

  test('a ledger whose creation got no answer is there once, with the right text', async () => {
    github.fail(CREATE_VARIABLE, { reset: true, after: true });
    expect(await run({ values: { A: 'a' } })).toMatchObject({ outcomes: [{ kind: 'written' }], notices: [] });
    expect(await ledgerEntries()).toMatchObject({ A: { pending: false } });
  });

  test('a secret that GitHub accepts and does not list has failed', async () => {
    github.fail(PUT, { status: 204, message: '' });
    expect(await run({ values: { A: 'a' } })).toMatchObject({
      outcomes: [{ kind: 'failed', sentence: expect.stringContaining('does not list it') }],
    });
  });

  test('a deleted secret that somebody deleted before is deleted', async () => {
    await run({ values: { A: 'a' } });
    github.fail(DELETE, { status: 404, message: 'Not Found' });
    expect(kinds(await run({ unwanted: ['A'] }))).toEqual(['deleted A']);
  });

  test('an environment has its own key and its own secrets', async () => {
    github.addEnvironment('prod/eu');
    const target = { kind: 'environment', environment: 'prod/eu' } as const;
    await run({ values: { A: 'repository' } });
    expect(kinds(await run({ values: { A: 'environment' }, target }))).toEqual(['written A']);
    expect(github.environmentSecrets('prod/eu')).toEqual(new Map([['A', 'environment']]));
    expect(github.secrets.get('A')).toBe('repository');
    expect((await run({ values: { A: 'repository' } })).changes.unchanged).toEqual(['A']);
    expect(kinds(await run({ unwanted: ['A'], target }))).toEqual(['deleted A']);
    expect(github.secrets.size).toBe(1);
  });

  describe('two jobs of a fleet, each with an environment', () => {
    const targets = ['eu', 'us'].map((environment): Target => ({ kind: 'environment', environment }));
    const wish = (target: Target, value: string) => ({
      values: { [`${targetName(target).slice(12).toUpperCase()}_A`]: value },
      target,
    });
    const ledger = async () => {
      const read = await readLedger(newClient(), 'usage');
      return read.kind === 'present' ? read.ledger : new Map();
    };
    const pendingOf = async () =>
      [...(await ledger())].map(([target, entries]) => [
        target,
        Object.fromEntries([...entries].map(([name, entry]) => [name, entry.pending])),
      ]);
    beforeEach(() => {
      for (const name of ['eu', 'us']) github.addEnvironment(name);
    });

    // A run reads the list of variables when it begins, before and after it announces, and before and after it settles.
    test.each([
      ['GET', '/actions/variables', 2],
      ['GET', '/actions/variables', 3],
      ['GET', '/public-key', 1],
      ['GET', '/actions/variables', 4],
      ['GET', '/actions/variables', 5],
    ])('nothing is lost when the other one does everything just before %s %s, time %i', async (...moment) => {
      const [eu, us] = targets;
      if (eu === undefined || us === undefined) throw new Error('two targets');
      const client = newClient();
      let left: number = moment[2];
      client.octokit.hook.before('request', async ({ url, method }) => {
        if (method !== moment[0] || !new URL(url, github.url).pathname.endsWith(moment[1])) return;
        left -= 1;
        if (left === 0) await run(wish(us, 'us'));
      });
      expect(kinds(await run({ ...wish(eu, 'eu'), client }))).toEqual(['written EU_A']);
      expect(left).toBeLessThanOrEqual(0);
      expect(await pendingOf()).toEqual([
        ['environment:eu', { EU_A: false }],
        ['environment:us', { US_A: false }],
      ]);
    });

    test('whatever two at once do to each other, the next run of each ends it', async () => {
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(targets.map((target) => run(wish(target, `value ${round}`))));
        for (const target of targets) {
          const { changes } = await run(wish(target, `value ${round}`));
          expect(changes.conflicts).toEqual([]);
        }
        expect(await pendingOf()).toEqual([
          ['environment:eu', { EU_A: false }],
          ['environment:us', { US_A: false }],
        ]);
      }
    });

    test('a ledger that cannot be read again is not written over', async () => {
      const [eu] = targets;
      if (eu === undefined) throw new Error('two targets');
      const list = 'GET /repos/{owner}/{repo}/actions/variables';
      github.fail(list, { status: 403, message: 'no', skip: 1 });
      expect((await run(wish(eu, 'eu'))).outcomes).toMatchObject([
        { kind: 'failed', sentence: expect.stringContaining('`Variables: read`') },
      ]);
      expect(sent()).toEqual([]);
    });
  });

  test('an environment that nobody made is said to be missing', async () => {
    const answer = await listSecretNames(newClient(), { kind: 'environment', environment: 'prod' });
    expect(answer).toMatchObject({
      failure: {
        sentence:
          'could not list the secrets of the environment "prod": it does not exist; create it in the repository\'s settings, or give the token `Environments: read` (404)',
      },
    });
  });
});

describe('a run killed at any request', () => {
  const wish = { values: { A: 'a2', C: 'c2' }, jwts: { J: 'c2' }, unwanted: ['B'] };
  const wanted = { A: 'a2', C: 'c2', D: 'd', FOREIGN: 'x', J: 'jwt c2' };

  /** What earlier runs left: A, B, D and the JWT J are ours. */
  function before(): void {
    const values = { A: 'a1', B: 'b', D: 'd', J: 'jwt c1' };
    const entries = Object.entries(values).map(([name, value]) => {
      const jwt = name === 'J' ? { claims: 'c1', expires: NOW + 60 } : null;
      const entry = {
        tenant: 'acme',
        fingerprint: fingerprint(name, new Secret(value)),
        jwt,
        pending: false,
        switched: null,
      };
      return [name, entry] as const;
    });
    const text = encodeLedger('usage', new Map([['repository', new Map(entries)]]));
    if (text.ok) github.setVariable(LEDGER, text.value);
    for (const [name, value] of Object.entries({ ...values, FOREIGN: 'x' })) github.addSecret(name, value);
  }

  async function killedBefore(request: number): Promise<boolean> {
    const client = newClient();
    let count = 0;
    client.octokit.hook.before('request', () => {
      count += 1;
      if (count >= request) throw new Error('killed');
    });
    return run({ ...wish, client }).then(
      () => false,
      () => true,
    );
  }

  test('is repaired by the next', async () => {
    let kills = 0;
    for (let killed = true; killed; ) {
      github.reset();
      before();
      killed = await killedBefore(kills + 1);
      await run(wish);
      expect(Object.fromEntries(github.secrets)).toEqual(wanted);
      const entries = await ledgerEntries();
      expect(Object.keys(entries)).toEqual(['A', 'C', 'D', 'J']);
      expect(Object.values(entries)).toEqual(Array(4).fill(expect.objectContaining({ pending: false })));
      const sentSoFar = sent().length;
      expect((await run(wish)).changes.unchanged).toHaveLength(3);
      expect(sent()).toHaveLength(sentSoFar);
      if (killed) kills += 1;
    }
    expect(kills).toBe(14);
  });
});

test('room is counted before anything is sent', () => {
  expect(roomFor(repository, { existing: 90, more: 10 })).toBeNull();
  expect(roomFor(repository, { existing: 90, more: 11 })).toContain('GitHub allows 100');
});

test('a ledger above 48 KB is an error, not a request', async () => {
  const entry = { tenant: 't'.repeat(60_000), fingerprint: null, jwt: null, pending: false, switched: null };
  const answer = await writeLedger(newClient(), 'usage', new Map([['repository', new Map([['A', entry]])]]));
  expect(answer).toMatchObject({ ok: false, failure: { sentence: expect.stringContaining('49152') } });
  expect(github.requests).toEqual([]);
});
