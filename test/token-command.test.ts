// `token list | show | mint` as a user runs it, on an embedded workspace that the example was applied to: what is told, and where a value may appear.
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../scripts/bundle.ts';
import { systemClock } from '../src/clock.ts';
import { Stop, unwrap } from '../src/errors.ts';
import { parseInputs } from '../src/inputs.ts';
import { type Github, startGithub } from '../src/sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts';
import { type TokenFlags, tokenCommand } from '../src/token-command.ts';
import { type CommandEnd, command } from './failures/built.ts';
import { formsIn } from './failures/runner.ts';
import { newRepository, type TestRepository } from './github/git.ts';

const LIST = `fleet: usage
tenants:
  - { id: acme, template: own-table }
  - { id: Globex-Corp, template: own-endpoints, vars: { event_types: [login] } }
  - { id: stark, template: own-token }
  - { id: initech, template: own-endpoints, vars: { event_types: [login] } }
  - { id: umbrella, template: intake }
  - { id: hooli, template: own-token, state: removed }
`;
const INTAKE = {
  'set.yaml': 'extends: own-table\nttl-max: 1h\n',
  'write.token.hbs': 'kind: static\nscopes:\n  - DATASOURCES:APPEND {{resource "usage_events"}}\n',
};

let sandbox: Sandbox;
let github: Github;
let repository: TestRepository;
beforeAll(async () => {
  repository = newRepository();
  const at = (path: string) => join(repository.dir, path);
  cpSync(join(root, 'examples/usage-billing/tinybird'), at('tinybird'), { recursive: true });
  cpSync(join(root, 'datafiles-templates'), at('sets'), { recursive: true });
  const intake = Object.entries(INTAKE).map(([name, text]) => [`sets/intake/${name}`, text]);
  repository.commit({ 'tenants.yaml': LIST, 'event.json': '{}', ...Object.fromEntries(intake) });
  sandbox = await startSandbox();
  github = await startGithub({ repository: 'acme/customers', gitDir: repository.dir });
  const applied = await tenants(['apply'], inActions());
  expect([applied.exitCode, applied.stderr]).toEqual([0, expect.stringContaining('This run applies')]);
  // Suspended since, and not yet applied.
  writeFileSync(at('tenants.yaml'), LIST.replace('id: initech', 'id: initech, state: suspended'));
  const rows = ['acme', 'acme', 'Globex-Corp', 'stark', 'stark', 'stark'].map((tenant_id) =>
    JSON.stringify({ tenant_id, event_type: 'login', response: 200, timestamp: '2026-01-02 03:04:05' }),
  );
  await fetch(`${sandbox.url}/v0/events?name=events&wait=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.adminToken}` },
    body: rows.join('\n'),
  });
  sandbox.reset();
});
afterEach(() => sandbox.reset());
afterAll(async () => {
  await github[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
  repository[Symbol.dispose]();
});

const tenants = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandEnd> =>
  command([...args, '--project', 'tinybird', '--templates', 'sets'], {
    cwd: repository.dir,
    env: { TINYBIRD_TOKEN: sandbox.adminToken, TINYBIRD_HOST: sandbox.url, ...env },
  });

/** The same in this process, with a terminal as standard output. */
function onTerminal(
  args: readonly string[],
  flags: Partial<TokenFlags> = {},
  given: Given = {},
): Promise<string> {
  const inputs: Given = {
    'tinybird-token': sandbox.adminToken,
    'tinybird-host': sandbox.url,
    tenants: join(repository.dir, 'tenants.yaml'),
    templates: join(repository.dir, 'sets'),
    project: join(repository.dir, 'tinybird'),
    ...given,
  };
  return tokenCommand(
    unwrap(parseInputs((name) => inputs[name] ?? '')),
    { args, json: false, reveal: false, ttl: null, ...flags },
    { clock: systemClock, env: {}, shippedSets: '', redact: (text) => text, terminal: true },
  );
}
type Given = Readonly<Record<string, string>>;

const inActions = (): Record<string, string> => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_EVENT_NAME: 'workflow_dispatch',
  GITHUB_EVENT_PATH: join(repository.dir, 'event.json'),
  GITHUB_REPOSITORY: 'acme/customers',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_SHA: repository.git('rev-parse', 'HEAD'),
  GITHUB_API_URL: github.url,
  GITHUB_TOKEN: github.token,
  SECRETS_TOKEN: github.token,
});

