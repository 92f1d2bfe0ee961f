// Routes that read the Git repository: contents, references, commits, comparison.
import { type Answer, type Call, json, notFound, type Route, refusal } from './answer.ts';
import { commit, folderEntry, gitRef } from './shapes.ts';

const RAW = /application\/vnd\.github(\.v3)?\.raw/;
const SHA = /application\/vnd\.github(\.v3)?\.sha/;

/** The raw media type answers with the file itself; a folder is a JSON list whatever was asked for. */
const getContent: Route = async (call) => {
  const { git, defaultBranch } = call.state;
  const ref = call.query.get('ref') ?? defaultBranch;
  const path = (call.params.path ?? '').replace(/\/$/, '');
  const found = await git.commit(ref);
  if (found === null) return refusal(404, `No commit found for the ref ${ref}`);
  const folder = await git.folder(found.sha, path);
  if (folder !== null) return json(folder.map((entry) => folderEntry(call, entry)));
  const file = await git.file(found.sha, path);
  return file === null ? notFound() : fileAnswer(call, { path, file });
};

async function fileAnswer(
  call: Call,
  { path, file }: { readonly path: string; readonly file: Buffer },
): Promise<Answer> {
  if (RAW.test(call.accept)) {
    const body = new Uint8Array(file);
    return { status: 200, raw: { type: 'application/vnd.github.raw+json; charset=utf-8', body } };
  }
  const entry = folderEntry(call, { kind: 'file', path, sha: '0'.repeat(40), size: file.length });
  return json({ ...entry, encoding: 'base64', content: file.toString('base64') });
}

const getRef: Route = async (call) => {
  const ref = `refs/${call.params.ref ?? ''}`;
  const target = await call.state.git.ref(ref);
  return target === null ? notFound() : json(gitRef(call, ref, target));
};

const getCommit: Route = async (call) => {
  const ref = call.params.ref ?? '';
  const found = await call.state.git.commit(ref);
  if (found === null) return refusal(422, `No commit found for SHA: ${ref}`);
  if (!SHA.test(call.accept)) return json(commit(call, found));
  return { status: 200, raw: { type: 'application/vnd.github.sha; charset=utf-8', body: found.sha } };
};

const compare: Route = async (call) => {
  const [from = '', to = ''] = (call.params.basehead ?? '').split('...');
  const { git } = call.state;
  const [base, head] = await Promise.all([git.commit(from), git.commit(to)]);
  if (base === null || head === null) return notFound();
  const sha = await git.mergeBase(base.sha, head.sha);
  const mergeBase = sha === null ? null : await git.commit(sha);
  if (mergeBase === null) return refusal(404, `No common ancestor between ${from} and ${to}.`);
  const [ahead, behind] = await Promise.all([
    git.between(base.sha, head.sha),
    git.between(head.sha, base.sha),
  ]);
  const commits = (await Promise.all(ahead.map((each) => git.commit(each)))).filter((each) => each !== null);
  const url = `${call.root}${call.path}`;
  return json({
    ...Object.fromEntries(
      ['url', 'html_url', 'permalink_url', 'diff_url', 'patch_url'].map((name) => [name, url]),
    ),
    base_commit: commit(call, base),
    merge_base_commit: commit(call, mergeBase),
    status: statusOf(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: commits.length,
    commits: commits.map((each) => commit(call, each)),
    files: [],
  });
};

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0 && behind > 0) return 'diverged';
  if (ahead > 0) return 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

export const contentRoutes: Readonly<Record<string, Route>> = {
  'repos/get-content': getContent,
  'git/get-ref': getRef,
  'repos/get-commit': getCommit,
  'repos/compare-commits-with-basehead': compare,
};
