// What we ask of the API, and how it is written as an HTTP request.
import { multipart } from './multipart.ts';
import type { CallClass } from './pace.ts';
import type { UploadFile } from './ports.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Starts with `/`, segments already encoded, no query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Body;
  /** What the server counts it with; absent when it does not count it. */
  readonly class?: CallClass;
  /** Replies besides 2xx that are an answer and not an error. */
  readonly accept?: (reply: Reply) => boolean;
  /** May be sent twice although it is not a GET. */
  readonly idempotent?: boolean;
  /** Largest body of its answer, where less than the client's will do. */
  readonly maxBytes?: number;
}

export type Body =
  | { readonly json: unknown }
  | { readonly files: readonly UploadFile[] }
  | { readonly form: Form }
  | { readonly text: string };

/** A name may come more than once. */
export type Form = readonly (readonly [name: string, value: string])[];

/** Without what is not given. */
export const formOf = (values: Readonly<Record<string, string | undefined>>): Form =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface Outgoing {
  readonly origin: string;
  readonly method: Call['method'];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export function outgoingOf(call: Call, to: { origin: string; authorization: string }): Outgoing {
  const body = bodyOf(call.body);
  return {
    origin: to.origin,
    method: call.method,
    path: pathOf(call),
    headers: {
      authorization: to.authorization,
      accept: 'application/json',
      'user-agent': 'tinybird-tenants',
      ...(body === null ? {} : { 'content-type': body.contentType }),
    },
    body: body?.text ?? null,
  };
}

/** With its query. */
export function pathOf({ path, query = {} }: Call): string {
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`;
}

function bodyOf(body: Body | undefined): { contentType: string; text: string } | null {
  if (body === undefined) return null;
  if ('files' in body) return multipart(body.files);
  if ('text' in body) return { contentType: 'text/plain; charset=utf-8', text: body.text };
  if ('form' in body) {
    const pairs = body.form.map(([name, value]): [string, string] => [name, value]);
    return { contentType: 'application/x-www-form-urlencoded', text: new URLSearchParams(pairs).toString() };
  }
  return { contentType: 'application/json', text: JSON.stringify(body.json) };
}
