// Whether the workspace is still what the plan was made from; asked only when the server objects to what we send.
import { Stop } from '../errors.ts';
import { readLists } from '../live.ts';
import type { LiveResource, LiveToken } from '../model.ts';
import type { World } from '../plan/calls.ts';
import { ApiError } from '../tinybird/api-error.ts';
import type { Reader } from '../tinybird/ports.ts';

const NOT_FOUND = 404;

/** What another run causes that went live in between: a name that is gone, or one that we do not know. */
export const mayBeOutdated = (error: unknown): boolean =>
  error instanceof ApiError
    ? error.status === NOT_FOUND
    : error instanceof Stop && error.stop === 'server-refused';

export async function hasMoved(reader: Reader, { live }: World): Promise<boolean> {
  const now = await readLists(reader);
  return (
    textOf(live.resources, resourceText) !== textOf(now.resources, resourceText) ||
    textOf(live.tokens, tokenText) !== textOf(now.tokens, tokenText)
  );
}

const textOf = <T>(all: readonly T[], text: (one: T) => string): string => all.map(text).sort().join('\n');

/** Without rows, which come in all the time, and without grants, which are the tokens'. */
const resourceText = ({ id, datafile }: LiveResource): string =>
  JSON.stringify([id, { ...datafile, grants: [] }]);

const tokenText = ({ id, scopes }: LiveToken): string => JSON.stringify([id, scopes]);
