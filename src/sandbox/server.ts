// The HTTP side: routes, who may pass, planted faults, the log of requests, and errors as Tinybird words them.

import { setTimeout as delay } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { admit, bearerOf } from './authentication.ts';
import { breaksAnswer, type Fault, type Faults } from './faults.ts';
import { classicAnalysisRoutes } from './routes/classic-analysis.ts';
import { classicDatasourceRoutes } from './routes/classic-datasources.ts';
import { classicNodeRoutes } from './routes/classic-nodes.ts';
import { classicPipeRoutes } from './routes/classic-pipes.ts';
import { datasourceRoutes } from './routes/datasources.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { eventRoutes } from './routes/events.ts';
import { jobRoutes } from './routes/jobs.ts';
import { recordEndpoint, recordSql } from './routes/pipe-stats.ts';
import { pipeRoutes } from './routes/pipes.ts';
import { type Env, type Request, tokenOf } from './routes/request.ts';
import { rowRoutes } from './routes/rows.ts';
import { sqlRoutes } from './routes/sql.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { variableRoutes } from './routes/variables.ts';
import { openRoutes, userRoutes, workspaceRoutes } from './routes/workspaces.ts';
import { SandboxError } from './state.ts';
import type { World } from './world.ts';

export interface RecordedRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  /** 0 until the answer is there, and for a connection that was cut. */
  status: number;
  /** Bytes of the request's body, as its header says. */
  readonly bodySize: number;
  /** The body of a form or of JSON; no values of tokens are ever sent in one. */
  readonly content?: string;
}

export interface ServerParts {
  readonly world: World;
  readonly faults: Faults;
  /** Grows with every request, in the order of arrival. */
  readonly requests: RecordedRequest[];
}

export function buildServer({ world, faults, requests }: ServerParts): Hono<Env> {
  // A slash at the end of a path means nothing, as on the real server.
  const app = new Hono<Env>({ strict: false });
  app.use(async (request, next) => {
    const started = performance.now();
    const { pathname, search } = new URL(request.req.url);
    const recorded: RecordedRequest = {
      method: request.req.method,
      path: pathname + search,
      status: 0,
      bodySize: Number(request.req.header('content-length') ?? 0),
      ...(await contentOf(request)),
    };
    requests.push(recorded);
    const fault = faults.take(request.req.method, pathname);
    if (fault === null) await next();
    else request.res = await suffer(request, fault, next);
    // What was answered is remembered, whatever happens to the process next.
    if (request.req.method !== 'GET') await world.saved();
    if (request.res === RESPONSE_ALREADY_SENT) return;
    recorded.status = request.res.status;
    request.res.headers.set('server-timing', `app;dur=${(performance.now() - started).toFixed(1)}`);
  });
  app.onError(answerError);
  app.route('/', openRoutes(world));
  app.route('/', userRoutes(world));
  app.use('/v0/sql', recordSql(world));
  app.use('/v0/pipes/:pipe', recordEndpoint(world));
  app.use('/v0/*', (request, next) => identify(world, request, next));
  app.use('/v1/*', (request, next) => identify(world, request, next));
  app.notFound((request) =>
    request.json({ error: `Not in the sandbox: ${request.req.method} ${request.req.path}` }, 501),
  );
  for (const routes of guardedRoutes(world)) app.route('/', routes);
  return app;
}

const SHOWN_TYPE = /^application\/(?:json|x-www-form-urlencoded)\b/;

async function contentOf({ req }: Request): Promise<{ content?: string }> {
  if (!SHOWN_TYPE.test(req.header('content-type') ?? '')) return {};
  return { content: await req.raw.clone().text() };
}

/** What serves Classic workspaces alone; the routes after them answer the others. */
export const classicRoutes = (world: World): Hono<Env>[] => [
  classicDatasourceRoutes(world),
  classicPipeRoutes(world),
  classicNodeRoutes(world),
  classicAnalysisRoutes(world),
];

const guardedRoutes = (world: World): Hono<Env>[] => [
  workspaceRoutes(world),
  ...classicRoutes(world),
  deploymentRoutes(world),
  eventRoutes(world),
  datasourceRoutes(world),
  rowRoutes(world),
  pipeRoutes(world),
  sqlRoutes(world),
  tokenRoutes(world),
  variableRoutes(world),
  jobRoutes(world),
];

async function identify(world: World, request: Request, next: () => Promise<void>): Promise<void> {
  const wanted = request.req.query('__tb__deployment');
  const bearer = bearerOf(world, tokenOf(request));
  request.set('bearer', bearer);
  request.set('caller', admit(world, bearer, wanted));
  await next();
}

async function suffer(request: Request, fault: Fault, next: () => Promise<void>): Promise<Response> {
  if (fault.delayMs !== undefined) await delay(fault.delayMs);
  if (fault.after === true || !breaksAnswer(fault)) await next();
  if (fault.reset === true) {
    request.env.incoming.socket.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  if (!breaksAnswer(fault)) return request.res;
  const body =
    typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? { error: 'planted fault' });
  const type = typeof fault.body === 'string' ? 'text/html' : 'application/json';
  return new Response(body, {
    status: fault.status ?? 500,
    headers: { 'content-type': type, ...fault.headers },
  });
}

function answerError(error: Error): Response {
  const known = error instanceof SandboxError;
  const body = known ? error.body : { error: `The sandbox failed: ${error.message}` };
  return Response.json(body, { status: known ? error.status : 500 });
}
