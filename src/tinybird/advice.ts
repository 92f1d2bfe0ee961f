// What to do about a failed request: the last sentence of an ApiError.
import type { AnswerProblem, Cause } from './api-error.ts';
import type { NetworkFault } from './network.ts';

export interface Circumstances {
  readonly path: string;
  /** Origin. */
  readonly host: string;
  /** What the token says of itself; null when it does not. */
  readonly region: string | null;
  readonly attempts: number;
}

/** Empty when the server's own words are all there is to say. */
export function advise(cause: Cause, at: Circumstances): string {
  switch (cause.kind) {
    case 'network':
      return network(cause.failure.fault, at);
    case 'answer':
      return answer(cause.problem, at);
    case 'status':
      return status(cause.status, cause.said, at);
  }
}

function answer(problem: AnswerProblem, { host }: Circumstances): string {
  switch (problem) {
    case 'not-json':
      return `Check tinybird-host: ${host} should be the API of your region, such as https://api.tinybird.co.`;
    case 'unexpected':
      return `Check tinybird-host: ${host}. If it is right, the API has changed, and this version does not know it yet.`;
    case 'too-large':
      return 'No workspace is known to list that much; check tinybird-host.';
  }
}

function status(code: number, said: string, at: Circumstances): string {
  if (code === 401 || code === 403) return refused(said, at);
  if (code >= 300 && code < 400)
    return `${at.host} sends its callers elsewhere; set tinybird-host to where it points.`;
  if (code === 404) {
    return `What was asked for is not there, or ${at.host} is not the API of your region: check tinybird-host.`;
  }
  if (code === 413 || code === 414) {
    return 'The request is larger than the server takes. Ask Tinybird to raise the limit, or split the fleet over two workspaces.';
  }
  if (code === 429) return `Tried ${times(at)}. Run again later, or lower the input concurrency.`;
  if (code >= 500) return `Tried ${times(at)}. The fault is on the server's side; run again later.`;
  return '';
}

function refused(said: string, at: Circumstances): string {
  const home = at.region === null ? '' : ` (the token says ${at.region})`;
  if (/deployments\b/i.test(said))
    return 'This is a Forward workspace: its resources change through deployments only.';
  if (/\bworkspace\b.*\bnot found\b|\bnot found\b.*\bworkspace\b|\bregion\b/i.test(said)) {
    return `The token belongs to another region than ${at.host}: set tinybird-host to its own${home}.`;
  }
  if (/invalid.*token|token.*(?:invalid|expired|missing|not found)|authentication/i.test(said)) {
    return `Check tinybird-token: it must be a complete and current token of this workspace, and tinybird-host the API of its region${home}.`;
  }
  if (at.path.startsWith('/v0/tokens')) {
    return 'The token needs the scope TOKENS or ADMIN; the input tinybird-tokens-token takes one of its own.';
  }
  return 'The token needs the scope ADMIN, or WORKSPACE:DEPLOY where it only deploys.';
}

const times = ({ attempts }: Circumstances): string => (attempts === 1 ? 'once' : `${attempts} times`);

function network(fault: NetworkFault, at: Circumstances): string {
  switch (fault) {
    case 'refused':
    case 'unreachable':
    case 'connect-timeout':
      return `Nothing answers at ${at.host}. Check tinybird-host, and the proxy and firewall in between.`;
    case 'dns':
      return `There is no such host. Check the spelling of tinybird-host: ${at.host}.`;
    case 'dns-busy':
      return `The name of ${at.host} could not be looked up. Run again later.`;
    case 'tls':
      return `The certificate of ${at.host}, or of a proxy in between, is not trusted here. A company's own authority goes into NODE_EXTRA_CA_CERTS.`;
    case 'proxy':
      return 'Check HTTPS_PROXY, its user name and password, or put the host into NO_PROXY.';
    case 'reset':
    case 'timeout':
      return 'Whether the server acted on it is not known. Run again: what was done is not done twice.';
    case 'protocol':
      return `${at.host} does not speak HTTP as expected. Check tinybird-host and the proxy.`;
    case 'unknown':
      return '';
  }
}
