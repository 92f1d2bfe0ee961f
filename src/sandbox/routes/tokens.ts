// /v0/tokens: list, get, create (operational ones and JWTs), change, refresh, delete.
import { Hono } from 'hono';
import { forgetTokenIndex, scopesOfProject } from '../authentication.ts';
import { SandboxError } from '../state.ts';
import { JwtRequest, signJwt } from '../token-values.ts';
import { adminToken, liveOf, newToken, type StoredToken, type Workspace } from '../workspace.ts';
import type { World } from '../world.ts';
import { demand, type Env, gate, paramsOf, pathParam, type Request, readJson } from './request.ts';

/** Scopes that a Forward workspace lets a token have through the API; everything with a resource is for TOKEN lines. */
const OPERATIONAL = new Set([
  'ADMIN',
  'TOKENS',
  'WORKSPACE:READ_ALL',
  'WORKSPACE:DEPLOY',
  'ORG_DATASOURCES:READ',
  'PIPES:CREATE',
  'DATASOURCES:CREATE',
]);

export function tokenRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/v0/tokens', (request) => {
    const { workspace, access } = request.get('caller');
    demand(access, 'TOKENS');
    return request.json({ tokens: tokensOf(workspace).map((token) => describe(workspace, token)) });
  });
  app.get('/v0/tokens/:token', (request) => {
    const { workspace, access } = request.get('caller');
    const token = findToken(workspace, pathParam(request, 'token'));
    const own = token !== undefined && token.name === access.name && access.kind !== 'admin';
    if (token === undefined || (!own && !canReadTokens(request))) {
      throw new SandboxError(403, 'Token has not enough permissions to get information about this token');
    }
    return request.json(describe(workspace, token));
  });
  app.post('/v0/tokens', (request) => createToken(world, request));
  app.put('/v0/tokens/:token', (request) => changeToken(world, request));
  app.post('/v0/tokens/:token/refresh', (request) => {
    const { workspace, access } = request.get('caller');
    demand(access, 'TOKENS');
    const token = demandToken(workspace, pathParam(request, 'token'));
    const { value } = newToken(token, { workspace: workspace.id, key: world.key });
    return request.json(describe(workspace, store(world, workspace, { ...token, value })));
  });
  app.delete('/v0/tokens/:token', (request) => {
    const { workspace, access } = request.get('caller');
    demand(access, 'TOKENS');
    const token = demandToken(workspace, pathParam(request, 'token'));
    if (token.scopes.length === 0) throw gate('tokens');
    workspace.apiTokens.delete(token.name);
    forgetTokenIndex(workspace);
    world.save();
    return request.json({ ok: true });
  });
  return app;
}

function canReadTokens(request: Request): boolean {
  const { access } = request.get('caller');
  return access.kind === 'admin' || (access.kind === 'operational' && access.operations.includes('TOKENS'));
}

/** Those of the API, and those that the live TOKEN lines name. */
function tokensOf(workspace: Workspace): StoredToken[] {
  const named = scopesOfProject(liveOf(workspace).project);
  const fromFiles = workspace.fileTokens.values().filter(({ name }) => named.has(name));
  return [...workspace.apiTokens.values(), ...fromFiles];
}

function findToken(workspace: Workspace, wanted: string): StoredToken | undefined {
  return tokensOf(workspace).find(
    ({ id, name, value }) => id === wanted || name === wanted || value === wanted,
  );
}

function demandToken(workspace: Workspace, wanted: string): StoredToken {
  const token = findToken(workspace, wanted);
  if (token === undefined) {
    throw new SandboxError(403, 'Token has not enough permissions to get information about this token');
  }
  return token;
}

function describe(workspace: Workspace, token: StoredToken): Record<string, unknown> {
  const { catalog, project } = liveOf(workspace);
  const fromFiles = scopesOfProject(project).get(token.name) ?? [];
  const carrier = fromFiles[0];
  const origin =
    token.scopes.length > 0 || carrier === undefined
      ? { type: 'C', resource_id: '' }
      : carrier.type === 'PIPES:READ'
        ? { type: 'P', resource_id: catalog.pipes.get(carrier.resource)?.id ?? '' }
        : { type: 'DS', resource_id: catalog.datasources.get(carrier.resource)?.id ?? '' };
  return {
    id: token.id,
    name: token.name,
    description: token.description,
    token: token.value,
    scopes: token.scopes.length > 0 ? token.scopes.map((type) => ({ type })) : fromFiles,
    origin,
    host: 'local',
    is_internal: false,
  };
}

function store(world: World, workspace: Workspace, token: StoredToken): StoredToken {
  (token.scopes.length > 0 ? workspace.apiTokens : workspace.fileTokens).set(token.name, token);
  forgetTokenIndex(workspace);
  world.save();
  return token;
}

async function createToken(world: World, request: Request): Promise<Response> {
  const { workspace, access } = request.get('caller');
  if (request.req.query('expiration_time') !== undefined) return createJwt(request);
  const scopes = await scopesOf(request);
  demand(access, 'TOKENS');
  const params = await paramsOf(request);
  const name = params.get('name') ?? '';
  if (name === '' || scopes.length === 0)
    throw new SandboxError(400, 'A token needs a name and at least one scope');
  if (findToken(workspace, name) !== undefined) {
    throw new SandboxError(400, `Auth token with name "${name}" already exists`);
  }
  const description = params.get('description') ?? '';
  const token = newToken({ name, description, scopes }, { workspace: workspace.id, key: world.key });
  return request.json(describe(workspace, store(world, workspace, token)));
}

async function changeToken(world: World, request: Request): Promise<Response> {
  const { workspace, access } = request.get('caller');
  const scopes = await scopesOf(request);
  demand(access, 'TOKENS');
  const token = demandToken(workspace, pathParam(request, 'token'));
  if (token.scopes.length === 0) throw gate('tokens');
  const params = await paramsOf(request);
  const changed = {
    ...token,
    name: params.get('name') ?? token.name,
    description: params.get('description') ?? token.description,
    scopes: scopes.length > 0 ? scopes : token.scopes,
  };
  workspace.apiTokens.delete(token.name);
  return request.json(describe(workspace, store(world, workspace, changed)));
}

/** The `scope` parameters, repeated in query or form; a scope with a resource meets the gate. */
async function scopesOf(request: Request): Promise<string[]> {
  const type = request.req.header('content-type') ?? '';
  const text = type.startsWith('application/x-www-form-urlencoded') ? await request.req.text() : '';
  const scopes = [...new URLSearchParams(text).getAll('scope'), ...(request.req.queries('scope') ?? [])];
  if (scopes.some((scope) => !OPERATIONAL.has(scope))) throw gate('tokens');
  return scopes;
}

async function createJwt(request: Request): Promise<Response> {
  const { workspace, access } = request.get('caller');
  demand(access, 'TOKENS');
  const body = JwtRequest.safeParse(readJson(await request.req.text()));
  const exp = Number(request.req.query('expiration_time'));
  if (!body.success || !Number.isFinite(exp)) {
    const why = body.success
      ? 'expiration_time is not a number'
      : body.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new SandboxError(400, `Invalid JWT: ${why}`);
  }
  const claims = { workspace_id: workspace.id, exp, ...body.data };
  return request.json({ token: signJwt(claims, adminToken(workspace).value) });
}
