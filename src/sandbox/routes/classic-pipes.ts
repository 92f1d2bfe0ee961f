// /v0/pipes of a Classic workspace: what creates, changes and deletes pipes.
import { Hono } from 'hono';
import { opens } from '../authentication.ts';
import type { Place } from '../classic/edit.ts';
import { pipeFile } from '../classic/pipe-file.ts';
import { createPipe, deletePipe, updatePipe } from '../classic/pipes.ts';
import { startPopulation } from '../classic/population.ts';
import { describeJob } from '../jobs.ts';
import { describePipe } from '../pipe-view.ts';
import { materializedNode } from '../references.ts';
import { SandboxError, type StoredPipe } from '../state.ts';
import { liveOf } from '../workspace.ts';
import type { World } from '../world.ts';
import { onClassic } from './classic.ts';
import { byNameOrId, demand, type Env, paramsOf, pathParam, type Request, readJson } from './request.ts';

export function classicPipeRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.post('/v0/pipes', onClassic(world, create));
  app.put('/v0/pipes/:pipe', onClassic(world, update));
  app.delete('/v0/pipes/:pipe', onClassic(world, remove));
  return app;
}

export function demandPipe(request: Request): StoredPipe {
  const name = pathParam(request, 'pipe');
  const stored = byNameOrId(liveOf(request.get('caller').workspace).catalog.pipes, name);
  if (stored === undefined) throw new SandboxError(404, `Pipe '${name}' not found`);
  return stored;
}

export const describe = ({ world, workspace }: Place, stored: StoredPipe): Record<string, unknown> =>
  describePipe(stored, { workspace, deployment: liveOf(workspace), url: world.url });

async function create(request: Request, place: Place): Promise<Response> {
  demand(request.get('caller').access, 'PIPES:CREATE');
  const { catalog } = liveOf(place.workspace);
  const file = pipeFile(await bodyOf(request), catalog);
  const stored = await createPipe(place, file, request.req.query('force') === 'true');
  return request.json({ ...describe(place, stored), ...(await filling(request, place, stored)) });
}

/** The JSON body, or one node of the `name` and `sql` beside the path. */
async function bodyOf(request: Request): Promise<unknown> {
  if (request.req.header('content-type')?.startsWith('application/json')) {
    return readJson(await request.req.text());
  }
  const params = await paramsOf(request);
  const name = params.get('name') ?? '';
  const nodes = [{ name: `${name}_0`, sql: params.get('sql') ?? '' }];
  return { name, description: params.get('description'), nodes };
}

/** What the answer tells of a materialized pipe: its target, and the job that fills it if one was asked for. */
async function filling(request: Request, place: Place, stored: StoredPipe): Promise<Record<string, unknown>> {
  const materialized = materializedNode(stored.file);
  const node = stored.file.nodes.find(({ name }) => name === materialized?.node);
  const target = liveOf(place.workspace).catalog.datasources.get(materialized?.target ?? '');
  if (node === undefined || target === undefined) return {};
  const datasource = { id: target.id, name: target.file.name };
  if (request.req.query('populate') !== 'true') return { datasource, created_datasource: false };
  const params = new Map(Object.entries(request.req.query()));
  const job = await startPopulation(place, { stored, node, params });
  return { datasource, created_datasource: false, job: describeJob(place.world, job) };
}

async function update(request: Request, place: Place): Promise<Response> {
  demand(request.get('caller').access, 'PIPES:CREATE');
  const stored = demandPipe(request);
  const params = await paramsOf(request);
  const { name, description } = stored.file;
  const change = { name: params.get('name') ?? name, description: params.get('description') ?? description };
  return request.json(describe(place, await updatePipe(place, stored, change)));
}

async function remove(request: Request, place: Place): Promise<Response> {
  const { access } = request.get('caller');
  const stored = demandPipe(request);
  if (!opens(access, stored, 'PIPES:DROP')) demand(access, 'PIPES:CREATE');
  await deletePipe(place, stored);
  return request.body(null, 204);
}
