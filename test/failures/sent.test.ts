// The runner masks its log, and nothing of what goes to an API: no value in any byte that GitHub is sent, wherever it was planted and in whatever form.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../../scripts/bundle.ts';
import { formsIn } from './runner.ts';
import { said } from './sound.ts';
import { type ActOptions, type Ended, type Stage, setStage } from './stage.ts';

/** Not like any token, and another text in an address. */
const ODD = 'sk_-live/9+x&y=q~*[a](b)|c';
const FORMS: Readonly<Record<string, (value: string) => string>> = {
  raw: (value) => value,
  json: (value) => JSON.stringify(value).slice(1, -1),
  uri: encodeURIComponent,
  base64: (value) => Buffer.from(value).toString('base64'),
  'base64 of a header': (value) => Buffer.from(`Bearer ${value}`).toString('base64'),
};
/** Tokens of others, which only their looks give away. */
const STRANGERS = [
  'p.eyJ1IjogImEiLCAiaWQiOiAiYiJ9.sIgNaTuRe_-_of-nobody_0123456789abcdefghij',
  'eyJhbGciOiJIUzI1NiJ9.eyJ3b3Jrc3BhY2UiOiJ4In0.nobodys_-_signature-0123456789',
  'ghp_0123456789abcdefghijABCDEFGHIJ012345',
  'ghs_0123456789abcdefghijABCDEFGHIJ012345',
  'github_pat_0123456789abcdefghij_ABCDEFGHIJ012345',
];

const LONGEST_ID = 200;

