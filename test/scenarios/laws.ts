// What holds in every step of every scenario, whatever it is about.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Played, play, playPost, type Scene } from './play.ts';
import { PULL, type Stage } from './stage.ts';
import type { Step } from './step.ts';
import type { Token } from './workspace.ts';

/** Datafiles and tokens that no list of this repository is about. */
export interface Strangers {
  readonly files: ReadonlyMap<string, string>;
  readonly tokens: readonly Token[];
}

/** What carries the marker of another fleet than this run's, or none and is no file of the project. */
export async function strangersTo(stage: Stage, step: Step): Promise<Strangers> {
  const list = join(stage.folder, step.inputs['tenants'] ?? 'tenants.yaml');
  const fleet = existsSync(list) ? (/^fleet: (\S+)/m.exec(readFileSync(list, 'utf8'))?.[1] ?? '') : '';
  const project = new Set(
    stage
      .git('ls-files', 'tinybird')
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
  const tokens = (await stage.workspace.tokens()).filter(({ name }) => !texts.includes(`TOKEN "${name}"`));
  return { files, tokens };
}

/** Somebody else's files and tokens are what they were, byte for byte; what is adopted is ours from then on. */
export function expectUntouched(before: Strangers, after: Strangers, { inputs }: Step): void {
  for (const [name, text] of before.files) {
    if (inputs['adopt'] === 'true' && !after.files.has(name)) continue;
    expect(after.files.get(name), name).toBe(text);
  }
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
