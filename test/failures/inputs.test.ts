// What a bad input gets: a sentence that names the input and what it takes, never its value; and what a run refuses before it sends anything.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stop } from '../../src/errors.ts';
import { readFlags } from '../../src/flags.ts';
import { INPUTS, type InputName, parseInputs } from '../../src/inputs.ts';
import { command } from './built.ts';
import { expectOnlyAsked, expectSound, said } from './sound.ts';
import { type ActOptions, type Stage, setStage } from './stage.ts';

const VALUES: readonly (readonly [InputName, string, string])[] = [
  ['command', 'deploy', 'must be one of auto, plan, apply, rotate, verify'],
  ['prune', 'yes', 'must be true or false'],
  ['prune', 'True', 'must be true or false'],
  ['adopt', '1', 'must be true or false'],
  ['comment', 'on', 'must be true or false'],
  ['older-than', '90', 'must be a number of seconds, minutes, hours or days, e.g. 30m, 24h, 90d'],
  ['older-than', '1.5d', 'must be a number of seconds, minutes, hours or days, e.g. 30m, 24h, 90d'],
  ['grace', '1w', 'must be a number of seconds, minutes, hours or days, e.g. 30m, 24h, 90d'],
  ['grace', '-1h', 'must be a number of seconds, minutes, hours or days, e.g. 30m, 24h, 90d'],
  ['now', 'yes', 'must be true or false'],
  ['force', '1', 'must be true or false'],
  ['all-jwts', 'True', 'must be true or false'],
  ['verify', 'maybe', 'must be true or false'],
  ['max-removals', '-1', 'must be a whole number from 0 to 1000000'],
  ['max-removals', '1e3', 'must be a whole number from 0 to 1000000'],
  ['max-removals', 'all', 'must be a whole number from 0 to 1000000'],
  ['concurrency', '0', 'must be a whole number from 1 to 64'],
  ['concurrency', '65', 'must be a whole number from 1 to 64'],
  ['concurrency', '2.5', 'must be a whole number from 1 to 64'],
  ['deploy-timeout', '15', 'must be a number of seconds, minutes or hours, e.g. 90s, 15m, 1h'],
  ['deploy-timeout', '-1s', 'must be a number of seconds, minutes or hours, e.g. 90s, 15m, 1h'],
  ['secrets', 'everywhere', 'must be auto, repository, environment:NAME or none'],
  ['secrets', 'environment:', 'must be auto, repository, environment:NAME or none'],
  ['secret-layout', 'flat', 'must be one of auto, per-tenant, packed'],
];

test.each(VALUES)('%s: %s', (name, value, says) => {
  const parsed = parseInputs((asked) => (asked === name ? value : ''));
  expect(parsed).toEqual({ ok: false, problems: [{ file: `input ${name}`, message: says }] });
});

interface Row extends ActOptions {
  readonly bad: string;
  readonly says: string;
  readonly files?: Readonly<Record<string, string>>;
}

const LIST = 'fleet: usage\ntenants:\n  - { id: acme, template: own-table }\n';
const PULL_REQUEST = {
  pull_request: {
    number: 1,
    base: { sha: 'a'.repeat(40), repo: { full_name: 'acme-analytics/customers' } },
    head: { sha: 'b'.repeat(40), repo: { full_name: 'acme-analytics/customers' } },
  },
};

