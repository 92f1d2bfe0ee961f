// A folder is a test: each of its steps is a state of the repository and an event; what came of it stands in expected.txt. `npm run bless` writes it anew.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Generation } from '../../src/model.ts';
import { golden } from './golden.ts';
import {
  expectAlwaysFiltered,
  expectCleanedUp,
  expectNoLeak,
  expectSecondRunIdle,
  expectUntouched,
  strangersTo,
} from './laws.ts';
import { Placeholders } from './placeholders.ts';
import { play, prepare } from './play.ts';
import { type Action, buildAction, type Stage, setStage } from './stage.ts';
import { readStep } from './step.ts';

const here = import.meta.dirname;
/** Started as a runner starts the released action, from beginning to end; the others run its sources here, one at a time. */
const BUILT = new Set(['first-run', 'pull-request', 'killed', 'tokens-file', 'fork', 'rotation']);
const bless = process.env['BLESS'] === '1';

let action: Action;
beforeAll(async () => {
  if (bless && process.env['CI'] !== undefined) throw new Error('golden files are not written in CI');
  action = await buildAction();
});
afterAll(() => action[Symbol.dispose]());

for (const name of folders(here)) {
  const steps = folders(join(here, name)).map((step) => join(here, name, step));
  const { generation = 'forward' } = readStep(steps[0] ?? '');
  const fileOf = (each: Generation): string =>
    generation === 'both' ? `expected.${each}.txt` : 'expected.txt';
  for (const each of generation === 'both' ? (['forward', 'classic'] as const) : [generation]) {
    const title = generation === 'forward' ? name : `${name} (${each})`;
    test(title, () => playAll(steps, { generation: each, file: fileOf(each), isBuilt: BUILT.has(name) }));
  }
}

interface Playing {
  readonly generation: Generation;
  /** Name of the golden file in each step's folder. */
  readonly file: string;
  readonly isBuilt: boolean;
}

async function playAll(
  steps: readonly string[],
  { generation, file, isBuilt }: Playing,
): Promise<void> {
  await using stage = await setStage(action, generation);
  const placeholders = new Placeholders(stage);
  // What a run leaves undone shows in the step after it; only the last that applies is repeated for its own sake.
  const last = steps.findLast((step) => applies(join(step, file)));
  for (const step of steps)
    await takeStep(
      stage,
      { folder: step, file: join(step, file), isLast: step === last, isBuilt },
      placeholders,
    );
  expect(stage.github.violations).toEqual([]);
}

const applies = (file: string): boolean => existsSync(file) && isApply(readFileSync(file, 'utf8'));
const isApply = (text: string): boolean => text.includes('EXIT 0') && text.includes('This run applies');

function folders(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

interface Taking extends Pick<Playing, 'file' | 'isBuilt'> {
  readonly folder: string;
  readonly isLast: boolean;
}

async function takeStep(
  stage: Stage,
  { folder, file, isLast, isBuilt }: Taking,
  placeholders: Placeholders,
): Promise<void> {
  const step = readStep(folder);
  const scene = await prepare(stage, step, { folder, isBuilt });
  const strangers = await strangersTo(stage, step);
  const played = await play(stage, scene);
  const { exitCode, log } = played.end;
  await placeholders.learn();
  expectNoLeak(stage, played);
  await expectAlwaysFiltered(stage, played);
  if (step.arrange) {
    expect(exitCode, log).toBe(0);
    return;
  }
  expectUntouched(strangers, await strangersTo(stage, step, strangers), step);
  compare(file, await golden({ stage, step, played, placeholders }));
  if (isLast && exitCode === 0 && step.once === undefined) {
    await expectSecondRunIdle(stage, scene);
  }
  if (step.post) await expectCleanedUp(stage, played);
}

function compare(file: string, text: string): void {
  if (bless) writeFileSync(file, text);
  expect(text, file).toBe(
    existsSync(file) ? readFileSync(file, 'utf8') : 'no expected.txt: run `npm run bless`',
  );
}
