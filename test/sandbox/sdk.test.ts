// The official TypeScript SDK, unmodified, as a client: check, deploy, ingest, query, JWT, append, delete, reading back.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, createJWT, createTinybirdApi } from '@tinybirdco/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
// Not in the package's exports; its command line calls these.
import { deployToMain } from '../../node_modules/@tinybirdco/sdk/dist/api/deploy.js';
import { pullAllResourceFiles } from '../../node_modules/@tinybirdco/sdk/dist/api/resources.js';
import { getWorkspace } from '../../node_modules/@tinybirdco/sdk/dist/api/workspaces.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { PROJECT, row } from './project.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const stem = (name: string): string => name.replace(/\.\w+$/, '');
const of = (kind: string) =>
  Object.entries(PROJECT)
    .filter(([name]) => name.endsWith(kind))
    .map(([name, content]) => ({ name: stem(name), content }));

const resources = { datasources: of('.datasource'), pipes: of('.pipe'), connections: [] };
const config = (): { baseUrl: string; token: string } => ({
  baseUrl: sandbox.url,
  token: sandbox.adminToken,
});

test('deploys, with the server promoting and removing the old one', async () => {
  const check = await deployToMain(config(), resources, { check: true });
  expect(check).toMatchObject({ success: true, result: 'success', datasourceCount: 2, pipeCount: 3 });
  const bad = {
    ...resources,
    pipes: [{ name: 'bad', content: 'NODE a\nSQL >\n    SELECT nope FROM events\n\nTYPE endpoint\n' }],
  };
  expect(await deployToMain(config(), bad, { check: true })).toMatchObject({
    success: false,
    error: expect.stringMatching(/^bad\.pipe: .*nope/),
  });
  const lives: string[] = [];
  const done = await deployToMain(config(), resources, {
    callbacks: { onDeploymentLive: (id) => lives.push(id) },
  });
  expect(done).toMatchObject({
    success: true,
    result: 'success',
    buildId: '1',
    pipes: { created: ['acme_usage', 'daily_mv', 'globex_usage'] },
  });
  expect(lives).toEqual(['1']);
  expect(await deployToMain(config(), resources)).toMatchObject({ success: true, result: 'no_changes' });
  const fewer = { ...resources, pipes: resources.pipes.slice(1) };
  expect(await deployToMain(config(), fewer, { check: true })).toMatchObject({
    success: false,
    error: expect.stringMatching(/--allow-destructive-operations/),
  });
});

test('ingests, queries, mints a JWT that holds', async () => {
  const client = createClient(config());
  expect(await client.datasources.ingest('events', row('acme', 3))).toMatchObject({
    successful_rows: 1,
    quarantined_rows: 0,
  });
  expect((await client.query('acme_usage', { n: 3 })).data).toEqual([{ events: 1, total: 3 }]);
  const { token } = await createJWT(config(), {
    name: 'acme',
    expiresAt: new Date(Date.now() + 60_000),
    scopes: [{ type: 'PIPES:READ', resource: 'acme_usage', fixed_params: { n: 99 } }],
  });
  const tenant = createTinybirdApi({ baseUrl: sandbox.url, token });
  expect((await tenant.query('acme_usage', { n: 3 })).data).toEqual([{ events: 0, total: 0 }]);
  await expect(tenant.query('globex_usage')).rejects.toMatchObject({ statusCode: 403 });
});

test('appends a file, deletes, truncates, runs SQL', async () => {
  const client = createClient(config());
  const file = join(import.meta.dirname, `../../node_modules/.sdk-rows-${process.pid}.csv`);
  await writeFile(file, 'tenant_id,ts,n\nglobex,2026-01-01 00:00:00,8\n');
  expect(await client.datasources.append('events', { file })).toMatchObject({
    error: false,
    invalid_lines: 0,
  });
  const api = createTinybirdApi(config());
  expect((await api.sql('SELECT n FROM events ORDER BY n FORMAT JSON')).data).toEqual([{ n: 3 }, { n: 8 }]);
  expect(await client.datasources.delete('events', { deleteCondition: 'n = 8', dryRun: true })).toEqual({
    rows_to_be_deleted: 1,
  });
  await client.datasources.truncate('events');
  expect(await sandbox.count('SELECT count() FROM events')).toBe(0);
});

test('reads back what it deployed', async () => {
  const pulled = await pullAllResourceFiles(config());
  expect(pulled.pipes.map(({ name }) => name).sort()).toEqual(['acme_usage', 'daily_mv', 'globex_usage']);
  expect(await deployToMain(config(), { ...pulled, connections: [] }, { check: true })).toMatchObject({
    result: 'no_changes',
  });
  expect(await getWorkspace(config())).toMatchObject(sandbox.workspace);
});
