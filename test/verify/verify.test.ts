// The proof of a whole list: tenants of all sets whose names mean harm, and what is said when something is wrong.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/bundle.ts';
import { systemClock } from '../../src/clock.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { runVerify } from '../../src/verify/main.ts';
import { headline, terminal } from '../../src/verify/words.ts';
import { checkOut, listOf, prove, SETS } from './checkout.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const HARMFUL = `fleet: usage
workspace: production
tenants:
  - { id: '007', slug: agent, template: own-table }
  - { id: 'a{', slug: brace, template: own-table }
  - { id: '\\', slug: backslash, template: own-endpoints, vars: { event_types: [login, "'"] } }
  - { id: "\\\\' OR 1=1 --", slug: clause, template: own-endpoints, vars: { event_types: ["x') OR (1=1"] } }
  - { id: "x' role: 'admin", slug: role, template: own-token }
  - { id: '1e3', slug: number, template: own-token }
  - { id: gone, template: own-token, state: suspended }
`;

test.each([
  ['forward', 12, []],
  // There the tokens of own-token open the landing table too, through their filter; and it says who uses it.
  ['classic', 14, ['/v0/datasources tells the tokens of own-token names of what other tenants have']],
] as const)(
  'the shipped sets on %s: 0 reads of another tenant, whatever they are called',
  async (generation, own, noted) => {
    await using checkout = await checkOut(HARMFUL);
    const proof = await prove(sandbox, checkout, { generation });
    const { leaks, refusedOwn, answered, notes, notTried, tenants, resources, findings, sampled } = proof;
    expect({ leaks, refusedOwn, answered, notes, notTried, tenants, resources, findings, sampled }).toEqual({
      leaks: [],
      refusedOwn: [],
      answered: own,
      notes: noted,
      notTried: [],
      tenants: 7,
      resources: 15,
      findings: [],
      sampled: [],
    });
    expect(headline(proof)).toMatch(
      /^7 tenants × 15 resources: [\d,]+ reads tried, 0 leaks, \d+ own reads answered$/,
    );
  },
);

test('a leak says whose token, on what, of whom, and how to see it again, without a value', async () => {
  await using checkout = await checkOut(listOf('own-endpoints', 'acme', 'globex'));
  await checkout.edit('sets/own-endpoints/usage_by_day.pipe.hbs', (text) =>
    text
      .replace('tenant_id = {{sql id}}', "tenant_id = {{String(tenant, 'acme')}}")
      .replace('event_type,', 'event_type, tenant_id,')
      .replace('BY day, event_type', 'BY day, tenant_id, event_type'),
  );
  const proof = await prove(sandbox, checkout);
  const text = terminal(proof);
  expect(text).toMatch(/LEAK \w+: globex\/read on globex_usage_by_day: .* \(acme/);
  expect(text).toContain(
    'curl -s -H "Authorization: Bearer $TOKEN" "$TINYBIRD_HOST/v0/pipes/globex_usage_by_day.json',
  );
  expect(`${text}${JSON.stringify(proof)}`).not.toMatch(/p\.eyJ|eyJhbGci/);
});

test('the command: an own endpoint that refuses its own token, as JSON and in the summary of the step', async () => {
  await using checkout = await checkOut(listOf('own-token', 'stark'));
  await checkout.edit('project/endpoints/usage_by_day.pipe', (text) =>
    text.replace('count() AS events', 'throwIf(count() >= 0) AS events'),
  );
  const { folder } = checkout;
  const summary = join(folder, 'summary.md');
  await writeFile(summary, 'before\n');
  const args = ['--tenants', 'tenants.yaml', '--templates', 'sets', '--project', 'project'];
  const ran = await promisify(execFile)(
    process.execPath,
    [join(root, 'src/cli.ts'), 'verify', ...args, '--json'],
    { cwd: folder, env: { ...process.env, GITHUB_STEP_SUMMARY: summary } },
  ).catch((failed: { code: number; stdout: string }) => failed);
  const proof = JSON.parse(ran.stdout);
  expect(proof).toMatchObject({
    tried: expect.any(Number),
    answered: 1,
    leaks: [],
    refusedOwn: [{ tenant: 'stark', role: 'read', resource: 'usage_by_day', curl: expect.any(String) }],
    tenants: 1,
    resources: 3,
    findings: [],
  });
  expect('code' in ran && ran.code).toBe(1);
  expect(await readFile(summary, 'utf8')).toMatch(
    /^before\n### ❌ Tinybird tenants · isolation not proven · fleet `usage` .*\*\*is refused\*\* by its own `usage_by_day`/s,
  );
});

test.each([
  [
    { tenants: '-' },
    null,
    'verify reads the list twice, so it needs a file or a folder, not standard input.',
  ],
  [{}, 'classical', '--generation "classical": forward or classic'],
  [
    { tenant: 'acme,nobody' },
    null,
    'input tenant: nothing was sent, because the list has no tenant "nobody"',
  ],
])('refused with exit 2: %o %s', async (given, generation, stop) => {
  await using checkout = await checkOut(listOf('own-token', 'acme'), given);
  const command = { inputs: checkout.inputs, generation, exhaustive: false, json: false };
  const verdict = await runVerify({ ...command, clock: systemClock, shippedSets: SETS, say: () => {} });
  expect(verdict).toEqual({ text: '', summary: '', stop, exitCode: 2 });
});

test('a set that a server would not take', async () => {
  await using checkout = await checkOut(listOf('own-endpoints', 'acme', 'globex'));
  await checkout.edit('sets/own-endpoints/usage_by_day.pipe.hbs', (text) =>
    text.replace('FROM events', 'FROM nothing'),
  );
  await expect(prove(sandbox, checkout)).rejects.toThrow(
    /^The sandbox does not take what the sets and the project come to:\n\w+_usage_by_day\.pipe: .*nothing.*$/m,
  );
});
