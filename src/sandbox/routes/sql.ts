// /v0/sql, by query or by body.
import { Hono } from 'hono';
import { querySql } from '../query/sql.ts';
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
    return answerOf(
      await querySql({
        ...readerOf(world, request),
        params,
        sql,
        ...(pipeline === undefined ? {} : { pipeline }),
      }),
    );
  };
  app.get('/v0/sql', answer);
  app.post('/v0/sql', answer);
  return app;
}

async function rawText(request: Request): Promise<string> {
  const type = request.req.header('content-type') ?? '';
  const isForm = /^(?:application\/(?:x-www-form-urlencoded|json)|multipart\/form-data)/.test(type);
  return isForm || request.req.method === 'GET' ? '' : request.req.text();
}
