// Routes for the comments of issues and pull requests.
import * as z from 'zod';
import { invalid, json, notFound, page, type Route } from './answer.ts';
import { comment } from './shapes.ts';
import type { State } from './state.ts';

/** "body is too long (maximum is 65536 characters)", says the API. */
const MOST_CHARACTERS = 65_536;

const Body = z.object({ body: z.string() });

const list: Route = (call) => {
  const issue = Number(call.params.issue_number);
  if (!call.state.pulls.has(issue)) return notFound();
  const all = [...call.state.comments.values()].filter((each) => each.issue === issue);
  const { items, headers } = page(call, all);
  return { ...json(items.map((each) => comment(call, each))), headers };
};

const create: Route = (call) => {
  const issue = Number(call.params.issue_number);
  const { body } = Body.parse(call.body);
  if (!call.state.pulls.has(issue)) return notFound();
  const wrong = refused(body);
  if (wrong !== null) return wrong;
  const added = addComment(call.state, { issue, body, author: call.bearer.login });
  return json(comment(call, added), 201);
};

const update: Route = (call) => {
  const stored = call.state.comments.get(Number(call.params.comment_id));
  const { body } = Body.parse(call.body);
  if (stored === undefined) return notFound();
  const wrong = refused(body);
  if (wrong !== null) return wrong;
  const changed = { ...stored, body, updatedAt: call.state.now().toISOString() };
  call.state.comments.set(stored.id, changed);
  return json(comment(call, changed));
};

function refused(body: string) {
  if (body.trim() === '') return invalid('body', "body can't be blank");
  return body.length > MOST_CHARACTERS
    ? invalid('body', `body is too long (maximum is ${MOST_CHARACTERS} characters)`)
    : null;
}

export function addComment(
  state: State,
  { issue, body, author }: { readonly issue: number; readonly body: string; readonly author: string },
) {
  const at = state.now().toISOString();
  const added = { id: state.comments.size + 1001, issue, author, body, createdAt: at, updatedAt: at };
  state.comments.set(added.id, added);
  return added;
}

export const commentRoutes: Readonly<Record<string, Route>> = {
  'issues/list-comments': list,
  'issues/create-comment': create,
  'issues/update-comment': update,
};