/** Events that an endpoint of the workspace counts; its status when it refuses. */
async function counted(endpoint: string, token: string, query = ''): Promise<number> {
  const answer = await fetch(`${sandbox.url}/v0/pipes/${endpoint}.json?${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) return answer.status;
  const { data } = (await answer.json()) as { data: { events: number }[] };
  return data.reduce((sum, { events }) => sum + Number(events), 0);
}

interface Claims {
  readonly name: string;
  readonly exp: number;
  readonly scopes: readonly object[];
}
const claimsOf = (jwt: string): Claims =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));

async function liveTokens(): Promise<Map<string, { readonly id: string; readonly token: string }>> {
  const headers = { authorization: `Bearer ${sandbox.adminToken}` };
  const answer = await (await fetch(`${sandbox.url}/v0/tokens`, { headers })).json();
  const { tokens } = answer as { tokens: { name: string; id: string; token: string }[] };
  return new Map(tokens.map((one) => [one.name, one]));
}

/** Without ids and times, which no two runs have in common. */
const settled = (text: string): string =>
  text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID').replace(/\d{4}-[\d-]+T[\d:]+Z/g, 'TIME');
const cells = (text: string): string[][] =>
  settled(text)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

describe('list', () => {
  test('one line a token, nothing claimed that was not asked', async () => {
    const { exitCode, stdout, stderr } = await tenants(['token', 'list']);
    expect([exitCode, stderr]).toEqual([0, '']);
    const opens = (slug: string) => `PIPES:READ ${slug}_usage_by_day, ${slug}_usage_this_month`;
    const shared = 'PIPES:READ usage_by_day (tenant = "stark"), usage_this_month (tenant = "stark")';
    const secret = (name: string) => `secret TINYBIRD_TENANT_${name} (if stored)`;
    expect(cells(stdout)).toEqual([
      ['TENANT', 'ROLE', 'KIND', 'ID', 'MADE', 'VALUE', 'OPENS'],
      ['acme', 'read', 'static', 'ID', '-', secret('ACME_READ'), opens('acme')],
      ['Globex-Corp', 'read', 'static', 'ID', '-', secret('GLOBEX_CORP_READ'), opens('globex_corp')],
      ['stark', 'read', 'JWT', 'stark_read', '-', secret('STARK_READ'), shared],
      ['initech', 'read', 'static', 'ID', 'not gone yet', secret('INITECH_READ'), opens('initech')],
      ['umbrella', 'read', 'static', 'ID', '-', secret('UMBRELLA_READ'), opens('umbrella')],
      [
        'umbrella',
        'write',
        'static',
        'ID',
        '-',
        secret('UMBRELLA_WRITE'),
        'DATASOURCES:APPEND umbrella_usage_events',
      ],
    ]);
    expect(sandbox.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(
      formsIn(
        stdout,
        [...(await liveTokens()).values()].map(({ token }) => token),
      ),
    ).toEqual([]);
  });

  test('in a job that may read secrets, what GitHub and the ledger say', async () => {
    github.removeSecret('TINYBIRD_TENANT_UMBRELLA_READ');
    const { stdout, stderr } = await tenants(
      ['token', 'list', '--tenant', 'acme,stark,umbrella'],
      inActions(),
    );
    expect(stderr).toBe('');
    expect(cells(stdout).map((row) => row[5])).toEqual([
      'VALUE',
      'secret TINYBIRD_TENANT_ACME_READ (repository)',
      'secret TINYBIRD_TENANT_STARK_READ (repository) until TIME',
      'not stored: no secret TINYBIRD_TENANT_UMBRELLA_READ (repository)',
      'secret TINYBIRD_TENANT_UMBRELLA_WRITE (repository)',
    ]);
  });

  test('--json, and only some tenants', async () => {
    const { stdout } = await tenants([
      'token',
      'list',
      '--tenant',
      'stark,acme',
      '--json',
      '--secrets',
      'none',
    ]);
    const common = {
      role: 'read',
      retiring: false,
      createdAt: null,
      requestsPerSecond: null,
      stored: null,
    };
    const shared = (resource: string) => ({
      type: 'PIPES:READ',
      resource,
      fixed_params: { tenant: 'stark' },
    });
    expect(JSON.parse(stdout)).toEqual([
      {
        ...common,
        tenant: 'acme',
        name: 'acme_read',
        kind: 'static',
        id: (await liveTokens()).get('acme_read')?.id,
        exists: true,
        ttlSeconds: null,
        scopes: [
          { type: 'PIPES:READ', resource: 'acme_usage_by_day' },
          { type: 'PIPES:READ', resource: 'acme_usage_this_month' },
        ],
      },
      {
        ...common,
        tenant: 'stark',
        name: 'stark_read',
        kind: 'jwt',
        id: 'stark_read',
        exists: null,
        ttlSeconds: 86_400,
        scopes: [shared('usage_by_day'), shared('usage_this_month')],
      },
    ]);
  });

  test('a tenant that is only in the list', async () => {
    const list = 'fleet: usage\ntenants:\n  - { id: wayne, template: own-table }\n';
    writeFileSync(join(repository.dir, 'new.yaml'), list);
    const stdout = await onTerminal(['list'], {}, { tenants: join(repository.dir, 'new.yaml') });
    expect(cells(stdout)[1]?.slice(0, 5)).toEqual(['wayne', 'read', 'static', '-', 'not there yet']);
  });
});

describe('show', () => {
  test('one token in full, without its value', async () => {
    expect(await onTerminal(['show', 'stark/read'])).toBe(`stark/read
  name    stark_read
  kind    JWT
  id      stark_read
  made    -
  lives   86,400 seconds
  value   secret TINYBIRD_TENANT_STARK_READ (if stored)
  opens   PIPES:READ usage_by_day (tenant = "stark")
          PIPES:READ usage_this_month (tenant = "stark")
`);
  });

  test('no value where it would stay', async () => {
    const says = (why: string) => `--reveal shows a value on a terminal only, ${why}. Nothing was sent.`;
    const piped = await tenants(['token', 'show', 'acme/read', '--reveal']);
    const stderr = `${says('and standard output is none')}\n`;
    expect(piped).toEqual({ exitCode: 2, stdout: '', stderr });
    const asJson = onTerminal(['show', 'acme/read'], { reveal: true, json: true });
    await expect(asJson).rejects.toThrow(says('never with --json'));
    expect(sandbox.requests).toEqual([]);
  });

  test('--reveal on a terminal: the value last', async () => {
    const value = (await liveTokens()).get('acme_read')?.token ?? '';
    expect((await onTerminal(['show', 'acme/read'], { reveal: true })).split('\n').slice(-2)).toEqual([
      `  token   ${value}`,
      '',
    ]);
    await expect(onTerminal(['show', 'stark/read'], { reveal: true })).rejects.toThrow(
      'stark/read: a JWT cannot be read back; `token mint stark/read` makes another one',
    );
  });
});

describe('mint', () => {
  test('standard output is the token, and it opens its tenant’s rows only', async () => {
    const { exitCode, stdout, stderr } = await tenants(['token', 'mint', 'stark/read']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const token = stdout.trim();
    expect(await counted('usage_by_day', token)).toBe(3);
    expect(await counted('usage_by_day', token, 'tenant=acme')).toBe(3);
    expect(await counted('acme_usage_by_day', token)).toBe(403);
    expect(claimsOf(token).name).toBe('stark_read');
  });

  test('--json --ttl, from the template of a static token', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { stdout, stderr } = await tenants(['token', 'mint', 'acme/read', '--ttl', '15m', '--json']);
    expect(stderr).toBe('');
    const { token, ...rest } = JSON.parse(stdout) as { token: string };
    const { exp } = claimsOf(token);
    expect(rest).toEqual({ name: 'acme_read', expiresAt: new Date(exp * 1000).toISOString() });
    expect(exp - before).toBeGreaterThanOrEqual(15 * 60);
    expect(exp - Math.ceil(Date.now() / 1000)).toBeLessThanOrEqual(15 * 60);
    expect(await counted('acme_usage_by_day', token)).toBe(2);
    expect(await counted('globex_corp_usage_by_day', token)).toBe(403);
    expect(await counted('usage_by_day', token, 'tenant=acme')).toBe(403);
  });

  test('what a workspace says back holds no token', async () => {
    const error = `no: Invalid token b'${sandbox.adminToken}'`;
    sandbox.fail('POST /v0/tokens', { status: 400, body: { error } });
    sandbox.fail('POST /v0/tokens/', { status: 400, body: { error } });
    const end = await tenants(['token', 'mint', 'acme/read']);
    expect([end.exitCode, end.stdout]).toEqual([1, '']);
    expect(end.stderr).toMatch(/^Request failed: 400 Bad Request: POST \/v0\/tokens.*\*\*\*/);
    expect(formsIn(end.stderr, [sandbox.adminToken])).toEqual([]);
  });
});

const USAGE = 'It is token list, token show TENANT/ROLE or token mint TENANT/ROLE; see --help.';
interface Refused {
  readonly args: readonly string[];
  readonly says: string;
  readonly flags?: Partial<TokenFlags>;
  readonly given?: Given;
}
const REFUSED: readonly Refused[] = [
  { args: ['mint', 'acmee/read'], says: 'The list has no tenant "acmee"; did you mean "acme"?' },
  {
    args: ['show', 'globex_corp/read'],
    says: 'The list has no tenant "globex_corp"; did you mean "Globex-Corp"?',
  },
  {
    args: ['mint', 'acme/reed'],
    says: 'The template set own-table of "acme" has no token "reed", only read; did you mean "read"?',
  },
  {
    args: ['show', 'umbrella/reads'],
    says: 'The template set intake of "umbrella" has no token "reads", only read, write; did you mean "read"?',
  },
  {
    args: ['mint', 'hooli/read'],
    says: 'tenants.yaml:8:11: the tenant "hooli" is removed: no token is minted for it',
  },
  { args: ['show', 'hooli/read'], says: 'hooli/read: the tenant is removed, and there is no such token' },
  {
    args: ['mint', 'umbrella/write'],
    says: 'umbrella/write: a JWT can only read, and this token appends to umbrella_usage_events',
  },
  {
    args: ['mint', 'umbrella/read'],
    flags: { ttl: '2h' },
    says: 'ttl: 7200 seconds are more than the 3600 that the template set intake allows; ttl-max in its set.yaml says how long',
  },
  {
    args: ['mint', 'umbrella/read'],
    flags: { ttl: 'long' },
    says: 'ttl: "long" is not like 90s, 15m, 24h or 7d',
  },
  { args: ['mint', 'acme'], says: '"acme" is not TENANT/ROLE, such as acme/read.' },
  {
    args: ['list'],
    given: { tenant: 'acmee' },
    says: 'input tenant: nothing was sent, because the list has no tenant "acmee"; did you mean "acme"?',
  },
  { args: ['list', 'acme'], says: `There is no command "token list acme". ${USAGE}` },
  { args: ['revoke', 'acme/read'], says: `There is no command "token revoke acme/read". ${USAGE}` },
  { args: [], says: `There is no command "token". ${USAGE}` },
  {
    args: ['list'],
    given: { 'tinybird-token': '' },
    says: 'input tinybird-token: it is needed to ask the workspace, and it is empty: set TINYBIRD_TOKEN. Nothing was sent.',
  },
];

describe('refused, and nothing is sent', () => {
  test.each(REFUSED)('$says', async ({ args, says, flags, given }) => {
    const error: unknown = await onTerminal(args, flags, given).catch((thrown: unknown) => thrown);
    if (!(error instanceof Stop)) throw error;
    expect(error.message.replace(`${repository.dir}/`, '')).toBe(says);
    expect(error.exitCode).toBe(2);
    expect(sandbox.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('a suspended tenant, on the command line', async () => {
    const says = 'tenants.yaml:6:11: the tenant "initech" is suspended: no token is minted for it\n';
    expect(await tenants(['token', 'mint', 'initech/read'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: says,
    });
  });
});
