// `tinybird-tenants lint` as a user runs it: no token, no request, and an exit code that says whether there is something.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { root } from '../../scripts/bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'lint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ENDPOINT = `NODE shared_by_day
SQL >
    %
    SELECT count() AS n
    FROM events
    WHERE 1
    {% if defined(tenant) %}
        AND tenant_id = {{String(tenant)}}
    {% end %}

TYPE endpoint
`;

async function lint(...flags: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const argv = [join(root, 'src/cli.ts'), 'lint', '--project', 'tinybird', ...flags];
  // Nothing listens there: a request would be an error.
  const env = { PATH: process.env.PATH, TINYBIRD_HOST: 'https://127.0.0.1:9' };
  try {
    return { exitCode: 0, ...(await promisify(execFile)(process.execPath, argv, { cwd: folder, env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}

test('the example has no finding; a bug has two, at the pipe and at the token', async () => {
  cpSync(join(root, 'examples/usage-billing'), folder, { recursive: true });
  expect(await lint()).toEqual({ exitCode: 0, stdout: 'No findings\n', stderr: '' });

  writeFileSync(join(folder, 'tinybird/endpoints/usage_by_day.pipe'), ENDPOINT);
  cpSync(join(root, 'datafiles-templates'), join(folder, 'sets'), { recursive: true });
  const json = await lint('--templates', 'sets', '--json');
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout)).toEqual({
    findings: [
      expect.objectContaining({
        rule: 'optional-fixed-param',
        file: 'sets/own-token/read.token.hbs',
        line: 7,
      }),
      {
        rule: 'optional-filter',
        level: 'warning',
        file: 'tinybird/endpoints/usage_by_day.pipe',
        line: 7,
        column: 5,
        message:
          "the condition on tenant_id stands inside of a {% … %}: a request without the parameter gets every tenant's rows of events",
        instead: 'before the {% if %}: AND tenant_id = {{String(tenant, required=True)}}',
        tenants: 2,
        example: 'stark',
      },
    ],
  });
});
