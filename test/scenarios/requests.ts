// Requests as a person reads them: in order of arrival and, on Classic, with what they say.
import type { Generation } from '../../src/model.ts';
import type { Played } from './play.ts';
import { isOfOthers } from './workspace.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly content?: string;
}

export function requestsOf({ toTinybird, toGithub }: Played, generation: Generation): string[] {
  // On Forward the deployments say more than the requests do.
  const said = generation === 'classic' ? toTinybird : toTinybird.map(({ method, path, status }) => ({ method, path, status }));
  return ['Tinybird', ...waves(inTime(said)), 'GitHub', ...waves(toGithub)];
}

const CREATION = /^POST \/v0\/(?:pipes|datasources)$/;

/** Once what was dropped right after it was made and then made again: a view that came too late for its cut-off, on a busy machine. */
function inTime(requests: readonly Sent[]): Sent[] {
  const kept: Sent[] = [];
  const writes: Sent[] = [];
  const dropped = new Set<string>();
  for (const request of requests) {
    const last = writes.at(-1);
    if (request.method === 'GET') kept.push(request);
    else if (last !== undefined && request.method === 'DELETE' && request.path === addressOf(last)) {
      writes.pop();
      dropped.add(request.path);
    } else {
      writes.push(request);
      if (!dropped.delete(addressOf(request) ?? '')) kept.push(request);
    }
  }
  if (dropped.size > 0) throw new Error(`made, dropped and not made again: ${[...dropped].join(', ')}`);
  return kept;
}

/** Of what the request makes; of another one null. */
function addressOf({ method, path, content = '' }: Sent): string | null {
  if (!CREATION.test(`${method} ${path}`)) return null;
  return `${path}/${fieldsOf(content).find(([field]) => field === 'name')?.[1]}`;
}

// Asked until it is so, as often as it takes.
const POLL = /^GET \/(?:v1\/deployments(\/\d+)?( |$)|v0\/jobs\/)/;

/** In order of arrival; reads that nothing separates may have gone out together, so they are sorted. */
function waves(requests: readonly Sent[]): string[] {
  const done: string[] = [];
  let reads: string[] = [];
  const flush = () => {
    const sorted = reads.toSorted();
    done.push(...sorted.filter((line, nth) => line !== sorted[nth - 1] || !POLL.test(line)));
    reads = [];
  };
  for (const request of requests) {
    const [line, ...said] = linesOf(request);
    if (request.method === 'GET') {
      if (!isOfOthers(request)) reads.push(line);
      continue;
    }
    flush();
    done.push(isOfOthers(request) ? `${line} by others` : line, ...said);
  }
  flush();
  return done.map((line) => `  ${line}`);
}

function linesOf({ method, path, status, content }: Sent): readonly [string, ...string[]] {
  const ended = status >= 200 && status < 300 ? '' : status === 0 ? ' → no answer' : ` → ${status}`;
  const { words, scopes } = content === undefined ? NOTHING : said(content);
  const what = words === '' ? '' : ` (${words})`;
  return [
    `${method} ${path.replace(/[?&]of=others/, '')}${what}${ended}`,
    ...scopes.map((scope) => `  ${scope}`),
  ];
}

const NOTHING = { words: '', scopes: [] };
const LONGEST = 40;

/** The name of what is made, else what is changed; and what a token is to open. */
function said(content: string): { readonly words: string; readonly scopes: readonly string[] } {
  const fields = fieldsOf(content);
  const scopes = fields.flatMap(([name, value]) => (name === 'scope' ? [value] : []));
  const name = fields.find(([field]) => field === 'name')?.[1];
  const others = fields
    .filter(([field]) => field !== 'scope')
    .map(([field, value]) => field + shortly(value));
  return { words: name ?? others.join(', '), scopes };
}

const shortly = (value: string): string =>
  value.length > LONGEST || value.includes('\n') ? '' : `=${value}`;

function fieldsOf(content: string): [string, string][] {
  if (!content.startsWith('{')) return [...new URLSearchParams(content)];
  const json: unknown = JSON.parse(content);
  return Object.entries(Object(json)).map(([name, value]) => [name, String(value)]);
}