let stage: Stage;
let base: string;
let adminToken: string;
let workspaces = 0;
beforeAll(async () => {
  stage = await setStage();
  cpSync(join(root, 'datafiles-templates'), join(stage.repository.dir, 'sets'), { recursive: true });
  base = stage.repository.commit({});
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(async () => {
  stage.sandbox.reset();
  stage.github.reset();
  stage.repository.git('checkout', '-q', '-B', 'main', base);
  workspaces += 1;
  ({ adminToken } = await stage.sandbox.createWorkspace(`sent_${workspaces}`));
});

const plantedIn = (...values: string[]): string[] => [
  ...new Set(values.flatMap((value) => Object.values(FORMS).map((form) => form(value)))),
  ...STRANGERS,
];

const listOf = (ids: readonly string[], more: object = {}): string =>
  JSON.stringify({
    fleet: 'usage',
    tenants: ids.map((id, index) => ({ id, slug: `t${index}`, template: 'own-table', ...more })),
  });

/** The shipped endpoint, with all of it in its description and in its SQL. */
function template(planted: readonly string[], version: number): string {
  const shipped = readFileSync(
    join(root, 'datafiles-templates/own-table/usage_by_day.pipe.hbs'),
    'utf8',
  ).replace(/^DESCRIPTION >\n(?: {4}.*\n)+/, '');
  const literal = planted.map((text) => `-- ${text.replaceAll('{', '(')}`).join('\n    ');
  const sql = shipped.replace(/^ {4}SELECT$/m, `    -- version ${version}\n    ${literal}\n    SELECT`);
  return `DESCRIPTION >\n    Version ${version} ${planted.join(' ')}\n\n${sql}`;
}

async function pull(
  files: Readonly<Record<string, string>>,
  options: ActOptions = {},
  run?: Stage['actHere'],
): Promise<Ended> {
  const { repository, github } = stage;
  repository.git('checkout', '-q', '-B', 'change', 'main');
  const headSha = repository.commit(files);
  github.pullRequests.open({ number: 1, head: 'change', base: 'main' });
  const side = (sha: string) => ({ sha, repo: { full_name: 'acme-analytics/customers' } });
  const pull_request = { number: 1, base: side(repository.git('rev-parse', 'main')), head: side(headSha) };
  return act({ event: 'pull_request', ref: 'refs/pull/1/merge', payload: { pull_request }, ...options }, run);
}

const act = (
  { inputs, ...options }: ActOptions = {},
  run: Stage['actHere'] = stage.actHere,
): Promise<Ended> =>
  run({ inputs: { 'tinybird-token': adminToken, templates: 'sets', ...inputs }, ...options });

function merge(): void {
  const { repository, github } = stage;
  repository.git('checkout', '-q', 'main');
  repository.git('merge', '-q', '--no-ff', '-m', 'merge', 'change');
  github.pullRequests.merge(1, repository.git('rev-parse', 'HEAD'));
}

/** Bodies and addresses; sealed values are the only place for a value, and nobody can look into them. */
function expectNothingSent(values: readonly string[]): void {
  const { github } = stage;
  expect(github.requests.length).toBeGreaterThan(0);
  for (const { method, path, body } of github.requests) {
    const text = `${method} ${decodeURIComponent(path)} ${textsOf(body)}`;
    expect(formsIn(text, values), text.slice(0, 3_000)).toEqual([]);
    // Not cut in two either: a piece of a signature is as good as the rest of a guess.
    for (const value of values) {
      for (let at = 0; at + PIECE <= value.length; at += 1) {
        const piece = value.slice(at, at + PIECE);
        const found = text.indexOf(piece);
        expect(found, `${piece} in ${text.slice(Math.max(0, found - 200), found + 200)}`).toBe(-1);
      }
    }
  }
}
const PIECE = 14;

/** Also as the text that is inside JSON, and without what Markdown adds. */
const textsOf = (body: unknown): string => {
  const texts = Object.values(Object(body ?? {})).map(String);
  return [JSON.stringify(body), ...texts, ...texts.map((text) => text.replaceAll(/\\(?=[^\w\s])/g, ''))].join(
    '\n',
  );
};

describe('planted in a tenant’s id, a description and a template', () => {
  test('of a pull request without secrets', async () => {
    const planted = plantedIn(ODD);
    const files = {
      'tenants.yaml': listOf(planted.filter((id) => id.length <= LONGEST_ID)),
      'sets/own-table/usage_by_day.pipe.hbs': template(planted, 1),
    };
    const end = await pull(files, { inputs: { 'tinybird-token': '', 'tinybird-tokens-token': ODD } });
    expect([end.exitCode, said(end)]).toEqual([0, '']);
    expect(stage.github.comments(1)[0]?.body).toContain('***');
    expectNothingSent([ODD, ...STRANGERS]);
  });

  test('of a workspace: planned, applied, stored and changed', async () => {
    const planted = plantedIn(adminToken, stage.github.token);
    const values = [adminToken, stage.github.token, stage.workflowToken, ...STRANGERS];
    for (const [version, run] of [
      [1, stage.act],
      [2, stage.actHere],
    ] as const) {
      const files = {
        'tenants.yaml': listOf(planted.filter((id) => id.length <= LONGEST_ID)),
        'sets/own-table/usage_by_day.pipe.hbs': template(planted, version),
      };
      const end = await pull(files, {}, run);
      expect([end.exitCode, said(end)]).toEqual([0, '']);
      merge();
      const applied = await act({}, run);
      expect([applied.exitCode, said(applied)]).toEqual([0, '']);
    }
    expect(stage.github.comments(1)[0]?.body).toContain('***');
    expect([...stage.github.variables.values()].join()).toContain('***');
    expectNothingSent([...values, ...stage.github.secrets.values()]);
    // What stands in for an id does not make a run that has nothing to do write anything.
    const idle = await act();
    expect([...idle.asked, ...idle.askedGithub].filter((route) => !route.startsWith('GET '))).toEqual([]);
  });
});

test('in what a server says, wherever that is cut short', async () => {
  const { github, sandbox } = stage;
  await pull({ 'tenants.yaml': listOf(['acme', 'stark']) });
  merge();
  for (const [nth, form] of Object.values(FORMS).entries()) {
    const error = `${'x'.repeat(290 - 40 * nth)} ${form(adminToken)} ${STRANGERS.join(' ')}`;
    sandbox.fail('POST /v1/deploy', { status: 400, body: { error }, times: 9 });
    expect((await act({}, nth === 0 ? stage.act : stage.actHere)).exitCode).toBe(1);
    sandbox.reset();
  }
  expect(github.comments(1)[0]?.body).toContain('xxx');
  expectNothingSent([adminToken, ...STRANGERS]);
});
