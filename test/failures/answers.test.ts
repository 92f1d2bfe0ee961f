// What a workspace that answers badly gets: waited out where that helps, one clear error where it does not, and a run to repair it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../src/sandbox/sandbox.ts';
import { expectOnlyAsked, expectSound, said } from './sound.ts';
import { type ActOptions, type Ended, type Stage, setStage } from './stage.ts';

const PAGE =
  '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>nginx</body>\r\n</html>\r\n';
const LIST =
  'fleet: usage\ntenants:\n  - { id: acme, template: own-table }\n  - { id: stark, template: own-token }\n';

const PASS = ['POST /v1/deploy', { delayMs: 0 }] as const;
const status = (now: string): Fault => ({
  status: 200,
  body: { result: 'success', deployment: { id: '1', status: now, live: false, feedback: [] } },
});
const CALCULATING = status('calculating');
const FAILED = status('failed');

interface Row extends ActOptions {
  readonly bad: string;
  /** Each hits the next request to its route. */
  readonly faults: readonly (readonly [string, Fault])[];
  readonly says: string;
  /** Of what could change something; a row without has changed the workspace before the fault, or tried to. */
  readonly sends?: 'nothing' | 'a check';
}

/** HOST is the sandbox. */
const REFUSED: readonly Row[] = [
  {
    bad: 'a wrong token',
    faults: [],
    inputs: { 'tinybird-token': 'p.eyJ1IjoiYSIsImlkIjoiYiIsImhvc3QiOiJ1c19lYXN0In0.c2ln' },
    sends: 'nothing',
    says: "Request failed: 403 Forbidden: GET /v1/workspace — invalid authentication token. Invalid token b'***'. Check tinybird-token: it must be a complete and current token of this workspace, and tinybird-host the API of its region (the token says us_east).",
  },
  {
    bad: 'a token that is none',
    faults: [],
    inputs: { 'tinybird-token': 'secret' },
    sends: 'nothing',
    says: "Request failed: 403 Forbidden: GET /v1/workspace — invalid authentication token. Invalid token b'***'. Check tinybird-token: it must be a complete and current token of this workspace, and tinybird-host the API of its region.",
  },
  {
    bad: 'the region of another workspace',
    faults: [
      ['GET /v1/workspace', { status: 403, body: { error: 'Workspace 258e66d1 not found in region' } }],
    ],
    sends: 'nothing',
    says: 'Request failed: 403 Forbidden: GET /v1/workspace — Workspace 258e66d1 not found in region. The token belongs to another region than HOST: set tinybird-host to its own (the token says local).',
  },
  {
    bad: '403 for the workspace',
    faults: [['GET /v1/workspace', { status: 403, body: { error: 'forbidden' } }]],
    sends: 'nothing',
    says: 'Request failed: 403 Forbidden: GET /v1/workspace — forbidden. The token needs the scope ADMIN, or WORKSPACE:DEPLOY where it only deploys.',
  },
  {
    bad: '403 for the deployment',
    faults: [['POST /v1/deploy', { status: 403, body: { error: 'Not enough permissions' } }]],
    sends: 'a check',
    says: 'Request failed: 403 Forbidden: POST /v1/deploy?check=true — Not enough permissions. The token needs the scope ADMIN, or WORKSPACE:DEPLOY where it only deploys.',
  },
  {
    bad: '404 for everything',
    faults: [['GET /*', { status: 404, body: 'not here', times: 99 }]],
    sends: 'nothing',
    says: 'Request failed: 404 Not Found: GET /v0/workspace — not here. What was asked for is not there, or HOST is not the API of your region: check tinybird-host.',
  },
  {
    bad: '413, a page',
    faults: [['POST /v1/deploy', { status: 413, body: PAGE }]],
    sends: 'a check',
    says: 'Request failed: 413 Payload Too Large: POST /v1/deploy?check=true — a web page, “413 Request Entity Too Large”. The request is larger than the server takes. Ask Tinybird to raise the limit, or split the fleet over two workspaces.',
  },
  {
    bad: '429 that never ends',
    faults: [
      [
        'GET /v0/datasources',
        { status: 429, headers: { 'retry-after': '0' }, body: { error: 'Too many requests' }, times: 99 },
      ],
    ],
    sends: 'nothing',
    says: 'Request failed: 429 Too Many Requests: GET /v0/datasources — Too many requests. Tried 10 times. Run again later, or lower the input concurrency.',
  },
  {
    bad: '500 while reading',
    faults: [['GET /v1/pipes', { status: 500, body: { error: 'Internal error' } }]],
    sends: 'nothing',
    says: "Request failed: 500 Internal Server Error: GET /v1/pipes — Internal error. Tried once. The fault is on the server's side; run again later.",
  },
  {
    bad: '500 for the deployment',
    faults: [['POST /v1/deploy', { status: 500, body: '' }]],
    sends: 'a check',
    says: "Request failed: 500 Internal Server Error: POST /v1/deploy?check=true. Tried once. The fault is on the server's side; run again later.",
  },
  {
    bad: '502, a page, for ever',
    faults: [
      [
        'GET /v0/tokens',
        {
          status: 502,
          headers: { 'retry-after': '0' },
          body: '<html><h1>502 Bad Gateway</h1></html>',
          times: 99,
        },
      ],
    ],
    sends: 'nothing',
    says: "Request failed: 502 Bad Gateway: GET /v0/tokens — a web page, “502 Bad Gateway”. Tried 10 times. The fault is on the server's side; run again later.",
  },
  {
    bad: 'a page where JSON should be',
    faults: [['GET /v1/workspace', { status: 200, body: '<!doctype html><title>Sign in</title>' }]],
    sends: 'nothing',
    says: 'Request failed: the answer is not JSON: GET /v1/workspace — a web page, “Sign in”. Check tinybird-host: HOST should be the API of your region, such as https://api.tinybird.co.',
  },
  {
    bad: 'JSON of another form',
    faults: [['GET /v0/datasources', { status: 200, body: { tables: [] } }]],
    sends: 'nothing',
    says: 'Request failed: the answer has an unexpected form: GET /v0/datasources — datasources: Invalid input: expected array, received undefined. Check tinybird-host: HOST. If it is right, the API has changed, and this version does not know it yet.',
  },
  {
    bad: 'a workspace that does not say what it is',
    faults: [['GET /v1/workspace', { status: 200, body: { id: 'x', name: 'y' } }]],
    sends: 'nothing',
    says: 'GET /v1/workspace does not say whether the workspace y is Forward or Classic (no is_forward). Check tinybird-host: HOST.',
  },
  {
    bad: 'a connection that breaks while deploying',
    faults: [PASS, ['POST /v1/deploy', { reset: true }]],
    says: 'Request failed: connection lost: POST /v1/deploy — UND_ERR_SOCKET. Whether the server acted on it is not known. Run again: what was done is not done twice.',
  },
  {
    bad: '413 while deploying',
    faults: [PASS, ['POST /v1/deploy', { status: 413, body: PAGE }]],
    says: 'Request failed: 413 Payload Too Large: POST /v1/deploy — a web page, “413 Request Entity Too Large”. The request is larger than the server takes. Ask Tinybird to raise the limit, or split the fleet over two workspaces.',
  },
  {
    bad: '500 for the promotion',
    faults: [['POST /v1/deployments/*/set-live', { status: 500, body: { error: 'try later' } }]],
    says: "Request failed: 500 Internal Server Error: POST /v1/deployments/1/set-live — try later. Tried once. The fault is on the server's side; run again later.",
  },
  {
    bad: 'a deployment that fails while it is made',
    faults: [['GET /v1/deployments/*', FAILED]],
    says: 'Failed: 1 tenant (acme). The summary says why. Run again once the cause is gone: what is done stays done.',
  },
  {
    bad: 'a deployment that somebody deletes',
    faults: [['GET /v1/deployments/*', { status: 404, body: { error: 'not found' } }]],
    says: 'Deployment 1 was deleted by somebody else while it was being prepared. Run again.',
  },
  {
    bad: 'a deployment that is never ready',
    faults: [['GET /v1/deployments/*', { ...CALCULATING, times: 99 }]],
    inputs: { 'deploy-timeout': '2s' },
    says: 'Deployment 1 was not ready within `deploy-timeout`. It stays staged; the next run continues it. Raise `deploy-timeout` if it holds a lot of history to backfill.',
  },
  {
    bad: 'a file that the server refuses without a name',
    faults: [
      [
        'POST /v1/deploy',
        {
          status: 400,
          body: {
            result: 'failed',
            deployment: {
              id: '9',
              status: 'failed',
              feedback: [{ resource: null, level: 'ERROR', message: 'Too many resources' }],
            },
          },
        },
      ],
    ],
    says: 'Failed: 1 tenant (acme). The summary says why. Run again once the cause is gone: what is done stays done.',
  },
  {
    bad: 'a deployment that would delete what is not ours',
    faults: [
      [
        'POST /v1/deploy',
        {
          status: 200,
          body: {
            result: 'success',
            deployment: {
              id: '9',
              status: 'calculating',
              new_datasource_names: [],
              deleted_datasource_names: ['somebodys'],
            },
          },
        },
      ],
    ],
    sends: 'a check',
    says: 'The server was asked to check the deployment and would do what the plan does not say: delete somebodys. It was not deployed. Somebody may have changed the workspace meanwhile: run again; if it stays, add what is named here to the folder given by `project`.',
  },
  {
    bad: 'somewhere else',
    faults: [
      [
        'GET /v1/workspace',
        { status: 301, headers: { location: 'https://api.us-east.tinybird.co/v1/workspace' }, body: '' },
      ],
    ],
    sends: 'nothing',
    says: 'Request failed: 301 Moved Permanently: GET /v1/workspace. HOST sends its callers elsewhere; set tinybird-host to where it points.',
  },
];

