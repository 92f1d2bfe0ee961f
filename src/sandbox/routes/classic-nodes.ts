// /v0/pipes/…/nodes of a Classic workspace: nodes, their endpoint, their materialization, and filling it from history.
import { Hono } from 'hono';
import type { Node } from '../../datafile/types.ts';
import type { Place } from '../classic/edit.ts';
import {
  addNode,
  changeNode,
  deleteNode,
  demandNode,
  materialize,
  type NodeText,
  publish,
  unlink,
  unpublish,
} from '../classic/nodes.ts';
import { startPopulation } from '../classic/population.ts';
import { describeJob } from '../jobs.ts';
import { SandboxError, type StoredPipe } from '../state.ts';
import type { World } from '../world.ts';
import { onClassic } from './classic.ts';
import { demandPipe, describe } from './classic-pipes.ts';
import { demand, type Env, paramsOf, pathParam, type Request } from './request.ts';

export function classicNodeRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const nodes = '/v0/pipes/:pipe/nodes';
  app.post(nodes, onClassic(world, add));
  app.put(`${nodes}/:node`, onClassic(world, change));
  app.delete(`${nodes}/:node`, onClassic(world, remove));
  app.post(`${nodes}/:node/endpoint`, onClassic(world, answerPipe(publish)));
  app.delete(`${nodes}/:node/endpoint`, onClassic(world, answerPipe(unpublish)));
  app.post(`${nodes}/:node/materialization`, onClassic(world, link));
  app.delete(`${nodes}/:node/materialization`, onClassic(world, answerNothing(unlink)));
  app.post(`${nodes}/:node/population`, onClassic(world, population));
  return app;
}

type NodeChange = (place: Place, stored: StoredPipe, node: Node) => Promise<StoredPipe>;

function target(request: Request): { stored: StoredPipe; node: Node } {
  demand(request.get('caller').access, 'PIPES:CREATE');
  const stored = demandPipe(request);
  return { stored, node: demandNode(stored, pathParam(request, 'node')) };
}

const answerPipe =
  (work: NodeChange) =>
  async (request: Request, place: Place): Promise<Response> => {
    const { stored, node } = target(request);
    return request.json(describe(place, await work(place, stored, node)));
  };

const answerNothing =
  (work: NodeChange) =>
  async (request: Request, place: Place): Promise<Response> => {
    const { stored, node } = target(request);
    await work(place, stored, node);
    return request.body(null, 204);
  };

const remove = answerNothing(deleteNode);

async function add(request: Request, place: Place): Promise<Response> {
  demand(request.get('caller').access, 'PIPES:CREATE');
  const text = await textOf(request);
  if (text.sql === undefined) throw new SandboxError(400, 'The SQL of the node is missing');
  const stored = await addNode(place, demandPipe(request), text);
  return answerNode(request, place, { stored, name: stored.file.nodes.at(-1)?.name });
}

async function change(request: Request, place: Place): Promise<Response> {
  const { stored, node } = target(request);
  const text = await textOf(request);
  const after = await changeNode(place, { stored, node, text });
  return answerNode(request, place, { stored: after, name: text.name ?? node.name });
}

function answerNode(
  request: Request,
  place: Place,
  { stored, name }: { stored: StoredPipe; name: string | undefined },
): Response {
  const { nodes } = describe(place, stored);
  const node = Array.isArray(nodes) ? nodes.find((candidate) => candidate.name === name) : null;
  return request.json(node);
}

/** `name` and `description` beside the path; the SQL as the parameter `sql` or as the whole body. */
async function textOf(request: Request): Promise<NodeText> {
  const params = await paramsOf(request);
  const type = request.req.header('content-type') ?? '';
  const isForm = /^(?:application\/(?:x-www-form-urlencoded|json)|multipart\/form-data)/.test(type);
  const body = isForm ? '' : await request.req.text();
  return {
    name: params.get('name'),
    description: params.get('description'),
    sql: params.get('sql') ?? (body.trim() === '' ? undefined : body),
  };
}

async function link(request: Request, place: Place): Promise<Response> {
  const { stored, node } = target(request);
  const params = await paramsOf(request);
  if (params.get('override_datasource') === 'true')
    throw new SandboxError(400, 'override_datasource is not supported by the sandbox');
  const after = await materialize(place, { stored, node, target: params.get('datasource') ?? '' });
  return request.json(describe(place, after));
}

async function population(request: Request, place: Place): Promise<Response> {
  const params = await paramsOf(request);
  const job = await startPopulation(place, { ...target(request), params });
  const { id, job_id, job_url, status, datasource } = describeJob(place.world, job);
  return request.json({ id, job_id, job_url, status, datasource, job: describeJob(place.world, job) });
}
