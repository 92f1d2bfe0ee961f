// One comment on a pull request, found by its hidden marker and its author, updated in place. It never fails a run.
import * as z from 'zod';
import type { Client } from './client.ts';
import type { Answer } from './failure.ts';
import { type CommentKey, type Marker, readMarker, sameComment, writeMarker } from './marker.ts';

export interface CommentRequest {
  /** Number of the pull request. */
  readonly number: number;
  readonly marker: Marker;
  /** Texts from the fullest to the shortest; the first that GitHub takes is used. */
  readonly rungs: readonly string[];
}

export type CommentOutcome =
  | { readonly kind: 'created' | 'updated' | 'unchanged'; readonly id: number }
  /** Not possible, and why; worth a notice in the log. */
  | { readonly kind: 'skipped'; readonly sentence: string };

/** "body is too long (maximum is 65536 characters)": https://docs.github.com/en/rest/issues/comments */
const MOST_CHARACTERS = 65_536;
const PERMISSION = 'pull-requests: write';
/** What a workflow's own token writes as. */
const ACTIONS_BOT = 'github-actions[bot]';
const TRIES = 3;

export async function upsertComment(client: Client, request: CommentRequest): Promise<CommentOutcome> {
  const bodies = fittingBodies(request);
  let sentence = tooLong(request);
  // A create whose answer was lost may have worked, so each try looks first.
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const found = await findComment(client, request.number, request.marker);
    if (!found.ok) return { kind: 'skipped', sentence: found.failure.sentence };
    if (found.value !== null && isMerged(found.value.marker, request.marker))
      return { kind: 'unchanged', id: found.value.id };
    const written = await writeFirst(client, { number: request.number, bodies, found: found.value });
    if (written === null) break;
    if (written.ok) return written.value;
    sentence = written.failure.sentence;
    const { status } = written.failure;
    if (status > 0 && status < 500) break;
  }
  return { kind: 'skipped', sentence };
}

/** Gives a comment that was found its next text, whatever it says by now. Asks nothing before. */
export async function rewriteComment(
  client: Client,
  found: FoundComment,
  request: CommentRequest,
): Promise<CommentOutcome> {
  const written = await writeFirst(client, {
    number: request.number,
    bodies: fittingBodies(request),
    found: { ...found, body: '' },
  });
  if (written === null) return { kind: 'skipped', sentence: tooLong(request) };
  return written.ok ? written.value : { kind: 'skipped', sentence: written.failure.sentence };
}

function fittingBodies({ marker, rungs }: CommentRequest): string[] {
  const line = writeMarker(marker);
  return rungs.map((text) => `${line}\n${text}`).filter((body) => body.length <= MOST_CHARACTERS);
}

const tooLong = ({ number }: CommentRequest): string =>
  `could not comment on #${number}: even the shortest text is longer than ${MOST_CHARACTERS} characters`;

/** A plan that comes late, or again, does not take the place of what has become of the reviewed one. */
const isMerged = (found: Marker, wanted: Marker): boolean =>
  wanted.phase === 'planned' && found.phase !== 'planned';

/** Our comment, with its body: the plan that was reviewed. Null when there is none of ours. */
export async function findComment(
  client: Client,
  number: number,
  key: CommentKey,
): Promise<Answer<FoundComment | null>> {
  const { owner, repo } = client;
  const asked = { what: `read the comments of #${number}`, permission: 'pull-requests: read' };
  const answer = await client.ask(asked, (octokit) =>
    octokit.paginate(octokit.rest.issues.listComments, { owner, repo, issue_number: number, per_page: 100 }),
  );
  if (!answer.ok) return answer;
  const candidates = answer.value.flatMap(({ id, body = '', user }) => {
    const marker = readMarker(body);
    if (marker === null || !sameComment(marker, key)) return [];
    return [{ id, body, marker, author: user?.login ?? '' }];
  });
  if (candidates.length === 0) return { ok: true, value: null };
  const ours = await ourLogins(client, candidates);
  if (!ours.ok) return ours;
  return { ok: true, value: candidates.find(({ author }) => ours.value.includes(author)) ?? null };
}

export interface FoundComment {
  readonly id: number;
  readonly body: string;
  readonly marker: Marker;
  readonly author: string;
}

/** Anyone can copy a marker; only our own comment counts. REST does not tell an app's token its name, GraphQL does. */
async function ourLogins(
  client: Client,
  candidates: readonly FoundComment[],
): Promise<Answer<readonly string[]>> {
  const asked = { what: 'find out whose token this is', permission: PERMISSION };
  const user = await client.ask(asked, ({ rest }) => rest.users.getAuthenticated());
  if (user.ok) return { ok: true, value: [user.value.data.login] };
  if (user.failure.status !== 403) return user;
  // The usual case, without a POST: a run that changes nothing should only read.
  if (candidates.every(({ author }) => author === ACTIONS_BOT || !author.endsWith('[bot]'))) {
    return { ok: true, value: [ACTIONS_BOT] };
  }
  const viewer = await client.ask(asked, (octokit) => octokit.graphql('{ viewer { login } }'));
  if (!viewer.ok) return viewer;
  const known = Viewer.safeParse(viewer.value);
  return { ok: true, value: known.success ? [known.data.viewer.login] : [] };
}

const Viewer = z.object({ viewer: z.object({ login: z.string() }) });

interface Write {
  readonly number: number;
  readonly bodies: readonly string[];
  readonly found: FoundComment | null;
}

/** The first body that is not too long for GitHub; null when there is none. */
async function writeFirst(
  client: Client,
  { bodies, ...write }: Write,
): Promise<Answer<CommentOutcome> | null> {
  let last: Answer<CommentOutcome> | null = null;
  for (const body of bodies) {
    last = await writeBody(client, { ...write, body });
    const isTooLong = !last.ok && last.failure.status === 422 && /too long/i.test(last.failure.said);
    if (!isTooLong) return last;
  }
  return last;
}

async function writeBody(
  client: Client,
  { number, found, body }: Omit<Write, 'bodies'> & { readonly body: string },
): Promise<Answer<CommentOutcome>> {
  const { owner, repo } = client;
  if (found?.body.replaceAll('\r\n', '\n') === body)
    return { ok: true, value: { kind: 'unchanged', id: found.id } };
  const asked = { what: `comment on #${number}`, permission: PERMISSION };
  return client.ask(asked, async ({ rest: { issues } }) => {
    if (found !== null) {
      await issues.updateComment({ owner, repo, comment_id: found.id, body });
      return { kind: 'updated', id: found.id } as const;
    }
    // Octokit must not repeat this one: a lost answer would become a second comment.
    const once = { request: { retries: 0 } };
    const { data } = await issues.createComment({ owner, repo, issue_number: number, body, ...once });
    return { kind: 'created', id: data.id } as const;
  });
}
