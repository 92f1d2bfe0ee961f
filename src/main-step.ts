// The edge to GitHub Actions, the run itself: inputs and event in; what becomes of it is telling.ts's.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { systemClock } from './clock.ts';
import { Stop, unwrap } from './errors.ts';
import { fail } from './fail.ts';
import { type Context, readContext } from './github/context.ts';
import { type InputName, type Inputs, parseInputs } from './inputs.ts';
import { createRedactor, forLog, type Redact } from './redact.ts';
import type { Report } from './report/report.ts';
import { Secret } from './secret.ts';
import { startRun } from './start.ts';

/** @param tokensFile name under which the post step finds the path of a file with token values. */
export async function main(tokensFile: string): Promise<void> {
  const raw = (name: InputName): string => core.getInput(name);
  // Before anything is validated: whatever goes wrong may quote an input.
  const secrets = secretInputs(raw);
  const redact = growingRedactor(secrets);
  const say = (text: string) => process.stdout.write(`${forLog(redact(text))}\n`);
  const reportPath = join(process.env.RUNNER_TEMP ?? tmpdir(), 'tinybird-tenants-report.json');
  let report: Report | null = null;
  // Redacted text by text: what is marked up or cut short is no longer known for a token.
  let shown: Report | null = null;
  let inputs: Inputs | null = null;
  let context: Context | null = null;
  try {
    // Paths of inputs start at the root of the checkout, wherever the process was started.
    if (process.env.GITHUB_WORKSPACE) process.chdir(process.env.GITHUB_WORKSPACE);
    inputs = unwrap(parseInputs(raw));
    context = unwrap(readContext(process.env));
    report = await startRun(inputs, {
      context,
      clock: systemClock,
      env: process.env,
      cwd: process.cwd(),
      shippedSets: join(import.meta.dirname, '..', 'datafiles-templates'),
      say,
      redact,
      mask: (value) => {
        core.setSecret(value);
        secrets.push(new Secret(value));
      },
      // Only what this run writes: a path that was refused may name somebody's file.
      leaves: (file) => core.saveState(tokensFile, file),
    });
    const { shownReport, tell } = await import('./telling.ts');
    shown = shownReport(report, redact);
    tell(shown, { say, redact });
  } catch (error) {
    // Before anything else is loaded, which may be what went wrong.
    fail(redact(reasonOf(error)), error instanceof Stop ? error.exitCode : 1);
    const { tellStop } = await import('./telling.ts');
    await tellStop(error, redact);
  }
  const { publish } = await import('./telling.ts');
  await publish({ report, shown, inputs, context, redact, reportPath });
}

function reasonOf(error: unknown): string {
  if (error instanceof Stop) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function secretInputs(raw: (name: InputName) => string): Secret[] {
  const names: readonly InputName[] = [
    'tinybird-token',
    'tinybird-tokens-token',
    'github-token',
    'secrets-token',
  ];
  return names
    .map(raw)
    .filter(Boolean)
    .map((value) => new Secret(value));
}

/** Knows the values of the inputs, and from the moment it is masked each value that this run hands out. */
function growingRedactor(secrets: readonly Secret[]): Redact {
  let known = 0;
  let redact: Redact = createRedactor([]);
  return (text) => {
    if (known !== secrets.length) redact = createRedactor(secrets);
    known = secrets.length;
    return redact(text);
  };
}
