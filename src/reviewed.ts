// The plan that was reviewed: found from the commit through its pull request, and held against the plan of the apply.

import { driftOf } from './drift.ts';
import { Stop } from './errors.ts';
import type { Client } from './github/client.ts';
import { type FoundComment, findComment } from './github/comment.ts';
import type { Context } from './github/context.ts';
import type { CommentKey, Marker } from './github/marker.ts';
import { openClient } from './github/open.ts';
import { mergedPull } from './github/pulls.ts';
import type { Inputs } from './inputs.ts';
import type { Fleet, Plan } from './model.ts';
import { plural } from './numbers.ts';
import { type Departure, departure, digestOf, partsOf, riskDigest, risksOf } from './plan/digest.ts';
import type { Redact } from './redact.ts';
import type { Mode, Report } from './report/report.ts';
import { sentence } from './report/words.ts';
import type { Surroundings } from './surroundings.ts';

export interface Review {
  readonly notes: readonly string[];
  /** Null when there is nothing to compare with: never a reason to refuse. */
  readonly reviewed: Reviewed | null;
}

export interface Reviewed {
  readonly client: Client;
  /** Of the pull request. */
  readonly number: number;
  readonly found: FoundComment;
  readonly context: Context;
  readonly redact: Redact;
  readonly fleet: string;
  readonly workspace: string;
  /** Something is to be done. */
  readonly isDue: boolean;
  /** What was reviewed in the pull request before this one, too: its run may have left its plan to this one. */
  readonly earlier: ReadonlySet<string>;
}

export interface ReviewAsked {
  readonly inputs: Inputs;
  readonly at: Surroundings;
  readonly mode: Mode;
  readonly fleet: Fleet;
  readonly workspace: { readonly id: string; readonly name: string };
  readonly plan: Plan;
  /** What stops this run already. */
  readonly refused: Stop | null;
}

const NO_REVIEW: Review = { notes: [], reviewed: null };

/** Up to three GETs, after a push that has something to change; as many again before it is refused. */
export async function reviewOf(asked: ReviewAsked): Promise<Review> {
  const { inputs, at, fleet, workspace, plan } = asked;
  const { context, redact } = at;
  const isDue = driftOf(plan).length > 0;
  if (context === null || !isAsked(asked, { context, isDue })) return NO_REVIEW;
  const unknown = (why: string): Review =>
    risksOf(plan).length === 0
      ? NO_REVIEW
      : { ...NO_REVIEW, notes: [`this plan was not compared with a reviewed one: ${why}`] };
  const client = await openClient(inputs, context, 'github-token');
  if (client === null) return unknown('`github-token` is not given');
  const search = { client, key: keyOf(inputs, workspace.id, redact), branch: branchOf(context) };
  const found = await findReviewed(search, context.sha);
  if ('missing' in found) return unknown(found.missing);
  const names = { fleet: fleet.name, workspace: workspace.name };
  const reviewed = { client, context, redact, isDue, earlier: NO_RISKS, ...found, ...names };
  const notes = isDue ? departureNotes(reviewed, plan) : [];
  if (objection({ notes, reviewed }, plan) === null) return { notes, reviewed };
  return { notes, reviewed: { ...reviewed, earlier: await risksBefore(search, context) } };
}

