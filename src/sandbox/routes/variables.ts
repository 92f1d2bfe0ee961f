// /v0/variables: values that `tb_secret` reads; they never come back.
import { Hono } from 'hono';
import { SandboxError } from '../state.ts';
import type { Variable } from '../workspace.ts';
import { stamp, type World } from '../world.ts';
import { demand, type Env, paramsOf, pathParam } from './request.ts';

export function variableRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.use('/v0/variables/*', async (request, next) => {
    demand(request.get('caller').access);
    await next();
  });
  app.get('/v0/variables', (request) =>
    request.json({ variables: [...request.get('caller').workspace.variables.values()].map(describe) }),
  );
  app.get('/v0/variables/:name', (request) => {
    const variable = request.get('caller').workspace.variables.get(pathParam(request, 'name'));
    if (variable === undefined) throw new SandboxError(404, 'Not found');
    return request.json(describe(variable));
  });
  app.post('/v0/variables', async (request) => {
    const { variables } = request.get('caller').workspace;
    const params = await paramsOf(request);
    const name = params.get('name') ?? '';
    if (name === '') throw new SandboxError(400, 'A variable needs a name');
    if (variables.has(name)) throw new SandboxError(400, `Variable with name "${name}" already exists`);
    const now = stamp(world);
    const variable = { name, value: params.get('value') ?? '', createdAt: now, updatedAt: now };
    variables.set(name, variable);
    world.save();
    return request.json(describe(variable));
  });
  app.put('/v0/variables/:name', async (request) => {
    const { variables } = request.get('caller').workspace;
    const variable = variables.get(pathParam(request, 'name'));
    if (variable === undefined) throw new SandboxError(404, 'Variable not found');
    const value = (await paramsOf(request)).get('value') ?? '';
    const changed = { ...variable, value, updatedAt: stamp(world) };
    variables.set(variable.name, changed);
    world.save();
    return request.json(describe(changed));
  });
  app.delete('/v0/variables/:name', (request) => {
    const { variables } = request.get('caller').workspace;
    if (!variables.delete(pathParam(request, 'name'))) throw new SandboxError(404, 'Variable not found');
    world.save();
    return request.json({ ok: true });
  });
  return app;
}

const describe = ({ name, createdAt, updatedAt }: Variable): Record<string, unknown> => ({
  name,
  type: 'secret',
  created_at: createdAt,
  updated_at: updatedAt,
  edited_by: "token: 'workspace admin token'",
});
