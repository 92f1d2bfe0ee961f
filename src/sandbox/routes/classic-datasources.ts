// /v0/datasources of a Classic workspace: what creates, changes and deletes data sources.
import { Hono } from 'hono';
import { opens } from '../authentication.ts';
import { spendCreation } from '../classic/creation-limit.ts';
import {
  alterDatasource,
  createDatasource,
  deleteDatasource,
  updateDatasource,
} from '../classic/datasources.ts';
import type { Place } from '../classic/edit.ts';
import { exchangeDatasources } from '../classic/exchange.ts';
import { SandboxError, type StoredDatasource } from '../state.ts';
import { liveOf } from '../workspace.ts';
import type { World } from '../world.ts';
import { isClassic, onClassic, pass } from './classic.ts';
import { describeDatasource } from './datasources.ts';
import { byNameOrId, demand, type Env, paramsOf, pathParam, type Request } from './request.ts';

export function classicDatasourceRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const creation = onClassic(world, create);
  app.post('/v0/datasources', async (request, next) => {
    if (!isClassic(request)) return pass(next);
    const mode = request.req.query('mode') ?? 'create';
    if (mode === 'create') return creation(request, next);
    // Rows are written by the route after this one; it takes what it does not know for a creation.
    demandDatasource(request, request.req.query('name') ?? '');
    return pass(next);
  });
  app.post('/v0/datasources/exchange', onClassic(world, exchange));
  app.post('/v0/datasources/:datasource/alter', onClassic(world, alter));
  app.put('/v0/datasources/:datasource', onClassic(world, update));
  app.delete('/v0/datasources/:datasource', onClassic(world, remove));
  return app;
}

function demandDatasource(request: Request, name: string): StoredDatasource {
  const { workspace } = request.get('caller');
  const stored = byNameOrId(liveOf(workspace).catalog.datasources, name);
  if (stored === undefined) throw new SandboxError(404, `Data Source "${name}" does not exist`);
  return stored;
}

async function create(request: Request, place: Place): Promise<Response> {
  const { world, workspace } = place;
  demand(request.get('caller').access, 'DATASOURCES:CREATE');
  const { allowed, headers } = world.limits
    ? spendCreation(workspace, world.now())
    : { allowed: true, headers: {} };
  if (!allowed) {
    const error = 'Too many Data Sources created in a minute: try again later';
    return request.json({ error }, 429, headers);
  }
  const params = await paramsOf(request);
  if (params.has('url')) throw new SandboxError(501, 'Not in the sandbox: creating from a URL');
  const stored = await createDatasource(place, params);
  const datasource = await describeDatasource(world, liveOf(workspace), stored);
  return request.json({ datasource }, 200, headers);
}

async function exchange(request: Request, place: Place): Promise<Response> {
  demand(request.get('caller').access, 'DATASOURCES:CREATE');
  const params = await paramsOf(request);
  const one = demandDatasource(request, params.get('datasource_a') ?? '');
  const other = demandDatasource(request, params.get('datasource_b') ?? '');
  await exchangeDatasources(place, [one, other]);
  return request.json({ ok: true });
}

async function alter(request: Request, place: Place): Promise<Response> {
  demand(request.get('caller').access, 'DATASOURCES:CREATE');
  const stored = demandDatasource(request, pathParam(request, 'datasource'));
  return request.json({ ...(await alterDatasource(place, stored, await paramsOf(request))) });
}

async function update(request: Request, place: Place): Promise<Response> {
  demand(request.get('caller').access, 'DATASOURCES:CREATE');
  const stored = demandDatasource(request, pathParam(request, 'datasource'));
  const after = await updateDatasource(place, stored, await paramsOf(request));
  return request.json(await describeDatasource(place.world, liveOf(place.workspace), after));
}

async function remove(request: Request, place: Place): Promise<Response> {
  const { access } = request.get('caller');
  const stored = demandDatasource(request, pathParam(request, 'datasource'));
  if (!opens(access, stored, 'DATASOURCES:DROP')) demand(access, 'DATASOURCES:CREATE');
  const flag = (name: string): boolean => request.req.query(name) === 'true';
  await deleteDatasource(place, stored, { force: flag('force'), dryRun: flag('dry_run') });
  // What nothing depends on; a 409 has told the others.
  return flag('dry_run') ? request.json({ dependent_pipes: [] }) : request.body(null, 204);
}
