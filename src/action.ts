// What GitHub's runner starts, twice: the main step, and when the job ends the post step, which loads nothing for it.
import { appendFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';

/** What the main step leaves to the post step, by name. */
const STATE = { started: 'main', tokensFile: 'tokens-file' } as const;

const stateOf = (name: string): string => process.env[`STATE_${name}`] ?? '';

async function start(): Promise<void> {
  // Only the post step finds what the main one has saved.
  if (stateOf(STATE.started) !== '') return cleanUp(stateOf(STATE.tokensFile));
  const file = process.env.GITHUB_STATE;
  if (file) appendFileSync(file, `${STATE.started}=started\n`);
  const { main } = await import('./main-step.ts');
  return main(STATE.tokensFile);
}

/** Values do not outlive the job. */
async function cleanUp(path: string): Promise<void> {
  if (path !== '') await rm(path, { force: true });
}

start().catch((error: unknown) => {
  // When an error has been said, it is the one that matters. The message may quote an input.
  if (process.exitCode !== undefined) return;
  process.stdout.write(`::error::${error instanceof Error ? error.name : 'unknown error'}\n`);
  process.exitCode = 1;
});