/** HOST is the sandbox. */
const ROWS: readonly Row[] = [
  {
    bad: 'several inputs at once',
    inputs: { prune: 'yes', concurrency: '0', 'secret-layout': 'flat' },
    says: 'input prune: must be true or false\ninput secret-layout: must be one of auto, per-tenant, packed\ninput concurrency: must be a whole number from 1 to 64',
  },
  {
    bad: 'a host that is a token',
    inputs: { 'tinybird-host': 'p.eyJ1IjoiYSJ9.c2ln' },
    says: 'input tinybird-host: not a web address; it looks like https://api.tinybird.co',
  },
  {
    bad: 'a host with a path',
    inputs: { 'tinybird-host': 'https://api.tinybird.co/v0' },
    says: 'input tinybird-host: must not hold a path; use https://api.tinybird.co',
  },
  {
    bad: 'a host with a password',
    inputs: { 'tinybird-host': 'https://me:hunter2@api.tinybird.co' },
    says: 'input tinybird-host: must not hold a user name or password',
  },
  {
    bad: 'plain HTTP to another machine',
    inputs: { 'tinybird-host': 'http://api.tinybird.co' },
    says: 'input tinybird-host: must be https, because tokens are sent to it; http is for this machine only',
  },
  {
    bad: 'a token with a blank in it',
    inputs: { 'tinybird-token': 'p.abc def' },
    says: 'The Tinybird token holds characters that no token has: copy it again.',
  },
  {
    bad: 'no token on a push',
    inputs: { 'tinybird-token': '' },
    says: 'input tinybird-token: it is needed to apply, and it is empty. On GitHub a secret is empty when its name is wrong, and for forks and Dependabot. Nothing was sent.',
  },
  {
    bad: 'a folder of sets that is not there',
    inputs: { templates: 'nowhere' },
    says: 'nowhere: there is no such folder; check the input `templates`',
  },
  {
    bad: 'a folder of sets without any',
    inputs: { templates: 'tinybird' },
    says: 'tinybird/datasources/events.datasource: is not a file that a set can have: files of a set are set.yaml and <role>.datasource.hbs, <role>.pipe.hbs or <role>.token.hbs (a role: a-z, 0-9, _)\ntinybird/endpoints/usage_by_day.pipe: is not a file that a set can have: files of a set are set.yaml and <role>.datasource.hbs, <role>.pipe.hbs or <role>.token.hbs (a role: a-z, 0-9, _)\ntinybird/endpoints/usage_this_month.pipe: is not a file that a set can have: files of a set are set.yaml and <role>.datasource.hbs, <role>.pipe.hbs or <role>.token.hbs (a role: a-z, 0-9, _)',
  },
  {
    bad: 'a project that is not there',
    inputs: { project: 'nowhere' },
    says: 'nowhere: cannot read the project folder (ENOENT); check the input `project`',
  },
  {
    bad: 'a project without datafiles',
    inputs: { project: 'sets' },
    files: { 'sets/a/set.yaml': 'variables: {}\n' },
    says: 'sets: the project folder holds no .datasource or .pipe file; check the input `project`',
  },
  {
    bad: 'a project that is wrong',
    inputs: { project: 'wrong' },
    files: {
      'wrong/datasources/a.datasource': 'SCHEMA >\n    `a` Strin(\n',
      'wrong/pipes/b.pipe': 'NODE n\nTYPE endpoint\n',
    },
    says: 'wrong/datasources/a.datasource:2:5: column a: a quote or bracket is not closed or not opened\nwrong/pipes/b.pipe:1:1: NODE n has no SQL',
  },
  {
    bad: 'a tokens file in the checkout',
    inputs: { 'tokens-file': 'tokens.json' },
    says: 'input tokens-file: tokens.json is inside the checkout, where it could be committed or uploaded. Use a path such as ${{ runner.temp }}/tokens.json. Nothing was sent.',
  },
  {
    bad: 'a tokens file in the checkout, the long way',
    inputs: { 'tokens-file': 'tinybird/../tinybird/tokens.json' },
    says: 'input tokens-file: tinybird/../tinybird/tokens.json is inside the checkout, where it could be committed or uploaded. Use a path such as ${{ runner.temp }}/tokens.json. Nothing was sent.',
  },
  {
    bad: 'a tokens file in no folder',
    inputs: { 'tokens-file': '/no/such/folder/tokens.json' },
    says: 'input tokens-file: the folder of /no/such/folder/tokens.json does not exist. Nothing was sent.',
  },
  {
    bad: 'secrets without their token',
    inputs: { secrets: 'repository', 'secrets-token': '' },
    says: 'input secrets: secrets cannot be written, because `secrets-token` is not given. Write `secrets: none`, or give what is missing.',
  },
  {
    bad: 'a prefix that GitHub refuses',
    inputs: { 'secret-prefix': 'GITHUB_' },
    says: 'input secret-prefix: the secret "GITHUB_ACME_READ" of acme\'s read starts with GITHUB_, which GitHub keeps for itself',
  },
  {
    bad: 'another prefix that GitHub refuses',
    inputs: { 'secret-prefix': 'my-tenants ' },
    says: 'input secret-prefix: the secret "MY-TENANTSACME_READ" of acme\'s read has characters other than letters, digits and _',
  },
  {
    bad: 'another workspace',
    inputs: { workspace: 'usage_prod' },
    says: 'The list is for the workspace "usage_prod", but the token belongs to "sandbox" (ID). Nothing was sent. Use a token of usage_prod, or correct `workspace`.',
  },
  {
    bad: 'another workspace, in the list',
    list: `workspace: usage_prod\n${LIST}`,
    says: 'The list is for the workspace "usage_prod", but the token belongs to "sandbox" (ID). Nothing was sent. Use a token of usage_prod, or correct `workspace`.',
  },
  {
    bad: 'apply on a pull request',
    event: 'pull_request',
    payload: PULL_REQUEST,
    inputs: { command: 'apply' },
    says: 'apply is not for this event: pull request #1 is not merged. Nothing was sent.',
  },
  {
    bad: 'apply on a schedule',
    event: 'schedule',
    inputs: { command: 'apply' },
    says: 'apply is not for this event: a schedule only renews and reports. Nothing was sent.',
  },
  {
    bad: 'pull_request_target',
    event: 'pull_request_target',
    payload: PULL_REQUEST,
    says: 'pull_request_target runs with secrets on what a stranger may have written; use pull_request, which plans without any. Nothing was sent.',
  },
  {
    bad: 'a dispatch for a tenant that is not there',
    event: 'repository_dispatch',
    payload: { client_payload: { tenant: 'nobody' } },
    says: 'event client_payload.tenant: nothing was sent, because the list has no tenant "nobody"',
  },
  {
    bad: 'a dispatch for no text',
    event: 'repository_dispatch',
    payload: { client_payload: { tenant: 7 } },
    says: 'event client_payload.tenant: must be an id in quotes, several with commas, or a list of ids. Nothing was sent',
  },
  {
    bad: 'a dispatch with a workflow command',
    event: 'repository_dispatch',
    payload: { client_payload: { tenant: 'a\n::set-env name=X::1' } },
    says: 'event client_payload.tenant: must not have control characters. Nothing was sent',
  },
  {
    bad: 'a proxy that is no URL',
    env: { HTTP_PROXY: 'socks5://me:hunter2@proxy.example' },
    says: 'HTTP_PROXY is not the URL of an HTTP proxy, such as http://proxy.example:3128.',
  },
  { bad: 'a job without a commit', sha: 'main', says: 'GITHUB_SHA: must be a commit' },
];

