// What the list looked like before: for showing a pull request or a push, never a reason to delete.
import type { Client } from './client.ts';
import type { Context } from './context.ts';
import type { Failure } from './failure.ts';

/** The commit to compare with. */
export type Base =
  | { readonly kind: 'commit'; readonly ref: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export type BaseList =
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'folder'; readonly files: readonly { readonly path: string; readonly text: string }[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string };

const ZEROS = /^0+$/;
/** One request a file: a larger folder is not worth it for a comparison that is only shown. */
const MOST_FILES = 200;

/** @param baseRef the input `base-ref`, which wins over the event. */
export async function baseOf(client: Client, context: Context, baseRef: string | null): Promise<Base> {
  if (baseRef !== null) return { kind: 'commit', ref: baseRef };
  switch (context.event) {
    case 'push':
      return ZEROS.test(context.before)
        ? unknown('the branch is new, there is no commit before this one')
        : { kind: 'commit', ref: context.before };
    case 'pull_request':
    case 'pull_request_target':
      return mergeBase(client, context);
    case 'workflow_dispatch':
    case 'repository_dispatch':
    case 'schedule':
    case 'other':
      return unknown(`the event ${context.eventName} has no commit before it`);
  }
}

/** Where the branch left its base: what the base branch has gained since is not part of this pull request. */
async function mergeBase(
  client: Client,
  { baseSha, headSha }: { readonly baseSha: string; readonly headSha: string },
): Promise<Base> {
  const { owner, repo } = client;
  const asked = { what: 'find where the pull request left its base', permission: 'Contents: read' };
  const answer = await client.ask(asked, ({ rest }) =>
    // Only the merge base is needed; a page of one commit keeps the answer small.
    rest.repos.compareCommitsWithBasehead({ owner, repo, basehead: `${baseSha}...${headSha}`, per_page: 1 }),
  );
  if (answer.ok) return { kind: 'commit', ref: answer.value.data.merge_base_commit.sha };
  return unknown(answer.failure.sentence);
}

/** The list at a commit. @param path relative to the repository's root, with `/`. */
export async function readBase(
  client: Client,
  { path, ref }: { readonly path: string; readonly ref: string },
): Promise<BaseList> {
  const answer = await readContent(client, { path, ref });
  if (!answer.ok) {
    return answer.failure.status === 404
      ? absentOrUnreachable(client, ref, answer.failure)
      : unknown(answer.failure.sentence);
  }
  const { data } = answer.value;
  if (!Array.isArray(data)) return { kind: 'file', text: textOf(data) };
  const files = data.filter((entry) => entry.type === 'file').map((entry) => entry.path);
  return readFolder(client, { files, ref });
}

/** A file's text, or a folder's entries. */
export function readContent(client: Client, { path, ref }: { readonly path: string; readonly ref: string }) {
  const { owner, repo } = client;
  const asked = { what: `read ${path} at ${ref}`, permission: 'Contents: read' };
  return client.ask(asked, ({ rest }) =>
    // Raw, because the JSON form ends at 1 MB.
    rest.repos.getContent({ owner, repo, path: normal(path), ref, mediaType: { format: 'raw' } }),
  );
}

const normal = (path: string): string => path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');

/** The types promise JSON; with the raw media type octokit gives text, or bytes when the charset is not said. */
export function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : JSON.stringify(data);
}

async function readFolder(
  client: Client,
  { files, ref }: { readonly files: readonly string[]; readonly ref: string },
): Promise<BaseList> {
  if (files.length > MOST_FILES)
    return unknown(`the folder had ${files.length} files, more than ${MOST_FILES}`);
  const answers = await Promise.all(
    files.map(async (path) => ({ path, answer: await readContent(client, { path, ref }) })),
  );
  const texts: { path: string; text: string }[] = [];
  for (const { path, answer } of answers) {
    if (!answer.ok) return unknown(answer.failure.sentence);
    texts.push({ path, text: textOf(answer.value.data) });
  }
  return { kind: 'folder', files: texts };
}

/** GitHub says 404 for a file that was not there, and for a commit that it no longer has (a force push). */
async function absentOrUnreachable(client: Client, ref: string, failure: Failure): Promise<BaseList> {
  const { owner, repo } = client;
  const asked = { what: `find the commit ${ref}`, permission: 'Contents: read' };
  const commit = await client.ask(asked, ({ rest }) =>
    rest.repos.getCommit({ owner, repo, ref, mediaType: { format: 'sha' } }),
  );
  return commit.ok ? { kind: 'absent' } : unknown(failure.sentence);
}

const unknown = (reason: string) => ({ kind: 'unknown', reason }) as const;
