// /v0/jobs, and connectors, of which there are none.
import { Hono } from 'hono';
import { cancelJob, demandJob, describeJob } from '../jobs.ts';
import type { World } from '../world.ts';
import { demand, type Env, pathParam } from './request.ts';

export function jobRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/v0/jobs', (request) => {
    const { workspace, access } = request.get('caller');
    demand(access, 'WORKSPACE:READ_ALL', 'DATASOURCES:CREATE');
    const { status, kind } = request.req.query();
    const jobs = [...workspace.jobs.values()].filter(
      (job) => (status === undefined || job.status === status) && (kind === undefined || job.kind === kind),
    );
    return request.json({ jobs: jobs.map((job) => describeJob(world, job)) });
  });
  app.get('/v0/jobs/:id', (request) => {
    const { workspace, access } = request.get('caller');
    demand(access, 'WORKSPACE:READ_ALL', 'DATASOURCES:CREATE');
    return request.json(describeJob(world, demandJob(workspace, pathParam(request, 'id'))));
  });
  app.post('/v0/jobs/:id/cancel', (request) => {
    const { workspace, access } = request.get('caller');
    demand(access, 'DATASOURCES:CREATE');
    const job = demandJob(workspace, pathParam(request, 'id'));
    cancelJob(world, job);
    return request.json(describeJob(world, job));
  });
  app.get('/v0/connectors', (request) => {
    demand(request.get('caller').access, 'WORKSPACE:READ_ALL', 'WORKSPACE:DEPLOY');
    return request.json({ connectors: [] });
  });
  return app;
}
