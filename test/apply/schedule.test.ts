// A schedule keeps tokens alive and leaves everything else as it is, whatever the list has become.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { unwrap } from '../../src/errors.ts';
import { type Context, parseContext } from '../../src/github/context.ts';
import { type Github, startGithub } from '../../src/sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Ground, listOf, openGround } from './ground.ts';

const REPOSITORY = 'acme/customers';
const DUE_MS = 17 * 3_600_000;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const contextOf = (event: string, github: Github): Context =>
  unwrap(
    parseContext(
      {
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_SHA: '0'.repeat(40),
        GITHUB_REF: 'refs/tags/v1',
        GITHUB_EVENT_NAME: event,
        GITHUB_API_URL: github.url,
      },
      { repository: { default_branch: 'main' } },
    ),
  );

const JWT = { 'sets/endpoint/read.token.hbs': 'kind: jwt\nscopes:\n  - PIPES:READ {{resource "usage"}}\n' };

const inputsFor = (github: Github) => ({ command: 'auto', 'secrets-token': github.token });

async function applied(ground: Ground, github: Github): Promise<void> {
  await ground.write({ ...JWT, ...listOf('acme', 'globex') });
  const report = await ground.apply(inputsFor(github), { context: contextOf('workflow_dispatch', github) });
  expect(report.stop).toBeNull();
  expect(report.secrets.failed).toEqual([]);
}

const renewed = (ground: Ground, github: Github) =>
  ground.apply(inputsFor(github), { context: contextOf('schedule', github), clock: later });

const later = { now: () => Date.now() + DUE_MS, sleep: async () => {} };

it('renews what is due and fails for nothing that waits for an apply', async () => {
  await using ground = await openGround(sandbox, 'renewing');
  await using github = await startGithub({ repository: REPOSITORY });
  await applied(ground, github);
  await ground.write(listOf('acme', 'globex: suspended', 'initech'));
  const report = await renewed(ground, github);
  expect(report.secrets).toMatchObject({ failed: [], deleted: [] });
  expect(report.secrets.written).toEqual(['TINYBIRD_TENANT_ACME_READ']);
  expect(report.drift).toBe(true);
});

it('renews although the workspace holds something in the way of the next apply', async () => {
  await using ground = await openGround(sandbox, 'in_the_way');
  await using github = await startGithub({ repository: REPOSITORY });
  await applied(ground, github);
  await ground.deploy({ 'initech_usage.pipe': 'NODE n\nSQL >\n    SELECT 1 AS one\n\nTYPE endpoint\n' });
  await ground.write(listOf('acme', 'globex', 'initech'));
  const report = await renewed(ground, github);
  expect(report.secrets.written.length).toBe(2);
});
