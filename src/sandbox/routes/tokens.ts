// /v0/tokens: list, get, create (static ones and JWTs), change, refresh, delete.
import { Hono } from 'hono';
import { may, reindexToken, scopesOfProject } from '../authentication.ts';
import { SandboxError } from '../state.ts';
import { isOperation, readScopes } from '../token-scopes.ts';
import { JwtRequest, signJwt } from '../token-values.ts';
import { describeToken } from '../token-view.ts';
import {
  adminToken,
  freshValue,
  isOfFiles,
  liveOf,
  newToken,
  type StoredToken,
  type TokenOrigin,
  type Workspace,
} from '../workspace.ts';
import type { World } from '../world.ts';
import { demand, type Env, gate, paramsOf, pathParam, type Request, readJson } from './request.ts';

export function tokenRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/v0/tokens', (request) => {
    const { workspace, access } = request.get('caller');
    demand(access, 'TOKENS');
    return request.json({ tokens: tokensOf(workspace).map((token) => describeToken(workspace, token)) });
  });
  app.get('/v0/tokens/:token', (request) => {
    const { workspace, access } = request.get('caller');
    const token = findToken(workspace, pathParam(request, 'token'));
    // A JWT may have any name: that of a static token makes it no other.
    const isJwt = access.kind === 'scoped' && access.via === 'jwt';
    const own = token?.name === access.name && !isJwt;
    if (token === undefined || !(own || may(access, 'TOKENS'))) throw noSuchToken();
    return request.json(describeToken(workspace, token));
  });
  app.post('/v0/tokens', (request) => createToken(world, request));
  app.put('/v0/tokens/:token', (request) => changeToken(world, request));
  app.post('/v0/tokens/:token/refresh', (request) => {
    const { workspace, before } = demandToken(request);
    const after = { ...before, value: freshValue(before.id, { workspace: workspace.id, key: world.key }) };
    return request.json(describeToken(workspace, replace(world, workspace, { before, after })));
  });
  app.delete('/v0/tokens/:token', (request) => {
    const { workspace, before } = demandToken(request);
    if (isOfFiles(before)) throw gate('tokens');
    workspace.apiTokens.delete(before.name);
    reindexToken(workspace, { before, after: null });
    world.save();
    return workspace.generation === 'classic' ? request.body(null, 204) : request.json({ ok: true });
  });
  return app;
}

/** Those of the API, and those that the live TOKEN lines name. */
function tokensOf(workspace: Workspace): StoredToken[] {
  const tokens = [...workspace.apiTokens.values()];
  if (workspace.fileTokens.size === 0) return tokens;
  const named = scopesOfProject(liveOf(workspace).project);
  return [...tokens, ...workspace.fileTokens.values().filter(({ name }) => named.has(name))];
}

/** By name, id or value. */
function findToken(workspace: Workspace, wanted: string): StoredToken | undefined {
  return (
    workspace.apiTokens.get(wanted) ??
    tokensOf(workspace).find(({ id, name, value }) => id === wanted || name === wanted || value === wanted)
  );
}

const noSuchToken = (): SandboxError =>
  new SandboxError(403, 'Token has not enough permissions to get information about this token');

/** The token of the path, for a caller who may change it. */
function demandToken(request: Request): { workspace: Workspace; before: StoredToken } {
  const { workspace, access } = request.get('caller');
  demand(access, 'TOKENS');
  const before = findToken(workspace, pathParam(request, 'token'));
  if (before === undefined) throw noSuchToken();
  const refreshes = request.req.method === 'POST';
  if (before.id === adminToken(workspace).id && !refreshes) {
    throw new SandboxError(403, `The token "${before.name}" can only be refreshed`);
  }
  return { workspace, before };
}

/** From the next request on, and for what a restart remembers. */
function replace(
  world: World,
  workspace: Workspace,
  { before, after }: { readonly before: StoredToken | null; readonly after: StoredToken },
): StoredToken {
  const tokens = isOfFiles(after) ? workspace.fileTokens : workspace.apiTokens;
  if (before !== null && before.name !== after.name) tokens.delete(before.name);
  tokens.set(after.name, after);
  reindexToken(workspace, { before, after });
  world.save();
  return after;
}

