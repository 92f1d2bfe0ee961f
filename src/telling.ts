// What becomes of a run on GitHub: outputs, summary, comment, annotations, the report. Loaded when the run is over.
import { writeFile } from 'node:fs/promises';
import * as core from '@actions/core';
import { commentOn } from './comment.ts';
import { Stop } from './errors.ts';
import { fail } from './fail.ts';
import type { Context } from './github/context.ts';
import type { Inputs } from './inputs.ts';
import type { Redact } from './redact.ts';
import { type Annotation, annotationsOf, annotationsOfProblems } from './report/annotations.ts';
import { writeReport } from './report/json.ts';
import { COMMENT_LIMIT, rungs, SUMMARY_LIMIT, stopSummary } from './report/markdown.ts';
import { outputs } from './report/outputs.ts';
import { failure, type Report } from './report/report.ts';
import { terminal } from './report/terminal.ts';

export { shownReport } from './report/report.ts';

/** The log of a run that made a report. */
export function tell(
  shown: Report,
  { say, redact }: { readonly say: (text: string) => void; readonly redact: Redact },
): void {
  say(terminal(shown));
  const why = failure(shown);
  // The sentence comes first: GitHub shows only so many errors.
  if (why !== null) fail(redact(why), shown.stop?.exitCode ?? 1);
  annotate(annotationsOf(shown), redact);
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
export async function publish({ report, shown, inputs, context, redact, reportPath }: Ending): Promise<void> {
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

/** After the error itself: where it stands, and the summary. */
export async function tellStop(error: unknown, redact: Redact): Promise<void> {
  if (error instanceof Stop) annotate(annotationsOfProblems(error.problems), redact);
  await summarise(redact(stopSummary(error, redact)));
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
