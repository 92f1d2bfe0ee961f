// The JSON that GitHub answers with, as far as its description requires it. Addresses in it are well-formed and lead nowhere.
import type { Call } from './answer.ts';
import type { Commit, Entry } from './repository.ts';
import type { Comment, Stored } from './state.ts';

const LINKS_OF_USER = [
  'followers_url',
  'following_url',
  'gists_url',
  'starred_url',
  'subscriptions_url',
  'organizations_url',
  'repos_url',
  'events_url',
  'received_events_url',
] as const;

/** A small stable number for a name, where GitHub has database ids. */
export function idOf(name: string): number {
  let id = 7;
  for (const character of name) id = (id * 31 + (character.codePointAt(0) ?? 0)) % 1_000_000_007;
  return id;
}

export const nodeId = (kind: string, id: string | number): string =>
  Buffer.from(`${kind}:${id}`).toString('base64url');

export const repositoryRoot = ({ root, state }: Call): string => `${root}/repos/${state.owner}/${state.repo}`;

export function user(call: Call, login: string): Record<string, unknown> {
  const url = `${call.root}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: idOf(login),
    node_id: nodeId('User', login),
    avatar_url: `${url}/avatar`,
    gravatar_id: '',
    url,
    html_url: url,
    ...Object.fromEntries(LINKS_OF_USER.map((name) => [name, `${url}/${name}`])),
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  };
}

export function publicUser(call: Call, login: string): Record<string, unknown> {
  const empty = {
    name: null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
  };
  const at = '2020-01-01T00:00:00Z';
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  return {
    ...user(call, login),
    user_view_type: 'public',
    ...empty,
    ...counts,
    created_at: at,
    updated_at: at,
  };
}

export function comment(call: Call, stored: Comment): Record<string, unknown> {
  const issue = `${repositoryRoot(call)}/issues/${stored.issue}`;
  return {
    id: stored.id,
    node_id: nodeId('IssueComment', stored.id),
    url: `${repositoryRoot(call)}/issues/comments/${stored.id}`,
    html_url: `${issue}#issuecomment-${stored.id}`,
    issue_url: issue,
    body: stored.body,
    user: user(call, stored.author),
    created_at: stored.createdAt,
    updated_at: stored.updatedAt,
    author_association: 'NONE',
  };
}

export const secret = (name: string, stored: Stored): Record<string, unknown> => ({
  name,
  created_at: stored.createdAt,
  updated_at: stored.updatedAt,
});

export const variable = (name: string, stored: Stored): Record<string, unknown> => ({
  ...secret(name, stored),
  value: stored.value,
});

export function environment(call: Call, name: string): Record<string, unknown> {
  const url = `${repositoryRoot(call)}/environments/${encodeURIComponent(name)}`;
  const at = call.state.now().toISOString();
  return {
    id: idOf(name),
    node_id: nodeId('EN', name),
    name,
    url,
    html_url: url,
    created_at: at,
    updated_at: at,
  };
}

export function gitRef(
  call: Call,
  ref: string,
  target: { sha: string; type: string },
): Record<string, unknown> {
  const url = `${repositoryRoot(call)}/git/${ref}`;
  return { ref, node_id: nodeId('REF', ref), url, object: { ...target, url: `${url}/object` } };
}

export function commit(call: Call, found: Commit): Record<string, unknown> {
  const url = (sha: string) => `${repositoryRoot(call)}/commits/${sha}`;
  return {
    url: url(found.sha),
    sha: found.sha,
    node_id: nodeId('C', found.sha),
    html_url: url(found.sha),
    comments_url: `${url(found.sha)}/comments`,
    commit: {
      url: url(found.sha),
      author: found.author,
      committer: found.author,
      message: found.message,
      comment_count: 0,
      tree: { sha: found.tree, url: `${repositoryRoot(call)}/git/trees/${found.tree}` },
    },
    author: null,
    committer: null,
    parents: found.parents.map((sha) => ({ sha, url: url(sha), html_url: url(sha) })),
  };
}

export function folderEntry(call: Call, entry: Entry): Record<string, unknown> {
  const url = `${repositoryRoot(call)}/contents/${entry.path}`;
  return {
    type: entry.kind,
    size: entry.size,
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    url,
    git_url: url,
    html_url: url,
    download_url: url,
    _links: { self: url, git: url, html: url },
  };
}
