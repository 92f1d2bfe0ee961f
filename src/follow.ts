// What the pull request is told of its plan after the merge: that it is being carried out, and what became of it.
import { type CommentOutcome, rewriteComment } from './github/comment.ts';
import { type Marker, type Phase, writeMarker } from './github/marker.ts';
import { applying, COMMENT_LIMIT, rungs, stopSummary } from './report/markdown.ts';
import { hasFailed, type Report, shownReport } from './report/report.ts';
import type { Review, Reviewed } from './reviewed.ts';

/** Tells the pull request that its plan is being carried out, and then what became of it. */
export async function follow(review: Review, work: () => Promise<Report>): Promise<Report> {
  const { reviewed } = review;
  if (reviewed === null) return work();
  const { fleet, workspace } = reviewed;
  if (reviewed.isDue)
    await tell(reviewed, 'applying', () => [applying({ fleet, workspace }, linksOf(reviewed))]);
  let report: Report;
  try {
    report = await work();
  } catch (error) {
    await tell(reviewed, 'failed', () => [stopSummary(error, reviewed.redact)]);
    throw error;
  }
  return ended(review, report);
}

/** The report, which the pull request has been told. */
export async function ended({ reviewed }: Review, report: Report): Promise<Report> {
  if (reviewed === null || (!reviewed.isDue && reviewed.found.marker.phase === 'applied')) return report;
  const told = await tell(reviewed, hasFailed(report) ? 'failed' : 'applied', (limit) =>
    rungs(shownReport(report, reviewed.redact), linksOf(reviewed), limit),
  );
  if (told.kind !== 'skipped') return report;
  const note = `the comment on #${reviewed.number} does not say what became of the plan: ${told.sentence}`;
  return { ...report, notes: [...report.notes, note] };
}

/** The marker keeps the plan that was reviewed: whoever repeats a failed run is held to it. */
function tell(
  { client, number, found, redact }: Reviewed,
  phase: Phase,
  texts: (limit: number) => readonly string[],
): Promise<CommentOutcome> {
  const marker: Marker = { ...found.marker, phase };
  const room = COMMENT_LIMIT - writeMarker(marker).length - 1;
  return rewriteComment(client, found, { number, marker, rungs: texts(room).map(redact) });
}

const linksOf = ({ context }: Reviewed) => ({ run: context.runUrl, base: null, head: context.sha });
