// What every route needs of a request: who asks, the parameters wherever they stand, and the refusals that many share.

import { gunzipSync } from 'node:zlib';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { type Bearer, type Caller, may } from '../authentication.ts';
import { type Part, splitMultipart } from '../multipart.ts';
import type { Answer } from '../query/answer.ts';
import { type Access, SandboxError, type StoredDatasource, type StoredPipe } from '../state.ts';

interface Variables {
  caller: Caller;
  /** There once the token is known, also when the request is refused after that. */
  bearer?: Bearer;
  /** What a query gave. */
  answered?: Answer;
  /** Of a query. */
  readsServicesOnly?: boolean;
}

export type Env = { Bindings: HttpBindings; Variables: Variables };
export type Request = Context<Env>;

/** The text of the token: `Authorization: Bearer …` or `?token=…`. */
export function tokenOf(request: Request): string {
  const header = request.req.header('authorization') ?? '';
  return /^Bearer\s+(\S+)/i.exec(header)?.[1] ?? request.req.query('token') ?? '';
}

/** First value of every parameter of query and form; the form wins, as the body is the more specific place. */
export async function paramsOf(request: Request): Promise<Map<string, string>> {
  const params = new Map<string, string>();
  const query = new URL(request.req.url).searchParams;
  for (const [name, value] of [...(await formOf(request)), ...query]) {
    if (!params.has(name)) params.set(name, value);
  }
  return params;
}

async function formOf(request: Request): Promise<[string, string][]> {
  const type = request.req.header('content-type') ?? '';
  if (request.req.method === 'GET') return [];
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return [...new URLSearchParams(await request.req.text())];
  }
  if (type.startsWith('multipart/form-data')) {
    return (await partsOf(request)).map((part) => [part.name, part.body.toString('utf8')]);
  }
  if (type.startsWith('application/json')) return jsonParams(await request.req.text());
  return [];
}

/** A JSON object's members as parameters; lists become comma-separated, as Tinybird's `Array(…)` reads them. */
function jsonParams(text: string): [string, string][] {
  const body = readJson(text);
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).map(([name, value]) => [
    name,
    Array.isArray(value)
      ? value.join(',')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value),
  ]);
}

/** 400 when the text is no JSON. */
export function readJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new SandboxError(400, 'invalid JSON in the request body');
  }
}

export async function partsOf(request: Request): Promise<Part[]> {
  const body = Buffer.from(await request.req.arrayBuffer());
  return splitMultipart(body, request.req.header('content-type') ?? '');
}

/** The raw body, unzipped. */
export async function bodyOf(request: Request): Promise<Buffer> {
  const sent = Buffer.from(await request.req.arrayBuffer());
  if (request.req.header('content-encoding') !== 'gzip') return sent;
  try {
    return gunzipSync(sent);
  } catch {
    throw new SandboxError(400, 'The request body is not valid gzip');
  }
}

/** 403 unless the bearer is an admin or holds one of the operations. */
export function demand(access: Access, ...operations: readonly string[]): void {
  if (!may(access, ...operations)) {
    throw new SandboxError(
      403,
      `Token does not have the required scope: ${['ADMIN', ...operations].join(' or ')}`,
    );
  }
}

const GATES = {
  datasources: 'data sources',
  pipes: 'pipes',
  tokens: 'resource-scoped tokens',
} as const;

/** The answer of a Forward workspace to a v0 call that would change resources; it comes before every other check. */
export function gate(what: keyof typeof GATES): SandboxError {
  return new SandboxError(
    403,
    `Adding or modifying ${GATES[what]} to this workspace can only be done via deployments.`,
  );
}

/** A route that is the gate on Forward; on Classic it got past what the sandbox has. */
export const gated =
  (what: keyof typeof GATES) =>
  (request: Request): never => {
    if (request.get('caller').workspace.generation === 'forward') throw gate(what);
    throw new SandboxError(501, `Not in the sandbox for Classic: ${request.req.method} ${request.req.path}`);
  };

/** The part of a path as it was written, e.g. a name with `%20`. */
export function pathParam(request: Request, name: string): string {
  return request.req.param(name) ?? '';
}

/** By name or by `t_…` id. */
export function byNameOrId<T extends StoredDatasource | StoredPipe>(
  resources: ReadonlyMap<string, T>,
  wanted: string,
): T | undefined {
  const named = resources.get(wanted);
  if (named !== undefined || !wanted.startsWith('t_')) return named;
  return resources.values().find(({ id }) => id === wanted);
}