/** What the edge itself reads: inputs, event and environment; the others run within this process. */
const BUILT = new Set([
  'several inputs at once',
  'a host with a password',
  'a dispatch with a workflow command',
  'a proxy that is no URL',
  'a job without a commit',
]);

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

describe('the action', () => {
  test.each(ROWS)('$bad', async (row) => {
    const { bad, says, files = {} } = row;
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(stage.repository.dir, path, '..'), { recursive: true });
      writeFileSync(join(stage.repository.dir, path), text);
    }
    const act = BUILT.has(bad) ? stage.act : stage.actHere;
    const end = await act({ list: LIST, ...row });
    const shown = said(end)
      .replaceAll(stage.sandbox.url, 'HOST')
      .replaceAll(stage.sandbox.workspace.id, 'ID');
    expect(shown).toBe(says);
    expect(end.exitCode).toBe(2);
    expect(end.log).not.toContain('hunter2');
    expectOnlyAsked(end);
    await expectSound(stage, end);
  });
});

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe('the command line', () => {
  const noCommand = (words: string): string =>
    `There is no command "${words}". The commands are plan, apply, rotate, render, lint, verify, token and sandbox; see --help.`;

  test.each([
    [['deploy'], noCommand('deploy')],
    [['plan', 'acme'], noCommand('plan acme')],
    [['plan', '--purge'], "Unknown option '--purge'. `tinybird-tenants --help` lists the flags."],
    [
      ['plan', '--tenants'],
      "Option '--tenants <value>' argument missing. `tinybird-tenants --help` lists the flags.",
    ],
  ])('its words: %j', (args, says) => {
    const stop = thrownBy(() => readFlags(args, {}));
    expect(stop).toBeInstanceOf(Stop);
    expect(stop).toMatchObject({ exitCode: 2, message: says });
  });

  test.each([
    [['deploy'], noCommand('deploy')],
    [['plan', '--concurrency', '0'], 'input concurrency: must be a whole number from 1 to 64'],
    [['plan', '--tenants', 'nowhere.yaml'], 'nowhere.yaml: there is no such file or folder'],
    [['render'], 'render needs --out DIR, the folder to write the project to.'],
    [
      ['apply'],
      'input tinybird-token: it is needed to apply, and it is empty. On GitHub a secret is empty when its name is wrong, and for forks and Dependabot. Nothing was sent.',
    ],
    [
      ['apply', '--secrets', 'repository'],
      'input secrets: secrets cannot be written, because `secrets-token` is not given. Write `secrets: none`, or give what is missing.',
    ],
  ])('%j', async (args, says) => {
    writeFileSync(join(stage.repository.dir, 'tenants.yaml'), LIST);
    const env = args.includes('--secrets')
      ? { TINYBIRD_TOKEN: stage.sandbox.adminToken, TINYBIRD_HOST: stage.sandbox.url }
      : {};
    const end = await command(args, { cwd: stage.repository.dir, env });
    expect(end).toEqual({ exitCode: 2, stdout: '', stderr: `${says}\n` });
  });
});

test('every input with a form of its own is in the table', () => {
  const plain = [
    'tinybird-token',
    'tinybird-tokens-token',
    'tinybird-host',
    'workspace',
    'tenants',
    'tenant',
    'templates',
    'project',
    'base-ref',
    'plan-checksum',
    'github-token',
    'secrets-token',
    'secret-prefix',
    'tokens-file',
  ];
  const shown = VALUES.map(([name]) => name);
  expect(new Set([...plain, ...shown])).toEqual(new Set(Object.keys(INPUTS)));
});
