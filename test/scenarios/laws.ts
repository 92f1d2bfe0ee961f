// What holds in every step of every scenario, whatever it is about.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RecordedRequest } from '../../src/sandbox/sandbox.ts';
import { type Played, play, playPost, type Scene } from './play.ts';
import { PULL, type Stage } from './stage.ts';
import type { Step } from './step.ts';
import { isOfOthers, type Token } from './workspace.ts';

/** Datafiles and tokens that no list of this repository is about. */
export interface Strangers {
  readonly files: ReadonlyMap<string, string>;
  readonly tokens: readonly Token[];
  /** Of each of their data sources that is still there: how many, and a hash over them. */
  readonly rows: ReadonlyMap<string, string>;
}

/** What carries the marker of another fleet than this run's, or none and is no file of the project. */
export async function strangersTo(stage: Stage, step: Step, before?: Strangers): Promise<Strangers> {
  const list = join(stage.folder, step.inputs['tenants'] ?? 'tenants.yaml');
  const fleet = existsSync(list) ? (/^fleet: (\S+)/m.exec(readFileSync(list, 'utf8'))?.[1] ?? '') : '';
  const project = new Set(
    step.beside
      ? []
      : stage
          .git('ls-files', step.inputs['project'] || 'tinybird')
          .split('\n')
          .map((path) => path.split('/').at(-1)),
  );
  const all = [...(await stage.workspace.datafiles())];
  const files = new Map(
    all.filter(([name, text]) => !project.has(name) && !text.includes(`[tinybird-tenants fleet=${fleet} `)),
  );
  const texts = all
    .filter(([name]) => !files.has(name))
    .map(([, text]) => text)
    .join('\n');
  const isOurs = ({ name, description }: Token): boolean =>
    texts.includes(`TOKEN "${name}"`) || description.includes(`[tinybird-tenants fleet=${fleet} `);
  const tokens = (await stage.workspace.tokens()).filter((token) => !isOurs(token));
  const rows = new Map<string, string>();
  for (const file of before?.rows.keys() ?? files.keys()) {
    const name = file.replace(/\.datasource$/, '');
    if (name !== file && all.some(([there]) => there === file)) rows.set(file, await stage.workspace.rows(name));
  }
  return { files, tokens, rows };
}

/** Somebody else's files and tokens are what they were, byte for byte; what is adopted is ours from then on. */
export function expectUntouched(before: Strangers, after: Strangers, { inputs }: Step): void {
  for (const [name, text] of before.files) {
    if (inputs['adopt'] === 'true' && !after.files.has(name)) continue;
    expect(after.files.get(name), name).toBe(text);
  }
  // Also of what is adopted.
  expect([...after.rows]).toEqual([...before.rows]);
  for (const token of before.tokens) expect(after.tokens).toContainEqual(token);
}

/** No value in anything that was written or stored in the open, but in the masks. */
export function expectNoLeak(stage: Stage, { end }: Played): void {
  const { github, sandbox, tokens, temp } = stage;
  const values = [
    ...github.secrets.values(),
    ...github.environmentSecrets('prod').values(),
    ...end.masks,
    sandbox.adminToken,
    github.token,
    ...Object.values(tokens),
  ];
  const report = join(temp, 'tinybird-tenants-report.json');
  const texts = [
    end.log.replaceAll(/^::add-mask::.*$/gm, ''),
    end.summary,
    JSON.stringify(end.outputs),
    JSON.stringify(end.state),
    ...github.comments(PULL).map(({ body }) => body),
    ...github.variables.values(),
    ...(existsSync(report) ? [readFileSync(report, 'utf8')] : []),
  ];
  for (const value of values) {
    for (const form of [value, encodeURIComponent(value), Buffer.from(value).toString('base64')]) {
      for (const text of texts) expect(text.includes(form), 'a token value was written').toBe(false);
    }
  }
}

/**
 * On Classic a filter also holds in the pipes of its token, so a token that is to have one must not be sent without it
 * for a moment: it would open everybody's rows.
 */
export async function expectAlwaysFiltered({ workspace }: Stage, { toTinybird }: Played): Promise<void> {
  for (const { name, scopes } of await workspace.tokens()) {
    const filters = scopes.filter(({ filter }) => filter !== undefined);
    const sent = toTinybird.filter((request) => !isOfOthers(request) && writesToken(request, name));
    for (const { type, resource } of filters) {
      for (const { method, path, content = '' } of sent) {
        const texts = new URLSearchParams(content).getAll('scope');
        const filtered = texts.some((text) => text.startsWith(`${type}:${resource}:`));
        expect(filtered, `${method} ${path} leaves out the filter on ${resource}`).toBe(true);
      }
    }
  }
}

const writesToken = ({ method, path, content = '' }: RecordedRequest, name: string): boolean =>
  (method === 'PUT' && path === `/v0/tokens/${name}`) ||
  (method === 'POST' && path === '/v0/tokens' && new URLSearchParams(content).get('name') === name);

/** The second of two equal runs sends nothing but GET and leaves everything as it is. */
export async function expectSecondRunIdle(stage: Stage, { step, ...scene }: Scene): Promise<void> {
  const before = await everything(stage);
  const second = await play(stage, { ...scene, step: { ...step, meanwhile: undefined } });
  expect(second.end.exitCode, second.end.log).toBe(0);
  const writes = [...second.toTinybird, ...second.toGithub].filter(({ method }) => method !== 'GET');
  expect(writes).toEqual([]);
  expect(await everything(stage)).toEqual(before);
}

const everything = async ({ workspace, github }: Stage): Promise<object> => ({
  workspace: await workspace.state(),
  secrets: [...github.secrets],
  environment: [...github.environmentSecrets('prod')],
  variables: [...github.variables],
});

/** The post step, started with what the main one saved, leaves no value on the disk. */
export async function expectCleanedUp(stage: Stage, played: Played): Promise<void> {
  const file = join(stage.temp, 'tokens.json');
  expect(existsSync(file)).toBe(true);
  const end = await playPost(stage, played);
  expect(end.exitCode, end.log).toBe(0);
  expect(existsSync(file)).toBe(false);
}
