// What a GitHub that answers badly gets: nothing is lost, what was stored is known, and the next run does the rest.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Github } from '../../src/sandbox/github/server.ts';
import { expectOnlyAsked, expectSound, said } from './sound.ts';
import { type ActOptions, type Stage, setStage } from './stage.ts';

const LIST =
  'fleet: usage\ntenants:\n  - { id: acme, template: own-table }\n  - { id: stark, template: own-token }\n';
const BOTH = ['TINYBIRD_TENANT_ACME_READ', 'TINYBIRD_TENANT_STARK_READ'];
const REPOSITORY = '/repos/{owner}/{repo}';
const SECRETS = `${REPOSITORY}/actions/secrets`;
const VARIABLES = `${REPOSITORY}/actions/variables`;

type Fault = Parameters<Github['fail']>[1];
interface Row extends ActOptions {
  readonly bad: string;
  readonly faults: readonly (readonly [string, Fault])[];
  readonly says: string;
}

/** Before anything was sent. */
const BEFORE: readonly Row[] = [
  {
    bad: 'a wrong secrets-token',
    faults: [],
    inputs: { 'secrets-token': 'ghp_0123456789abcdef' },
    says: 'Could not list the secrets of the repository: GitHub does not accept `secrets-token`, it is wrong or has expired (401 Bad credentials). Nothing was sent.',
  },
  {
    bad: 'a secrets-token that may not',
    faults: [
      [`GET ${SECRETS}`, { status: 403, message: 'Resource not accessible by personal access token' }],
    ],
    says: 'Could not list the secrets of the repository: `secrets-token` needs the permission `Secrets: read` (403 Resource not accessible by personal access token). Nothing was sent.',
  },
  {
    bad: '404 for the secrets',
    faults: [[`GET ${SECRETS}`, { status: 404, message: 'Not Found' }]],
    says: 'Could not list the secrets of the repository: there is no such thing, or `secrets-token` lacks the permission `Secrets: read` and may not see it (404 Not Found). Nothing was sent.',
  },
  {
    bad: 'an environment that is not there',
    faults: [],
    inputs: { secrets: 'environment:production' },
    says: 'Could not list the secrets of the environment "production": it does not exist; create it in the repository\'s settings, or give the token `Environments: read` (404). Nothing was sent.',
  },
  {
    bad: '500 for ever',
    faults: [[`GET ${SECRETS}`, { status: 500, message: 'Server Error', times: 99 }]],
    says: 'Could not list the secrets of the repository: GitHub answered 500 (Server Error). Nothing was sent.',
  },
  {
    bad: 'a head that cannot be read',
    faults: [
      [`GET ${REPOSITORY}/git/ref/{ref}`, { status: 403, message: 'Resource not accessible by integration' }],
    ],
    says: 'It cannot be told whether HEAD is still the head of refs/heads/main: could not read the head of refs/heads/main: `github-token` needs the permission `Contents: read` (403 Resource not accessible by integration). Nothing was sent.',
  },
  {
    bad: 'a commit that is no longer the head',
    faults: [],
    sha: 'c'.repeat(40),
    says: 'ccccccc is no longer the head of refs/heads/main (HEAD is). Nothing was sent: applying an older list would undo a newer one. The run of the newer commit does the work.',
  },
];

/** After the tenants went live: their values wait for the next run. What may help is tried four times. */
const AFTER: readonly Row[] = [
  {
    bad: 'a ledger that cannot be written',
    faults: [
      [
        `PATCH ${VARIABLES}/{name}`,
        { status: 403, message: 'Resource not accessible by personal access token' },
      ],
    ],
    says: 'Failed: 2 secrets (TINYBIRD_TENANT_ACME_READ, TINYBIRD_TENANT_STARK_READ). The summary says why. Run again once the cause is gone: what is done stays done.',
  },
  {
    bad: 'no public key',
    faults: [[`GET ${SECRETS}/public-key`, { status: 500, message: 'Server Error', times: 4 }]],
    says: 'Failed: 2 secrets (TINYBIRD_TENANT_ACME_READ, TINYBIRD_TENANT_STARK_READ). The summary says why. Run again once the cause is gone: what is done stays done.',
  },
  {
    bad: 'a secret that is refused',
    faults: [[`PUT ${SECRETS}/{secret_name}`, { status: 422, message: 'too many secrets' }]],
    says: 'Failed: 1 secret (TINYBIRD_TENANT_ACME_READ). The summary says why. Run again once the cause is gone: what is done stays done.',
  },
  {
    bad: 'secrets that are forbidden',
    faults: [
      [
        `PUT ${SECRETS}/{secret_name}`,
        { status: 403, message: 'Resource not accessible by personal access token' },
      ],
    ],
    says: 'Failed: 2 secrets (TINYBIRD_TENANT_ACME_READ, TINYBIRD_TENANT_STARK_READ). The summary says why. Run again once the cause is gone: what is done stays done.',
  },
  {
    bad: 'a connection that breaks at each secret',
    faults: [[`PUT ${SECRETS}/{secret_name}`, { reset: true, times: 8 }]],
    says: 'Failed: 2 secrets (TINYBIRD_TENANT_ACME_READ, TINYBIRD_TENANT_STARK_READ). The summary says why. Run again once the cause is gone: what is done stays done.',
  },
];

let stage: Stage;
let adminToken: string;
let workspaces = 0;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(async () => {
  stage.sandbox.reset();
  stage.github.reset();
  workspaces += 1;
  ({ adminToken } = await stage.sandbox.createWorkspace(`usage_${workspaces}`));
});

/** Stopped before anything was sent, and after some of it; the others run within this process. */
const BUILT = new Set(['a secrets-token that may not', 'a secret that is refused']);

const act = ({ inputs, ...options }: ActOptions & { readonly bad?: string } = {}) =>
  (BUILT.has(options.bad ?? '') ? stage.act : stage.actHere)({
    list: LIST,
    inputs: { 'tinybird-token': adminToken, ...inputs },
    ...options,
  });
const plant = (faults: Row['faults']): void => {
  for (const [route, fault] of faults) stage.github.fail(route, fault);
};
const shown = (text: string): string => text.replace(/\b(?!c{7})[0-9a-f]{7} is\b/, 'HEAD is');

describe('before anything is sent', () => {
  test.each(BEFORE)('$bad', async (row) => {
    const { faults, says } = row;
    plant(faults);
    const end = await act(row);
    expect(shown(said(end))).toBe(says);
    expect(end.exitCode).toBe(1);
    expectOnlyAsked(end);
    await expectSound(stage, end, adminToken);
  });
});

describe('after the tenants are live', () => {
  test.each(AFTER)('$bad', async (row) => {
    const { faults, says } = row;
    plant(faults);
    const end = await act(row);
    expect(shown(said(end))).toBe(says);
    expect(end.exitCode).toBe(1);
    expect(end.outputs['deployment-id']).not.toBe('');
    await expectSound(stage, end, adminToken);
    // The next run stores what is missing, deploys nothing, and the one after has nothing to do.
    const again = await act();
    expect([again.exitCode, said(again)]).toEqual([0, '']);
    expect([...stage.github.secrets.keys()].sort()).toEqual(BOTH);
    expect(again.asked).not.toContain('POST /v1/deploy');
    expectOnlyAsked(await act());
  });
});
