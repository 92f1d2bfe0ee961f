// /v0/datasources: reading them, and the refusal to change them.
import { Hono } from 'hono';
import { printDatafile } from '../../datafile/print.ts';
import { may, opens } from '../authentication.ts';
import { detail, listItem, pick, type Statistics } from '../datasource-view.ts';
import type { Engine } from '../engine/engine.ts';
import { rowCounts } from '../engine/rows.ts';
import { quarantineOf } from '../engine/tables.ts';
import { SandboxError, type StoredDatasource } from '../state.ts';
import type { Deployment } from '../workspace.ts';
import type { World } from '../world.ts';
import { byNameOrId, type Env, gated, pathParam, type Request } from './request.ts';

export function datasourceRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/v0/datasources', (request) => list(world, request));
  app.get('/v0/datasources/:datasource', (request) => get(world, request));
  app.post('/v0/datasources/:datasource/alter', gated('datasources'));
  app.put('/v0/datasources/:datasource', gated('datasources'));
  app.delete('/v0/datasources/:datasource', gated('datasources'));
  return app;
}

async function list(world: World, request: Request): Promise<Response> {
  const { deployment } = request.get('caller');
  const visible = [...deployment.catalog.datasources.values()].filter((stored) => canSee(request, stored));
  const counts = await countsOf(world.engine, visible);
  const attrs = request.req.query('attrs');
  const items = visible.map((stored) =>
    pick(listItem(stored, deployment, statisticsOf(stored, counts)), attrs),
  );
  return request.json({ datasources: items });
}

async function get(world: World, request: Request): Promise<Response> {
  const { deployment } = request.get('caller');
  const [name = '', extension] = pathParam(request, 'datasource').split('.');
  const stored = demandDatasource(request, name);
  if (extension === 'datasource' || request.req.query('format') === 'datasource') {
    return request.text(printDatafile(stored.file));
  }
  return request.json(pick(await describeDatasource(world, deployment, stored), request.req.query('attrs')));
}

export async function describeDatasource(
  { engine }: World,
  deployment: Deployment,
  stored: StoredDatasource,
): Promise<Record<string, unknown>> {
  return detail(stored, deployment, statisticsOf(stored, await countsOf(engine, [stored])));
}

/** A scoped token sees what it has a scope on. */
function canSee(request: Request, stored: StoredDatasource): boolean {
  const { access } = request.get('caller');
  return (
    may(access, 'WORKSPACE:READ_ALL', 'WORKSPACE:DEPLOY', 'DATASOURCES:CREATE') ||
    opens(access, stored, 'DATASOURCES:READ', 'DATASOURCES:APPEND', 'DATASOURCES:DROP')
  );
}

/** 404 for one that the bearer may not see, too. */
export function demandDatasource(request: Request, name: string): StoredDatasource {
  const stored = byNameOrId(request.get('caller').deployment.catalog.datasources, name);
  if (stored === undefined || !canSee(request, stored)) {
    throw new SandboxError(404, `Data Source "${name}" does not exist`);
  }
  return stored;
}

const countsOf = (
  engine: Engine,
  stored: readonly StoredDatasource[],
): Promise<ReadonlyMap<string, number>> =>
  rowCounts(
    engine,
    stored.flatMap(({ table }) => [table, quarantineOf(table)]),
  );

const statisticsOf = ({ table }: StoredDatasource, counts: ReadonlyMap<string, number>): Statistics => ({
  rows: counts.get(table) ?? 0,
  quarantined: counts.get(quarantineOf(table)) ?? 0,
});
