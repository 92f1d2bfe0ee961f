// /v0/pipes and /v1/pipes: reading pipes, and asking published ones.
import { Hono } from 'hono';
import { printDatafile } from '../../datafile/print.ts';
import { may, opens } from '../authentication.ts';
import { pick } from '../datasource-view.ts';
import { describePipe, type PipePlace } from '../pipe-view.ts';
import { ENDPOINT_FORMATS, type EndpointFormat } from '../query/answer.ts';
import { queryPipe } from '../query/pipe.ts';
import { type Catalog, SandboxError, type StoredPipe } from '../state.ts';
import type { World } from '../world.ts';
import { answerOf, readerOf } from './reading.ts';
import { byNameOrId, type Env, gated, paramsOf, pathParam, type Request } from './request.ts';

export function pipeRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  for (const root of ['/v0/pipes', '/v1/pipes']) {
    app.get(root, (request) =>
      request.body(listText(world, request), 200, { 'content-type': 'application/json' }),
    );
    app.get(`${root}/:pipe`, (request) => getPipe(world, request));
  }
  app.post('/v0/pipes/:pipe', (request) => {
    if (formatOf(pathParam(request, 'pipe')) === null) return gated('pipes')(request);
    return ask(world, request);
  });
  app.post('/v0/pipes', gated('pipes'));
  app.put('/v0/pipes/*', gated('pipes'));
  app.delete('/v0/pipes/*', gated('pipes'));
  app.post('/v0/pipes/:pipe/nodes', gated('pipes'));
  app.post('/v0/pipes/:pipe/nodes/*', gated('pipes'));
  return app;
}

function placeOf(world: World, request: Request): PipePlace {
  const { workspace, deployment } = request.get('caller');
  return { workspace, deployment, url: world.url };
}

// A list of 20,000 pipes is made of texts that are kept with the pipe: deployments share the pipes they did not change.
const texts = new WeakMap<StoredPipe, { catalog: Catalog; text: string }>();

function pipeText(stored: StoredPipe, place: PipePlace): string {
  const { catalog } = place.deployment;
  const known = texts.get(stored);
  if (known?.catalog === catalog) return known.text;
  const text = JSON.stringify(describePipe(stored, place));
  texts.set(stored, { catalog, text });
  return text;
}

function listText(world: World, request: Request): string {
  const place = placeOf(world, request);
  const attrs = request.req.query('attrs') ?? '';
  const nodeAttrs = request.req.query('node_attrs') ?? '';
  const visible = [...place.deployment.catalog.pipes.values()].filter((stored) => canSee(request, stored));
  const items = visible.map((stored) => {
    if (attrs === '' && nodeAttrs === '') return pipeText(stored, place);
    const { nodes, ...rest } = describePipe(stored, place);
    const shown = Array.isArray(nodes) ? nodes.map((node) => pick(node, nodeAttrs)) : nodes;
    // `url` always comes along, the nodes with `node_attrs`.
    const wanted = attrs && `${attrs},url${nodeAttrs === '' ? '' : ',nodes'}`;
    return JSON.stringify(pick({ ...rest, nodes: shown }, wanted));
  });
  return `{"pipes": [${items.join(', ')}]}`;
}

/** A scoped token sees the pipes it may ask. */
function canSee(request: Request, stored: StoredPipe): boolean {
  const { access } = request.get('caller');
  return (
    may(access, 'WORKSPACE:READ_ALL', 'WORKSPACE:DEPLOY', 'PIPES:CREATE') ||
    opens(access, stored, 'PIPES:READ', 'PIPES:DROP')
  );
}

/** Null: what follows the dot is no format of an endpoint. */
export function formatOf(name: string): EndpointFormat | null {
  const extension = name.split('.')[1] ?? '';
  return isFormat(extension) ? extension : null;
}

const isFormat = (extension: string): extension is EndpointFormat => extension in ENDPOINT_FORMATS;

async function getPipe(world: World, request: Request): Promise<Response> {
  const [name = '', extension] = pathParam(request, 'pipe').split('.');
  if (extension !== undefined && extension !== 'pipe') return ask(world, request);
  const stored = byNameOrId(request.get('caller').deployment.catalog.pipes, name);
  if (stored === undefined || !canSee(request, stored))
    throw new SandboxError(404, `Pipe '${name}' not found`);
  if (extension === 'pipe' || request.req.query('format') === 'pipe')
    return request.text(printDatafile(stored.file));
  return request.json(describePipe(stored, placeOf(world, request)));
}

/** `/v0/pipes/x.json` and its other formats. */
async function ask(world: World, request: Request): Promise<Response> {
  const file = pathParam(request, 'pipe');
  const format = formatOf(file);
  if (format === null) throw new SandboxError(404, `The pipe '${file}' does not exist`);
  const params = await paramsOf(request);
  const q = params.get('q');
  const pipe = file.slice(0, file.indexOf('.'));
  return answerOf(
    request,
    await queryPipe({
      ...readerOf(world, request),
      params,
      pipe,
      format,
      ...(q === undefined ? {} : { q }),
    }),
  );
}
