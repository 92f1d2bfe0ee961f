// Answers /v0/sql.
import { SandboxError } from '../state.ts';
import { renderSql } from '../templating/render.ts';
import { templateParameters } from '../templating/reserved.ts';
import { type Answer, contentTypeOf } from './answer.ts';
import { readsAll } from './permissions.ts';
import { referencesIn } from './references.ts';
import type { Caller, QueryOptions } from './request.ts';
import { run } from './run.ts';
import { type Services, serviceTables } from './services.ts';
import { expandUserSql } from './user-sql.ts';

export interface SqlRequest extends Caller, QueryOptions {
  readonly sql: string;
  /** Pipe that `_` stands for. */
  readonly pipeline?: string | undefined;
  readonly services?: Services;
}

const MAX_BYTES = 8192;

/** The rows of one SELECT (or DESCRIBE), as TSV unless the text says FORMAT. Throws SandboxError with the statuses of the real API. */
export async function querySql(request: SqlRequest): Promise<Answer> {
  const text = render(request);
  const described = describedBy(text);
  const services = serviceTables(request, request.services ?? new Map());
  const what = { sql: described ?? text, underscore: request.pipeline, services };
  try {
    const select = await expandUserSql(request, what);
    const format = select.format ?? 'TSV';
    const contentType = contentTypeOf(format);
    const sql = described === null ? select.sql : `DESCRIBE (${select.sql})`;
    return { contentType, body: await run(request, { sql, format }) };
  } finally {
    await services.drop();
  }
}

/** Whether it reads service data sources and no other table. */
export async function readsServicesOnly(request: SqlRequest): Promise<boolean> {
  if (!request.sql.includes('tinybird')) return false;
  try {
    const names = referencesIn(await request.engine.format(render(request))).map(({ name }) => name);
    return names.length > 0 && names.every((name) => name.startsWith('tinybird.'));
  } catch {
    // What cannot be read, reads nothing; why not, the query itself says.
    return false;
  }
}

function render({ sql, access, secrets, params }: SqlRequest): string {
  if (sql.trim() === '') throw new SandboxError(400, 'The request body should contain a query');
  if (Buffer.byteLength(sql) > MAX_BYTES) {
    throw new SandboxError(400, `The maximum size of a query is ${MAX_BYTES} bytes`);
  }
  // Whoever writes the template would read every secret.
  const readable = readsAll(access) ? secrets : new Map<string, string>();
  return renderSql(sql, templateParameters(params), { secrets: readable }).sql;
}

/** The SELECT whose columns `DESCRIBE [TABLE] name` or `DESCRIBE (SELECT …)` asks for. */
function describedBy(text: string): string | null {
  const [, name, select, format = ''] =
    /^\s*DESC(?:RIBE)?\s+(?:TABLE\s+)?(?:(`?[A-Za-z_]\w*`?)|\(([\s\S]+)\))\s*(FORMAT\s+\w+)?\s*;?\s*$/i.exec(
      text,
    ) ?? [];
  if (name !== undefined) return `SELECT * FROM ${name} ${format}`;
  return select === undefined ? null : `${select} ${format}`;
}
