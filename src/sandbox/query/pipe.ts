// Answers /v0/pipes/<pipe>.<format>.
import { SandboxError } from '../state.ts';
import { type Answer, ENDPOINT_FORMATS, type EndpointFormat } from './answer.ts';
import { endpointNode } from './expand.ts';
import { notFound } from './failure.ts';
import { pipeGrant } from './permissions.ts';
import type { Caller, QueryOptions } from './request.ts';
import { run } from './run.ts';
import { expandUserSql, pipeSql } from './user-sql.ts';

export interface PipeRequest extends Caller, QueryOptions {
  /** Name of the pipe. */
  readonly pipe: string;
  /** `SELECT … FROM _`, run on the endpoint's rows. */
  readonly q?: string | undefined;
  readonly format: EndpointFormat;
}

/** The rows of a published endpoint. Throws SandboxError: 404 unknown or unpublished, 403 not in the token's scopes, 400 template or SQL. */
export async function queryPipe(request: PipeRequest): Promise<Answer> {
  const { catalog, access, pipe, q } = request;
  const stored = catalog.pipes.get(pipe);
  if (stored === undefined || endpointNode(stored) === undefined) {
    throw new SandboxError(404, `The pipe '${pipe}' does not exist`);
  }
  if (pipeGrant(access, catalog, pipe) === null) throw notFound(pipe);
  const { format, contentType } = ENDPOINT_FORMATS[request.format];
  const sql =
    q === undefined || q.trim() === ''
      ? await pipeSql(request, pipe)
      : (await expandUserSql(request, { sql: q, underscore: pipe })).sql;
  return { contentType, body: await run(request, { sql, format }) };
}
