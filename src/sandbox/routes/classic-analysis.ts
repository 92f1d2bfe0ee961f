// GET /v0/pipes/…/nodes/…/analysis: whether a node could be materialized. Nothing changes.
import { Hono } from 'hono';
import { edited, type Place } from '../classic/edit.ts';
import { demandNode } from '../classic/nodes.ts';
import { demandTarget } from '../classic/pipe-file.ts';
import { materializedInto } from '../classic/views.ts';
import { checkPipe } from '../query/check.ts';
import { SandboxError } from '../state.ts';
import { liveOf } from '../workspace.ts';
import type { World } from '../world.ts';
import { onClassic } from './classic.ts';
import { demandPipe } from './classic-pipes.ts';
import { demand, type Env, pathParam, type Request } from './request.ts';

export function classicAnalysisRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/v0/pipes/:pipe/nodes/:node/analysis', onClassic(world, analyse));
  return app;
}

async function analyse(request: Request, { world, workspace }: Place): Promise<Response> {
  demand(request.get('caller').access, 'PIPES:CREATE');
  const stored = demandPipe(request);
  const node = demandNode(stored, pathParam(request, 'node'));
  const live = liveOf(workspace);
  const target = demandTarget(live.catalog, request.req.query('datasource') ?? '');
  const nodes = stored.file.nodes.map((other) =>
    other === node ? materializedInto(node, target.file.name) : other,
  );
  const pipe = { ...stored, file: { ...stored.file, nodes } };
  const { catalog } = edited(live, { pipes: new Map([[stored.file.name, pipe]]) });
  const problems = await checkPipe({ engine: world.engine, catalog, pipe: stored.file.name });
  if (problems.length > 0) throw new SandboxError(400, problems.map(({ message }) => message).join('; '));
  return request.json({ warnings: [] });
}