/** What these rows leave is all that a run can: nothing but a sentence, or tenants that failed. */
const BUILT = new Set(['a wrong token', 'a deployment that fails while it is made']);

let stage: Stage;
let adminToken: string;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());
let workspaces = 0;
async function anew(): Promise<void> {
  stage.sandbox.reset();
  stage.github.reset();
  workspaces += 1;
  ({ adminToken } = await stage.sandbox.createWorkspace(`usage_${workspaces}`));
}
beforeEach(anew);

const given = ({ inputs, ...options }: ActOptions = {}): ActOptions => ({
  list: LIST,
  inputs: { 'tinybird-token': adminToken, ...inputs },
  ...options,
});
const act = (options?: ActOptions) => stage.actHere(given(options));

function plant(faults: Row['faults']): void {
  for (const [route, fault] of faults) stage.sandbox.fail(route, fault);
}
const shown = (text: string): string => text.replaceAll(stage.sandbox.url, 'HOST');

const NOTHING_DONE = {
  changed: '[]',
  created: '[]',
  'token-ids': '{}',
  'secret-names': '{}',
  'deployment-id': '',
};
const BOTH = ['TINYBIRD_TENANT_ACME_READ', 'TINYBIRD_TENANT_STARK_READ'];

/** Without what no two runs have in common: the folder of the report, the workspace and its tokens, in what order questions arrive. */
const comparable = ({ outputs, asked, ...end }: Ended): object =>
  JSON.parse(
    JSON.stringify({ ...end, outputs: { ...outputs, 'report-path': '' }, asked: asked.toSorted() })
      .replaceAll(/usage_\d+/g, 'WORKSPACE')
      .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, 'ID')
      .replaceAll(/\b(p\.)?eyJ[\w.-]+/g, 'TOKEN'),
  );

