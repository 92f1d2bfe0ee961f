// A rotation from its beginning to its end on both generations, without GitHub: which tokens there are, which values work, and what is said.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { unwrap } from '../../src/errors.ts';
import { parseInputs } from '../../src/inputs.ts';
import type { Generation } from '../../src/model.ts';
import type { Report } from '../../src/report/report.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { tokenCommand } from '../../src/token-command.ts';
import { type Ground, listOf, openGround, START } from '../apply/ground.ts';

const HOUR = 3_600_000;
let sandbox: Sandbox;
let ahead = 0;
const now = () => Date.now() + ahead;
const clock = { ...systemClock, now };

beforeAll(async () => {
  sandbox = await startSandbox({ now });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

/** Name → value of the static tokens of tenants. */
async function valuesOf(ground: Ground): Promise<Map<string, string>> {
  const { tokens } = (await (await ground.ask('/v0/tokens')).json()) as {
    tokens: { name: string; token: string; scopes: { resource?: string }[] }[];
  };
  return new Map(
    tokens
      .filter(({ scopes }) => scopes.some(({ resource }) => resource))
      .map(({ name, token }) => [name, token]),
  );
}

const reads = async (endpoint: string, value = ''): Promise<number> =>
  (await fetch(`${sandbox.url}/v0/pipes/${endpoint}.json?token=${value}`)).status;

const rotate = (ground: Ground, inputs: Record<string, string> = {}): Promise<Report> =>
  ground.apply({ command: 'rotate', ...inputs }, { clock });
const apply = (ground: Ground, inputs: Record<string, string> = {}): Promise<Report> =>
  ground.apply(inputs, { clock });

/** `token list`. */
function list({ account, folder }: Ground, json: boolean): Promise<string> {
  const given: Readonly<Record<string, string>> = {
    'tinybird-token': account.adminToken,
    'tinybird-host': sandbox.url,
    tenants: join(folder, 'tenants.yaml'),
    templates: join(folder, 'sets'),
    project: join(folder, 'project'),
  };
  const inputs = unwrap(parseInputs((name) => given[name] ?? ''));
  const at = { clock, env: {}, shippedSets: '', terminal: false, redact: (text: string) => text };
  return tokenCommand(inputs, { args: ['list'], json, reveal: false, ttl: null }, at);
}

const changesOf = ({ plan }: Report): string[] =>
  plan.steps.flatMap(({ name, changes }) => changes.map(({ action, key }) => `${name}: ${action} ${key}`));

const stamp = (time: number): string => new Date(time).toISOString().slice(0, 19).replace(/\D/g, '');

describe.for<Generation>(['forward', 'classic'])('%s', (generation) => {
  test('the next token, both, and the end of the old one', async () => {
    await using ground = await openGround(sandbox, `turn_${generation}`, generation);
    await ground.write(listOf('acme', 'globex'));
    await apply(ground);
    const before = await valuesOf(ground);
    const old = before.get('acme_read');
    const rotated = await rotate(ground, { tenant: 'acme' });
    expect(rotated.stop).toBeNull();
    const during = await valuesOf(ground);
    const next = [...during.keys()].find((name) => name.startsWith('acme_read__')) ?? '';
    expect(changesOf(rotated)).toEqual([`apply: create token/${next}`]);
    expect([...during.keys()].sort()).toEqual(['acme_read', next, 'globex_read']);
    expect(rotated.tokenIds).toEqual({ acme: { read: expect.any(String) } });
    expect(during.get('acme_read')).toBe(old);
    expect(await reads('acme_usage', old)).toBe(200);
    expect(await reads('acme_usage', during.get(next))).toBe(200);
    expect(await reads('globex_usage', during.get(next))).toBe(403);

    const listed = JSON.parse(await list(ground, true)) as Record<string, unknown>[];
    expect(listed.map(({ name, retiring, createdAt }) => ({ name, retiring, createdAt }))).toEqual([
      { name: next, retiring: false, createdAt: expect.stringMatching(/^\d{4}-.*Z$/) },
      { name: 'acme_read', retiring: true, createdAt: null },
      { name: 'globex_read', retiring: false, createdAt: null },
    ]);
    expect(await list(ground, false)).toMatch(/acme +read +static +\S+ +retiring/);

    // A push in the middle neither drops nor duplicates anything.
    const pushed = await apply(ground);
    expect(changesOf(pushed)).toEqual([]);
    expect(await valuesOf(ground)).toEqual(during);
    // Nor does another rotation, while one goes on.
    const again = await rotate(ground, { tenant: 'acme' });
    expect(changesOf(again)).toEqual([]);
    expect(again.notes.join('\n')).toContain('the rotation of acme/read goes on');

    ahead += 25 * HOUR;
    const retired = await apply(ground, { force: 'true' });
    expect(changesOf(retired)).toEqual(['revoke: delete token/acme_read']);
    expect([...(await valuesOf(ground)).keys()].sort()).toEqual([next, 'globex_read']);
    expect(await reads('acme_usage', old)).toBe(403);
    expect(await reads('acme_usage', during.get(next))).toBe(200);
    expect(changesOf(await apply(ground))).toEqual([]);
  });

  test('carries nothing else out, and leaves alone whose files wait for an apply', async () => {
    await using ground = await openGround(sandbox, `only_${generation}`, generation);
    await ground.write(listOf('acme', 'globex'));
    await ground.write({
      'sets/other/set.yaml': 'extends: endpoint\n',
      'tenants.yaml':
        'fleet: usage\ntenants:\n  - { id: acme, template: endpoint }\n  - { id: globex, template: other }\n',
    });
    await apply(ground);
    const files = await ground.files();
    const landing = START['project/datasources/landing.datasource'];
    await ground.write({
      'sets/other/usage.pipe.hbs': START['sets/endpoint/usage.pipe.hbs'].replace('count()', 'count() + 0'),
      'project/datasources/landing.datasource': landing.replace(
        '`event_type`',
        "`added` String `json:$.added` DEFAULT '',\n    `event_type`",
      ),
    });
    const rotated = await rotate(ground, { 'older-than': '0d' });
    expect([rotated.stop, rotated.drift]).toEqual([null, true]);
    expect(changesOf(rotated)).toEqual([expect.stringMatching(/^apply: create token\/acme_read__\d{14}$/)]);
    expect(rotated.notes.join('\n')).toContain('not rotated: globex_read, because what it opens has changes');
    const lines = (text = '') => text.replace(/^TOKEN .*\n/gm, '');
    const after = await ground.files();
    for (const [name, text] of files) expect(lines(after.get(name)), name).toBe(lines(text));
    // What waited is applied, and then it is globex's turn.
    await apply(ground);
    const late = await rotate(ground, { tenant: 'globex' });
    expect(changesOf(late)).toEqual([expect.stringMatching(/^apply: create token\/globex_read__\d{14}$/)]);
    ahead += 25 * HOUR;
    await apply(ground, { force: 'true' });
    expect([...(await valuesOf(ground)).keys()].every((name) => name.includes('_read__'))).toBe(true);
  });

  test('a tenant that is suspended loses the old token and the new one', async () => {
    await using ground = await openGround(sandbox, `both_${generation}`, generation);
    await ground.write(listOf('acme', 'globex'));
    await apply(ground);
    await rotate(ground, { tenant: 'acme' });
    const values = await valuesOf(ground);
    await ground.write(listOf('acme: suspended', 'globex'));
    await apply(ground);
    expect([...(await valuesOf(ground)).keys()]).toEqual(['globex_read']);
    for (const [name, value] of values) expect([name, await reads('acme_usage', value)]).toEqual([name, 403]);
    await ground.write(listOf('acme', 'globex'));
    await apply(ground);
    expect([...(await valuesOf(ground)).keys()].sort()).toEqual(['acme_read', 'globex_read']);
    const again = (await valuesOf(ground)).get('acme_read');
    expect(again).not.toBe(values.get('acme_read'));
  });

  test('a leaked value is dead at once', async () => {
    await using ground = await openGround(sandbox, `leak_${generation}`, generation);
    await ground.write(listOf('acme', 'globex'));
    await apply(ground);
    const before = await valuesOf(ground);
    const rotated = await rotate(ground, { tenant: 'acme', now: 'true' });
    expect(rotated.stop).toBeNull();
    const after = await valuesOf(ground);
    expect(after.size).toBe(2);
    const name = [...after.keys()].find((one) => one.startsWith('acme_read')) ?? '';
    expect(name === 'acme_read').toBe(generation === 'classic');
    expect(await reads('acme_usage', before.get('acme_read'))).toBe(403);
    expect(await reads('acme_usage', after.get(name))).toBe(200);
    expect(after.get('globex_read')).toBe(before.get('globex_read'));
    expect(Object.keys(rotated.tokenIds)).toEqual(['acme']);
    expect(changesOf(await apply(ground))).toEqual([]);
    expect(stamp(now()).length).toBe(14);
  });
});
