// The steps that the README shows for reading one tenant's token from a bucket, run by bash on a bucket that the code made.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { bucketName, bucketOf, bucketText } from '../../src/github/buckets.ts';

const Steps = z.tuple([
  z.object({ id: z.literal('which'), env: z.record(z.string(), z.string()), run: z.string() }),
  z.object({ id: z.literal('tenant'), env: z.record(z.string(), z.string()), run: z.string() }),
]);

async function steps() {
  const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
  const block = /```yaml\n((?: {2}.*\n|\n)*? {2}- id: which\n(?: {2}.*\n)*?) {2}```/.exec(readme)?.[1] ?? '';
  return Steps.parse(parse(block));
}

interface Ran {
  readonly log: string;
  readonly outputs: string;
  readonly failed: boolean;
}

/** As the runner does it: `bash -e`, with a file for the outputs. */
async function run(script: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'step-'));
  const [file, output] = [join(folder, 'step.sh'), join(folder, 'output')];
  await writeFile(file, script);
  await writeFile(output, '');
  const all = { PATH: process.env.PATH ?? '', GITHUB_OUTPUT: output, ...env };
  const ended = await promisify(execFile)('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file], {
    env: all,
  }).then(
    ({ stdout }) => ({ log: stdout, failed: false }),
    ({ stdout }: { stdout: string }) => ({ log: stdout, failed: true }),
  );
  const outputs = await readFile(output, 'utf8');
  await rm(folder, { recursive: true });
  return { ...ended, outputs };
}

const expression = (text: string): string => `$${`{{ ${text} }}`}`;

const HOSTILE = ['acme', '__proto__', '$(touch x)`id`; "\'', '%s%d\\n', '-n', 'ünï ☃', 'a::b', '*'];

test.each(HOSTILE)('%j', async (id) => {
  const [which, tenant] = await steps();
  expect(which.env).toEqual({ TENANT: expression('inputs.tenant') });
  const bucket = bucketName('TINYBIRD_TENANT_', bucketOf(id));
  const found = await run(which.run, { TENANT: id });
  expect(found).toEqual({ log: '', outputs: `bucket=${bucket}\n`, failed: false });

  expect(tenant.env).toMatchObject({
    BUCKET: expression('secrets[steps.which.outputs.bucket]'),
    ROLE: 'read',
  });
  const values = [id, 'other'].map((one) => ({ tenant: one, role: 'read', value: `p.of-${one.length}` }));
  const read = await run(tenant.run, { TENANT: id, ROLE: 'read', BUCKET: bucketText(values) });
  const value = `p.of-${id.length}`;
  expect(read).toEqual({ log: `::add-mask::${value}\n`, outputs: `token=${value}\n`, failed: false });
});

test('who is not in the bucket gets nothing', async () => {
  const [, tenant] = await steps();
  const BUCKET = bucketText([{ tenant: 'acme', role: 'read', value: 'p.x' }]);
  for (const TENANT of ['constructor', 'acm', ''])
    expect(await run(tenant.run, { TENANT, ROLE: 'read', BUCKET })).toEqual({
      log: '',
      outputs: '',
      failed: true,
    });
  expect(await run(tenant.run, { TENANT: 'acme', ROLE: 'read', BUCKET: '' })).toMatchObject({ failed: true });
});
