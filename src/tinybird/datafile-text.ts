// Datafiles as the server reconstructs them, and the names of connections.
import * as z from 'zod';
import type { Client } from './http.ts';

/** Where servers of different ages have it; the first that exists counts. */
const ROUTES = {
  datasource: (name: string) => [
    { path: `/v0/datasources/${name}.datasource` },
    { path: `/v0/datasources/${name}`, query: { format: 'datasource' } },
  ],
  pipe: (name: string) => [
    { path: `/v1/pipes/${name}.pipe` },
    { path: `/v0/pipes/${name}.pipe` },
    { path: `/v1/pipes/${name}`, query: { format: 'pipe' } },
    { path: `/v0/pipes/${name}`, query: { format: 'pipe' } },
  ],
} as const;

/** Throws the ApiError of the last route when the server has it nowhere. */
export async function readDatafileText(
  client: Client,
  kind: 'datasource' | 'pipe',
  name: string,
): Promise<string> {
  const routes = ROUTES[kind](encodeURIComponent(name));
  for (const route of routes.slice(0, -1)) {
    const reply = await client.send({ method: 'GET', ...route, accept: ({ status }) => status === 404 });
    if (reply.status !== 404) return reply.text;
  }
  const last = routes.at(-1);
  if (last === undefined) throw new Error('no route');
  return (await client.send({ method: 'GET', ...last })).text;
}

const Names = z.array(z.object({ name: z.string() }));
const ConnectorsShape = z.object({ connectors: Names.optional(), connections: Names.optional() });

export async function readConnectors(client: Client): Promise<string[]> {
  const list = await client.find({ method: 'GET', path: '/v0/connectors' }, ConnectorsShape);
  return (list?.connectors ?? list?.connections ?? []).map(({ name }) => name);
}
