// From a commit to the pull request that brought it into its branch.
import type { Client } from './client.ts';
import type { Answer } from './failure.ts';

export interface MergedPull {
  readonly number: number;
}

/** Null when no pull request was merged into the branch with this commit: somebody pushed it. One request. */
export async function mergedPull(
  client: Client,
  { sha, branch }: { readonly sha: string; readonly branch: string },
): Promise<Answer<MergedPull | null>> {
  const { owner, repo } = client;
  const asked = { what: `find the pull request of ${sha.slice(0, 7)}`, permission: 'Pull requests: read' };
  const answer = await client.ask(asked, ({ rest }) =>
    rest.repos.listPullRequestsAssociatedWithCommit({ owner, repo, commit_sha: sha, per_page: 100 }),
  );
  if (!answer.ok) return answer;
  const merged = answer.value.data
    .filter((pull) => pull.merged_at !== null && pull.base.ref === branch)
    // A commit of one pull request can come in by another; the one that this commit ended is meant.
    .sort((one, other) => Number(other.merge_commit_sha === sha) - Number(one.merge_commit_sha === sha));
  const [pull] = merged;
  return { ok: true, value: pull === undefined ? null : { number: pull.number } };
}
