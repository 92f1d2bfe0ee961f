// Questions that may well be refused, with anybody's token: whatever comes back is an answer.
import type { Secret } from '../secret.ts';
import { ApiError } from './api-error.ts';
import type { Reply } from './call.ts';
import { isSuccess } from './exchange.ts';
import type { Client } from './http.ts';

/** `token` null: the run's own. `path` with its query. Never throws for what the server says, nor when it says nothing. */
export type Ask = (path: string, token: Secret | null) => Promise<Reply>;

/** What stands for the status where there is no answer. */
const SILENT = 599;
/** And of an answer that is larger than anybody compares. */
export const TOO_LARGE = 206;
const MOST_BYTES = 16 * 1024 * 1024;

export const createAsk =
  (client: Client): Ask =>
  async (path, token) => {
    const asking = token === null ? client : client.as(token);
    // What is about the server's load is asked again, as always.
    const accept = ({ status }: Reply): boolean => status < 500 && status !== 429;
    try {
      return await asking.send({ method: 'GET', path, accept, maxBytes: MOST_BYTES });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { status } = error;
      return {
        status: status === null ? SILENT : isSuccess(status) ? TOO_LARGE : status,
        text: error.message,
      };
    }
  };
