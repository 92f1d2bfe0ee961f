// /v0/sql, by query or by body, and /v0/sql_tables.
import { Hono } from 'hono';
import { guardSelect } from '../engine/guard.ts';
import { PIPE_STATS_COLUMNS } from '../pipe-stats.ts';
import { refusalError } from '../query/failure.ts';
import type { Services } from '../query/services.ts';
import { querySql, readsServicesOnly } from '../query/sql.ts';
import { SandboxError } from '../state.ts';
import type { World } from '../world.ts';
import { answerOf, readerOf } from './reading.ts';
import { type Env, paramsOf, type Request } from './request.ts';

export function sqlRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const answer = async (request: Request): Promise<Response> => {
    const params = await paramsOf(request);
    const sql = params.get('q') ?? (await rawText(request));
    if (sql.trim() === '') throw new SandboxError(400, 'The request body should contain a query');
    const pipeline = params.get('pipeline');
    const query = {
      ...readerOf(world, request),
      params,
      sql,
      services: servicesOf(world, request),
      ...(pipeline === undefined ? {} : { pipeline }),
    };
    request.set('readsServicesOnly', await readsServicesOnly(query));
    return answerOf(request, await querySql(query));
  };
  app.get('/v0/sql', answer);
  app.post('/v0/sql', answer);
  // Any token may ask: the answer says what stands in the text, not what the workspace has.
  app.post('/v0/sql_tables', async (request) => {
    const params = await paramsOf(request);
    const guarded = await guardSelect(world.engine, params.get('q') ?? '', () => false);
    if (!guarded.ok && params.get('raising') === 'true') throw refusalError(guarded.refusal);
    const tables = guarded.ok ? guarded.value.tables : [];
    return request.json({ tables: tables.map((name) => ['', name]) });
  });
  return app;
}

function servicesOf(world: World, request: Request): Services {
  const { workspace } = request.get('caller');
  const pipeStats = { columns: PIPE_STATS_COLUMNS, rows: () => world.pipeStats.of(workspace) };
  return new Map([['tinybird.pipe_stats_rt', pipeStats]]);
}

async function rawText(request: Request): Promise<string> {
  const type = request.req.header('content-type') ?? '';
  const isForm = /^(?:application\/(?:x-www-form-urlencoded|json)|multipart\/form-data)/.test(type);
  return isForm || request.req.method === 'GET' ? '' : request.req.text();
}
