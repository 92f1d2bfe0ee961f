// What a request that got no answer died of, read from the error codes of Node.js and undici.

export type NetworkFault =
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'dns-busy'
  | 'reset'
  | 'timeout'
  | 'dns'
  | 'tls'
  | 'proxy'
  | 'protocol'
  | 'unknown';

const FAULTS: ReadonlyMap<string, NetworkFault> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect-timeout'],
  ['EAI_AGAIN', 'dns-busy'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['UND_ERR_SOCKET', 'reset'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
  ['ETIMEDOUT', 'timeout'],
  ['ENOTFOUND', 'dns'],
  ['ENODATA', 'dns'],
  ['EPROTO', 'tls'],
  // undici aborts a request whose CONNECT the proxy did not answer with 200.
  ['UND_ERR_ABORTED', 'proxy'],
  ['UND_ERR_PRX_TLS', 'proxy'],
  ['UND_ERR_PRX_CONN', 'proxy'],
  ['UND_ERR_HEADERS_OVERFLOW', 'protocol'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'reset'],
]);

/** OpenSSL's and Node's names for certificates that are not trusted, and for handshakes that fail. */
const TLS = /^ERR_SSL_|^ERR_TLS_|CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$/;

export interface NetworkFailure {
  readonly fault: NetworkFault;
  /** The code, or the message of an error without one, e.g. `ECONNRESET`. */
  readonly detail: string;
}

/** Follows causes inwards: undici and happy eyeballs both wrap the error that says what happened. */
export function readNetworkError(error: unknown): NetworkFailure {
  for (const inner of chain(error)) {
    const code = codeOf(inner);
    const fault = faultOf(code ?? inner.name);
    // The code of a proxy's refusal is that of any aborted request; its message holds the status.
    if (fault !== 'unknown')
      return { fault, detail: fault === 'proxy' ? inner.message : (code ?? inner.message) };
  }
  return {
    fault: 'unknown',
    detail: codeOf(error) ?? (error instanceof Error ? error.message : String(error)),
  };
}

function faultOf(code: string): NetworkFault {
  const fault = FAULTS.get(code);
  if (fault !== undefined) return fault;
  if (TLS.test(code)) return 'tls';
  // Some of undici's parser errors have no code.
  return code.startsWith('HPE_') || code === 'HTTPParserError' ? 'protocol' : 'unknown';
}

function* chain(error: unknown): Generator<Error> {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth++) {
    yield inner;
    if (inner instanceof AggregateError) yield* inner.errors.filter((each) => each instanceof Error);
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