const NO_RISKS: ReadonlySet<string> = new Set();
const branchOf = ({ ref }: Context): string => ref.replace(/^refs\/heads\//, '');

interface Search {
  readonly client: Client;
  readonly key: CommentKey;
  readonly branch: string;
}

/** Our comment on the pull request that was merged with a commit, or why there is none. */
async function findReviewed(
  { client, key, branch }: Search,
  sha: string,
): Promise<{ readonly number: number; readonly found: FoundComment } | { readonly missing: string }> {
  const pull = await mergedPull(client, { sha, branch });
  if (!pull.ok) return { missing: pull.failure.sentence };
  if (pull.value === null) return { missing: `no pull request brought this commit into ${branch}` };
  const { number } = pull.value;
  const found = await findComment(client, number, key);
  if (!found.ok) return { missing: found.failure.sentence };
  if (found.value !== null) return { number, found: found.value };
  return { missing: `#${number} has no plan for this workspace and list in a comment of ours` };
}

/** Merged in a row, only the last one is applied: the run of the one before was superseded. */
async function risksBefore(search: Search, context: Context): Promise<ReadonlySet<string>> {
  if (context.event !== 'push') return NO_RISKS;
  const before = await findReviewed(search, context.before);
  return 'missing' in before ? NO_RISKS : (before.found.marker.digest.risks ?? NO_RISKS);
}

/** A run that has nothing to do asks only when it repeats one: that may have been killed before it could say what it did. */
function isAsked(
  { inputs, mode, refused }: ReviewAsked,
  { context, isDue }: { readonly context: Context; readonly isDue: boolean },
): boolean {
  // The run of the newer commit tells its own; and where GitHub does not answer, more questions do not help.
  if (refused?.stop === 'superseded' || refused?.stop === 'request-failed') return false;
  return mode === 'apply' && context.event === 'push' && inputs.comment && (isDue || context.attempt > 1);
}

const keyOf = (inputs: Inputs, workspace: string, redact: Redact): CommentKey => ({
  workspace,
  tenants: redact(inputs.tenants),
});

/** Of the comment on a pull request that is not merged. */
export const plannedMarker = (report: Report, inputs: Inputs, redact: Redact): Marker => ({
  ...keyOf(inputs, report.workspace?.id ?? '', redact),
  phase: 'planned',
  digest: digestOf(report.plan, redact),
});

function departureNotes({ found, number, redact }: Reviewed, plan: Plan): string[] {
  const { digest } = found.marker;
  if (digest.checksum === plan.checksum) return [];
  return [
    `the plan is not the one that was reviewed in #${number}${said(departure(digest, partsOf(plan, redact)))}`,
  ];
}

/** Why this plan may not be carried out: it takes something away that nobody has reviewed. */
export function objection({ reviewed }: Review, plan: Plan): Stop | null {
  if (reviewed === null) return null;
  const { number, found, redact, earlier } = reviewed;
  const { digest } = found.marker;
  if (digest.checksum === plan.checksum) return null;
  const known = earlier.union(digest.risks ?? NO_RISKS);
  const fresh = risksOf(plan).filter((change) => !known.has(riskDigest(change)));
  if (fresh.length === 0) return null;
  const lines = fresh.slice(0, SHOWN).map((change) => {
    const hazards = change.hazards.length === 0 ? '' : `, ${change.hazards.join(', ')}`;
    const rows = change.rows ? `, ${plural(change.rows, 'row')}` : '';
    return `  ${sentence(change)}${rows}${hazards}`;
  });
  if (fresh.length > SHOWN) lines.push(`  … and ${fresh.length - SHOWN} more`);
  return new Stop(
    'plan-changed',
    [
      `The plan is not the one that was reviewed in #${number}, and takes away what was not to go there:`,
      ...lines,
      `Reviewed was ${digest.checksum}, now it is ${plan.checksum}${said(departure(digest, partsOf(plan, redact)))}. Nothing was sent. To apply it as it is now, start the workflow by hand (workflow_dispatch) with \`plan-checksum: ${plan.checksum}\`; or open a new pull request and merge it when its comment shows what you want.`,
    ].join('\n'),
  );
}

const SHOWN = 10;

function said(departed: Departure | null): string {
  if (departed === null) return ' (it was too large to say what differs)';
  const { added, changed, gone } = departed;
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ['new in it', added],
    ['different', changed],
    ['no longer in it', gone],
  ];
  const words = kinds.flatMap(([what, ids]) => (ids.length === 0 ? [] : [`${what}: ${sampled(ids)}`]));
  return words.length === 0 ? '' : ` (${words.join('; ')})`;
}

function sampled(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN).map((id) => id || 'the project');
  return shown.join(', ') + (ids.length > SHOWN ? ` and ${ids.length - SHOWN} more` : '');
}