describe('the built action', () => {
  const rows = REFUSED.filter(({ bad }) => BUILT.has(bad));

  test.each(rows)('exits, annotates and reports as the same run within this process: $bad', async (row) => {
    const ends: Ended[] = [];
    for (const runs of [stage.act, stage.actHere]) {
      await anew();
      plant(row.faults);
      const end = await runs(given(row));
      stage.sandbox.reset();
      expect(shown(said(end))).toBe(row.says);
      expect(end.exitCode).toBe(1);
      await expectSound(stage, end, adminToken);
      ends.push(end);
    }
    const [built, here] = ends.map(comparable);
    expect(here).toEqual(built);
  });
});

describe('one error', () => {
  test.each(REFUSED)('$bad', async (row) => {
    const { faults, says, sends } = row;
    plant(faults);
    const end = await act(row);
    const changes = stage.sandbox.requests.flatMap(({ method, path }) =>
      method === 'GET' ? [] : [`${method} ${path}`],
    );
    stage.sandbox.reset();
    expect(shown(said(end))).toBe(says);
    expect(end.exitCode).toBe(1);
    await expectSound(stage, end, adminToken);
    expect(end.outputs).toMatchObject(NOTHING_DONE);
    expect([...stage.github.secrets.keys()]).toEqual([]);
    if (sends === 'nothing') return expectOnlyAsked(end);
    // The server kept nothing of it: to run again is to run for the first time.
    if (sends === 'a check') return expect(changes).toEqual(['POST /v1/deploy?check=true']);
    // Repaired by running again.
    const again = await act();
    expect(said(again)).toBe('');
    expect([...stage.github.secrets.keys()].sort()).toEqual(BOTH);
    return undefined;
  });

  test('a workspace that calls itself Classic and takes nothing but deployments', async () => {
    plant([['GET /v1/workspace', { status: 200, body: { id: 'x', name: 'usage', is_forward: false } }]]);
    const end = await act();
    expect(said(end)).toMatch(/^Failed: 1 tenant \(acme\)/);
    expect(end.report).toContain('can only be done via deployments');
    expect(end.exitCode).toBe(1);
  });

  test('a token that may only deploy', async () => {
    const answer = await fetch(`${stage.sandbox.url}/v0/tokens?name=deployer&scope=WORKSPACE:DEPLOY`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const { token } = (await answer.json()) as { token: string };
    const end = await act({ inputs: { 'tinybird-token': token } });
    expect(end.exitCode).toBe(1);
    expectOnlyAsked(end);
    const both = await act({ inputs: { 'tinybird-token': token, 'tinybird-tokens-token': adminToken } });
    expect(said(both)).toBe('');
  });
});

describe('waited out', () => {
  const transient: readonly (readonly [string, Row['faults']])[] = [
    [
      '429 with Retry-After',
      [
        ['GET /v0/pipes', { status: 429, headers: { 'retry-after': '0' } }],
        ['GET /v1/pipes', { status: 429, headers: { 'retry-after': '0' } }],
        ['POST /v1/deploy', { status: 429, headers: { 'retry-after': '0' } }],
      ],
    ],
    ['429 without Retry-After', [['GET /v0/tokens', { status: 429 }]]],
    ['503', [['GET /v1/workspace', { status: 503, headers: { 'retry-after': '0' } }]]],
    ['a connection that breaks while reading', [['GET /v0/datasources', { reset: true }]]],
    [
      'a connection that breaks while a deployment is checked',
      [['POST /v1/deploy', { reset: true, after: true }]],
    ],
    ['a promotion whose answer is lost', [['POST /v1/deployments/*/set-live', { reset: true, after: true }]]],
    ['a removal whose answer is lost', [['DELETE /v1/deployments/*', { reset: true, after: true }]]],
    ['a JWT whose answer is lost', [['POST /v0/tokens/', { reset: true, after: true }]]],
  ];
  test.each(transient)('%s', async (_, faults) => {
    plant(faults);
    const end = await act();
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect([...stage.github.secrets.keys()].sort()).toEqual(BOTH);
    await expectSound(stage, end, adminToken);
  });
});

describe('the one staging slot', () => {
  const other = async (): Promise<string> => {
    const form = new FormData();
    form.append('data_project://', new Blob(['SCHEMA >\n    `a` String\n']), 'theirs.datasource');
    const answer = await fetch(`${stage.sandbox.url}/v1/deploy`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}` },
      body: form,
    });
    const { deployment } = (await answer.json()) as { deployment: { id: string } };
    return deployment.id;
  };

  test('taken by somebody, who stays', async () => {
    const id = await other();
    const end = await act({ inputs: { 'deploy-timeout': '2s' } });
    expect(said(end).replace(/\((calculating|creating_schema|data_ready|schema_ready)\)/, '(STATUS)')).toBe(
      `Deployment ${id} is in progress in this workspace (STATUS) and is not ours: it was still there after \`deploy-timeout\`. Nothing was deployed. Either finish it (\`tb deployment promote\`) or discard it (\`tb deployment discard\`), then run again; a run changes nothing twice.`,
    );
    expect(end.exitCode).toBe(1);
    expectOnlyAsked(end);
    expect(end.outputs).toMatchObject(NOTHING_DONE);
    await expectSound(stage, end, adminToken);
  });

  test('taken by somebody, who leaves', async () => {
    const id = await other();
    const discard = () =>
      fetch(`${stage.sandbox.url}/v1/deployments/${id}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${adminToken}` },
      });
    const end = await act({
      onOutput: (text) => {
        if (text.includes('of somebody else is in progress')) void discard();
      },
    });
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect([...stage.github.secrets.keys()].sort()).toEqual(BOTH);
  });
});

