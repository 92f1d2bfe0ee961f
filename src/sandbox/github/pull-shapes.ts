// The two largest answers: a repository and a pull request.
import type { Call } from './answer.ts';
import { idOf, nodeId, repositoryRoot, user } from './shapes.ts';
import type { PullRequest } from './state.ts';

const REPOSITORY_LINKS =
  'archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks ' +
  'git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls ' +
  'releases stargazers statuses subscribers subscription tags teams trees clone git mirror ssh svn';

const REPOSITORY_SWITCHES =
  'fork private has_downloads has_issues has_projects has_wiki has_pages has_discussions archived disabled';

const REPOSITORY_COUNTS =
  'forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count network_count subscribers_count';

/** An object with one property per word. */
const each = (words: string, value: (word: string) => unknown): Record<string, unknown> =>
  Object.fromEntries(words.split(' ').map((word) => [word, value(word)]));

export function repository(call: Call): Record<string, unknown> {
  const url = repositoryRoot(call);
  const { owner, repo } = call.state;
  const links = each(REPOSITORY_LINKS, (name) => `${url}/${name}`);
  return {
    ...Object.fromEntries(Object.entries(links).map(([name, href]) => [`${name}_url`, href])),
    ...each(REPOSITORY_SWITCHES, () => false),
    ...each(REPOSITORY_COUNTS, () => 0),
    ...each('description homepage language license', () => null),
    ...each('pushed_at created_at updated_at', () => call.state.now().toISOString()),
    id: idOf(url),
    node_id: nodeId('R', url),
    name: repo,
    full_name: `${owner}/${repo}`,
    owner: user(call, owner),
    url,
    html_url: url,
    default_branch: call.state.defaultBranch,
  };
}

export interface PullView {
  readonly pull: PullRequest;
  readonly headSha: string;
  readonly baseSha: string;
}

export function pullRequest(call: Call, { pull, headSha, baseSha }: PullView): Record<string, unknown> {
  const url = `${repositoryRoot(call)}/pulls/${pull.number}`;
  const issue = `${repositoryRoot(call)}/issues/${pull.number}`;
  const author = user(call, call.state.owner);
  const side = (ref: string, sha: string) => ({
    label: `${call.state.owner}:${ref}`,
    ref,
    sha,
    user: author,
    repo: repository(call),
  });
  const links = {
    self: url,
    html: url,
    issue,
    comments: `${issue}/comments`,
    review_comments: `${url}/comments`,
  };
  const more = {
    review_comment: `${url}/comments/1`,
    commits: `${url}/commits`,
    statuses: `${url}/statuses`,
  };
  return {
    id: idOf(url),
    node_id: nodeId('PR', pull.number),
    number: pull.number,
    state: pull.mergeCommit === null ? 'open' : 'closed',
    title: pull.title,
    locked: false,
    user: author,
    labels: [],
    ...each('body milestone assignee auto_merge', () => null),
    author_association: 'OWNER',
    ...timesOf(pull),
    merge_commit_sha: pull.mergeCommit,
    ...each(PULL_LINKS, (name) => `${url}/${name}`),
    url,
    html_url: url,
    issue_url: issue,
    comments_url: `${issue}/comments`,
    head: side(pull.head, headSha),
    base: side(pull.base, baseSha),
    _links: Object.fromEntries(Object.entries({ ...links, ...more }).map(([name, href]) => [name, { href }])),
  };
}

const PULL_LINKS = 'diff_url patch_url commits_url review_comments_url review_comment_url statuses_url';

function timesOf(pull: PullRequest): Record<string, string | null> {
  const end = pull.mergeCommit === null ? null : pull.createdAt;
  return { created_at: pull.createdAt, updated_at: pull.createdAt, closed_at: end, merged_at: end };
}
