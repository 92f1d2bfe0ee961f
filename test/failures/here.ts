// The action's main step within this process, to the same end as a start of the built one at a tenth of its cost. It follows
// src/main-step.ts, and answers.test.ts holds it to that; what the edge itself carries has to be asked of the built action.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../scripts/bundle.ts';
import { systemClock } from '../../src/clock.ts';
import { commentOn } from '../../src/comment.ts';
import { Stop, unwrap } from '../../src/errors.ts';
import { type Context, parseContext } from '../../src/github/context.ts';
import { type InputName, type Inputs, parseInputs } from '../../src/inputs.ts';
import { createRedactor, forLog, type Redact } from '../../src/redact.ts';
import { type Annotation, annotationsOf, annotationsOfProblems } from '../../src/report/annotations.ts';
import { writeReport } from '../../src/report/json.ts';
import { COMMENT_LIMIT, rungs, SUMMARY_LIMIT, stopSummary } from '../../src/report/markdown.ts';
import { outputs } from '../../src/report/outputs.ts';
import { failure, type Report, shownReport } from '../../src/report/report.ts';
import { terminal } from '../../src/report/terminal.ts';
import type { ActionEnd, ActionStart } from '../../src/sandbox/github/runner.ts';
import { Secret } from '../../src/secret.ts';
import { startRun } from '../../src/start.ts';

/** Runs one after the other, as long as they last: paths of inputs start where the process stands. */
export async function runHere(start: ActionStart): Promise<ActionEnd> {
  const before = process.cwd();
  process.chdir(start.workspace);
  try {
    return await mainStep(start);
  } finally {
    process.chdir(before);
  }
}

interface Told {
  readonly log: string[];
  readonly masks: string[];
  readonly state: Record<string, string>;
  summary: string;
  exitCode: number;
}

interface Edge {
  readonly raw: (name: InputName) => string;
  readonly env: Readonly<Record<string, string>>;
  readonly redact: Redact;
  readonly secrets: Secret[];
  readonly told: Told;
  readonly say: (text: string) => void;
  readonly issue: (command: string, data: string) => void;
}

async function mainStep(start: ActionStart): Promise<ActionEnd> {
  const edge = edgeOf(start);
  const { told, redact, env } = edge;
  let report: Report | null = null;
  let known: Partial<Known> = {};
  try {
    const inputs = unwrap(parseInputs(edge.raw));
    const context = unwrap(parseContext(env, start.payload));
    known = { inputs, context };
    report = await startRun(inputs, surroundingsOf(edge, context, start.workspace));
    const shown = shownReport(report, redact);
    edge.say(terminal(shown));
    const why = failure(shown);
    if (why !== null) fail(edge, redact(why), shown.stop?.exitCode ?? 1);
    annotate(edge, annotationsOf(shown));
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    fail(edge, redact(error.message), error.exitCode);
    annotate(edge, annotationsOfProblems(error.problems));
    summarise(edge, redact(stopSummary(error, redact)));
  }
  const path = join(env.RUNNER_TEMP ?? '', 'tinybird-tenants-report.json');
  await writeReport(report, path, redact);
  const { inputs, context } = known;
  if (report !== null && inputs !== undefined && context !== undefined)
    await show(edge, report, { inputs, context, path });
  const { log, ...rest } = told;
  return { ...rest, log: log.map((line) => `${line}\n`).join(''), outputs: outputs(report, path) };
}

interface Known {
  readonly inputs: Inputs;
  readonly context: Context;
  /** Of the report. */
  readonly path: string;
}

/** The summary, the file beside the report, the comment. */
async function show(edge: Edge, report: Report, { inputs, context, path }: Known): Promise<void> {
  const { redact } = edge;
  const shown = shownReport(report, redact);
  const links = {
    run: context.runUrl,
    base: 'baseSha' in context ? context.baseSha : null,
    head: 'headSha' in context ? context.headSha : context.sha,
  };
  summarise(edge, redact(rungs(shown, links, SUMMARY_LIMIT)[0] ?? ''));
  const comment = redact(rungs(shown, links, COMMENT_LIMIT - 1_000)[0] ?? '');
  await writeFile(path.replace(/\.json$/, '.md'), `${comment}\n`);
  const notice = await commentOn({ report, shown, inputs, context, links, redact });
  if (notice !== null) edge.issue('notice', redact(notice));
}

const SECRET_INPUTS = ['tinybird-token', 'tinybird-tokens-token', 'github-token', 'secrets-token'] as const;

function edgeOf(start: ActionStart): Edge {
  const raw = (name: InputName): string => start.inputs[name]?.trim() ?? '';
  const secrets = SECRET_INPUTS.flatMap((name) => (raw(name) === '' ? [] : [new Secret(raw(name))]));
  let known = 0;
  let current = createRedactor([]);
  const redact: Redact = (text) => {
    if (known !== secrets.length) current = createRedactor(secrets);
    known = secrets.length;
    return current(text);
  };
  const told: Told = { log: [], masks: [], state: { main: 'started' }, summary: '', exitCode: 0 };
  const print = (line: string): void => {
    told.log.push(line);
    start.onOutput?.(`${line}\n`);
  };
  return {
    raw,
    env: environmentOf(start),
    redact,
    secrets,
    told,
    say: (text) => print(forLog(redact(text))),
    issue: (command, data) => print(`::${command}::${escaped(data)}`),
  };
}

function environmentOf(start: ActionStart): Record<string, string> {
  return {
    GITHUB_API_URL: start.apiUrl,
    GITHUB_EVENT_NAME: start.event,
    GITHUB_REF: start.ref,
    GITHUB_REPOSITORY: start.repository,
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_SHA: start.sha,
    ...start.env,
  };
}

const surroundingsOf = ({ env, say, redact, told, secrets, issue }: Edge, context: Context, cwd: string) => ({
  context,
  clock: systemClock,
  env,
  cwd,
  shippedSets: join(root, 'datafiles-templates'),
  say,
  redact,
  mask: (value: string) => {
    issue('add-mask', value);
    told.masks.push(value);
    secrets.push(new Secret(value));
  },
  leaves: (file: string) => {
    told.state['tokens-file'] = file;
  },
});

function fail({ issue, told }: Edge, message: string, exitCode: number): void {
  issue('error', message);
  told.exitCode = exitCode;
}

function annotate({ issue, redact }: Edge, annotations: readonly Annotation[]): void {
  for (const { level, message, at } of annotations) {
    const places = { title: 'Tinybird tenants', file: at?.file, line: at?.line, col: at?.column };
    const given = Object.entries(places).filter(([, value]) => value !== undefined);
    const text = given.map(
      ([name, value]) => `${name}=${escaped(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
    );
    issue(`${level} ${text.join(',')}`, redact(message));
  }
}

function summarise({ told }: Edge, text: string): void {
  told.summary += `${text}\n`;
}

/** As a workflow command holds it. */
const escaped = (data: string): string =>
  data.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
