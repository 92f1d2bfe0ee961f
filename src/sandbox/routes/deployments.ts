// /v1/deploy and /v1/deployments.
import { Hono } from 'hono';
import { deploy } from '../deploy.ts';
import { describeDeployment, summariseDeployment } from '../deployment-view.ts';
import { demandDeployment, discard, promote } from '../realise.ts';
import { SandboxError } from '../state.ts';
import { liveOf } from '../workspace.ts';
import type { World } from '../world.ts';
import { demand, type Env, partsOf, pathParam, type Request } from './request.ts';

export function deploymentRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.use('/v1/deploy', mayDeploy);
  app.use('/v1/build', mayDeploy);
  app.use('/v1/deployments/*', mayDeploy);
  app.post('/v1/build', (request) => build(world, request));
  app.post('/v1/deploy', async (request) => {
    const { workspace } = request.get('caller');
    const flag = (name: string): boolean => request.req.query(name) === 'true';
    const options = {
      check: flag('check'),
      allowDestructive: flag('allow_destructive_operations'),
      autoPromote: flag('auto_promote'),
    };
    const parts = await partsOf(request);
    const { status, body } = await workspace.deploys.exclusive(() =>
      deploy(world, workspace, { parts, options }),
    );
    return request.json(body, status);
  });
  app.get('/v1/deployments', (request) => {
    const { workspace } = request.get('caller');
    const all = request.req.query('include_deleted') === 'true';
    const listed = workspace.deployments.filter(({ status }) => all || status !== 'deleted');
    return request.json({
      deployments: listed.map((deployment) => summariseDeployment(workspace, deployment)),
    });
  });
  app.get('/v1/deployments/:id', (request) => {
    const { workspace } = request.get('caller');
    const deployment = demandDeployment(workspace, pathParam(request, 'id'));
    return request.json({ result: 'success', deployment: describeDeployment(workspace, deployment) });
  });
  app.post('/v1/deployments/:id/set-live', async (request) => {
    const { workspace } = request.get('caller');
    const deployment = await promote(world, workspace, pathParam(request, 'id'));
    return request.json({ result: 'success', deployment: describeDeployment(workspace, deployment) });
  });
  app.delete('/v1/deployments/:id', (request) => {
    const { workspace } = request.get('caller');
    const deployment = discard(world, workspace, pathParam(request, 'id'));
    return request.json({ result: 'success', deployment: describeDeployment(workspace, deployment) });
  });
  return app;
}

/** A deployment without guard and without second slot: done when it answers. */
async function build(world: World, request: Request): Promise<Response> {
  const { workspace } = request.get('caller');
  const options = { check: false, allowDestructive: true, autoPromote: true };
  const parts = await partsOf(request);
  const { body } = await workspace.deploys.exclusive(async () => {
    const answer = await deploy(world, workspace, { parts, options });
    await workspace.background;
    return answer;
  });
  const { project } = liveOf(workspace);
  const named = (names: Iterable<string>, type: string): object[] =>
    [...names].map((name) => ({ name, type }));
  const resources = {
    datasources: named(project.datasources.keys(), 'datasource'),
    pipes: named(project.pipes.keys(), 'pipe'),
  };
  const { deployment, result } = body;
  return request.json({ result, build: { ...deployment, ...resources } }, result === 'failed' ? 400 : 200);
}

async function mayDeploy(request: Request, next: () => Promise<void>): Promise<void> {
  const { workspace, access } = request.get('caller');
  if (workspace.generation === 'classic') {
    throw new SandboxError(400, 'This endpoint is only available for a Tinybird Forward workspace.');
  }
  demand(access, 'WORKSPACE:DEPLOY');
  await next();
}
