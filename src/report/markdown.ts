// The plan and its outcome as Markdown: for the pull request comment (in rungs, longest first) and for the step summary.

import type { Redact } from '../redact.ts';
import { details, names } from './markdown/details.ts';
import { findings } from './markdown/findings.ts';
import { fitAll, type Section, sizeOf } from './markdown/fit.ts';
import { foot, head, headline, type Links, reason } from './markdown/head.ts';
import { shorten } from './markdown/inert.ts';
import { proofSections } from './markdown/proof.ts';
import { table } from './markdown/table.ts';
import { byHand, losses, notices } from './markdown/warnings.ts';
import type { Report } from './report.ts';

export type { Links } from './markdown/head.ts';

/** GitHub refuses longer comments; https://docs.github.com/rest/issues/comments. */
export const COMMENT_LIMIT = 65_536;
/** GitHub drops a step summary of more than 1 MiB; a UTF-16 unit takes up to three bytes. */
export const SUMMARY_LIMIT = Math.floor((1024 * 1024) / 3);

const FEW_ROWS = 50;
// Redacting is the last thing that happens to a text, and `***` is longer than some of what it replaces.
const MARGIN = 256;

/** The same content in fewer and fewer words, each of whole lines within `limit` UTF-16 units. */
export function rungs(report: Report, links: Links, limit: number): string[] {
  const where = whereIn(links, limit);
  const noted = [notices(report, where), ...findings(report, where)];
  const proof = report.proof === null ? [] : proofSections(report.proof, where);
  const beside = [...proof, byHand(report, where), table(report, where), ...noted];
  const short = [...proof, byHand(report, where), table(report, where, FEW_ROWS), ...noted];
  const contents: readonly (readonly Section[])[] = [
    [...beside, ...details(report, where)],
    [...beside, names(report, where)],
    beside,
    short,
    [...proof, losses(report, where), byHand(report, where), ...noted],
  ];
  const [top, bottom] = [head(report, links), foot(report, links)];
  const room = limit - MARGIN - sizeOf(top) - sizeOf(bottom);
  const texts = contents.map((sections) =>
    [...top, ...fitAll(sections, room), ...bottom].join('\n').toWellFormed(),
  );
  const falling = texts.filter(
    (text, at) => text.length <= limit && texts.slice(0, at).every((one) => one.length > text.length),
  );
  return falling.length > 0
    ? falling
    : [headline('planned', { fleet: shorten(report.fleet), workspace: null })];
}

/** Where to find what there was no room for. */
function whereIn({ run }: Links, limit: number): string {
  if (limit > COMMENT_LIMIT) return 'the file named by the output `report-path` has everything';
  return run === null ? 'the report has everything' : `the summary of the [run](${run}) has everything`;
}

/** For the time between the plan and its outcome. */
export function applying(
  at: { readonly fleet: string; readonly workspace: string | null },
  links: Links,
): string {
  const run = links.run === null ? '' : ` Its [run](${links.run}) shows how far it is.`;
  return [headline('applying', at), '', `This plan is being applied.${run}`].join('\n');
}

/** What the summary says when there was no plan to show. */
export function stopSummary(error: unknown, redact: Redact = (text) => text): string {
  const message = error instanceof Error ? error.message : String(error);
  return ['### ⛔ Tinybird tenants · stopped', '', ...reason(redact(message)), ''].join('\n');
}
