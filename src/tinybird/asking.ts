// Questions that may well be refused, with anybody's token: whatever comes back is an answer.
import type { Secret } from '../secret.ts';
import { ApiError } from './api-error.ts';
import type { Reply } from './call.ts';
import type { Client } from './http.ts';

/** `token` null: the run's own. `path` with its query. Never throws for what the server says, nor when it says nothing. */
export type Ask = (path: string, token: Secret | null) => Promise<Reply>;

/** What stands for the status of a server that did not answer. */
const SILENT = 599;

export const createAsk =
  (client: Client): Ask =>
  async (path, token) => {
    const asking = token === null ? client : client.as(token);
    // What is about the server's load is asked again, as always.
    const accept = ({ status }: Reply): boolean => status < 500 && status !== 429;
    try {
      return await asking.send({ method: 'GET', path, accept });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: error.status ?? SILENT, text: error.message };
    }
  };
