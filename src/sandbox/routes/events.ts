// POST /v0/events: rows as NDJSON.

import { Hono } from 'hono';
import { ingestNdjson } from '../engine/ingest.ts';
import { SandboxError } from '../state.ts';
import type { World } from '../world.ts';
import { demandAppend, writeRows } from '../writes.ts';
import { bodyOf, type Env } from './request.ts';

const MAX_BYTES = 10 * 1024 * 1024;

export function eventRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.post('/v0/events', async (request) => {
    const caller = request.get('caller');
    const name = request.req.query('name') ?? '';
    const stored = demandAppend(caller, name);
    const body = await bodyOf(request);
    if (body.length === 0) throw new SandboxError(400, 'The request body is empty');
    if (body.length > MAX_BYTES) throw new SandboxError(413, 'The request body is larger than 10 MB');
    const written = await writeRows(world, { caller, name: stored.file.name, body, ingest: ingestNdjson });
    // Rows are there before the answer either way; `wait` only decides what the answer says.
    const status = request.req.query('wait') === 'true' ? 200 : 202;
    return request.json(
      { successful_rows: written.successful, quarantined_rows: written.quarantined },
      status,
    );
  });
  return app;
}