test('a datafile that the server refuses: its tenant is left out, the others are deployed', async () => {
  const set = join(stage.repository.dir, 'sets/own');
  mkdirSync(set, { recursive: true });
  writeFileSync(join(set, 'set.yaml'), 'variables:\n  column: { type: string, required: true }\n');
  writeFileSync(
    join(set, 'page.pipe.hbs'),
    'NODE one\nSQL >\n    SELECT {{ident column}} FROM events\n\nTYPE endpoint\n',
  );
  writeFileSync(join(set, 'read.token.hbs'), 'kind: static\nscopes:\n  - PIPES:READ {{resource "page"}}\n');
  const list = `fleet: usage\ntenants:\n  - { id: good, template: own, vars: { column: response } }\n  - { id: "b|ad", slug: bad, template: own, vars: { column: nothing } }\n`;
  const end = await act({ list, inputs: { templates: 'sets' } });
  expect(said(end)).toBe(
    'Failed: 1 tenant (b|ad). The summary says why. Run again once the cause is gone: what is done stays done.',
  );
  expect(end.exitCode).toBe(1);
  expect(end.log).toMatch(/x b\|ad +FAILED +bad_page\.pipe: .*nothing/);
  expect(end.outputs).toMatchObject({ created: '["good"]', changed: '["good"]', failed: '["b|ad"]' });
  expect([...stage.github.secrets.keys()]).toEqual(['TINYBIRD_TENANT_GOOD_READ']);
  await expectSound(stage, end, adminToken);
});
