// The law: several writers at once. Here as processes of the built action, with the secrets and the ledger of their repositories.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeLedger } from '../../src/github/ledger.ts';
import type { Github } from '../../src/sandbox/github/server.ts';
import { type Ended, type Stage, setStage } from '../failures/stage.ts';

let usage: Stage;
let billing: Stage;
beforeAll(async () => {
  usage = await setStage();
  billing = await setStage();
});
afterAll(async () => {
  await usage[Symbol.asyncDispose]();
  await billing[Symbol.asyncDispose]();
});

const listOf = (fleet: string, ...ids: readonly string[]): string =>
  `fleet: ${fleet}\ndefaults: { template: own-endpoints, vars: { event_types: [login] } }\ntenants:\n${ids.map((id) => `  - { id: ${id} }\n`).join('')}`;

interface More {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly onOutput?: (text: string) => void;
}

/** Two repositories, one workspace. */
const apply = (at: Stage, list: string, more?: More): Promise<Ended> => runBy(at.act, list, more);
/** What a run finds once the others are over; it need not be a process. */
const applyAfter = (at: Stage, list: string): Promise<Ended> => runBy(at.actHere, list);

const runBy = (act: Stage['actHere'], list: string, { inputs = {}, ...more }: More = {}): Promise<Ended> => {
  const { url, adminToken } = usage.sandbox;
  const workspace = { 'tinybird-host': url, 'tinybird-token': adminToken };
  return act({
    list,
    inputs: { ...workspace, prune: 'true', 'deploy-timeout': '120s', ...inputs },
    ...more,
  });
};

/** By secret: whether its value is that of its token, and whether the ledger says so. */
async function secretsOf({ github, sandbox }: Pick<Stage, 'github' | 'sandbox'>, fleet: string) {
  const headers = { authorization: `Bearer ${sandbox.adminToken}` };
  const answer = await fetch(`${sandbox.url}/v0/tokens`, { headers });
  const { tokens } = (await answer.json()) as { tokens: { name: string; token: string }[] };
  const names = new Map(tokens.map(({ name, token }) => [token, name]));
  const known = ledgerOf(github, fleet);
  return Object.fromEntries(
    [...github.secrets].map(([name, value]) => [
      name,
      known.has(name) ? names.get(value) : 'not in the ledger',
    ]),
  );
}

function ledgerOf({ variables }: Github, fleet: string): ReadonlySet<string> {
  const text = variables.get(`TINYBIRD_TENANTS_LEDGER_${fleet.toUpperCase()}`) ?? '';
  const read = decodeLedger(fleet, text);
  const entries = read.kind === 'present' ? [...(read.ledger.get('repository') ?? [])] : [];
  return new Set(entries.flatMap(([name, { pending }]) => (pending ? [] : [name])));
}

test('two repositories with a fleet each start together', { timeout: 300_000 }, async () => {
  const lists = [listOf('usage', 'acme', 'globex'), listOf('billing', 'stark', 'wayne')] as const;
  const ends = await Promise.all([apply(usage, lists[0]), apply(billing, lists[1])]);
  for (const { exitCode, log } of ends) expect(exitCode, log).toBe(0);
  for (const [at, list] of [
    [usage, lists[0]],
    [billing, lists[1]],
  ] as const) {
    const { exitCode, log, outputs } = await applyAfter(at, list);
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ changed: '[]', orphaned: '[]', drift: 'false', 'deployment-id': '' });
  }
  expect(await secretsOf(usage, 'usage')).toEqual({
    TINYBIRD_TENANT_ACME_READ: 'acme_read',
    TINYBIRD_TENANT_GLOBEX_READ: 'globex_read',
  });
  expect(await secretsOf({ ...billing, sandbox: usage.sandbox }, 'billing')).toEqual({
    TINYBIRD_TENANT_STARK_READ: 'stark_read',
    TINYBIRD_TENANT_WAYNE_READ: 'wayne_read',
  });
});

/** The second starts once the first has begun to deploy. */
async function overlapping(
  list: string,
  first: More['inputs'] = {},
  second = first,
): Promise<readonly Ended[]> {
  let other: Promise<Ended> | undefined;
  const onOutput = (text: string): void => {
    if (text.includes('Deploying')) other ??= apply(usage, list, { inputs: second });
  };
  const one = await apply(usage, list, { inputs: first, onOutput });
  const two = await other;
  if (two === undefined) throw new Error(`the first run has deployed nothing: ${one.log}`);
  for (const { exitCode, log } of [one, two]) expect(exitCode, log).toBe(0);
  return [one, two];
}

test('a second run of the same fleet starts while the first is applying', { timeout: 300_000 }, async () => {
  const ids = ['acme', 'globex', 'initech', 'hooli'];
  const signUps = await overlapping(listOf('usage', ...ids), { tenant: 'initech' }, { tenant: 'hooli' });
  expect(signUps.map(({ outputs }) => outputs.changed)).toEqual(['["initech"]', '["hooli"]']);
  await overlapping(listOf('usage', ...ids, 'umbrella'));
  expect(await secretsOf(usage, 'usage')).toEqual({
    TINYBIRD_TENANT_ACME_READ: 'acme_read',
    TINYBIRD_TENANT_GLOBEX_READ: 'globex_read',
    TINYBIRD_TENANT_HOOLI_READ: 'hooli_read',
    TINYBIRD_TENANT_INITECH_READ: 'initech_read',
    TINYBIRD_TENANT_UMBRELLA_READ: 'umbrella_read',
  });
  const { outputs, log } = await applyAfter(usage, listOf('usage', ...ids, 'umbrella'));
  expect(outputs, log).toMatchObject({ changed: '[]', orphaned: '[]', drift: 'false', 'deployment-id': '' });
});
