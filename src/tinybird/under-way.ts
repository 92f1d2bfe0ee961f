// When a request has left, as undici tells it: https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

const WRITTEN = 'undici:client:sendHeaders';

/** Resolves when the next request of this process has been written to its connection; never, when none is. */
export function underWay(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const written = (): void => {
    unsubscribe(WRITTEN, written);
    resolve();
  };
  subscribe(WRITTEN, written);
  return promise;
}
