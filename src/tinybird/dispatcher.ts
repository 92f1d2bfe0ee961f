// The one dispatcher of a process: proxies from the environment, timeouts, pooled connections.
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { Stop } from '../errors.ts';

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  /** Until the answer begins: a deployment is planned before the server answers. */
  readonly headers: number;
  /** Between two pieces of an answer. */
  readonly body: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, headers: 300_000, body: 60_000 };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY, lower case first, as curl does. Without HTTPS_PROXY, https goes through
 * HTTP_PROXY. The caller closes it. Throws a `bad-input` Stop for a proxy that is not a URL.
 */
export function createDispatcher(env: Environment, timeouts: Timeouts = DEFAULT_TIMEOUTS): Dispatcher {
  return new EnvHttpProxyAgent({
    // Empty strings, not undefined: undici would look into the environment of the process instead.
    httpProxy: proxy(env, 'http_proxy'),
    httpsProxy: proxy(env, 'https_proxy'),
    noProxy: variable(env, 'no_proxy'),
    connect: { timeout: timeouts.connect },
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.body,
  });
}

/** A variable that is set but empty counts as not set. */
const variable = (env: Environment, name: string): string => env[name] || env[name.toUpperCase()] || '';

function proxy(env: Environment, name: string): string {
  const text = variable(env, name);
  if (text === '') return '';
  // `proxy.corp:3128` without a scheme is what many machines have, and what curl takes.
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href;
  // The value may hold a password, so it is not shown.
  throw new Stop(
    'bad-input',
    `${name.toUpperCase()} is not the URL of an HTTP proxy, such as http://proxy.example:3128.`,
  );
}
