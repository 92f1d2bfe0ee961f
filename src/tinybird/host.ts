// Which server we talk to: the input `tinybird-host`, checked once.
import { bad, ok, type Result } from '../errors.ts';

const EXAMPLE = 'https://api.tinybird.co';

/** The origin, e.g. `https://api.tinybird.co`, of an address that has nothing else in it. `file` names the input in the problem. */
export function parseHost(text: string, file = 'tinybird-host'): Result<string> {
  const problem = (message: string) => bad<string>({ file, message });
  const url = URL.parse(text.trim());
  if (url === null || !/^https?:$/.test(url.protocol)) {
    // Not shown: somebody may have swapped host and token.
    return problem(`not a web address; it looks like ${EXAMPLE}`);
  }
  if (url.username !== '' || url.password !== '') return problem('must not hold a user name or password');
  if (url.search !== '' || url.hash !== '')
    return problem(`must not hold a query or fragment; use ${url.origin}`);
  if (url.pathname !== '/') return problem(`must not hold a path; use ${url.origin}`);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return problem(`must be https, because tokens are sent to it; http is for this machine only`);
  }
  return ok(url.origin);
}

/** Names and addresses that never leave the machine (RFC 6761, RFC 1122, RFC 4291). `hostname` as URL writes it. */
function isLoopback(hostname: string): boolean {
  return (
    /^(?:.+\.)?localhost\.?$/.test(hostname) || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === '[::1]'
  );
}

/** Whether a server is on this machine. `host` as in `parseHost`. */
export const isLocal = (host: string): boolean => isLoopback(URL.parse(host.trim())?.hostname ?? '');
