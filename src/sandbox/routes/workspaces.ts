// Workspaces and the user who owns them, and what needs no token at all.
import { Hono } from 'hono';
import { authenticate } from '../authentication.ts';
import { SandboxError } from '../state.ts';
import { invalidToken } from '../token-values.ts';
import { adminToken, type Workspace } from '../workspace.ts';
import { addWorkspace, removeWorkspace } from '../workspaces.ts';
import type { World } from '../world.ts';
import { type Env, paramsOf, pathParam, type Request, tokenOf } from './request.ts';

export function openRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/tokens', (request) => {
    const [first] = world.workspaces.values();
    const admin = first === undefined ? '' : adminToken(first).value;
    return request.json({
      user_token: world.user.token,
      admin_token: admin,
      workspace_admin_token: admin,
    });
  });
  app.get('/v0/health', (request) => request.json({ status: 'ok' }));
  app.get('/v0/regions', (request) =>
    request.json({
      regions: [{ name: 'local', api_host: world.url, host: world.url, provider: 'local' }],
    }),
  );
  // What `tb auth login` asks about a token that somebody typed: a wrong one is an answer, not an error.
  app.get('/v0/auth', (request) => {
    const value = tokenOf(request);
    const isUser = value === world.user.token;
    return request.json({ is_valid: isUser || isKnown(world, value), is_user: isUser });
  });
  return app;
}

function isKnown(world: World, value: string): boolean {
  try {
    authenticate(world, value, undefined);
    return true;
  } catch (error) {
    if (error instanceof SandboxError && error.status === 403) return false;
    throw error;
  }
}

/** Routes that the user's own token opens too. */
export function userRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  for (const path of ['/v0/user/workspaces', '/v1/user/workspaces']) {
    app.get(path, (request) => {
      demandUser(world, request);
      return request.json({
        id: world.user.id,
        email: world.user.email,
        organization_id: world.organizationId,
        organization_name: 'local',
        workspaces: [...world.workspaces.values()].map((workspace) => describe(world, workspace, true)),
      });
    });
  }
  app.post('/v1/workspaces', async (request) => {
    demandUser(world, request);
    const name = (await paramsOf(request)).get('name') ?? '';
    return request.json(describe(world, await addWorkspace(world, name), true));
  });
  app.get('/v1/workspaces/:id', (request) => {
    demandUser(world, request);
    const workspace = demandWorkspace(world, pathParam(request, 'id'));
    return request.json(describe(world, workspace, request.req.query('with_token') === 'true'));
  });
  app.delete('/v1/workspaces/:id', async (request) => {
    demandUser(world, request);
    const workspace = demandWorkspace(world, pathParam(request, 'id'));
    const confirmed =
      request.req.query('hard_delete_confirmation') === 'yes' ||
      request.req.query('confirmation') === workspace.name;
    if (!confirmed) throw new SandboxError(400, 'The confirmation does not match the name of the workspace');
    await removeWorkspace(world, workspace);
    return request.json(describe(world, workspace, false));
  });
  return app;
}

export function workspaceRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  for (const path of ['/v0/workspace', '/v1/workspace']) {
    app.get(path, (request) => {
      const { workspace } = request.get('caller');
      // Forward alone has the newer route: that is how clients tell the generations apart.
      if (path === '/v1/workspace' && workspace.generation === 'classic')
        throw new SandboxError(404, 'Not Found');
      return request.json(describe(world, workspace, false));
    });
  }
  return app;
}

/** The user's token, or the admin token of one of the user's workspaces. */
function demandUser(world: World, request: Request): void {
  const value = tokenOf(request);
  const admin = world.workspaces.values().some((workspace) => adminToken(workspace).value === value);
  if (value !== world.user.token && !admin) throw invalidToken(value);
}

function demandWorkspace(world: World, id: string): Workspace {
  const workspace = world.workspaces.get(id);
  if (workspace === undefined) throw new SandboxError(404, 'Workspace not found');
  return workspace;
}

const describe = (world: World, workspace: Workspace, withToken: boolean): Record<string, unknown> => ({
  id: workspace.id,
  name: workspace.name,
  user_id: world.user.id,
  user_email: world.user.email,
  scope: 'admin',
  role: 'admin',
  plan: 'dev',
  main: null,
  is_forward: workspace.generation === 'forward',
  is_branch: false,
  created_at: workspace.createdAt,
  organization: { id: world.organizationId, name: 'local' },
  ...(withToken ? { token: adminToken(workspace).value } : {}),
});
