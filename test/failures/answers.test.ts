// What a workspace that answers badly gets: waited out where that helps, one clear error where it does not, and a run to repair it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../../scripts/bundle.ts';
import type { Fault } from '../../src/sandbox/sandbox.ts';
import { commandsIn } from './runner.ts';
import { expectOnlyAsked, expectSound, said } from './sound.ts';
import { type ActOptions, type Stage, setStage } from './stage.ts';

const PAGE = '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>nginx</body>\r\n</html>\r\n';
const LIST = 'fleet: usage\ntenants:\n  - { id: acme, template: own-table }\n  - { id: stark, template: own-token }\n';

interface Row extends ActOptions {
  readonly bad: string;
  readonly faults: Readonly<Record<string, Fault>>;
  readonly says: string;
  /** A row without has changed the workspace before the fault, or tried to. */
  readonly sends?: 'nothing';
}

/** HOST is the sandbox. */
const REFUSED: readonly Row[] = [
  { bad: 'a wrong token', faults: {}, inputs: { 'tinybird-token': 'p.eyJ1IjoiYSIsImlkIjoiYiIsImhvc3QiOiJ1c19lYXN0In0.c2ln' }, sends: 'nothing', says: '' },
  { bad: 'a token that is none', faults: {}, inputs: { 'tinybird-token': 'secret' }, sends: 'nothing', says: '' },
  { bad: 'the region of another workspace', faults: { 'GET /v1/workspace': { status: 403, body: { error: 'Workspace 258e66d1 not found in region' } } }, sends: 'nothing', says: '' },
  { bad: '403 for the workspace', faults: { 'GET /v1/workspace': { status: 403, body: { error: 'forbidden' } } }, sends: 'nothing', says: '' },
  { bad: '403 for the tokens', faults: { 'GET /v0/tokens': { status: 403, body: { error: 'Not enough permissions, TOKENS is missing' } } }, sends: 'nothing', says: '' },
  { bad: '403 for the deployment', faults: { 'POST /v1/deploy': { status: 403, body: { error: 'Not enough permissions' } } }, says: '' },
  { bad: '404 for everything', faults: { 'GET /*': { status: 404, body: 'not here', times: 99 } }, sends: 'nothing', says: '' },
  { bad: '413, a page', faults: { 'POST /v1/deploy': { status: 413, body: PAGE } }, says: '' },
  { bad: '429 that never ends', faults: { 'GET /v0/datasources': { status: 429, headers: { 'retry-after': '0' }, body: { error: 'Too many requests' }, times: 99 } }, sends: 'nothing', says: '' },
  { bad: '500 while reading', faults: { 'GET /v1/pipes': { status: 500, body: { error: 'Internal error' } } }, sends: 'nothing', says: '' },
  { bad: '500 for the deployment', faults: { 'POST /v1/deploy': { status: 500, body: '' } }, says: '' },
  { bad: '502, a page, for ever', faults: { 'GET /v0/tokens': { status: 502, headers: { 'retry-after': '0' }, body: '<html><h1>502 Bad Gateway</h1></html>', times: 99 } }, sends: 'nothing', says: '' },
  { bad: 'a page where JSON should be', faults: { 'GET /v1/workspace': { status: 200, body: '<!doctype html><title>Sign in</title>' } }, sends: 'nothing', says: '' },
  { bad: 'JSON of another form', faults: { 'GET /v0/datasources': { status: 200, body: { tables: [] } } }, sends: 'nothing', says: '' },
  { bad: 'a workspace that does not say what it is', faults: { 'GET /v1/workspace': { status: 200, body: { id: 'x', name: 'y' } } }, sends: 'nothing', says: '' },
  { bad: 'a Classic workspace', faults: { 'GET /v1/workspace': { status: 200, body: { id: 'x', name: 'y', is_forward: false } } }, sends: 'nothing', says: '' },
  { bad: 'somewhere else', faults: { 'GET /v1/workspace': { status: 301, headers: { location: 'https://api.us-east.tinybird.co/v1/workspace' }, body: '' } }, sends: 'nothing', says: '' },
  { bad: 'a connection that breaks in a deployment', faults: { 'POST /v1/deploy': { reset: true } }, says: '' },
  { bad: 'a connection that breaks after a deployment', faults: { 'POST /v1/deploy': { delayMs: 0 }, ' ': {} }, says: '' },
];

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => {
  stage.sandbox.reset();
  stage.github.reset();
});

function plant(faults: Row['faults']): void {
  for (const [route, fault] of Object.entries(faults)) stage.sandbox.fail(route, fault);
}
const shown = (text: string): string => text.replaceAll(stage.sandbox.url, 'HOST').replaceAll(/\/v1\/deployments\/\d+/g, '/v1/deployments/N');

describe('one error', () => {
  test.each(REFUSED)('$bad', async ({ bad, faults, says, sends, ...options }) => {
    plant(faults);
    const end = await stage.act({ list: LIST, ...options });
  if (process.env.JUDGE) (globalThis as any).process.getBuiltinModule('node:fs').appendFileSync(process.env.JUDGE, JSON.stringify([bad, shown(said(end)), end.exitCode, end.log.split('\n').filter(l=>!l.includes('error::')).join('\n').slice(-600)]) + '\n');
    expect(shown(said(end))).toBe(says);
    expect(end.exitCode).toBe(1);
    if (sends === 'nothing') expectOnlyAsked(end);
    await expectSound(stage, end);
  });
});
