// Rows of data sources over HTTP: append, replace, truncate, delete.
import { Hono } from 'hono';
import { afterAppend } from '../datasource-view.ts';
import type { Engine } from '../engine/engine.ts';
import { guardCondition } from '../engine/guard.ts';
import { type Batch, type Ingested, ingestCsv, ingestNdjson } from '../engine/ingest.ts';
import { deleteRows, truncate } from '../engine/rows.ts';
import { describeJob, startJob } from '../jobs.ts';
import { receiversOf } from '../receivers.ts';
import { SandboxError, type StoredDatasource } from '../state.ts';
import type { World } from '../world.ts';
import { demandAppend, writeRows } from '../writes.ts';
import { demandDatasource } from './datasources.ts';
import { bodyOf, demand, type Env, gate, paramsOf, partsOf, pathParam, type Request } from './request.ts';

export function rowRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.post('/v0/datasources', (request) => append(world, request));
  app.post('/v1/datasources/:datasource/:mode{append|replace}', (request) => appendAsJob(world, request));
  app.post('/v0/datasources/:datasource/truncate', (request) => empty(world, request));
  app.post('/v0/datasources/:datasource/delete', (request) => remove(world, request));
  return app;
}

async function append(world: World, request: Request): Promise<Response> {
  const caller = request.get('caller');
  const mode = request.req.query('mode') ?? 'create';
  const name = request.req.query('name') ?? '';
  const known = caller.deployment.catalog.datasources.has(name);
  // The gate comes first, even where the name is simply unknown.
  if ((mode !== 'append' && mode !== 'replace') || !known) throw gate('datasources');
  const stored = demandAppend(caller, name);
  const done = await appendRows(world, request, { stored, mode });
  const bad = done.quarantined + done.invalid > 0;
  return request.json({
    import_id: done.importId,
    datasource: afterAppend(stored, caller.deployment),
    quarantine_rows: done.quarantined,
    invalid_lines: done.invalid,
    error: bad
      ? `There was an error with file contents: ${amount(done.quarantined, 'row')} in quarantine and ${amount(done.invalid, 'invalid line')}.`
      : false,
  });
}

/** The newer form: the answer is a job, whose blocks hold the counts. */
async function appendAsJob(world: World, request: Request): Promise<Response> {
  const { workspace } = request.get('caller');
  const mode = pathParam(request, 'mode');
  const stored = demandAppend(request.get('caller'), pathParam(request, 'datasource'));
  const done = await appendRows(world, request, { stored, mode });
  const counts = { lines: done.successful, quarantine: done.quarantined, invalid_lines: done.invalid };
  const work = async (): Promise<Record<string, unknown>> => ({ blocks: [{ process_return: [counts] }] });
  const details = { mode, import_id: done.importId, datasource: { id: stored.id, name: stored.file.name } };
  return request.json(describeJob(world, startJob(world, workspace, { kind: 'import', details, work })));
}

interface Appending {
  readonly stored: StoredDatasource;
  readonly mode: string;
}

async function appendRows(world: World, request: Request, { stored, mode }: Appending): Promise<Ingested> {
  const { body, format } = await uploaded(request);
  if (mode === 'replace') await truncateAll(world, request, stored);
  const delimiter = request.req.query('dialect_delimiter');
  const ingest = (engine: Engine, batch: Batch): Promise<Ingested> =>
    format === 'csv'
      ? ingestCsv(engine, { ...batch, ...(delimiter === undefined ? {} : { delimiter }) })
      : ingestNdjson(engine, batch);
  return writeRows(world, { caller: request.get('caller'), name: stored.file.name, body, ingest });
}

const amount = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The rows: a multipart file `csv` or `ndjson`, or the raw body. Which it is, the `format` parameter knows best, then the file's name. */
async function uploaded(request: Request): Promise<{ body: Buffer; format: 'csv' | 'ndjson' }> {
  const asked = request.req.query('format');
  const type = request.req.header('content-type') ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) {
    throw new SandboxError(501, 'Not in the sandbox: appending from a URL');
  }
  if (!type.startsWith('multipart/form-data')) {
    const body = await bodyOf(request);
    return { body, format: asked === 'ndjson' || /ndjson|json/.test(type) ? 'ndjson' : 'csv' };
  }
  const part = (await partsOf(request)).find(({ name }) => name === 'csv' || name === 'ndjson');
  if (part === undefined) throw new SandboxError(400, 'The request has no part named csv or ndjson');
  const isNdjson =
    asked === 'ndjson' || part.name === 'ndjson' || /\.(?:ndjson|jsonl)$/.test(part.filename ?? '');
  return { body: part.body, format: isNdjson && asked !== 'csv' ? 'ndjson' : 'csv' };
}

async function truncateAll(world: World, request: Request, stored: StoredDatasource): Promise<void> {
  const { workspace, deployment } = request.get('caller');
  await workspace.writes.write(async () => {
    for (const { table } of receiversOf(workspace, deployment, stored.file.name)) {
      await truncate(world.engine, table);
    }
  });
}

async function empty(world: World, request: Request): Promise<Response> {
  const { access } = request.get('caller');
  demand(access, 'DATASOURCES:CREATE');
  await truncateAll(world, request, demandDatasource(request, pathParam(request, 'datasource')));
  return request.json({});
}

async function remove(world: World, request: Request): Promise<Response> {
  const { workspace, deployment, access } = request.get('caller');
  demand(access, 'DATASOURCES:CREATE');
  const stored = demandDatasource(request, pathParam(request, 'datasource'));
  const params = await paramsOf(request);
  const guarded = await guardCondition(world.engine, params.get('delete_condition') ?? '');
  if (!guarded.ok) throw new SandboxError(400, guarded.refusal.message);
  const condition = guarded.value;
  const { table } = stored;
  if (params.get('dry_run') === 'true') {
    const rows = await deleteRows(world.engine, { table, condition, dryRun: true });
    return request.json({ rows_to_be_deleted: rows });
  }
  const work = (): Promise<Record<string, unknown>> =>
    workspace.writes.write(async () => {
      let rows = 0;
      for (const receiver of receiversOf(workspace, deployment, stored.file.name)) {
        const deleted = await deleteRows(world.engine, { table: receiver.table, condition });
        if (receiver.table === table) rows = deleted;
      }
      return { rows_affected: rows };
    });
  const details = { datasource: { id: stored.id, name: stored.file.name }, delete_condition: condition };
  const job = startJob(world, workspace, { kind: 'delete_data', details, work });
  const { id, job_id, job_url, status } = describeJob(world, job);
  return request.json({ id, job_id, job_url, status, delete_id: id, job: describeJob(world, job) });
}
