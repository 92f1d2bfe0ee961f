// A folder is a test: each of its steps is a state of the repository and an event; what came of it stands in expected.txt. `npm run bless` writes it anew.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { golden } from './golden.ts';
import { expectCleanedUp, expectNoLeak, expectSecondRunIdle, expectUntouched, strangersTo } from './laws.ts';
import { Placeholders } from './placeholders.ts';
import { play, prepare } from './play.ts';
import { type Action, buildAction, type Stage, setStage } from './stage.ts';
import { readStep } from './step.ts';

const here = import.meta.dirname;
// Five play at a time; on two busy cores that takes its time.
const TIMEOUT_MS = 400_000;
const bless = process.env['BLESS'] === '1';

let action: Action;
beforeAll(async () => {
  if (bless && process.env['CI'] !== undefined) throw new Error('golden files are not written in CI');
  action = await buildAction();
});
afterAll(() => action[Symbol.dispose]());

for (const name of folders(here)) {
  test.concurrent(name, { timeout: TIMEOUT_MS }, async () => {
    await using stage = await setStage(action);
    const placeholders = new Placeholders(stage);
    for (const step of folders(join(here, name))) await takeStep(stage, join(here, name, step), placeholders);
    expect(stage.github.violations).toEqual([]);
  });
}

function folders(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

async function takeStep(stage: Stage, folder: string, placeholders: Placeholders): Promise<void> {
  const step = await readStep(folder);
  const scene = await prepare(stage, step, folder);
  const strangers = await strangersTo(stage, step);
  const played = await play(stage, scene);
  const { exitCode, log } = played.end;
  await placeholders.learn();
  expectNoLeak(stage, played);
  if (step.arrange) {
    expect(exitCode, log).toBe(0);
    return;
  }
  expectUntouched(strangers, await strangersTo(stage, step), step);
  compare(join(folder, 'expected.txt'), golden({ stage, step, played, placeholders }));
  if (exitCode === 0 && log.includes('This run applies') && step.once === undefined) {
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
