// The payloads of the events that mean something to us; https://docs.github.com/en/webhooks/webhook-events-and-payloads
import * as z from 'zod';
import { bad, ok, type Result } from '../errors.ts';

interface OfDefaultBranch {
  /** Null when the payload does not say (old schedules). */
  readonly defaultBranch: string | null;
}

interface OfPullRequest {
  readonly number: number;
  /** Tip of the base branch when the event happened. */
  readonly baseSha: string;
  readonly headSha: string;
  /** Its workflow has no secrets and a token that only reads. */
  readonly isFork: boolean;
}

export type Event = OfDefaultBranch &
  (
    | {
        readonly event: 'push';
        /** Zeros when the branch is new. */
        readonly before: string;
        readonly deleted: boolean;
      }
    | ({ readonly event: 'pull_request' | 'pull_request_target' } & OfPullRequest)
    | { readonly event: 'workflow_dispatch' | 'schedule' | 'other' }
    | {
        readonly event: 'repository_dispatch';
        /** Ids from `client_payload.tenant`; null when it names none. Anyone who may write to the repository can send it. */
        readonly tenants: readonly string[] | null;
      }
  );

/** Code for what is read once would be made for nothing. */
const ONCE = { jitless: true };

// Made when their event is read: a run reads one.
const sha = () => z.string().regex(/^[0-9a-f]{40,64}$/, 'must be a commit');
const any = () => z.object({ repository: z.object({ default_branch: z.string().optional() }).optional() });
const push = () => any().extend({ before: sha(), deleted: z.boolean().default(false) });
const side = () => z.object({ sha: sha(), repo: z.object({ full_name: z.string() }).nullable() });
const pullRequest = () =>
  any().extend({ pull_request: z.object({ number: z.int().positive(), base: side(), head: side() }) });

const MOST_CHARACTERS = 200;
const tenantId = () =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(MOST_CHARACTERS, `must have at most ${MOST_CHARACTERS} characters`)
    .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u, 'must not have control characters');
const tenantIds = () => z.string().transform((text) => text.split(','));
const repositoryDispatch = () =>
  any().extend({
    client_payload: z
      .looseObject({
        tenant: z
          .union(
            [tenantIds(), z.array(z.string())],
            'must be an id in quotes, several with commas, or a list of ids',
          )
          .pipe(z.array(tenantId()).min(1, 'must be at least one id'))
          .optional(),
      })
      .nullish(),
  });

/** @param name as in GITHUB_EVENT_NAME. */
export function readEvent(name: string, payload: unknown): Result<Event> {
  switch (name) {
    case 'push':
      return read(push(), payload, ({ before, deleted }) => ({ event: 'push', before, deleted }));
    case 'pull_request':
    case 'pull_request_target':
      return read(pullRequest(), payload, ({ pull_request: pull }) => ({
        event: name,
        number: pull.number,
        baseSha: pull.base.sha,
        headSha: pull.head.sha,
        // The repository of a fork that was deleted is null.
        isFork: pull.head.repo === null || pull.head.repo.full_name !== pull.base.repo?.full_name,
      }));
    case 'repository_dispatch':
      return read(repositoryDispatch(), payload, ({ client_payload }) => ({
        event: 'repository_dispatch',
        tenants: client_payload?.tenant ?? null,
      }));
    case 'workflow_dispatch':
    case 'schedule':
      return read(any(), payload, () => ({ event: name }));
    default:
      return read(any(), payload, () => ({ event: 'other' }));
  }
}

type WithoutBranch<E> = E extends unknown ? Omit<E, 'defaultBranch'> : never;

function read<P extends z.output<ReturnType<typeof any>>>(
  schema: z.ZodType<P>,
  payload: unknown,
  event: (payload: P) => WithoutBranch<Event>,
): Result<Event> {
  const parsed = schema.safeParse(payload, ONCE);
  if (!parsed.success) {
    return bad(
      ...parsed.error.issues.map(({ path, message }) => {
        // Which one of several it is says nothing to who has sent one.
        const named = path.filter((part) => typeof part === 'string').join('.');
        return { file: `event ${named}`, message: `${message}. Nothing was sent` };
      }),
    );
  }
  const defaultBranch = parsed.data.repository?.default_branch ?? null;
  return ok({ ...event(parsed.data), defaultBranch });
}
