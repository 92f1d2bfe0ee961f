// The edge to GitHub Actions: inputs and event in; outputs, summary, comment, annotations and the exit code out.
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { systemClock } from './clock.ts';
import { commentOn } from './comment.ts';
import { Stop, unwrap } from './errors.ts';
import { type Context, readContext } from './github/context.ts';
import { type InputName, type Inputs, parseInputs } from './inputs.ts';
import { createRedactor, forLog, type Redact } from './redact.ts';
import { type Annotation, annotationsOf, annotationsOfProblems } from './report/annotations.ts';
import { writeReport } from './report/json.ts';
import { COMMENT_LIMIT, rungs, SUMMARY_LIMIT, stopSummary } from './report/markdown.ts';
import { outputs } from './report/outputs.ts';
import { failure, type Report, shownReport } from './report/report.ts';
import { terminal } from './report/terminal.ts';
import { run } from './run.ts';
import { Secret } from './secret.ts';

const STATE_TOKENS_FILE = 'tokens-file';
const STATE_MAIN = 'main';

async function main(): Promise<void> {
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
    report = await run(inputs, {
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
      leaves: (file) => core.saveState(STATE_TOKENS_FILE, file),
    });
    shown = shownReport(report, redact);
    say(terminal(shown));
    const why = failure(shown);
    // The sentence comes first: GitHub shows only so many errors.
    if (why !== null) fail(redact(why), shown.stop?.exitCode ?? 1);
    annotate(annotationsOf(shown), redact);
  } catch (error) {
    stop(error, redact);
    await summarise(redact(stopSummary(error, redact)));
  }
  await publish({ report, shown, inputs, context, redact, reportPath });
}

interface Ending {
  readonly report: Report | null;
  /** The same, fit to be rendered. */
  readonly shown: Report | null;
  readonly inputs: Inputs | null;
  readonly context: Context | null;
  readonly redact: Redact;
  readonly reportPath: string;
}

/** Always, also after a failure; nothing here may hide the reason of one. */
async function publish({ report, shown, inputs, context, redact, reportPath }: Ending): Promise<void> {
  const unwritten = await writeReport(report, reportPath, redact).catch(reasonOf);
  const path = unwritten === undefined ? reportPath : '';
  for (const [name, value] of Object.entries(outputs(report, path))) core.setOutput(name, value);
  if (unwritten !== undefined) fail(redact(`The report ${reportPath} could not be written: ${unwritten}`), 1);
  if (report === null || shown === null) return;
  const links = linksOf(context);
  await summarise(redact(rungs(shown, links, SUMMARY_LIMIT)[0] ?? ''));
  // For a workflow that may comment where this one may not, with room for a line of its own.
  const comment = redact(rungs(shown, links, COMMENT_LIMIT - 1_000)[0] ?? '');
  if (path !== '') await writeFile(path.replace(/\.json$/, '.md'), `${comment}\n`);
  if (inputs === null || context === null) return;
  const notice = await commentOn({ report, shown, inputs, context, links, redact });
  if (notice !== null) core.notice(redact(notice));
}

const linksOf = (context: Context | null) => ({
  run: context?.runUrl ?? null,
  base: context !== null && 'baseSha' in context ? context.baseSha : null,
  head: context !== null && 'headSha' in context ? context.headSha : (context?.sha ?? null),
});

function stop(error: unknown, redact: Redact): void {
  if (!(error instanceof Stop)) {
    fail(redact(error instanceof Error ? (error.stack ?? error.message) : String(error)), 1);
    return;
  }
  fail(redact(error.message), error.exitCode);
  annotate(annotationsOfProblems(error.problems), redact);
}

function annotate(annotations: readonly Annotation[], redact: Redact): void {
  for (const { level, message, at } of annotations) {
    const tell = level === 'error' ? core.error : core.warning;
    tell(redact(message), {
      title: 'Tinybird tenants',
      ...(at === null ? {} : { file: at.file }),
      ...(at?.line === undefined ? {} : { startLine: at.line }),
      ...(at?.column === undefined ? {} : { startColumn: at.column }),
    });
  }
}

function fail(message: string, exitCode: 1 | 2): void {
  core.setFailed(message);
  process.exitCode = exitCode;
}

/** Nothing else depends on it. */
async function summarise(text: string): Promise<void> {
  if (!process.env.GITHUB_STEP_SUMMARY) return;
  const failed = await core.summary
    .addRaw(text, true)
    .write()
    .then(() => null, reasonOf);
  if (failed !== null) core.warning(`The summary could not be written: ${failed}`);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

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

/** The post step: values do not outlive the job. */
async function cleanUp(): Promise<void> {
  const file = core.getState(STATE_TOKENS_FILE);
  if (file !== '') await rm(file, { force: true });
}

// The runner starts the same file twice; only the post step finds what the main one has saved.
async function start(): Promise<void> {
  if (core.getState(STATE_MAIN) !== '') return cleanUp();
  core.saveState(STATE_MAIN, 'started');
  return main();
}

start().catch((error: unknown) => fail(error instanceof Error ? error.name : 'unknown error', 1));
