// What a route gives back, before it becomes HTTP.
import type { Bearer, State } from './state.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON body; absent means none. */
  readonly json?: unknown;
  /** A body of another media type; it is outside GitHub's description. */
  readonly raw?: { readonly type: string; readonly body: string | Uint8Array<ArrayBuffer> };
}

/** A request after authentication, permission and description have been checked. */
export interface Call {
  readonly state: State;
  readonly bearer: Bearer;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly accept: string;
  /** Where the API root is, as the caller sees it. */
  readonly root: string;
  /** Path below the API root. */
  readonly path: string;
}

export type Route = (call: Call) => Answer | Promise<Answer>;

const DOCUMENTATION = 'https://docs.github.com/rest';

export const json = (body: unknown, status = 200): Answer => ({ status, json: body });
export const nothing = (): Answer => ({ status: 204 });
export const refusal = (status: number, message: string): Answer =>
  json({ message, documentation_url: DOCUMENTATION, status: String(status) }, status);
export const notFound = (): Answer => refusal(404, 'Not Found');
/** The shape of a 422 that names a field; `validation-error` wants it. */
export const invalid = (field: string, message: string): Answer =>
  json(
    {
      message: 'Validation Failed',
      errors: [{ resource: 'Sandbox', code: 'custom', field, message }],
      documentation_url: DOCUMENTATION,
      status: '422',
    },
    422,
  );

/** One page of a list and the Link header that leads to the others. GitHub's default is 30 an answer (10 for variables), at most 100. */
export function page<T>(
  call: Call,
  items: readonly T[],
  defaultSize = 30,
): { readonly items: readonly T[]; readonly headers: Record<string, string> } {
  const most = defaultSize === 10 ? 30 : 100;
  const size = Math.min(most, Number(call.query.get('per_page') ?? defaultSize));
  const number = Math.max(1, Number(call.query.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (target: number, rel: string): string => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(target));
    return `<${call.root}${call.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  return {
    items: items.slice((number - 1) * size, number * size),
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  };
}