async function createToken(world: World, request: Request): Promise<Response> {
  const { workspace, access } = request.get('caller');
  if (request.req.query('expiration_time') !== undefined) return createJwt(request);
  const texts = await scopeTexts(request);
  demand(access, 'TOKENS');
  const params = await paramsOf(request);
  const name = params.get('name') ?? '';
  if (name === '' || texts.length === 0) {
    throw new SandboxError(400, 'A token needs a name and at least one scope');
  }
  demandFree(workspace, name);
  const scopes = await readScopes({ engine: world.engine, catalog: liveOf(workspace).catalog }, texts);
  const token = {
    name,
    description: params.get('description') ?? '',
    origin: originOf(params),
    ...scopes,
  };
  // Asking ClickHouse about filters took a while.
  demandFree(workspace, name);
  const after = newToken(token, { workspace: workspace.id, key: world.key });
  return request.json(describeToken(workspace, replace(world, workspace, { before: null, after })));
}

async function changeToken(world: World, request: Request): Promise<Response> {
  const { workspace } = request.get('caller');
  const texts = await scopeTexts(request);
  const params = await paramsOf(request);
  const { before: found } = demandToken(request);
  if (isOfFiles(found)) throw gate('tokens');
  const reading = { engine: world.engine, catalog: liveOf(workspace).catalog };
  const scopes = texts.length === 0 ? {} : await readScopes(reading, texts);
  const { before } = demandToken(request);
  const name = params.get('name') ?? before.name;
  if (name !== before.name) demandFree(workspace, name);
  const after = { ...before, name, description: params.get('description') ?? before.description, ...scopes };
  return request.json(describeToken(workspace, replace(world, workspace, { before, after })));
}

function demandFree(workspace: Workspace, name: string): void {
  if (findToken(workspace, name)?.name !== name) return;
  throw new SandboxError(400, `Auth token with name "${name}" already exists`);
}

function originOf(params: ReadonlyMap<string, string>): TokenOrigin {
  const type = params.get('origin') ?? 'C';
  if (type !== 'P' && type !== 'DS' && type !== 'TS') return { type: 'C', resource: '' };
  return { type, resource: params.get('resource_id') ?? '' };
}

/** The `scope` parameters, repeated in query or form. On Forward one with a resource meets the gate. */
async function scopeTexts(request: Request): Promise<string[]> {
  const { workspace } = request.get('caller');
  const type = request.req.header('content-type') ?? '';
  // The official Classic CLI sends a long list as a form without saying that it is one.
  const isForm = type === '' || type.startsWith('application/x-www-form-urlencoded');
  const form = new URLSearchParams(isForm ? await request.req.text() : '');
  const texts = [...form.getAll('scope'), ...(request.req.queries('scope') ?? [])];
  if (workspace.generation === 'forward' && !texts.every(isOperation)) throw gate('tokens');
  return texts;
}

async function createJwt(request: Request): Promise<Response> {
  const { workspace, access } = request.get('caller');
  demand(access, 'TOKENS');
  const sent = readJson(await request.req.text());
  // The official Classic CLI has the name in the query only.
  const named = typeof sent === 'object' ? { name: request.req.query('name'), ...sent } : sent;
  const body = JwtRequest.safeParse(named);
  const exp = Number(request.req.query('expiration_time'));
  if (!body.success || !Number.isFinite(exp)) {
    const why = body.success
      ? 'expiration_time is not a number'
      : body.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new SandboxError(400, `Invalid JWT: ${why}`);
  }
  const foreign = body.data.scopes.find(({ type }) => type !== 'PIPES:READ');
  if (foreign !== undefined && workspace.generation === 'classic') {
    throw new SandboxError(400, `Invalid JWT: scope ${foreign.type} is not possible, only PIPES:READ is`);
  }
  const claims = { workspace_id: workspace.id, exp, ...body.data };
  return request.json({ token: signJwt(claims, adminToken(workspace).value) });
}
