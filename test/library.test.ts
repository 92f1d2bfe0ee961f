// The library as a backend uses it: in this process, and as the package that is published, with its types.
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle, root } from '../scripts/bundle.ts';
import { declarations } from '../scripts/declarations.ts';
import { type MinterOptions, type MintOptions, mintToken, openMinter, Stop } from '../src/library.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts';
import { command } from './failures/built.ts';

const LIST = `fleet: usage
tenants:
  - { id: acme, template: own-table }
  - { id: stark, template: own-token }
  - { id: initech, template: own-token, state: suspended }
`;

let sandbox: Sandbox;
let folder: string;
let options: MinterOptions;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'library-'));
  options = { tenants: join(folder, 'tenants.yaml'), project: join(root, 'examples/usage-billing/tinybird') };
  writeFileSync(join(folder, 'tenants.yaml'), LIST);
  sandbox = await startSandbox();
  options = { ...options, host: sandbox.url, token: sandbox.adminToken };
  const env = { TINYBIRD_TOKEN: sandbox.adminToken, TINYBIRD_HOST: sandbox.url };
  const applied = await command(['apply', '--project', options.project ?? ''], { cwd: folder, env });
  expect(applied.exitCode).toBe(0);
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
beforeEach(() => sandbox.reset());

async function status(endpoint: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${sandbox.url}/v0/pipes/${endpoint}.json`, { headers })).status;
}
const asked = (): string[] =>
  sandbox.requests.map(({ method, path }) => `${method} ${path.replace(/\?.*$/, '')}`);

describe('mintToken', () => {
  test('a token for one tenant, for as long as was asked', async () => {
    const before = Date.now();
    const { token, name, expiresAt } = await mintToken('acme', 'read', { ...options, ttl: '90s' });
    expect(name).toBe('acme_read');
    // Whole seconds, rounded down.
    expect(expiresAt.getTime()).toBeGreaterThan(before + 89_000);
    expect(expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 90_000);
    expect(await status('acme_usage_by_day', token)).toBe(200);
    expect(await status('usage_by_day', token)).toBe(403);
  });

  test.each<[string, string, string, MinterOptions & MintOptions, string, RegExp]>([
    ['an unknown tenant', 'acm', 'read', {}, 'bad-input', /"acm"; did you mean "acme"\?$/],
    [
      'a suspended tenant',
      'initech',
      'read',
      {},
      'bad-input',
      /tenants\.yaml:5:11: the tenant "initech" is suspended/,
    ],
    ['an unknown role', 'acme', 'write', {}, 'bad-input', /has no token "write", only read$/],
    [
      'too long a life',
      'acme',
      'read',
      { ttl: '8d' },
      'bad-input',
      /^ttl: 691200 seconds are more than the 604800/,
    ],
    ['no life', 'acme', 'read', { ttl: '0s' }, 'bad-input', /^ttl: "0s" is not like/],
    [
      'another workspace',
      'acme',
      'read',
      { workspace: 'prod' },
      'wrong-workspace',
      /for the workspace "prod"/,
    ],
    [
      'no list',
      'acme',
      'read',
      { tenants: 'nowhere.yaml' },
      'unreadable-list',
      /^nowhere\.yaml: there is no such file/,
    ],
    [
      'no project',
      'stark',
      'read',
      { project: undefined },
      'bad-input',
      /opens pipe usage_by_day, which neither/,
    ],
    [
      'a wrong token',
      'acme',
      'read',
      { token: 'p.e30.c2ln' },
      'request-failed',
      /^Request failed: 403 .*b'\*\*\*'/,
    ],
  ])('%s is a Stop', async (_, tenant, role, other, stop, says) => {
    const error: unknown = await mintToken(tenant, role, { ...options, ...other }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Stop);
    expect(error).toMatchObject({ stop, message: expect.stringMatching(says) });
    expect(asked().filter((route) => !route.startsWith('GET '))).toEqual([]);
  });
});

describe('openMinter', () => {
  test('one request a token, whoever it is for; nothing is read again', async () => {
    const tenants = join(folder, 'once.yaml');
    writeFileSync(tenants, LIST);
    const minter = await openMinter({ ...options, tenants });
    rmSync(tenants);
    sandbox.reset();
    const minted = await Promise.all([
      minter.mint('acme', 'read'),
      minter.mint('stark', 'read', { ttl: '1m' }),
    ]);
    expect(asked()).toEqual(['POST /v0/tokens/', 'POST /v0/tokens/']);
    expect(minted.map(({ name }) => name)).toEqual(['acme_read', 'stark_read']);
    expect(await status('usage_by_day', minted[1]?.token ?? '')).toBe(200);
    await minter.close();
    await minter.close();
    await expect(minter.mint('acme', 'read')).rejects.toThrow('The minter is closed');
  });
});

const SAMPLE = `import { mintToken, type MintedToken, openMinter, Stop, type StopName } from 'tinybird-tenants';

const minter = await openMinter({ project: process.argv[2], workspace: undefined });
const { token, name, expiresAt }: MintedToken = await minter.mint('stark', 'read', { ttl: '15m' });
await minter.close();
let stop: StopName | null = null;
try {
  await mintToken('initech', 'read', { project: process.argv[2] });
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  stop = error.stop;
}
console.log(JSON.stringify({ token, name, stop, isDate: expiresAt instanceof Date, ms: expiresAt.getTime() }));
`;
const MISUSE = `import { mintToken, openMinter } from 'tinybird-tenants';
// @ts-expect-error a role is needed
await mintToken('acme');
// @ts-expect-error there is no such option
await mintToken('acme', 'read', { tenant: 'x' });
// @ts-expect-error a duration is text
await mintToken('acme', 'read', { ttl: 15 });
const minter = await openMinter();
// @ts-expect-error what is minted has a Date
export const text: string = (await minter.mint('acme', 'read')).expiresAt;
`;

describe('the package', () => {
  /** As it would be installed: package.json, what `exports` names, the shipped sets. */
  beforeAll(async () => {
    const installed = join(folder, 'node_modules/tinybird-tenants');
    mkdirSync(installed, { recursive: true });
    cpSync(join(root, 'package.json'), join(installed, 'package.json'));
    cpSync(join(root, 'datafiles-templates'), join(installed, 'datafiles-templates'), { recursive: true });
    const library = {
      entry: 'src/library.ts',
      file: 'library.cjs',
      external: [],
      without: null,
      first: null,
    };
    await bundle(library, join(installed, 'dist'));
    declarations('src/library.ts', join(installed, 'dist'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'sample.ts'), SAMPLE);
    writeFileSync(join(folder, 'misuse.ts'), MISUSE);
  });

  test('its types hold for what a user writes, and refuse what is wrong', () => {
    const flags =
      '--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024';
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(
      process.execPath,
      [compiler, ...flags.split(' '), ...types, 'sample.ts', 'misuse.ts'],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(stdout).toBe('');
  });

  test('what was compiled runs, with host and token from the environment', async () => {
    const env = { PATH: process.env.PATH, TINYBIRD_TOKEN: sandbox.adminToken, TINYBIRD_HOST: sandbox.url };
    const args = ['sample.ts', options.project ?? ''];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
    expect(stderr).toBe('');
    const { token, ms, ...rest } = JSON.parse(stdout) as { token: string; ms: number };
    expect(rest).toEqual({ name: 'stark_read', stop: 'bad-input', isDate: true });
    expect(ms % 1000).toBe(0);
    expect(await status('usage_by_day', token)).toBe(200);
  });

  test('`exports` names what is built', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    expect(exports['.']).toEqual({ types: './dist/library.d.cts', default: './dist/library.cjs' });
  });
});
