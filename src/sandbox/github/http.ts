// One request from HTTP to its answer: who asks, what for, is it allowed, does it keep to GitHub's description, and does our answer.
import { type Answer, type Call, json, type Route, refusal } from './answer.ts';
import { commentRoutes } from './comments.ts';
import { contentRoutes } from './contents.ts';
import { checkAnswer, checkRequest, type Matched, matchOperation } from './description.ts';
import { type Fault, type Faults, routeOf } from './faults.ts';
import { permitted, refusalText } from './permissions.ts';
import { pullRoutes } from './pulls.ts';
import { secretRoutes } from './secrets.ts';
import type { Bearer, State } from './state.ts';
import { viewer } from './viewer.ts';

/** What came in and how it ended. Never the token. */
export interface RecordedRequest {
  readonly method: string;
  /** Below the API root, with its query. */
  readonly path: string;
  /** E.g. `GET /repos/{owner}/{repo}/actions/secrets`; null for what GitHub does not describe. */
  readonly route: string | null;
  readonly body: unknown;
  /** 0 when the connection was broken on purpose. */
  readonly status: number;
}

export interface Incoming {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string;
  readonly accept: string;
  /** Parsed JSON, or undefined. */
  readonly body: unknown;
}

export interface Desk {
  readonly state: State;
  readonly faults: Faults;
  readonly requests: RecordedRequest[];
  /** Every difference from GitHub's description, ours or the caller's. */
  readonly violations: string[];
}

/** An answer, or `reset` when the connection is to break. */
export type Reply = Answer | 'reset';

const ENTERPRISE = '/api/v3';
const routes: Readonly<Record<string, Route>> = {
  ...contentRoutes,
  ...commentRoutes,
  ...secretRoutes,
  ...pullRoutes,
};

export async function reply(desk: Desk, incoming: Incoming): Promise<Reply> {
  const { pathname, origin, search } = incoming.url;
  const enterprise = pathname.startsWith(`${ENTERPRISE}/`);
  const path = enterprise ? pathname.slice(ENTERPRISE.length) : pathname;
  const matched = matchOperation(incoming.method, path);
  const index = desk.requests.length;
  const recorded = {
    method: incoming.method,
    path: `${path}${search}`,
    route: matched && routeOf(matched.operation),
    body: incoming.body,
  };
  desk.requests.push({ ...recorded, status: 0 });
  const root = enterprise ? `${origin}${ENTERPRISE}` : origin;
  const answer = await authenticated(desk, { incoming, matched, path, root });
  if (answer !== 'reset') desk.requests[index] = { ...recorded, status: answer.status };
  return answer;
}

interface Visit {
  readonly incoming: Incoming;
  readonly matched: Matched | null;
  readonly path: string;
  readonly root: string;
}

async function authenticated(desk: Desk, visit: Visit): Promise<Reply> {
  const bearer = desk.state.tokens.get(visit.incoming.authorization.replace(/^(token|bearer) /i, ''));
  if (bearer === undefined) return refusal(401, 'Bad credentials');
  const { incoming, matched } = visit;
  if (incoming.method === 'POST' && /^(\/api)?\/graphql$/.test(incoming.url.pathname)) {
    return viewer(incoming.body, bearer) ?? undescribed(desk, 'another GraphQL query than the viewer');
  }
  if (matched === null) return undescribed(desk, `${incoming.method} ${visit.path}`);
  const fault = desk.faults.take(routeOf(matched.operation));
  if (fault !== null && fault.after !== true) return faulty(fault);
  const answer = await described(desk, { ...visit, matched, bearer });
  return fault === null ? answer : faulty(fault);
}

async function described(
  desk: Desk,
  visit: Visit & { readonly matched: Matched; readonly bearer: Bearer },
): Promise<Answer> {
  const { incoming, bearer } = visit;
  const { operation, params } = visit.matched;
  const { state } = desk;
  const asked = { params, query: incoming.url.searchParams, body: incoming.body };
  const wrong = checkRequest(operation, asked);
  if (wrong !== null) {
    desk.violations.push(`request ${operation.id}: ${wrong}`);
    return refusal(422, `Invalid request. ${wrong}`);
  }
  const elsewhere = params.owner !== state.owner || params.repo !== state.repo;
  if (params.repo !== undefined && elsewhere) return refusal(404, 'Not Found');
  if (!permitted(bearer, operation.id)) return refusal(403, refusalText(bearer));
  const route = routes[operation.id];
  if (route === undefined) return undescribed(desk, `${operation.id} (described, not built here)`);
  const { root, path } = visit;
  const call: Call = { state, bearer, root, path, accept: incoming.accept, ...asked };
  return checked(desk, operation, await route(call));
}

function checked(desk: Desk, operation: Matched['operation'], answer: Answer): Answer {
  if (answer.raw !== undefined) return answer;
  const wrong = checkAnswer(operation, answer.status, answer.json);
  if (wrong === null) return answer;
  desk.violations.push(`answer ${operation.id}: ${wrong}`);
  return refusal(500, `This sandbox answers differently from GitHub's description: ${wrong}`);
}

function undescribed(desk: Desk, what: string): Answer {
  desk.violations.push(`not built: ${what}`);
  return refusal(501, `Not built in this sandbox: ${what}`);
}

function faulty(fault: Fault): Reply {
  if ('reset' in fault) return 'reset';
  const { status, message, headers = {} } = fault;
  return { ...json({ message, documentation_url: 'https://docs.github.com/rest' }, status), headers };
}
