// The pull request's comment: one per workspace and list, updated in place; never a reason to fail.
import { upsertComment } from './github/comment.ts';
import type { Context } from './github/context.ts';
import { writeMarker } from './github/marker.ts';
import { openClient } from './github/open.ts';
import type { Inputs } from './inputs.ts';
import type { Redact } from './redact.ts';
import { COMMENT_LIMIT, type Links, rungs } from './report/markdown.ts';
import type { Report } from './report/report.ts';
import { plannedMarker } from './reviewed.ts';

const SAME_TEXT = 'The step summary has the same text.';

/** Returns what a person should be told when there is no comment, or null. */
export async function commentOn(at: {
  readonly report: Report;
  /** The same, redacted text by text. */
  readonly shown: Report;
  readonly inputs: Inputs;
  readonly context: Context;
  readonly links: Links;
  readonly redact: Redact;
}): Promise<string | null> {
  const { report, shown, inputs, context, links, redact } = at;
  if (!inputs.comment || context.event !== 'pull_request') return null;
  const client = await openClient(inputs, context, 'github-token');
  if (client === null) return `No comment on the pull request: \`github-token\` is not given. ${SAME_TEXT}`;
  const marker = plannedMarker(report, inputs, redact);
  // The hidden marker stands above the text, within the same limit.
  const room = COMMENT_LIMIT - writeMarker(marker).length - 1;
  const outcome = await upsertComment(client, {
    number: context.number,
    marker,
    rungs: rungs(shown, links, room).map(redact),
  });
  return outcome.kind === 'skipped'
    ? `No comment on the pull request: ${outcome.sentence}. ${SAME_TEXT}`
    : null;
}
