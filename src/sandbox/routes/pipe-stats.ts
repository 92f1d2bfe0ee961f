// Makes a row of tinybird.pipe_stats_rt of each request to an endpoint or to /v0/sql, without the value of any token.
import { randomBytes } from 'node:crypto';
import type { Bearer } from '../authentication.ts';
import type { PipeStat } from '../pipe-stats.ts';
import type { Answer } from '../query/answer.ts';
import { liveOf, otherOf, type Workspace } from '../workspace.ts';
import type { World } from '../world.ts';
import { formatOf } from './pipes.ts';
import { paramsOf, pathParam, type Request } from './request.ts';

type Next = () => Promise<void>;

const QUERY_API = 'query_api';

export const recordSql = (world: World) => (request: Request, next: Next) =>
  record({ world, request, pipe: QUERY_API }, next);

export const recordEndpoint = (world: World) => (request: Request, next: Next) => {
  const file = pathParam(request, 'pipe');
  return formatOf(file) === null
    ? next()
    : record({ world, request, pipe: file.slice(0, file.indexOf('.')) }, next);
};

interface Asked {
  readonly world: World;
  readonly request: Request;
  /** Name of the pipe. */
  readonly pipe: string;
}

/** Stands before the check of the token, because what is refused right after it leaves a row too. */
async function record(asked: Asked, next: Next): Promise<void> {
  const { world, request } = asked;
  const at = world.now();
  const started = performance.now();
  await next();
  const bearer = request.get('bearer');
  if (bearer === undefined || request.get('readsServicesOnly') === true) return;
  if (!['GET', 'HEAD', 'POST'].includes(request.req.method)) return;
  const duration = (performance.now() - started) / 1000;
  world.pipeStats.add(bearer.workspace, await statOf(asked, { bearer, at, duration }));
}

interface Times {
  readonly bearer: Bearer;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Seconds. */
  readonly duration: number;
}

async function statOf({ world, request, pipe }: Asked, { bearer, at, duration }: Times): Promise<PipeStat> {
  const { status } = request.res;
  const params = await paramsOf(request).catch(() => new Map<string, string>());
  const userAgent = request.req.header('user-agent');
  return {
    start_datetime: Math.floor(at / 1000),
    pipe_id: pipe === QUERY_API ? QUERY_API : pipeId(bearer.workspace, pipe),
    pipe_name: shown(pipe),
    duration,
    ...readBy(request.get('answered')),
    url: shownUrl(world, request),
    error: status >= 400 ? 1 : 0,
    request_id: ulid(at),
    token: bearer.token.id,
    token_name: bearer.token.name,
    status_code: status,
    method: request.req.method,
    parameters: Object.fromEntries(shownParams(params)),
    user_agent: userAgent === undefined ? null : shown(userAgent),
  };
}

const pipeId = (workspace: Workspace, name: string): string =>
  [liveOf(workspace), otherOf(workspace)].flatMap(
    (deployment) => deployment?.catalog.pipes.get(name)?.id ?? [],
  )[0] ?? '';

// What 100,000 rows may take is limited by what one may take.
const MAX_TEXT = 2000;
const MAX_PARAMS = 100;

// Both kinds of value start with an encoded JSON object: `p.eyJ….…` and `eyJ….….…`, whose dots may be encoded too.
const TOKEN_VALUE =
  /(?:p(?:\.|%(?:25)*2e))?eyJ[\w-]{8,}(?:\.|%(?:25)*2e)[\w-]{8,}(?:(?:\.|%(?:25)*2e)[\w-]+)?/gi;

const shown = (text: string): string => text.slice(0, MAX_TEXT).replace(TOKEN_VALUE, 'REDACTED');

const shownParams = (params: Iterable<readonly [name: string, value: string]>): [string, string][] =>
  [...params]
    .filter(([name]) => name !== 'token')
    .slice(0, MAX_PARAMS)
    .map(([name, value]) => [shown(name), shown(value)]);

function shownUrl(world: World, request: Request): string {
  const { pathname, searchParams } = new URL(request.req.url);
  const query = new URLSearchParams(shownParams(searchParams)).toString();
  return `${world.url}${shown(pathname)}${query === '' ? '' : `?${query}`}`.slice(0, MAX_TEXT);
}

const COUNTS =
  /"rows": (\d+),\s*(?:"rows_before_limit_at_least": \d+,\s*)?"statistics":\s*\{\s*"elapsed": [^,]*,\s*"rows_read": (\d+),\s*"bytes_read": (\d+)\s*\}\s*\}\s*$/;

/** From the end of a JSON answer; other formats do not tell. */
function readBy(answer: Answer | undefined): Pick<PipeStat, 'result_rows' | 'read_rows' | 'read_bytes'> {
  const end = Buffer.from(answer?.body.slice(-500) ?? []).toString();
  const [rows = 0, readRows = 0, readBytes = 0] = COUNTS.exec(end)?.slice(1).map(Number) ?? [];
  return { result_rows: rows, read_rows: readRows, read_bytes: readBytes };
}

const ULID_DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 48 bits of milliseconds, then 80 random ones, in 26 digits of Crockford's base 32. */
function ulid(ms: number): string {
  let rest = (BigInt(Math.floor(ms)) << 80n) | BigInt(`0x${randomBytes(10).toString('hex')}`);
  let text = '';
  for (let i = 0; i < 26; i += 1) {
    text = ULID_DIGITS.charAt(Number(rest & 31n)) + text;
    rest >>= 5n;
  }
  return text;
}
