// Routes about pull requests, the repository itself and who is asking.
import { type Call, json, page, type Route, refusal } from './answer.ts';
import { isInstallation, refusalText } from './permissions.ts';
import { pullRequest, repository } from './pull-shapes.ts';
import { publicUser } from './shapes.ts';
import type { PullRequest } from './state.ts';

/** Which pull requests brought a commit in, or hold it. */
const pullsOfCommit: Route = async (call) => {
  const { git, pulls } = call.state;
  const sha = call.params.commit_sha ?? '';
  const found = await git.commit(sha);
  if (found === null) return refusal(422, `No commit found for SHA: ${sha}`);
  const all = await Promise.all([...pulls.values()].map((pull) => view(call, { pull, sha: found.sha })));
  const { items, headers } = page(
    call,
    all.filter((each) => each !== null),
  );
  return { ...json(items.map((each) => pullRequest(call, each))), headers };
};

async function view(call: Call, { pull, sha }: { readonly pull: PullRequest; readonly sha: string }) {
  const { git } = call.state;
  const head = await git.commit(pull.head);
  const base = await git.commit(pull.base);
  if (head === null || base === null) return null;
  const holds =
    pull.mergeCommit === sha || head.sha === sha || (await git.between(base.sha, head.sha)).includes(sha);
  return holds ? { pull, headSha: head.sha, baseSha: base.sha } : null;
}

const getRepository: Route = (call) => json(repository(call));

const getUser: Route = (call) =>
  isInstallation(call.bearer)
    ? refusal(403, refusalText(call.bearer))
    : json(publicUser(call, call.bearer.login));

export const pullRoutes: Readonly<Record<string, Route>> = {
  'repos/list-pull-requests-associated-with-commit': pullsOfCommit,
  'repos/get': getRepository,
  'users/get-authenticated': getUser,
};
