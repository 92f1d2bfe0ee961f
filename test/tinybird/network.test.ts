// Error codes of Node.js and undici, and where they hide.
import { expect, test } from 'vitest';
import { readNetworkError } from '../../src/tinybird/network.ts';

const withCode = (code: string, options: ErrorOptions = {}) =>
  Object.assign(new Error('message', options), { code });

test.each([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect-timeout'],
  ['EAI_AGAIN', 'dns-busy'],
  ['ENOTFOUND', 'dns'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['UND_ERR_SOCKET', 'reset'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls'],
  ['CERT_HAS_EXPIRED', 'tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
  ['HPE_INVALID_CONSTANT', 'protocol'],
  ['UND_ERR_INVALID_ARG', 'unknown'],
  ['constructor', 'unknown'],
])('%s: %s', (code, fault) => {
  expect(readNetworkError(withCode(code))).toEqual({ fault, detail: code });
});

test('what a proxy answered to CONNECT is in the message', () => {
  expect(readNetworkError(withCode('UND_ERR_ABORTED'))).toEqual({ fault: 'proxy', detail: 'message' });
});

test('a cause says more than what wraps it', () => {
  const wrapped = withCode('UND_ERR_INFO', {
    cause: new TypeError('fetch failed', { cause: withCode('ECONNRESET') }),
  });
  expect(readNetworkError(wrapped)).toEqual({ fault: 'reset', detail: 'ECONNRESET' });
});

test('several addresses tried at once', () => {
  const error = new AggregateError([withCode('EADDRNOTAVAIL'), withCode('ECONNREFUSED')]);
  expect(readNetworkError(error)).toEqual({ fault: 'unreachable', detail: 'EADDRNOTAVAIL' });
});

test('anything else is unknown and keeps its words, also when its causes go in a circle', () => {
  const circle = new Error('round');
  circle.cause = circle;
  expect(readNetworkError(circle)).toEqual({ fault: 'unknown', detail: 'round' });
  expect(readNetworkError('text')).toEqual({ fault: 'unknown', detail: 'text' });
});
